//! JSON bodies: of the right type, of bounded size and within bounded time. actix itself waits for a body without limit.

use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::web::BytesMut;
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::LocalBoxFuture;
use futures_util::{FutureExt as _, StreamExt as _};
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use crate::http::state::HttpState;
use crate::http::wire::json::parse;
use crate::http::wire::problem::Problem;
use crate::http::wire::problems::{MALFORMED_REQUEST, PAYLOAD_TOO_LARGE, REQUEST_TIMEOUT, UNSUPPORTED_MEDIA_TYPE};

const LIMIT: usize = 64 * 1024;

/// A required body.
pub struct JsonBody<T>(pub T);

/// An optional body.
pub struct OptionalJsonBody<T>(pub Option<T>);

impl<T: DeserializeOwned + 'static> FromRequest for JsonBody<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        async move {
            check_representation(&request)?;
            parse(&read(&request, payload).await?).map(JsonBody)
        }
        .boxed_local()
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for OptionalJsonBody<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        async move {
            let body = read(&request, payload).await?;
            if body.is_empty() {
                return Ok(Self(None));
            }
            check_representation(&request)?;
            // The document says that `null` means no body.
            if body.trim_ascii() == b"null" {
                return Ok(Self(None));
            }
            parse(&body).map(Some).map(Self)
        }
        .boxed_local()
    }
}

/// JSON in UTF-8 as it is. A compressed body could grow without bound when it is read.
pub(super) fn check_representation(request: &HttpRequest) -> Result<(), Problem> {
    check_content_type(request)?;
    let codings = request.headers().get_all(CONTENT_ENCODING).flat_map(|value| value.as_bytes().split(|&b| b == b','));
    let mut codings = codings.map(<[u8]>::trim_ascii).filter(|coding| !coding.is_empty());
    let is_plain = codings.all(|coding| coding.eq_ignore_ascii_case(b"identity"));
    if is_plain { Ok(()) } else { Err(Problem::unsupported_coding()) }
}

/// `application/json`, with no charset or UTF-8. Pages of other sites can send other types without a CORS preflight.
fn check_content_type(request: &HttpRequest) -> Result<(), Problem> {
    let mut values = request.headers().get_all(CONTENT_TYPE);
    let is_json = match (values.next().and_then(|value| value.to_str().ok()), values.next()) {
        (Some(value), None) => {
            let mut parts = value.split(';').map(str::trim);
            parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"))
                && parts.all(|part| part.is_empty() || is_utf_8(part))
        }
        _ => false,
    };
    if is_json { Ok(()) } else { Err((&UNSUPPORTED_MEDIA_TYPE).into()) }
}

/// With or without quotes (RFC 9110 §8.3.2). `utf8` is a common name of UTF-8 (WHATWG Encoding §4.2).
fn is_utf_8(parameter: &str) -> bool {
    let (name, value) = parameter.split_once('=').unwrap_or_default();
    let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
    let names_utf_8 = ["utf-8", "utf8"].iter().any(|name| value.eq_ignore_ascii_case(name));
    name.eq_ignore_ascii_case("charset") && names_utf_8
}

pub(super) async fn read(request: &HttpRequest, mut payload: Payload) -> Result<BytesMut, Problem> {
    let announced = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > LIMIT as u64) {
        return Err((&PAYLOAD_TOO_LARGE).into());
    }
    let collect = async {
        let mut body = BytesMut::new();
        while let Some(chunk) = payload.next().await {
            let chunk = chunk.map_err(|_| Problem::from(&MALFORMED_REQUEST))?;
            if body.len() + chunk.len() > LIMIT {
                return Err((&PAYLOAD_TOO_LARGE).into());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    };
    let body_timeout = HttpState::of(request).options.body_timeout;
    timeout(body_timeout, collect).await.unwrap_or_else(|_| Err((&REQUEST_TIMEOUT).into()))
}

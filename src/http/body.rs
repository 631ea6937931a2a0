//! Reading JSON bodies: of the right type, of bounded size, within a bounded time (actix waits for a body for ever), and
//! with no field that is not expected.

use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::web::BytesMut;
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::LocalBoxFuture;
use futures_util::{FutureExt as _, StreamExt as _};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::error::Category;
use tokio::time::timeout;

use super::problem::{
    MALFORMED_JSON, MALFORMED_REQUEST, PAYLOAD_TOO_LARGE, Problem, REQUEST_TIMEOUT, UNSUPPORTED_MEDIA_TYPE,
};
use super::state::HttpState;

const LIMIT: usize = 64 * 1024;

const NO_OBJECT: &str = "the body has to be a JSON object";

/// A body that has to be there.
pub(super) struct JsonBody<T>(pub T);

/// A body that may be left out.
pub(super) struct OptionalJsonBody<T>(pub Option<T>);

impl<T: DeserializeOwned + 'static> FromRequest for JsonBody<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        async move {
            check_content_type(&request)?;
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
            check_content_type(&request)?;
            // As the document has it: `null` says that it is left out.
            if body.trim_ascii() == b"null" {
                return Ok(Self(None));
            }
            parse(&body).map(Some).map(Self)
        }
        .boxed_local()
    }
}

/// `application/json`, in UTF-8 if it says so. A page of another site can send other types without asking first.
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

/// With or without quotes (RFC 9110 §8.3.2).
fn is_utf_8(parameter: &str) -> bool {
    let (name, value) = parameter.split_once('=').unwrap_or_default();
    let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
    name.eq_ignore_ascii_case("charset") && value.eq_ignore_ascii_case("utf-8")
}

async fn read(request: &HttpRequest, mut payload: Payload) -> Result<BytesMut, Problem> {
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

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    // A derived reader would take an array for the fields in their order, under no names.
    if !body.trim_ascii_start().starts_with(b"{") {
        let is_json = serde_json::from_slice::<IgnoredAny>(body).is_ok();
        return Err(if is_json { Problem::field("", NO_OBJECT) } else { (&MALFORMED_JSON).into() });
    }
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let parsed = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        match error.inner().classify() {
            Category::Data => mismatch(&path, &error.inner().to_string()),
            Category::Syntax | Category::Eof | Category::Io => (&MALFORMED_JSON).into(),
        }
    })?;
    deserializer.end().map_err(|_| Problem::from(&MALFORMED_JSON))?;
    Ok(parsed)
}

/// Says in our own words what serde found: its text may quote what was sent.
fn mismatch(path: &str, message: &str) -> Problem {
    let named = message.split('`').nth(1).unwrap_or_default();
    if message.starts_with("missing field") {
        Problem::field(named, "is missing")
    } else if message.starts_with("unknown field") {
        Problem::field(printable(path, named), "is not a field of this request")
    } else if message.starts_with("duplicate field") {
        Problem::field(named, "is there twice")
    } else if message.starts_with("unknown variant") {
        let choices: Vec<&str> = message.split('`').skip(3).step_by(2).collect();
        Problem::field(path, format!("has to be one of: {}", choices.join(", ")))
    } else if path == "." {
        Problem::field("", NO_OBJECT)
    } else {
        Problem::field(path, "has the wrong type")
    }
}

/// An unknown field's name is the client's text.
fn printable(path: &str, named: &str) -> String {
    let name = if path == "." { named } else { path };
    name.chars().filter(|c| !c.is_control()).take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::super::dto::LoginRequest;
    use super::parse;

    fn refusal(body: &str) -> (&'static str, Vec<(String, String)>) {
        let problem = parse::<LoginRequest>(body.as_bytes()).err().unwrap();
        (problem.kind.code, problem.errors.into_iter().map(|error| (error.field, error.message)).collect())
    }

    fn field(name: &str, message: &str) -> Vec<(String, String)> {
        vec![(name.to_owned(), message.to_owned())]
    }

    #[test]
    fn each_mistake_names_its_field_in_our_words() {
        for broken in ["", "{", "nope", "{\"email\":\"a\",}", "{\"email\":\"a\",\"password\":\"b\"} x", "\u{feff}{}"] {
            assert_eq!(refusal(broken).0, "malformed_json", "{broken:?}");
        }
        assert_eq!(refusal("{\"email\":\"a\"}").1, field("password", "is missing"));
        assert_eq!(refusal("{\"email\":5,\"password\":\"b\"}").1, field("email", "has the wrong type"));
        assert_eq!(refusal("{\"email\":\"a\",\"email\":\"b\"}").1, field("email", "is there twice"));
        assert_eq!(
            refusal("{\"email\":\"a\",\"password\":\"b\",\"role\":1}").1,
            field("role", "is not a field of this request")
        );
        let delivery = refusal("{\"email\":\"a\",\"password\":\"b\",\"token_delivery\":\"mail\"}");
        assert_eq!(delivery.1, field("token_delivery", "has to be one of: cookie, body"));
        for wrong in ["null", "5", "true", "[\"body\"]", "{\"body\":null}"] {
            let body = format!("{{\"email\":\"a\",\"password\":\"b\",\"token_delivery\":{wrong}}}");
            assert_eq!(refusal(&body).1, field("token_delivery", "has the wrong type"), "{wrong}");
        }
        for other in ["[1]", "null", "\"text\"", " [\"a\", \"b\"]", "[\"a\", \"b\", \"cookie\"]"] {
            assert_eq!(refusal(other).1, field("", "the body has to be a JSON object"), "{other}");
        }
        assert_eq!(refusal("[\"a\", \"b\"").0, "malformed_json");
    }
}

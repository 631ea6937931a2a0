//! The body of a request that creates something, with what recognises the request when it is sent again.

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::json_body::{check_representation, read};
use crate::domain::idempotency::{IdempotencyKey, RepeatableRequest};
use crate::http::state::HttpState;
use crate::http::wire::json::parse;
use crate::http::wire::problem::Problem;
use crate::service::Backend;

const HEADER: &str = "idempotency-key";

/// The body of a creation.
pub struct Creation<T> {
    pub body: T,
    keyed: Option<Keyed>,
}

/// A request with an `Idempotency-Key`. The order of the fields and the white space of its body do not matter.
struct Keyed {
    key: IdempotencyKey,
    path: String,
    body: Vec<u8>,
}

impl<T> Creation<T> {
    /// The body, and the request as `backend` has sent it, if it can be sent again.
    pub fn by(self, backend: Backend, state: &HttpState) -> (T, Option<RepeatableRequest>) {
        let request = self.keyed.map(|Keyed { key, path, body }| {
            let digests = state.service_keys.request_digests(&path, &body);
            RepeatableRequest { service_key: backend.key_id, key, digests }
        });
        (self.body, request)
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Creation<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        async move {
            let key = key_of(&request)?;
            check_representation(&request)?;
            let text = read(&request, payload).await?;
            let body = parse(&text)?;
            let keyed = key.map(|key| {
                // `Value` sorts the fields of objects.
                let value = serde_json::from_slice::<Value>(&text).unwrap_or_default();
                let body = serde_json::to_vec(&value).unwrap_or_default();
                Keyed { key, path: request.match_pattern().unwrap_or_default(), body }
            });
            Ok(Self { body, keyed })
        }
        .boxed_local()
    }
}

fn key_of(request: &HttpRequest) -> Result<Option<IdempotencyKey>, Problem> {
    let mut values = request.headers().get_all(HEADER);
    let refused = |message: String| Problem::field("Idempotency-Key", message);
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(_), Some(_)) => Err(refused("occurs twice".to_owned())),
        (Some(value), None) => match IdempotencyKey::parse(value.as_bytes()) {
            Ok(key) => Ok(Some(key)),
            Err(error) => Err(refused(error.to_string())),
        },
    }
}

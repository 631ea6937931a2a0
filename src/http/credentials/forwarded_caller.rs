//! The caller of a request to another service, which a proxy has received and asks about.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::http::header::HeaderName;
use actix_web::{FromRequest, HttpRequest};

use super::caller::authenticate_for;
use crate::http::wire::problem::Problem;
use crate::http::wire::problems::MALFORMED_REQUEST;
use crate::service::Authenticated;

/// The method of the request that the proxy has received, by the name that Traefik and Caddy give it.
const FORWARDED_METHOD: HeaderName = HeaderName::from_static("x-forwarded-method");

/// The caller of a request that a proxy has received.
pub struct ForwardedCaller {
    pub authenticated: Authenticated,
    /// The claims of the access token: JSON in base64url, as the token has them.
    pub claims: String,
}

impl FromRequest for ForwardedCaller {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(find(request))
    }
}

fn find(request: &HttpRequest) -> Result<ForwardedCaller, Problem> {
    let (authenticated, token) = authenticate_for(request, &forwarded_method(request)?)?;
    // A valid token is a JWS of three parts (RFC 7515 §7.1).
    let claims = token.split('.').nth(1).unwrap_or_default().to_owned();
    Ok(ForwardedCaller { authenticated, claims })
}

/// Without the header: the method of this request.
///
/// # Errors
/// 400 for two such headers, or for a value that is no method: a forged request must not pass as one that only reads.
fn forwarded_method(request: &HttpRequest) -> Result<Method, Problem> {
    let mut values = request.headers().get_all(FORWARDED_METHOD);
    match (values.next(), values.next()) {
        (None, _) => Ok(request.method().clone()),
        (Some(value), None) => Method::from_bytes(value.as_bytes()).map_err(|_| (&MALFORMED_REQUEST).into()),
        (Some(_), Some(_)) => Err((&MALFORMED_REQUEST).into()),
    }
}

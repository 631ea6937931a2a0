//! CORS: pages of the allowed origins may read our responses. Other origins do not get this far, see
//! [`super::cross_site`].

use actix_cors::Cors;
use actix_web::http::Method;
use actix_web::http::header::{HeaderName, RETRY_AFTER, WWW_AUTHENTICATE};

use super::cookie_hint::HINT;
use crate::http::state::HttpOptions;

/// The middleware: exact origins, with credentials, no wildcard. Pages may send any header that their browser lets them
/// send. No header is trusted because of who sent it, and tracing and clients add headers of their own.
pub fn cors(options: &HttpOptions) -> Cors {
    let origins = options.allowed_origins.clone();
    Cors::default()
        .allowed_origin_fn(move |origin, _| origins.iter().any(|allowed| allowed.as_bytes() == origin.as_bytes()))
        .allowed_methods([Method::GET, Method::POST, Method::DELETE])
        .allow_any_header()
        .expose_headers([RETRY_AFTER, WWW_AUTHENTICATE, HeaderName::from_static("x-request-id"), HINT])
        .supports_credentials()
        .max_age(600)
}

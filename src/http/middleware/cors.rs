//! CORS: pages of the allowed origins may read our responses. Other origins do not get this far, see
//! [`super::cross_site`].

use actix_cors::Cors;
use actix_web::http::Method;
use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, RETRY_AFTER};

use crate::http::state::HttpOptions;

/// The middleware: exact origins, with credentials, no wildcard.
pub fn cors(options: &HttpOptions) -> Cors {
    let mut cors = Cors::default();
    for origin in &options.allowed_origins {
        cors = cors.allowed_origin(origin);
    }
    cors.allowed_methods([Method::GET, Method::POST, Method::DELETE])
        .allowed_headers([AUTHORIZATION, CONTENT_TYPE, HeaderName::from_static("x-csrf-token")])
        .expose_headers([RETRY_AFTER, HeaderName::from_static("x-request-id")])
        .supports_credentials()
        .max_age(600)
}

//! Requests that no route matches.

use actix_web::HttpResponse;
use actix_web::http::header::{ALLOW, HeaderValue};

use crate::http::wire::problem::Problem;
use crate::http::wire::problems::{METHOD_NOT_ALLOWED, NOT_FOUND};

/// For a path that does not exist.
pub async fn not_found() -> Result<HttpResponse, Problem> {
    Err((&NOT_FOUND).into())
}

/// For a path that does not support the method.
pub async fn not_allowed(allow: HeaderValue) -> HttpResponse {
    Problem::from(&METHOD_NOT_ALLOWED).response().insert_header((ALLOW, allow)).finish()
}

//! The public keys, for services that verify access tokens themselves.

use actix_web::HttpResponse;
use actix_web::http::header::CACHE_CONTROL;

use crate::http::state::State;
use crate::http::wire::dto::operation::JwkSetAnswer;
use crate::http::wire::problem::Problem;
use crate::http::wire::problem_docs::problems;
use crate::http::wire::problems::INTERNAL;

problems! { JwksProblems: INTERNAL }

/// Get the public keys of the access tokens
#[utoipa::path(
    get, path = "/.well-known/jwks.json", tag = "operation",
    responses((status = 200, description = "A JWK Set (RFC 7517). Empty under HS256", body = JwkSetAnswer), JwksProblems),
)]
pub async fn jwks(state: State) -> Result<HttpResponse, Problem> {
    let keys = serde_json::to_value(state.service.jwks().keys).map_err(|_| &INTERNAL)?;
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "public, max-age=300")).json(JwkSetAnswer { keys }))
}

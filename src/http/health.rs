//! For balancers, monitors and those who verify our access tokens.

use actix_web::http::header::{CACHE_CONTROL, RETRY_AFTER};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};

use super::dto::{HealthAnswer, JwkSetAnswer, PingAnswer};
use super::problem::{INTERNAL, Problem};
use super::state::HttpState;
use crate::service::Readiness;

/// Is anybody there
#[utoipa::path(get, path = "/ping", tag = "operation", responses((status = 200, description = "Yes", body = PingAnswer)))]
pub(super) async fn ping() -> HttpResponse {
    HttpResponse::Ok().json(PingAnswer { status: "ok", message: "pong" })
}

/// Should this process go on
#[utoipa::path(get, path = "/health/live", tag = "operation", responses((status = 200, description = "Yes", body = HealthAnswer)))]
pub(super) async fn live() -> HttpResponse {
    HttpResponse::Ok().json(HealthAnswer { status: "ok" })
}

/// Can this process serve requests
#[utoipa::path(get, path = "/health/ready", tag = "operation", responses(
    (status = 200, description = "The database answers, is migrated and takes writes", body = HealthAnswer),
    (status = 503, description = "It does not, or is not; see `status`", body = HealthAnswer),
))]
pub(super) async fn ready(request: HttpRequest) -> HttpResponse {
    let status = match HttpState::of(&request).health.readiness().await {
        Readiness::Ready => return HttpResponse::Ok().json(HealthAnswer { status: "ok" }),
        Readiness::NotMigrated => "not_migrated",
        Readiness::DatabaseUnavailable => "database_unavailable",
        Readiness::DatabaseReadOnly => "database_read_only",
        Readiness::CatchingUp => "catching_up",
    };
    let mut response = HttpResponse::ServiceUnavailable();
    response.insert_header((RETRY_AFTER, "1"));
    not_a_problem(&mut response);
    response.json(HealthAnswer { status })
}

/// The public keys of the access tokens
#[utoipa::path(get, path = "/.well-known/jwks.json", tag = "operation", responses((status = 200, description = "RFC 7517; empty under HS256", body = JwkSetAnswer)))]
pub(super) async fn jwks(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let set = HttpState::of(&request).service.jwks();
    let keys = serde_json::to_value(set.keys).map_err(|_| &INTERNAL)?;
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "public, max-age=300")).json(JwkSetAnswer { keys }))
}

/// Marks an error answer that has a body of its own.
fn not_a_problem(response: &mut HttpResponseBuilder) {
    response.extensions_mut().insert(super::response_defaults::OwnBody);
}

//! For load balancers and monitors.

use actix_web::HttpResponse;
use actix_web::http::header::RETRY_AFTER;

use crate::http::state::State;
use crate::http::wire::dto::operation::{HealthAnswer, PingAnswer};
use crate::http::wire::problem::OwnBody;
use crate::service::Readiness;

/// Ping the server
#[utoipa::path(
    get, path = "/ping", tag = "operation",
    responses((status = 200, description = "The server responds", body = PingAnswer)),
)]
pub async fn ping() -> HttpResponse {
    HttpResponse::Ok().json(PingAnswer { status: "ok", message: "pong" })
}

/// Check that this process is alive
#[utoipa::path(
    get, path = "/health/live", tag = "operation",
    responses((status = 200, description = "The process is alive", body = HealthAnswer)),
)]
pub async fn live() -> HttpResponse {
    HttpResponse::Ok().json(HealthAnswer { status: "ok" })
}

/// Check that this process can serve requests
#[utoipa::path(
    get, path = "/health/ready", tag = "operation",
    responses(
        (status = 200, description = "The database is reachable, migrated and writable, and its clock agrees with this process's", body = HealthAnswer),
        (status = 503, description = "It is not. `status` says why", body = HealthAnswer, headers(
            ("Retry-After" = u32, description = "Seconds"),
        )),
    ),
)]
pub async fn ready(state: State) -> HttpResponse {
    let status = match state.health.readiness().await {
        Readiness::Ready => return HttpResponse::Ok().json(HealthAnswer { status: "ok" }),
        Readiness::NotMigrated => "not_migrated",
        Readiness::DatabaseUnavailable => "database_unavailable",
        Readiness::DatabaseReadOnly => "database_read_only",
        Readiness::CatchingUp => "catching_up",
        Readiness::ClockDiffers => "clock_differs",
    };
    let mut response = HttpResponse::ServiceUnavailable();
    response.insert_header((RETRY_AFTER, "1"));
    response.extensions_mut().insert(OwnBody);
    response.json(HealthAnswer { status })
}

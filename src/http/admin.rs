//! The admin address: metrics and health.

use actix_web::http::header::{CONTENT_TYPE, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, Resource, Route, guard, web};

use super::health;
use super::routes::not_allowed;
use super::state::HttpState;
use crate::metrics::{ProcessMetrics, TEXT_FORMAT};
use crate::service::ProcessStats;

pub(super) fn configure(app: &mut web::ServiceConfig) {
    for (path, route) in [
        ("/metrics", web::route().to(metrics)),
        ("/health/live", web::route().to(health::live)),
        ("/health/ready", web::route().to(health::ready)),
    ] {
        app.service(read_only(path, route));
    }
}

fn read_only(path: &str, route: Route) -> Resource {
    let allow = HeaderValue::from_static("GET, HEAD");
    web::resource(path)
        .route(route.guard(guard::Any(guard::Get()).or(guard::Head())))
        .default_service(web::to(move || not_allowed(allow.clone())))
}

async fn metrics(request: HttpRequest) -> HttpResponse {
    let state = HttpState::of(&request);
    let reading = reading(&state.health.process_stats().await);
    HttpResponse::Ok().insert_header((CONTENT_TYPE, TEXT_FORMAT)).body(state.metrics.scrape(&reading))
}

fn reading(process_stats: &ProcessStats) -> ProcessMetrics {
    let ProcessStats { is_database_reachable, pool, batcher, hashing, ended_sessions_held, ended_sessions_lag, pruned } =
        *process_stats;
    ProcessMetrics {
        is_database_reachable,
        connections_open: pool.open.into(),
        connections_busy: pool.busy.into(),
        operations_waiting: pool.waiting.into(),
        batcher_waiting: batcher.waiting as u64,
        batcher_statements: batcher.batches,
        batcher_rows: batcher.taken,
        hashes_running: hashing.running as u64,
        hashes_waiting: hashing.waiting as u64,
        hashes_computed: hashing.computed,
        hashes_refused: hashing.refused,
        ended_sessions_held: ended_sessions_held as u64,
        ended_sessions_lag: ended_sessions_lag.map_or(0, |lag| lag.as_secs()),
        pruned_sessions: pruned.sessions,
        pruned_events: pruned.events,
    }
}

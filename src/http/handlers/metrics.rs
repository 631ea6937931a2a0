//! Metrics for Prometheus.

use actix_web::HttpResponse;
use actix_web::http::header::CONTENT_TYPE;

use crate::http::state::{HttpState, State};
use crate::metrics::{ProcessMetrics, TEXT_FORMAT};
use crate::service::ProcessStats;

/// All metrics in Prometheus's text format.
pub async fn metrics(state: State) -> HttpResponse {
    HttpResponse::Ok().insert_header((CONTENT_TYPE, TEXT_FORMAT)).body(scrape(&state).await)
}

/// All metrics of a process, in the same format.
pub async fn scrape(state: &HttpState) -> String {
    let reading = reading(&state.health.process_stats().await);
    state.metrics.scrape(&reading)
}

fn reading(process_stats: &ProcessStats) -> ProcessMetrics {
    let ProcessStats {
        is_database_reachable,
        pool,
        batcher,
        hashing,
        ended_sessions_held,
        ended_sessions_lag,
        clock_ahead,
        outbox,
        pruned,
    } = *process_stats;
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
        clock_ahead: clock_ahead.map_or(0.0, time::Duration::as_seconds_f64),
        outbox_waiting: outbox.0,
        outbox_failed: outbox.1,
        pruned_sessions: pruned.sessions,
        pruned_events: pruned.events,
    }
}

//! Metrics of one process: what came of requests, and what the process says of itself. `docs/metrics.md` explains each one.
//! Tests compare that page, the dashboard and the alerts in `deploy/` with what a server exposes.
//!
//! Every label takes its values from a short list that no client can extend. To add a metric of the process, add a row to
//! the table in `process.rs`. Any other metric is a field of [`Metrics`] with a method that records an event. Both need a line
//! in `docs/metrics.md`.

mod connections;
mod labels;
mod process;
mod registry;
mod requests;

use std::sync::{Mutex, PoisonError};

use prometheus::{IntCounter, IntGauge, Opts, Registry};

pub use connections::ConnectionMetrics;
pub use labels::{CloseReason, Login, Refresh, StatusClass};
pub use process::ProcessMetrics;
pub use requests::RouteMetrics;

use connections::ConnectionCollectors;
use process::ProcessCollectors;
use registry::{by_outcome, register};
use requests::RequestMetrics;

/// The content type of the text that [`Metrics::scrape`] returns.
pub const TEXT_FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The metrics of one process, in a registry of their own.
pub struct Metrics {
    registry: Registry,
    requests: RequestMetrics,
    refreshes: Vec<IntCounter>,
    logins: Vec<IntCounter>,
    connections: ConnectionCollectors,
    /// Locked for one scrape at a time, which first sets them and then reads them.
    process: Mutex<ProcessCollectors>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// All metrics at zero.
    pub fn new() -> Self {
        let registry = Registry::new();
        let build = Opts::new("heirloom_build_info", "The version of the program. Always 1.")
            .const_label("version", env!("CARGO_PKG_VERSION"));
        register(&registry, IntGauge::with_opts(build)).set(1);
        let (refreshes, refreshes_help) = ("heirloom_refreshes_total", "Refresh tokens presented, by outcome.");
        let (logins, logins_help) = ("heirloom_logins_total", "Logins, by outcome.");
        Self {
            requests: RequestMetrics::register(&registry),
            refreshes: by_outcome(&registry, refreshes, refreshes_help, Refresh::VALUES),
            logins: by_outcome(&registry, logins, logins_help, Login::VALUES),
            connections: ConnectionCollectors::register(&registry),
            process: Mutex::new(ProcessCollectors::register(&registry)),
            registry,
        }
    }

    /// Counts a refresh.
    pub fn refreshed(&self, outcome: Refresh) {
        self.refreshes[outcome as usize].inc();
    }

    /// Counts a login.
    pub fn logged_in(&self, outcome: Login) {
        self.logins[outcome as usize].inc();
    }

    /// The metrics of the connections of `listener`, which must come from a bounded set.
    pub fn connections(&self, listener: &str) -> ConnectionMetrics {
        self.connections.of(listener)
    }

    /// The metrics of `method` on `route`. Both must come from a bounded set.
    pub fn route(&self, method: &'static str, route: &str) -> RouteMetrics {
        self.requests.route(method, route)
    }

    /// All metrics in Prometheus's text format, with those of the process set to `process`.
    pub fn scrape(&self, process: &ProcessMetrics) -> String {
        let collectors = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        collectors.set(process);
        prometheus::TextEncoder::new().encode_to_string(&self.registry.gather()).expect("texts and numbers are written")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::labels::{Login, Refresh, StatusClass};
    use super::{Metrics, ProcessMetrics};

    #[test]
    fn every_outcome_exists_before_it_happens() {
        let text = Metrics::new().scrape(&ProcessMetrics::default());
        for outcome in Refresh::VALUES {
            assert!(text.contains(&format!("heirloom_refreshes_total{{outcome=\"{outcome}\"}} 0\n")), "{text}");
        }
        for outcome in Login::VALUES {
            assert!(text.contains(&format!("heirloom_logins_total{{outcome=\"{outcome}\"}} 0\n")), "{text}");
        }
    }

    #[test]
    fn every_event_is_counted_under_its_labels() {
        let metrics = Metrics::new();
        metrics.refreshed(Refresh::Reused);
        metrics.refreshed(Refresh::Disabled);
        metrics.logged_in(Login::Overloaded);
        let refresh = metrics.route("POST", "/refresh");
        refresh.record(StatusClass::of(200), Duration::from_micros(700));
        refresh.record(StatusClass::of(503), Duration::from_secs(20));
        let text = metrics.scrape(&ProcessMetrics::default());
        for line in [
            "heirloom_refreshes_total{outcome=\"reused\"} 1",
            "heirloom_refreshes_total{outcome=\"disabled\"} 1",
            "heirloom_refreshes_total{outcome=\"rotated\"} 0",
            "heirloom_logins_total{outcome=\"overloaded\"} 1",
            "heirloom_http_requests_total{method=\"POST\",route=\"/refresh\",status=\"2xx\"} 1",
            "heirloom_http_requests_total{method=\"POST\",route=\"/refresh\",status=\"4xx\"} 0",
            "heirloom_http_request_duration_seconds_bucket{method=\"POST\",route=\"/refresh\",status=\"2xx\",le=\"0.0005\"} 0",
            "heirloom_http_request_duration_seconds_bucket{method=\"POST\",route=\"/refresh\",status=\"2xx\",le=\"0.001\"} 1",
            "heirloom_http_request_duration_seconds_bucket{method=\"POST\",route=\"/refresh\",status=\"5xx\",le=\"10\"} 0",
            "heirloom_http_request_duration_seconds_sum{method=\"POST\",route=\"/refresh\",status=\"5xx\"} 20",
        ] {
            assert!(text.contains(&format!("{line}\n")), "{line} is not in\n{text}");
        }
        assert!(!text.contains(
            "heirloom_http_request_duration_seconds_count{method=\"POST\",route=\"/refresh\",status=\"4xx\"}"
        ));
    }

    #[test]
    fn totals_that_are_read_twice_are_counted_once() {
        let metrics = Metrics::new();
        for (total, exposed) in [(5, 5), (5, 5), (8, 8), (7, 8)] {
            let text = metrics.scrape(&ProcessMetrics { hashes_refused: total, ..ProcessMetrics::default() });
            assert!(text.contains(&format!("heirloom_password_hashes_refused_total {exposed}\n")), "{text}");
        }
    }
}

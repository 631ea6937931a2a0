//! What a running process tells about itself, in the terms of those who run it. `docs/metrics.md` explains each metric to
//! them; tests hold that page, and the dashboard and alerts in `deploy/`, to what is really there.
//!
//! Every label takes its values from a short list that no client can lengthen. To add a metric: a field registered in
//! [`Metrics::new`], a method that says what happened (or a [`ProcessMetrics`]), and a line in `docs/metrics.md`.

use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use prometheus::core::Collector;
use prometheus::{Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts, Registry};

/// The content type of what [`Metrics::scrape`] gives.
pub const TEXT_FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A refresh on a quiet machine takes a millisecond, a login fifty; ten seconds are longer than any client waits.
const SECONDS: [f64; 14] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// An enum whose values are those of a label.
macro_rules! label_values {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $value:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum $name { $($variant),+ }

        impl $name {
            const VALUES: &'static [&'static str] = &[$($value),+];

            /// The label's value.
            pub fn as_str(self) -> &'static str {
                Self::VALUES[self as usize]
            }
        }
    };
}

mod connections;

pub use connections::{ConnectionMetrics, Cut};

label_values! {
    /// What came of a refresh.
    Refresh {
        Rotated = "rotated",
        Replayed = "replayed",
        Recovered = "recovered",
        CaughtUp = "caught_up",
        Reused = "reused",
        Expired = "expired",
        Revoked = "revoked",
        Invalid = "invalid",
        Disabled = "disabled",
    }
}

label_values! {
    /// What came of a login.
    Login {
        Succeeded = "succeeded",
        Failed = "failed",
        Disabled = "disabled",
        Overloaded = "overloaded",
        Throttled = "throttled",
    }
}

label_values! {
    /// The first digit of a status.
    StatusClass {
        Success = "2xx",
        Redirection = "3xx",
        ClientError = "4xx",
        ServerError = "5xx",
    }
}

/// The state of the process at one moment, read when somebody asks.
#[derive(Clone, Copy, Default, Debug)]
pub struct ProcessMetrics {
    pub is_database_reachable: bool,
    pub connections_open: u64,
    pub connections_busy: u64,
    pub operations_waiting: u64,
    /// Refreshes and confirmations that wait for the rotation batcher.
    pub batcher_waiting: u64,
    /// Statements of the rotation batcher since the process began.
    pub batcher_statements: u64,
    /// What they took up, since the process began.
    pub batcher_rows: u64,
    pub hashes_running: u64,
    pub hashes_waiting: u64,
    /// Since the process began.
    pub hashes_computed: u64,
    /// Since the process began.
    pub hashes_refused: u64,
    pub ended_sessions_held: u64,
    /// In seconds.
    pub ended_sessions_lag: u64,
    /// Since the process began.
    pub pruned_sessions: u64,
    /// Since the process began.
    pub pruned_events: u64,
}

/// The metrics of one process, in a registry of their own.
pub struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    durations: HistogramVec,
    refreshes: Vec<IntCounter>,
    logins: Vec<IntCounter>,
    connections: connections::Families,
    /// One scrape at a time: it sets what it then reads.
    read: Mutex<Read>,
}

/// What has no value of its own between two scrapes.
struct Read {
    database_reachable: IntGauge,
    connections_open: IntGauge,
    connections_busy: IntGauge,
    operations_waiting: IntGauge,
    batcher_waiting: IntGauge,
    batcher_statements: IntCounter,
    batcher_rows: IntCounter,
    hashes_running: IntGauge,
    hashes_waiting: IntGauge,
    hashes_computed: IntCounter,
    hashes_refused: IntCounter,
    ended_sessions_held: IntGauge,
    ended_sessions_lag: IntGauge,
    pruned_sessions: IntCounter,
    pruned_events: IntCounter,
    /// Where the system tells it.
    resident_memory: Option<IntGauge>,
}

/// The answers to one method on one route, found once so that counting is a matter of adding.
pub struct Answers {
    counts: Vec<IntCounter>,
    durations: HistogramVec,
    /// Made when they are needed: each is a series for every bucket.
    durations_by_class: [OnceLock<Histogram>; StatusClass::VALUES.len()],
    method: &'static str,
    route: String,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// Everything at zero. What has a known list of outcomes is there from the start, so that the first of each is seen
    /// as an increase.
    pub fn new() -> Self {
        let registry = Registry::new();
        let by_route = ["method", "route", "status"];
        let requests = IntCounterVec::new(Opts::new("heirloom_http_requests_total", "Requests answered."), &by_route);
        let durations = HistogramVec::new(
            HistogramOpts::new("heirloom_http_request_duration_seconds", "Time from a request's head to its answer's.")
                .buckets(SECONDS.to_vec()),
            &by_route,
        );
        let build = IntGauge::with_opts(
            Opts::new("heirloom_build_info", "The version that runs; always 1.")
                .const_label("version", env!("CARGO_PKG_VERSION")),
        );
        register(&registry, build.expect(WELL_FORMED)).set(1);
        Self {
            requests: register(&registry, requests.expect(WELL_FORMED)),
            durations: register(&registry, durations.expect(WELL_FORMED)),
            refreshes: by_outcome(
                &registry,
                "heirloom_refreshes_total",
                "Refresh tokens judged, by what came of it.",
                Refresh::VALUES,
            ),
            logins: by_outcome(
                &registry,
                "heirloom_logins_total",
                "Logins decided, by what came of it.",
                Login::VALUES,
            ),
            connections: connections::Families::register(&registry),
            read: Mutex::new(Read::register(&registry)),
            registry,
        }
    }

    /// A refresh token was judged.
    pub fn refreshed(&self, outcome: Refresh) {
        self.refreshes[outcome as usize].inc();
    }

    /// A login was decided, or refused for want of room.
    pub fn logged_in(&self, outcome: Login) {
        self.logins[outcome as usize].inc();
    }

    /// Where the connections of `listener` are counted.
    pub fn connections(&self, listener: &str) -> ConnectionMetrics {
        self.connections.of(listener)
    }

    /// Where the answers to `method` on `route` are counted. Both have to come from a bounded set.
    pub fn answers(&self, method: &'static str, route: &str) -> Answers {
        let count = |status: &&str| self.requests.with_label_values(&[method, route, status]);
        Answers {
            counts: StatusClass::VALUES.iter().map(count).collect(),
            durations: self.durations.clone(),
            durations_by_class: Default::default(),
            method,
            route: route.to_owned(),
        }
    }

    /// Everything in Prometheus's text format, with what `reading` says.
    pub fn scrape(&self, reading: &ProcessMetrics) -> String {
        let read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        read.take(reading);
        prometheus::TextEncoder::new().encode_to_string(&self.registry.gather()).expect("texts and numbers are written")
    }
}

impl Answers {
    /// One more answer was given.
    pub fn gave(&self, class: StatusClass, duration: Duration) {
        self.counts[class as usize].inc();
        let durations = self.durations_by_class[class as usize].get_or_init(|| {
            let labels = [self.method, &self.route, class.as_str()];
            self.durations.with_label_values(&labels)
        });
        durations.observe(duration.as_secs_f64());
    }
}

impl StatusClass {
    /// The class of a status code that ends a request.
    pub fn of(status: u16) -> Self {
        match status {
            ..300 => Self::Success,
            300..400 => Self::Redirection,
            400..500 => Self::ClientError,
            500.. => Self::ServerError,
        }
    }
}

impl Read {
    fn register(registry: &Registry) -> Self {
        let gauge = |name: &str, help: &str| register(registry, IntGauge::new(name, help).expect(WELL_FORMED));
        let counter = |name: &str, help: &str| register(registry, IntCounter::new(name, help).expect(WELL_FORMED));
        Self {
            database_reachable: gauge(
                "heirloom_database_reachable",
                "Whether the database answered within a second when this was read.",
            ),
            connections_open: gauge("heirloom_database_connections_open", "Connections of the pool."),
            connections_busy: gauge("heirloom_database_connections_busy", "Connections of the pool that are in use."),
            operations_waiting: gauge(
                "heirloom_database_operations_waiting",
                "Operations that wait for their turn on a connection.",
            ),
            batcher_waiting: gauge(
                "heirloom_lanes_waiting",
                "Refreshes and confirmations that wait for the rotation batcher.",
            ),
            batcher_statements: counter("heirloom_lane_batches_total", "Statements of the rotation batcher."),
            batcher_rows: counter(
                "heirloom_lane_rows_total",
                "Refreshes and confirmations taken up by those statements.",
            ),
            hashes_running: gauge("heirloom_password_hashes_running", "Password hashes being computed."),
            hashes_waiting: gauge("heirloom_password_hashes_waiting", "Password hashes that wait to be computed."),
            hashes_computed: counter("heirloom_password_hashes_total", "Password hashes computed."),
            hashes_refused: counter(
                "heirloom_password_hashes_refused_total",
                "Password hashes refused because as many as allowed were waiting.",
            ),
            ended_sessions_held: gauge("heirloom_ended_sessions_held", "Ended sessions held in memory."),
            ended_sessions_lag: gauge(
                "heirloom_ended_sessions_lag_seconds",
                "Time since this process last looked up which sessions have ended elsewhere.",
            ),
            pruned_sessions: counter("heirloom_pruned_sessions_total", "Expired sessions taken away by this process."),
            pruned_events: counter("heirloom_pruned_events_total", "Old events taken away by this process."),
            resident_memory: resident_memory()
                .map(|_| gauge("heirloom_process_resident_memory_bytes", "Memory of the process that is in RAM.")),
        }
    }

    fn take(&self, reading: &ProcessMetrics) {
        let set = |gauge: &IntGauge, value: u64| gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        // What is counted elsewhere never goes down.
        let advance = |counter: &IntCounter, total: u64| counter.inc_by(total.saturating_sub(counter.get()));
        set(&self.database_reachable, u64::from(reading.is_database_reachable));
        set(&self.connections_open, reading.connections_open);
        set(&self.connections_busy, reading.connections_busy);
        set(&self.operations_waiting, reading.operations_waiting);
        set(&self.batcher_waiting, reading.batcher_waiting);
        advance(&self.batcher_statements, reading.batcher_statements);
        advance(&self.batcher_rows, reading.batcher_rows);
        set(&self.hashes_running, reading.hashes_running);
        set(&self.hashes_waiting, reading.hashes_waiting);
        advance(&self.hashes_computed, reading.hashes_computed);
        advance(&self.hashes_refused, reading.hashes_refused);
        set(&self.ended_sessions_held, reading.ended_sessions_held);
        set(&self.ended_sessions_lag, reading.ended_sessions_lag);
        advance(&self.pruned_sessions, reading.pruned_sessions);
        advance(&self.pruned_events, reading.pruned_events);
        if let (Some(gauge), Some(bytes)) = (&self.resident_memory, resident_memory()) {
            set(gauge, bytes);
        }
    }
}

const WELL_FORMED: &str = "the names and labels of metrics are well formed";

fn register<C: Collector + Clone + 'static>(registry: &Registry, collector: C) -> C {
    registry.register(Box::new(collector.clone())).expect("each name is registered once");
    collector
}

/// A counter for each of `outcomes`, in their order.
fn by_outcome(registry: &Registry, name: &str, help: &str, outcomes: &[&str]) -> Vec<IntCounter> {
    let counters = IntCounterVec::new(Opts::new(name, help), &["outcome"]).expect(WELL_FORMED);
    let counters = register(registry, counters);
    outcomes.iter().map(|outcome| counters.with_label_values(&[outcome])).collect()
}

/// In bytes; `None` where the system has no `/proc`.
fn resident_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let kibibytes = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?.trim().strip_suffix(" kB")?;
    Some(kibibytes.trim().parse::<u64>().ok()? * 1024)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Login, Metrics, ProcessMetrics, Refresh, StatusClass};

    #[test]
    fn every_outcome_is_there_before_it_happens() {
        let text = Metrics::new().scrape(&ProcessMetrics::default());
        for outcome in Refresh::VALUES {
            assert!(text.contains(&format!("heirloom_refreshes_total{{outcome=\"{outcome}\"}} 0\n")), "{text}");
        }
        for outcome in Login::VALUES {
            assert!(text.contains(&format!("heirloom_logins_total{{outcome=\"{outcome}\"}} 0\n")), "{text}");
        }
    }

    #[test]
    fn what_happens_is_counted_where_it_belongs() {
        let metrics = Metrics::new();
        metrics.refreshed(Refresh::Reused);
        metrics.refreshed(Refresh::Disabled);
        metrics.logged_in(Login::Overloaded);
        let answers = metrics.answers("POST", "/refresh");
        answers.gave(StatusClass::of(200), Duration::from_micros(700));
        answers.gave(StatusClass::of(503), Duration::from_secs(20));
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
        for (total, shown) in [(5, 5), (5, 5), (8, 8), (7, 8)] {
            let text = metrics.scrape(&ProcessMetrics { hashes_refused: total, ..ProcessMetrics::default() });
            assert!(text.contains(&format!("heirloom_password_hashes_refused_total {shown}\n")), "{text}");
        }
    }
}

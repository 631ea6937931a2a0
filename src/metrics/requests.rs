//! What came of requests: counts and durations by method, route and class of status.

use std::sync::OnceLock;
use std::time::Duration;

use prometheus::{Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, Opts, Registry};

use super::labels::StatusClass;
use super::registry::register;

/// A refresh on an idle machine takes a millisecond and a login fifty. No client waits longer than ten seconds.
const BUCKETS: [f64; 14] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

const LABELS: [&str; 3] = ["method", "route", "status"];

pub(super) struct RequestMetrics {
    counts: IntCounterVec,
    durations: HistogramVec,
}

/// The metrics of one method on one route. They are looked up once, and recording a response is an addition.
pub struct RouteMetrics {
    counts: Vec<IntCounter>,
    durations: HistogramVec,
    /// Created when needed: each has a series for every bucket.
    durations_by_class: [OnceLock<Histogram>; StatusClass::VALUES.len()],
    method: &'static str,
    route: String,
}

impl RequestMetrics {
    pub fn register(registry: &Registry) -> Self {
        let count = Opts::new("heirloom_http_requests_total", "Requests with a response.");
        let duration = HistogramOpts::new(
            "heirloom_http_request_duration_seconds",
            "Time from the head of a request to the head of its response.",
        );
        Self {
            counts: register(registry, IntCounterVec::new(count, &LABELS)),
            durations: register(registry, HistogramVec::new(duration.buckets(BUCKETS.to_vec()), &LABELS)),
        }
    }

    pub fn route(&self, method: &'static str, route: &str) -> RouteMetrics {
        let count = |status: &&str| self.counts.with_label_values(&[method, route, status]);
        RouteMetrics {
            counts: StatusClass::VALUES.iter().map(count).collect(),
            durations: self.durations.clone(),
            durations_by_class: Default::default(),
            method,
            route: route.to_owned(),
        }
    }
}

impl RouteMetrics {
    /// Records a response.
    pub fn record(&self, class: StatusClass, duration: Duration) {
        self.counts[class as usize].inc();
        let durations = self.durations_by_class[class as usize].get_or_init(|| {
            let labels = [self.method, &self.route, class.as_str()];
            self.durations.with_label_values(&labels)
        });
        durations.observe(duration.as_secs_f64());
    }
}

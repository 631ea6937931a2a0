//! The connections of each listening socket.

use prometheus::{IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry};

use super::labels::CloseReason;
use super::registry::register;

pub(super) struct ConnectionCollectors {
    open: IntGaugeVec,
    limit: IntGaugeVec,
    closed: IntCounterVec,
    refused: IntCounterVec,
}

/// The metrics of the connections of one listening socket.
pub struct ConnectionMetrics {
    open: IntGauge,
    limit: IntGauge,
    /// By [`CloseReason`].
    closed: Vec<IntCounter>,
    refused: IntCounter,
}

impl ConnectionCollectors {
    pub fn register(registry: &Registry) -> Self {
        let gauges = |name, help| register(registry, IntGaugeVec::new(Opts::new(name, help), &["listener"]));
        let counters =
            |name, help, labels: &[&str]| register(registry, IntCounterVec::new(Opts::new(name, help), labels));
        Self {
            open: gauges("heirloom_http_connections_open", "Open connections."),
            limit: gauges("heirloom_http_connections_limit", "The most connections that are open at a time."),
            closed: counters(
                "heirloom_http_connections_closed_total",
                "Connections that the server closed while it waited for the client.",
                &["listener", "reason"],
            ),
            refused: counters(
                "heirloom_http_connections_refused_total",
                "Connections closed at once, because the limit was reached and every other connection was busy.",
                &["listener"],
            ),
        }
    }

    pub fn of(&self, listener: &str) -> ConnectionMetrics {
        ConnectionMetrics {
            open: self.open.with_label_values(&[listener]),
            limit: self.limit.with_label_values(&[listener]),
            closed: CloseReason::VALUES
                .iter()
                .map(|reason| self.closed.with_label_values(&[listener, reason]))
                .collect(),
            refused: self.refused.with_label_values(&[listener]),
        }
    }
}

impl ConnectionMetrics {
    /// Sets the limit.
    pub fn limit(&self, connections: usize) {
        self.limit.set(i64::try_from(connections).unwrap_or(i64::MAX));
    }

    /// Counts a connection as open.
    pub fn opened(&self) {
        self.open.inc();
    }

    /// Counts a connection as no longer open.
    pub fn closed(&self) {
        self.open.dec();
    }

    /// Counts a connection that the server closes.
    pub fn closes(&self, reason: CloseReason) {
        self.closed[reason as usize].inc();
    }

    /// Counts a connection that is refused.
    pub fn refused(&self) {
        self.refused.inc();
    }
}

//! Metrics of the connections of one listening socket.

use prometheus::{IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry};

use super::{WELL_FORMED, register};

label_values! {
    /// Why the server closed a connection that its client would have kept.
    Cut {
        Head = "head",
        Write = "write",
        Idle = "idle",
        Crowded = "crowded",
    }
}

/// The families, of which each listener has a member.
pub(super) struct Families {
    open: IntGaugeVec,
    limit: IntGaugeVec,
    cut: IntCounterVec,
    refused: IntCounterVec,
}

/// What is counted of one listener.
pub struct ConnectionMetrics {
    open: IntGauge,
    limit: IntGauge,
    cut: Vec<IntCounter>,
    refused: IntCounter,
}

impl Families {
    pub(super) fn register(registry: &Registry) -> Self {
        let gauges = |name: &str, help: &str| {
            register(registry, IntGaugeVec::new(Opts::new(name, help), &["listener"]).expect(WELL_FORMED))
        };
        let counters = |name: &str, help: &str, labels: &[&str]| {
            register(registry, IntCounterVec::new(Opts::new(name, help), labels).expect(WELL_FORMED))
        };
        Self {
            open: gauges("heirloom_http_connections_open", "Connections of clients."),
            limit: gauges("heirloom_http_connections_limit", "How many connections of clients there may be."),
            cut: counters(
                "heirloom_http_connections_closed_total",
                "Connections that the server closed while it waited for the client.",
                &["listener", "reason"],
            ),
            refused: counters(
                "heirloom_http_connections_refused_total",
                "Connections closed at once because a limit was reached and all others were in use.",
                &["listener"],
            ),
        }
    }

    pub(super) fn of(&self, listener: &str) -> ConnectionMetrics {
        ConnectionMetrics {
            open: self.open.with_label_values(&[listener]),
            limit: self.limit.with_label_values(&[listener]),
            cut: Cut::VALUES.iter().map(|reason| self.cut.with_label_values(&[listener, reason])).collect(),
            refused: self.refused.with_label_values(&[listener]),
        }
    }
}

impl ConnectionMetrics {
    /// So many there may be.
    pub fn limit(&self, connections: usize) {
        self.limit.set(i64::try_from(connections).unwrap_or(i64::MAX));
    }

    /// A connection was opened.
    pub fn opened(&self) {
        self.open.inc();
    }

    /// A connection is gone, whoever closed it.
    pub fn closed(&self) {
        self.open.dec();
    }

    /// The server closed a connection.
    pub fn cut(&self, reason: Cut) {
        self.cut[reason as usize].inc();
    }

    /// A connection was closed before it was served.
    pub fn refused(&self) {
        self.refused.inc();
    }
}

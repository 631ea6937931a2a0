//! What a process says of itself: numbers that other modules keep, read at each scrape.

use prometheus::{IntCounter, IntGauge, Registry};

use super::registry::register;

/// How a number is exposed.
trait Kind {
    type Value;

    fn register(registry: &Registry, name: &str, help: &str) -> Self;
    fn set(&self, value: Self::Value);
}

/// 1 for true, 0 for false.
struct Flag(IntGauge);

/// A number that rises and falls.
struct Gauge(IntGauge);

/// A number of seconds, which may be negative.
struct Seconds(prometheus::Gauge);

/// A total since the process started.
struct Counter(IntCounter);

impl Kind for Flag {
    type Value = bool;

    fn register(registry: &Registry, name: &str, help: &str) -> Self {
        Self(register(registry, IntGauge::new(name, help)))
    }

    fn set(&self, value: bool) {
        self.0.set(value.into());
    }
}

impl Kind for Gauge {
    type Value = u64;

    fn register(registry: &Registry, name: &str, help: &str) -> Self {
        Self(register(registry, IntGauge::new(name, help)))
    }

    fn set(&self, value: u64) {
        self.0.set(i64::try_from(value).unwrap_or(i64::MAX));
    }
}

impl Kind for Seconds {
    type Value = f64;

    fn register(registry: &Registry, name: &str, help: &str) -> Self {
        Self(register(registry, prometheus::Gauge::new(name, help)))
    }

    fn set(&self, value: f64) {
        self.0.set(value);
    }
}

impl Kind for Counter {
    type Value = u64;

    fn register(registry: &Registry, name: &str, help: &str) -> Self {
        Self(register(registry, IntCounter::new(name, help)))
    }

    /// Never decreases, even if a later total is read before an earlier one.
    fn set(&self, total: u64) {
        self.0.inc_by(total.saturating_sub(self.0.get()));
    }
}

/// The table of these metrics: field, kind, name and help text.
macro_rules! process_metrics {
    ($($field:ident: $value:ty = $kind:ident($name:literal, $help:literal $(,)?);)+) => {
        /// The state of the process at one moment.
        #[derive(Clone, Copy, Default, Debug)]
        pub struct ProcessMetrics {
            $(#[doc = $help] pub $field: $value,)+
        }

        pub(super) struct ProcessCollectors {
            $($field: $kind,)+
            resident_memory: Option<Gauge>,
        }

        impl ProcessCollectors {
            pub fn register(registry: &Registry) -> Self {
                Self {
                    $($field: Kind::register(registry, $name, $help),)+
                    resident_memory: register_resident_memory(registry),
                }
            }

            pub fn set(&self, metrics: &ProcessMetrics) {
                $(self.$field.set(metrics.$field);)+
                if let (Some(gauge), Some(bytes)) = (&self.resident_memory, resident_memory()) {
                    gauge.set(bytes);
                }
            }
        }
    };
}

process_metrics! {
    is_database_reachable: bool = Flag(
        "heirloom_database_reachable",
        "Whether the database responded within a second at this scrape.",
    );
    connections_open: u64 = Gauge("heirloom_database_connections_open", "Open connections of the pool.");
    connections_busy: u64 = Gauge("heirloom_database_connections_busy", "Connections of the pool that are in use.");
    operations_waiting: u64 = Gauge(
        "heirloom_database_operations_waiting",
        "Operations that wait for a connection of the pool.",
    );
    batcher_waiting: u64 = Gauge(
        "heirloom_lanes_waiting",
        "Refreshes and confirmations that wait for the rotation batcher.",
    );
    batcher_statements: u64 = Counter("heirloom_lane_batches_total", "Statements of the rotation batcher.");
    batcher_rows: u64 = Counter("heirloom_lane_rows_total", "Refreshes and confirmations in those statements.");
    hashes_running: u64 = Gauge("heirloom_password_hashes_running", "Password hashes that are being computed.");
    hashes_waiting: u64 = Gauge("heirloom_password_hashes_waiting", "Password hashes that wait to be computed.");
    hashes_computed: u64 = Counter("heirloom_password_hashes_total", "Password hashes computed.");
    hashes_refused: u64 = Counter(
        "heirloom_password_hashes_refused_total",
        "Password hashes refused because too many were waiting.",
    );
    ended_sessions_held: u64 = Gauge("heirloom_ended_sessions_held", "Revoked sessions in memory.");
    ended_sessions_lag: u64 = Gauge(
        "heirloom_ended_sessions_lag_seconds",
        "Seconds since this process last read which sessions other processes revoked.",
    );
    clock_ahead: f64 = Seconds(
        "heirloom_clock_ahead_seconds",
        "Seconds by which the clock of this process is ahead of the database's.",
    );
    outbox_waiting: u64 = Gauge("heirloom_outbox_waiting", "Mails and webhooks that are still to be sent.");
    outbox_failed: u64 = Gauge("heirloom_outbox_failed", "Mails and webhooks that were given up.");
    pruned_sessions: u64 = Counter("heirloom_pruned_sessions_total", "Expired sessions deleted by this process.");
    pruned_events: u64 = Counter("heirloom_pruned_events_total", "Old events deleted by this process.");
}

fn register_resident_memory(registry: &Registry) -> Option<Gauge> {
    const NAME: &str = "heirloom_process_resident_memory_bytes";
    resident_memory().map(|_| Gauge::register(registry, NAME, "Resident memory of the process in bytes."))
}

/// In bytes. `None` on systems without `/proc`.
fn resident_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let kibibytes = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?.trim().strip_suffix(" kB")?;
    Some(kibibytes.trim().parse::<u64>().ok()? * 1024)
}

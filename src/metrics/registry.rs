//! Creating and registering collectors.

use prometheus::core::Collector;
use prometheus::{IntCounter, IntCounterVec, Opts, Registry};

pub(super) const WELL_FORMED: &str = "the names and labels of metrics are well formed";

pub(super) fn register<C: Collector + Clone + 'static>(registry: &Registry, collector: prometheus::Result<C>) -> C {
    let collector = collector.expect(WELL_FORMED);
    registry.register(Box::new(collector.clone())).expect("each name is registered once");
    collector
}

/// A counter for each outcome, in the order of `outcomes`. All of them exist from the start, so the first event of each
/// shows as an increase.
pub(super) fn by_outcome(registry: &Registry, name: &str, help: &str, outcomes: &[&str]) -> Vec<IntCounter> {
    let counters = register(registry, IntCounterVec::new(Opts::new(name, help), &["outcome"]));
    outcomes.iter().map(|outcome| counters.with_label_values(&[outcome])).collect()
}

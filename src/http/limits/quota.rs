//! How much of a rate is left: the generic cell rate algorithm (GCRA).

use std::time::Duration;

use crate::domain::throttle::Rate;

/// A rate as the algorithm counts it.
#[derive(Clone, Copy, Debug)]
pub struct Quota {
    /// A request uses up so much of the period.
    interval: Duration,
    period: Duration,
}

impl Quota {
    /// `share` times `rate`.
    pub fn new(rate: Rate, share: u32) -> Self {
        let count = rate.count.get().saturating_mul(share);
        let interval = (rate.period / count).max(Duration::from_nanos(1));
        // Of whole intervals, or the division's remainder would take a request away.
        Self { interval, period: interval * count }
    }

    /// Takes a request from a quota that is whole again at `whole_at`; `None` is a quota of which nothing is taken.
    ///
    /// Returns when it is whole again after that, or how long to wait.
    pub fn take(&self, whole_at: Option<Duration>, now: Duration) -> Result<Duration, Duration> {
        let whole_at = whole_at.map_or(now, |whole_at| whole_at.max(now)) + self.interval;
        match whole_at.saturating_sub(now + self.period) {
            Duration::ZERO => Ok(whole_at),
            wait => Err(wait),
        }
    }
}

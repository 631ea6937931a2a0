//! The only place that reads the machine's clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use time::OffsetDateTime;

use super::Timestamp;

/// The clock that everything reads. Cheap to clone. The clones of a manual clock share one time.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    /// With the instant from which [`Clock::elapsed`] counts.
    System(Instant),
    /// Microseconds since the Unix epoch.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// The machine's clock.
    #[expect(clippy::disallowed_methods, reason = "the one clock counts from an instant of the machine")]
    pub fn system() -> Self {
        Self(Source::System(Instant::now()))
    }

    /// A clock that stops at `start` until [`advance`](Self::advance) moves it.
    pub fn manual(start: Timestamp) -> Self {
        Self(Source::Manual(Arc::new(AtomicI64::new(micros(start)))))
    }

    /// The current time, cut to microseconds. A time read back from Postgres then equals the one written.
    #[expect(clippy::disallowed_methods, reason = "this is the one clock that everything else reads")]
    pub fn now(&self) -> Timestamp {
        let micros = match &self.0 {
            Source::System(_) => micros(OffsetDateTime::now_utc()),
            Source::Manual(micros) => micros.load(Ordering::SeqCst),
        };
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1000).unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }

    /// The time since a fixed instant. Unlike [`now`](Self::now) it does not jump when the machine's clock is
    /// corrected, so durations measured with it are right.
    pub fn elapsed(&self) -> Duration {
        match &self.0 {
            Source::System(start) => start.elapsed(),
            Source::Manual(micros) => Duration::from_micros(micros.load(Ordering::SeqCst).unsigned_abs()),
        }
    }

    /// Moves a manual clock forward. Does nothing to a system clock.
    pub fn advance(&self, by: Duration) {
        if let Source::Manual(micros) = &self.0 {
            let by = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
            micros.fetch_add(by, Ordering::SeqCst);
        }
    }
}

fn micros(at: Timestamp) -> i64 {
    i64::try_from(at.unix_timestamp_nanos() / 1000).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use time::macros::datetime;

    use super::Clock;

    #[test]
    fn a_manual_clock_moves_only_when_advanced_and_its_clones_move_with_it() {
        let clock = Clock::manual(datetime!(2026-01-02 03:04:05 UTC));
        let clone = clock.clone();
        assert_eq!(clone.now(), datetime!(2026-01-02 03:04:05 UTC));
        let before = clone.elapsed();
        clock.advance(Duration::from_secs(61));
        assert_eq!(clone.now(), datetime!(2026-01-02 03:05:06 UTC));
        assert_eq!(clone.elapsed() - before, Duration::from_secs(61));
    }

    #[test]
    fn the_system_clock_has_whole_microseconds() {
        assert_eq!(Clock::system().now().nanosecond() % 1000, 0);
    }
}

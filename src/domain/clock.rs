//! The only place that reads the machine's clock, and how far clocks may differ.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use time::OffsetDateTime;

use super::Timestamp;

/// How far the clock of a process may differ from the database's, and from those of services that verify access tokens.
/// Without a tolerance, a token that another process has just issued could seem to come from the future.
pub const TOLERANCE: Duration = Duration::from_secs(5);

/// How far the clocks of two processes may be apart without a session outliving its end. A process whose clock differs by
/// more than [`TOLERANCE`] is not ready, and is in use until a load balancer or an operator acts.
pub const CLOCKS_APART: Duration = Duration::from_secs(60 * 60);

/// The clock that everything reads. Cheap to clone. The clones of a manual clock share one time.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    /// With the instant from which [`Clock::elapsed`] counts.
    System(Instant),
    Manual(Arc<Manual>),
}

#[derive(Debug)]
struct Manual {
    /// Microseconds since the Unix epoch.
    now: AtomicI64,
    /// Microseconds by which the machine's clock is taken to be ahead.
    machine_ahead: AtomicI64,
}

impl Clock {
    /// The machine's clock.
    #[expect(clippy::disallowed_methods, reason = "the one clock counts from an instant of the machine")]
    pub fn system() -> Self {
        Self(Source::System(Instant::now()))
    }

    /// A clock that stops at `start` until [`advance`](Self::advance) moves it.
    pub fn manual(start: Timestamp) -> Self {
        Self(Source::Manual(Arc::new(Manual { now: AtomicI64::new(micros(start)), machine_ahead: AtomicI64::new(0) })))
    }

    /// The current time, cut to microseconds. A time read back from Postgres then equals the one written.
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Source::System(_) => at(machine_micros()),
            Source::Manual(manual) => at(manual.now.load(Ordering::SeqCst)),
        }
    }

    /// The time by the machine's clock, to compare it with another machine's. A manual clock does not move it.
    pub fn machine_now(&self) -> Timestamp {
        match &self.0 {
            Source::System(_) => at(machine_micros()),
            Source::Manual(manual) => at(machine_micros() + manual.machine_ahead.load(Ordering::SeqCst)),
        }
    }

    /// The time since a fixed instant. Unlike [`now`](Self::now) it does not jump when the machine's clock is
    /// corrected, so durations measured with it are right.
    pub fn elapsed(&self) -> Duration {
        match &self.0 {
            Source::System(start) => start.elapsed(),
            Source::Manual(manual) => Duration::from_micros(manual.now.load(Ordering::SeqCst).unsigned_abs()),
        }
    }

    /// Moves a manual clock forward. Does nothing to a system clock.
    pub fn advance(&self, by: Duration) {
        if let Source::Manual(manual) = &self.0 {
            let by = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
            manual.now.fetch_add(by, Ordering::SeqCst);
        }
    }

    /// Makes [`machine_now`](Self::machine_now) of a manual clock differ from the machine's clock by `by` seconds. Does
    /// nothing to a system clock.
    pub fn set_machine_ahead(&self, by: i64) {
        if let Source::Manual(manual) = &self.0 {
            manual.machine_ahead.store(by.saturating_mul(1_000_000), Ordering::SeqCst);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one clock that everything else reads")]
fn machine_micros() -> i64 {
    micros(OffsetDateTime::now_utc())
}

fn at(micros: i64) -> Timestamp {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1000).unwrap_or(OffsetDateTime::UNIX_EPOCH)
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
    fn the_machines_clock_is_not_moved_with_a_manual_clock() {
        let clock = Clock::manual(datetime!(2026-01-02 03:04:05 UTC));
        let before = Clock::system().now();
        clock.advance(Duration::from_secs(3600));
        let machine = clock.machine_now();
        assert!((before..=Clock::system().now()).contains(&machine));
        clock.set_machine_ahead(-90);
        assert!(clock.machine_now() < before);
        assert_eq!(clock.now(), datetime!(2026-01-02 04:04:05 UTC));
    }

    #[test]
    fn the_system_clock_has_whole_microseconds() {
        assert_eq!(Clock::system().now().nanosecond() % 1000, 0);
    }
}

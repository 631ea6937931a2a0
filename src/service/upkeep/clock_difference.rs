//! How far the clock of this process differs from the database's. All processes of an installation share one database, so
//! processes that agree with it agree with each other.

use std::sync::{Mutex, PoisonError};

use crate::domain::Timestamp;
use crate::domain::clock::TOLERANCE;

/// The last measurement, and what it proved.
#[derive(Default)]
pub(super) struct ClockDifference(Mutex<Known>);

#[derive(Clone, Copy, Default)]
struct Known {
    ahead: Option<time::Duration>,
    is_beyond: bool,
}

/// One look at the database's clock, between two looks at the machine's.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measurement {
    pub before: Timestamp,
    pub database: Timestamp,
    pub after: Timestamp,
}

impl Measurement {
    /// By how much the machine's clock is ahead, and by how much that may be wrong: the database read its clock at any
    /// moment of the round trip. `None` if the machine's clock was set back meanwhile.
    fn ahead(&self) -> Option<(time::Duration, time::Duration)> {
        let half: time::Duration = (self.after - self.before) / 2;
        (!half.is_negative()).then(|| (self.before + half - self.database, half))
    }
}

impl ClockDifference {
    /// Takes a measurement. A slow round trip that proves nothing changes nothing but the estimate.
    pub fn measured(&self, measurement: Measurement) {
        let Some((ahead, error)) = measurement.ahead() else { return };
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.ahead = Some(ahead);
        let is_beyond = if ahead.abs() - error > TOLERANCE {
            true
        } else if ahead.abs() + error <= TOLERANCE {
            false
        } else {
            known.is_beyond
        };
        if std::mem::replace(&mut known.is_beyond, is_beyond) == is_beyond {
            return;
        }
        let (seconds, tolerance) = (ahead.as_seconds_f64(), TOLERANCE.as_secs());
        if is_beyond {
            tracing::error!(
                seconds_ahead = seconds,
                tolerance,
                "The clock of this machine differs from the database's; this process is not ready until they agree. \
                 Synchronise both with NTP"
            );
        } else {
            tracing::info!(seconds_ahead = seconds, "The clock of this machine agrees with the database's again");
        }
    }

    /// By how much the machine's clock was ahead of the database's when they were last compared.
    pub fn ahead(&self) -> Option<time::Duration> {
        self.known().ahead
    }

    /// Whether the clocks differ by more than [`TOLERANCE`].
    pub fn is_beyond_tolerance(&self) -> bool {
        self.known().is_beyond
    }

    fn known(&self) -> Known {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use time::ext::NumericalDuration as _;
    use time::macros::datetime;

    use super::{ClockDifference, Measurement};

    /// The database reads its clock at `read` of a round trip of `trip` seconds, on a machine that is `ahead`.
    fn measured(clocks: &ClockDifference, ahead: f64, trip: f64, read: f64) -> bool {
        let database = datetime!(2026-01-01 00:00 UTC);
        let before = database + ahead.seconds() - (trip * read).seconds();
        clocks.measured(Measurement { before, database, after: before + trip.seconds() });
        clocks.is_beyond_tolerance()
    }

    #[test]
    fn a_difference_counts_where_the_round_trip_cannot_explain_it() {
        for sign in [-1.0, 1.0] {
            for read in [0.0, 0.5, 1.0] {
                for trip in [0.0, 0.1, 3.0, 20.0] {
                    let clocks = ClockDifference::default();
                    assert!(!measured(&clocks, sign * 5.0, trip, read), "{sign} {read} {trip}");
                    let clocks = ClockDifference::default();
                    let is_proven = measured(&clocks, sign * 5.1, trip, read);
                    assert!(is_proven || trip > 0.0, "{sign} {read} {trip}");
                }
                let clocks = ClockDifference::default();
                assert!(measured(&clocks, sign * 3600.0, 20.0, read), "{sign} {read}");
            }
        }
    }

    #[test]
    fn what_proves_nothing_changes_nothing() {
        let clocks = ClockDifference::default();
        assert!(measured(&clocks, 90.0, 0.1, 0.5));
        assert!(measured(&clocks, 0.0, 20.0, 0.5), "a slow round trip does not prove that they agree");
        assert!(!measured(&clocks, 0.0, 0.1, 0.5));
        assert!(!measured(&clocks, 6.0, 20.0, 0.5), "a slow round trip does not prove that they differ");
    }

    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Log {
        fn write(&mut self, written: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(written)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn each_change_is_logged_once() {
        let log = Log::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
        tracing::subscriber::with_default(subscriber, || {
            let clocks = ClockDifference::default();
            for ahead in [0.0, 1.0, 90.0, 90.0, -3600.0, 2.0, 0.0, -6.0] {
                measured(&clocks, ahead, 0.0, 0.0);
            }
        });
        let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        let levels: Vec<&str> = log.lines().map(|line| line.split_whitespace().nth(1).unwrap()).collect();
        assert_eq!(levels, ["ERROR", "INFO", "ERROR"], "{log}");
        let first = log.lines().next().unwrap();
        assert!(first.contains("seconds_ahead=90") && first.contains("Synchronise both with NTP"), "{log}");
    }

    #[test]
    fn a_clock_that_is_set_back_meanwhile_is_no_measure() {
        let clocks = ClockDifference::default();
        assert!(!measured(&clocks, 3600.0, -1.0, 0.5));
        assert_eq!(clocks.ahead(), None);
    }

    #[test]
    fn the_difference_is_positive_where_the_machine_is_ahead() {
        let clocks = ClockDifference::default();
        measured(&clocks, 1.5, 0.0, 0.0);
        assert_eq!(clocks.ahead(), Some(1.5.seconds()));
    }
}

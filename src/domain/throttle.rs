//! How guessing is slowed down: how many requests an address may send, and how long who fails to log in has to wait.

use std::num::NonZeroU32;
use std::time::Duration;

use super::Timestamp;

/// So many wrong passwords in a row are free of any wait but that after the last of them: people mistype.
/// Also how many logins of one account from new devices may be under way at once.
pub const FREE_FAILURES: u32 = 10;

/// No wait is longer. It may be an honest person who waits, on a new device, while somebody else guesses.
pub const LONGEST_WAIT: Duration = Duration::from_secs(60 * 60);

/// Failures after which the wait no longer grows.
pub const LAST_STEP: u32 = 22;

/// After so long without a try a key is as good as new. Twenty-four waits of an hour fit into it, so that to pause for it
/// gains fewer tries than to go on.
pub const FORGOTTEN_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// How long a key is closed after `failures` in a row: 1 s after the tenth, then twice as long each time, up to an hour.
pub const fn wait_after(failures: u32) -> Duration {
    let Some(doublings) = failures.checked_sub(FREE_FAILURES) else { return Duration::ZERO };
    if failures >= LAST_STEP {
        return LONGEST_WAIT;
    }
    Duration::from_secs(1 << doublings)
}

/// Where tries are counted together: a keyed hash of the account's name for all strangers, and another for each device
/// that has logged in to it before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ThrottleKey([u8; 32]);

/// A browser that has logged in before, by a random number that means nothing else.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DeviceId(pub [u8; 16]);

impl ThrottleKey {
    /// The key of a keyed hash.
    pub fn from_hash(hash: [u8; 32]) -> Self {
        Self(hash)
    }

    /// The hash, as it is stored.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// How a key stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tries {
    /// In a row, those under way included: a try counts as failed until it has succeeded.
    pub failures: u32,
    /// When the last of them was counted.
    pub counted_at: Timestamp,
}

impl Tries {
    /// How long the key stays closed from `now` on; zero if it is open. A count from a future beyond any wait was made by
    /// a clock that was wrong, and closes nothing; nor does a count without a wait, by whichever clock it was made.
    pub fn wait(&self, now: Timestamp) -> Duration {
        let wait = wait_after(self.failures);
        let until = self.counted_at + wait;
        if wait.is_zero() || self.counted_at > now + LONGEST_WAIT {
            return Duration::ZERO;
        }
        Duration::try_from(until - now).unwrap_or_default()
    }
}

/// A wait as `Retry-After` tells it: in whole seconds, never too early, and never zero.
pub fn retry_after(wait: Duration) -> u32 {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    u32::try_from(seconds).unwrap_or(u32::MAX).max(1)
}

/// How many requests one address may send: as many at once, and as many again in each period.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rate {
    pub count: NonZeroU32,
    /// Never zero.
    pub period: Duration,
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use time::macros::datetime;

    use super::{LAST_STEP, LONGEST_WAIT, Tries, retry_after, wait_after};

    #[test]
    fn waits_begin_with_the_tenth_failure_and_double_up_to_an_hour() {
        let expected = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600, 3600]
            .map(Duration::from_secs);
        for (failures, expected) in (0u32..).zip(expected) {
            assert_eq!(wait_after(failures), expected, "after {failures}");
        }
        for failures in [100, 1_000_000, u32::MAX] {
            assert_eq!(wait_after(failures), LONGEST_WAIT);
        }
        assert!(wait_after(LAST_STEP - 1) < LONGEST_WAIT);
    }

    #[test]
    fn a_key_is_closed_until_its_wait_is_over() {
        let at = datetime!(2026-01-02 03:04:05 UTC);
        let tries = Tries { failures: 12, counted_at: at };
        assert_eq!(tries.wait(at), Duration::from_secs(4));
        assert_eq!(tries.wait(at + Duration::from_millis(3_999)), Duration::from_millis(1));
        assert_eq!(tries.wait(at + Duration::from_secs(4)), Duration::ZERO);
        assert_eq!(tries.wait(at + Duration::from_secs(1_000_000)), Duration::ZERO);
        assert_eq!(Tries { failures: 9, counted_at: at }.wait(at), Duration::ZERO);
    }

    #[test]
    fn a_clock_that_was_wrong_locks_nobody_out_for_long() {
        let at = datetime!(2026-01-02 03:04:05 UTC);
        let ahead = |seconds| Tries { failures: 10, counted_at: at + Duration::from_secs(seconds) };
        assert_eq!(ahead(3).wait(at), Duration::from_secs(4));
        assert_eq!(ahead(365 * 24 * 60 * 60).wait(at), Duration::ZERO);
        let free = Tries { failures: 9, counted_at: at + Duration::from_secs(3) };
        assert_eq!(free.wait(at), Duration::ZERO);
    }

    #[test]
    fn retry_after_is_never_too_early() {
        for (wait, seconds) in [(0, 1), (1, 1), (999, 1), (1_000, 1), (1_001, 2), (3_600_000, 3_600)] {
            assert_eq!(retry_after(Duration::from_millis(wait)), seconds, "{wait} ms");
        }
    }
}

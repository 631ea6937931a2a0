//! Limits on guessing: how many requests an address may send, and how long a login waits after failures.

use std::num::NonZeroU32;
use std::time::Duration;

use super::Timestamp;

/// The wrong passwords in a row before the first wait, since people mistype. The last of them causes it. Also the
/// number of logins of one account from new devices that may run at once.
pub const FREE_FAILURES: u32 = 10;

/// The longest wait. An honest user on a new device waits too while an attacker guesses, less [`HEAD_START`].
pub const LONGEST_WAIT: Duration = Duration::from_secs(60 * 60);

/// The number of failures after which the wait no longer grows.
pub const LAST_STEP: u32 = 22;

/// How much earlier than the longest wait ends a network may try that has seldom failed at this account. Without it, a bot
/// that takes every attempt at its first moment would lock an honest user on a new device out for good.
pub const HEAD_START: Duration = Duration::from_secs(15 * 60);

/// How many attempts at a slowed account a network may fail before it has no head start any more. People mistype.
pub const TRIES_WITH_HEAD_START: u32 = 3;

/// A key without an attempt for this long starts again at zero failures. Twenty-four waits of an hour fit into it, so
/// an attacker gains less by pausing than by going on.
pub const FORGOTTEN_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// How long a key is closed after `failures` in a row: 1 s after the tenth, twice as long after each further one, at
/// most an hour.
pub const fn wait_after(failures: u32) -> Duration {
    let Some(doublings) = failures.checked_sub(FREE_FAILURES) else { return Duration::ZERO };
    if failures >= LAST_STEP {
        return LONGEST_WAIT;
    }
    Duration::from_secs(1 << doublings)
}

/// The same for an attempt from a network with a head start. It shortens the longest wait only: the others are no longer
/// than it leaves.
pub const fn wait_with_head_start(failures: u32) -> Duration {
    let wait = wait_after(failures);
    if failures >= LAST_STEP { wait.saturating_sub(HEAD_START) } else { wait }
}

/// What attempts are counted by: a keyed hash of the account's name for all unknown devices together, and others for
/// each device that has logged in to the account before, each session and each network.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ThrottleKey([u8; 32]);

/// A random number that identifies a browser that has logged in before, and nothing else.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DeviceId(pub [u8; 16]);

impl ThrottleKey {
    /// A key from its keyed hash.
    pub fn from_hash(hash: [u8; 32]) -> Self {
        Self(hash)
    }

    /// The hash that is stored.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// The attempts under one key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Attempts {
    /// Failures in a row. An attempt that is running counts as failed until it has succeeded.
    pub failures: u32,
    /// When the last one was counted.
    pub counted_at: Timestamp,
}

impl Attempts {
    /// Whether the count starts again: without an attempt for [`FORGOTTEN_AFTER`], or if a wrong clock made it.
    pub fn is_forgotten(&self, now: Timestamp) -> bool {
        self.counted_at <= now - FORGOTTEN_AFTER || self.counted_at > now + LONGEST_WAIT
    }

    /// How long the key stays closed from `now` on, zero if it is open. A count that is further in the future than any
    /// wait was made by a wrong clock and closes nothing. A count without a wait closes nothing by any clock. `wait_after`
    /// is how long it is closed after so many failures.
    pub fn wait(&self, now: Timestamp, wait_after: fn(u32) -> Duration) -> Duration {
        let wait = wait_after(self.failures);
        let until = self.counted_at + wait;
        if wait.is_zero() || self.counted_at > now + LONGEST_WAIT {
            return Duration::ZERO;
        }
        Duration::try_from(until - now).unwrap_or_default()
    }
}

/// A wait for `Retry-After`: whole seconds, rounded up, at least 1.
pub fn retry_after(wait: Duration) -> u32 {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    u32::try_from(seconds).unwrap_or(u32::MAX).max(1)
}

/// How many requests one address may send: `count` at once, and `count` more in each period.
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

    use super::{Attempts, HEAD_START, LAST_STEP, LONGEST_WAIT, retry_after, wait_after, wait_with_head_start};

    #[test]
    fn waits_start_at_the_tenth_failure_and_double_up_to_an_hour() {
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
    fn a_head_start_shortens_the_longest_wait_only() {
        for failures in 0..LAST_STEP {
            assert_eq!(wait_with_head_start(failures), wait_after(failures));
            assert!(wait_after(failures) <= LONGEST_WAIT - HEAD_START, "a wait that is longer than a later one");
        }
        for failures in [LAST_STEP, LAST_STEP + 1, u32::MAX] {
            assert_eq!(wait_with_head_start(failures), LONGEST_WAIT - HEAD_START);
        }
    }

    #[test]
    fn a_key_is_closed_until_its_wait_ends() {
        let at = datetime!(2026-01-02 03:04:05 UTC);
        let attempts = Attempts { failures: 12, counted_at: at };
        assert_eq!(attempts.wait(at, wait_after), Duration::from_secs(4));
        assert_eq!(attempts.wait(at + Duration::from_millis(3_999), wait_after), Duration::from_millis(1));
        assert_eq!(attempts.wait(at + Duration::from_secs(4), wait_after), Duration::ZERO);
        assert_eq!(attempts.wait(at + Duration::from_secs(1_000_000), wait_after), Duration::ZERO);
        assert_eq!(Attempts { failures: 9, counted_at: at }.wait(at, wait_after), Duration::ZERO);
    }

    #[test]
    fn a_wrong_clock_does_not_lock_users_out_for_long() {
        let at = datetime!(2026-01-02 03:04:05 UTC);
        let ahead = |seconds| Attempts { failures: 10, counted_at: at + Duration::from_secs(seconds) };
        assert_eq!(ahead(3).wait(at, wait_after), Duration::from_secs(4));
        assert_eq!(ahead(365 * 24 * 60 * 60).wait(at, wait_after), Duration::ZERO);
        let free = Attempts { failures: 9, counted_at: at + Duration::from_secs(3) };
        assert_eq!(free.wait(at, wait_after), Duration::ZERO);
    }

    #[test]
    fn retry_after_is_never_too_early() {
        for (wait, seconds) in [(0, 1), (1, 1), (999, 1), (1_000, 1), (1_001, 2), (3_600_000, 3_600)] {
            assert_eq!(retry_after(Duration::from_millis(wait)), seconds, "{wait} ms");
        }
    }
}

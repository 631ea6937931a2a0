//! Waiting with a bound, on the machine's monotonic clock.

use std::time::{Duration, Instant};

/// A moment until which something is waited for.
#[derive(Clone, Copy)]
pub(super) struct Deadline(Instant);

#[expect(clippy::disallowed_methods, reason = "processes are waited for on the machine's clock; no test can move them")]
impl Deadline {
    pub fn after(wait: Duration) -> Self {
        Self(Instant::now() + wait)
    }

    pub fn has_passed(self) -> bool {
        Instant::now() >= self.0
    }

    /// Asks `is_so` each few milliseconds until it is, or until the deadline has passed: then `false`.
    pub fn wait_until(self, mut is_so: impl FnMut() -> bool) -> bool {
        loop {
            if is_so() {
                return true;
            }
            if self.has_passed() {
                return false;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

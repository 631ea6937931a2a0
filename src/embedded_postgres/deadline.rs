//! Waiting with a timeout, on the machine's monotonic clock.

use std::time::{Duration, Instant};

/// The moment when waiting ends.
#[derive(Clone, Copy)]
pub(super) struct Deadline(Instant);

#[expect(clippy::disallowed_methods, reason = "processes are waited for on the machine's clock; no test can move them")]
impl Deadline {
    pub fn after(timeout: Duration) -> Self {
        Self(Instant::now() + timeout)
    }

    pub fn has_passed(self) -> bool {
        Instant::now() >= self.0
    }

    /// Polls `condition` every few milliseconds. Returns whether it became true before the deadline.
    pub fn wait_until(self, mut condition: impl FnMut() -> bool) -> bool {
        loop {
            if condition() {
                return true;
            }
            if self.has_passed() {
                return false;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

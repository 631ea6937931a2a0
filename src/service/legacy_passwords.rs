//! Passwords that only the operator's former system knows. It is asked at the login of a user without a hash, and at no other
//! time. What it confirms is hashed and stored, so it is asked once.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rand::RngExt as _;
use secrecy::SecretString;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};

use super::error::ServiceError;
use super::random::rng;
use crate::delivery::password_hook::{PasswordHook, TIMEOUT};
use crate::domain::account::Email;
use crate::domain::clock::Clock;

/// How many questions wait for a response at once. Each holds a thread.
pub const HOOKS_AT_ONCE: usize = 16;

/// How many of the last times are remembered.
const REMEMBERED: usize = 64;

/// The former system, as far as this process asks it.
pub(super) struct LegacyPasswords {
    hook: Arc<PasswordHook>,
    permits: Arc<Semaphore>,
    clock: Clock,
    /// How long it lately took to say that a password is wrong.
    times: Mutex<VecDeque<Duration>>,
}

impl LegacyPasswords {
    /// Asks through `hook`.
    pub fn new(hook: Arc<PasswordHook>, clock: Clock) -> Self {
        Self { hook, permits: Arc::new(Semaphore::new(HOOKS_AT_ONCE)), clock, times: Mutex::default() }
    }

    /// Whether the former system knows `password` as that of the address. The address is sent as it is stored: two spellings
    /// that are one address here could name two people there.
    ///
    /// # Errors
    /// [`ServiceError::LegacyUnavailable`] if it did not say so or otherwise, and [`ServiceError::Overloaded`] if too many
    /// others wait for it.
    pub async fn matches(&self, email: &Email, password: SecretString) -> Result<bool, ServiceError> {
        let permit = timeout(TIMEOUT, Arc::clone(&self.permits).acquire_owned()).await;
        let Ok(Ok(permit)) = permit else { return Err(ServiceError::Overloaded) };
        let (hook, identifier, began) = (Arc::clone(&self.hook), email.to_string(), self.clock.elapsed());
        // The permit moves into the work: a caller that disconnects frees no thread before the response is there.
        let task = spawn_blocking(move || {
            let matches = hook.matches(&identifier, &password);
            drop(permit);
            matches
        });
        let matches = match task.await {
            Ok(matches) => matches.map_err(|error| ServiceError::LegacyUnavailable(error.to_string()))?,
            Err(error) => return Err(ServiceError::Internal(format!("asking for a password panicked: {error}"))),
        };
        if !matches {
            self.remember(self.clock.elapsed().saturating_sub(began));
        }
        Ok(matches)
    }

    /// Takes as long as a question about a wrong password lately did. Otherwise response times would reveal which addresses
    /// have an account, and which of them have a hash.
    pub async fn pretend(&self) {
        let time = {
            let times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
            if times.is_empty() { Duration::ZERO } else { times[rng().random_range(0..times.len())] }
        };
        if !time.is_zero() {
            sleep(time).await;
        }
    }

    fn remember(&self, time: Duration) {
        let mut times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        times.truncate(REMEMBERED - 1);
        times.push_front(time);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use tokio::time::Instant;

    use super::{LegacyPasswords, PasswordHook, REMEMBERED, TIMEOUT};
    use crate::domain::clock::Clock;

    async fn pretended(former: &LegacyPasswords) -> Duration {
        let began = Instant::now();
        former.pretend().await;
        began.elapsed()
    }

    #[test]
    fn pretending_takes_as_long_as_a_wrong_password_lately_did() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(pretends());
    }

    async fn pretends() {
        let hook = Arc::new(PasswordHook::new("http://127.0.0.1:1/".to_owned().into(), TIMEOUT));
        let former = LegacyPasswords::new(hook, Clock::system());
        assert_eq!(pretended(&former).await, Duration::ZERO);
        for millis in [200, 300] {
            former.remember(Duration::from_millis(millis));
        }
        for _ in 0..20 {
            assert!([200, 300].contains(&pretended(&former).await.as_millis()));
        }
        for _ in 0..REMEMBERED {
            former.remember(Duration::from_millis(40));
        }
        assert_eq!(pretended(&former).await, Duration::from_millis(40));
    }
}

//! Slowing down who guesses passwords: a try is counted before anything is hashed, and the right password wipes the count
//! of its key.

use std::time::Duration;

use secrecy::SecretString;

use super::{Service, ServiceError, rng};
use crate::crypto::device_cookie::REMEMBERED_FOR;
use crate::db::throttles::{self, Counted};
use crate::domain::event::EventKind;
use crate::domain::throttle::{ThrottleKey, retry_after};

/// Too many wrong passwords lately. The try was neither judged nor counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TooManyAttempts {
    /// In seconds.
    pub retry_after: u32,
}

/// What makes a browser known to an account.
#[derive(Debug)]
pub struct KnownDevice {
    pub cookie: SecretString,
    /// In seconds.
    pub max_age: i64,
}

impl Service {
    /// What a browser is given that has just logged in to the account `email`, so that others who guess at its password
    /// do not lock it out.
    pub fn known_device(&self, email: &str) -> KnownDevice {
        KnownDevice {
            cookie: self.device_cookies.mint(email, self.clock.now(), &mut rng()),
            max_age: REMEMBERED_FOR.as_secs().cast_signed(),
        }
    }

    /// Where tries to log in to `email` are counted: a device that proves to have done so before has a key of its own.
    /// Anything else that is shown as proof is a stranger's.
    pub(super) fn throttle_key(&self, email: &str, device: Option<&[u8]>) -> ThrottleKey {
        match device.and_then(|device| self.device_cookies.verify(device, email, self.clock.now())) {
            Some(device) => self.throttle_keys.of_device(email, device),
            None => self.throttle_keys.of_strangers(email),
        }
    }

    /// Lets `attempt` judge a password if its key is open; it is told for how long its failure closes the key. It counts as failed unless `is_right` says otherwise of what
    /// it came to; one that came to no verdict, since nothing was hashed or the database was gone, does not count. A try
    /// that is cut off half-way does: else hanging up would make guesses free.
    pub(super) async fn throttled<T, Attempt>(
        &self,
        key: ThrottleKey,
        attempt: impl FnOnce(Duration) -> Attempt,
        is_right: impl FnOnce(&T) -> bool,
    ) -> Result<Result<T, TooManyAttempts>, ServiceError>
    where
        Attempt: Future<Output = Result<T, ServiceError>>,
    {
        let now = self.clock.now();
        let closes_for = match self.db.run(move |connection| throttles::count(connection, &key, now)).await? {
            Counted::Admitted { closes_for } => closes_for,
            Counted::Closed(wait) => {
                let retry_after = retry_after(wait);
                tracing::warn!(
                    event = "authn_login_fail_max",
                    retry_after,
                    "A password was not looked at: too many tries"
                );
                return Ok(Err(TooManyAttempts { retry_after }));
            }
        };
        let verdict = attempt(closes_for).await;
        let settled = match &verdict {
            Ok(outcome) if is_right(outcome) => self.db.run(move |c| throttles::forget(c, &key)).await,
            Ok(_) => Ok(()),
            Err(_) => self.db.run(move |c| throttles::take_back(c, &key)).await,
        };
        if let Err(error) = settled {
            tracing::warn!(error = %error, "A try to log in counts as failed though it did not: the count could not be changed");
        }
        verdict.map(Ok)
    }
}

/// What the log has on a wrong password: that there was one, and, if it closed the key, for how long.
pub(super) fn failures(kind: EventKind, closes_for: Duration) -> impl Iterator<Item = EventKind> {
    let slowed = EventKind::GuessingSlowed { wait: closes_for.as_secs() };
    std::iter::once(kind).chain((!closes_for.is_zero()).then_some(slowed))
}

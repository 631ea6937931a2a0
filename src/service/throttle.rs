//! The login throttle: slows down guessing. An attempt is counted before the password is hashed, and the right password
//! resets the count of its key.

use std::time::Duration;

use secrecy::SecretString;
use tracing::field::display;

use super::error::ServiceError;
use super::random::rng;
use crate::crypto::device_cookie::{DeviceCookies, REMEMBERED_FOR};
use crate::crypto::keys::Keyring;
use crate::crypto::throttle_keys::ThrottleKeys;
use crate::db::throttles::{self, Counted};
use crate::db::{Database, DbError};
use crate::domain::clock::Clock;
use crate::domain::event::EventKind;
use crate::domain::ids::{FamilyId, UserId};
use crate::domain::throttle::{DeviceId, ThrottleKey, retry_after};

/// Too many wrong passwords recently. This attempt's password was not checked, and the attempt not counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TooManyAttempts {
    /// In seconds.
    pub retry_after: u32,
}

/// The cookie that makes a browser known to an account.
#[derive(Debug)]
pub struct KnownDevice {
    pub cookie: SecretString,
    /// In seconds.
    pub max_age: i64,
}

/// Counts wrong passwords for each account and device.
pub(super) struct LoginThrottle {
    db: Database,
    clock: Clock,
    keys: ThrottleKeys,
    device_cookies: DeviceCookies,
}

impl LoginThrottle {
    /// Counts under keys of `keyring`.
    pub fn new(db: Database, clock: Clock, keyring: &Keyring) -> Self {
        Self { db, clock, keys: ThrottleKeys::new(keyring), device_cookies: DeviceCookies::new(keyring) }
    }

    /// The proof that a browser has logged in to the account `email`. It keeps other people's guesses from locking the
    /// browser out.
    pub fn known_device(&self, email: &str) -> KnownDevice {
        KnownDevice {
            cookie: self.device_cookies.mint(email, self.clock.now(), &mut rng()),
            max_age: REMEMBERED_FOR.as_secs().cast_signed(),
        }
    }

    /// The key that counts logins to `email`: the device's own if `device` proves an earlier login, otherwise the one
    /// of all strangers.
    pub fn login_key(&self, email: &str, device: Option<&[u8]>) -> ThrottleKey {
        match device.and_then(|device| self.device_cookies.verify(device, email, self.clock.now())) {
            Some(device) => self.keys.of_device(email, device),
            None => self.keys.of_strangers(email),
        }
    }

    /// The key that counts password checks within a session.
    pub fn session_key(&self, email: &str, session_id: FamilyId) -> ThrottleKey {
        self.keys.of_device(email, DeviceId(*session_id.as_uuid().as_bytes()))
    }

    /// Runs `attempt` if the key is open. `attempt` is given how long its failure closes the key. The attempt counts as
    /// failed unless `is_right` accepts its outcome. An attempt that ends in an error does not count, because nothing
    /// was checked. One that is cancelled does: otherwise a client could guess for free by disconnecting.
    pub async fn throttled<T, Attempt>(
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
            Counted::Closed(wait) => return Ok(Err(TooManyAttempts { retry_after: retry_after(wait) })),
        };
        let outcome = attempt(closes_for).await;
        let settled = match &outcome {
            Ok(outcome) if is_right(outcome) => {
                self.db.run(move |connection| throttles::forget(connection, &key)).await
            }
            Ok(_) => Ok(()),
            Err(_) => self.db.run(move |connection| throttles::take_back(connection, &key)).await,
        };
        if let Err(error) = settled {
            tracing::warn!(error = %error, "Could not update the login throttle");
        }
        outcome.map(Ok)
    }

    /// Forgets the wrong passwords of strangers to `email`.
    pub async fn reset_strangers(&self, email: &str) -> Result<(), DbError> {
        let key = self.keys.of_strangers(email);
        self.db.run(move |connection| throttles::forget(connection, &key)).await
    }
}

/// Whose password was not checked.
pub(super) enum LogSubject<'a> {
    User(UserId),
    /// The keyed hash of an email address, whether or not it has an account.
    EmailHash(&'a str),
}

/// Logs that a password was not checked.
pub(super) fn log_unchecked(refused: TooManyAttempts, subject: LogSubject<'_>) {
    let (user, email_hash) = match subject {
        LogSubject::User(id) => (Some(display(id)), None),
        LogSubject::EmailHash(hash) => (None, Some(hash)),
    };
    tracing::warn!(
        event = "authn_login_fail_max",
        retry_after = refused.retry_after,
        user.id = user,
        email.hash = email_hash,
        "Did not check a password: too many attempts"
    );
}

/// The events of a wrong password: the failure, and how long it closed the key if it did.
pub(super) fn failures(kind: EventKind, closes_for: Duration) -> impl Iterator<Item = EventKind> {
    let slowed = EventKind::GuessingSlowed { wait: closes_for.as_secs() };
    std::iter::once(kind).chain((!closes_for.is_zero()).then_some(slowed))
}

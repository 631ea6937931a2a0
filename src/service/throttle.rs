//! The login throttle: slows down guessing. An attempt is counted before the password is hashed, and the right password
//! resets the count of its key.

use std::net::IpAddr;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use tracing::field::display;

use super::error::ServiceError;
use super::random::rng;
use crate::crypto::device_cookie::{DeviceCookies, REMEMBERED_FOR, TOKEN_PREFIX};
use crate::crypto::keys::Keyring;
use crate::crypto::throttle_keys::ThrottleKeys;
use crate::db::throttles::{self, Counted};
use crate::db::{Connection, Database, DbError};
use crate::domain::Timestamp;
use crate::domain::clock::Clock;
use crate::domain::event::EventKind;
use crate::domain::family::Delivery;
use crate::domain::ids::UserId;
use crate::domain::network::Network;
use crate::domain::standing::Standing;
use crate::domain::throttle::{DeviceId, ThrottleKey, retry_after};

/// Too many wrong passwords recently. This attempt's password was not checked, and the attempt not counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TooManyAttempts {
    /// In seconds.
    pub retry_after: u32,
}

/// What makes a device known to an account.
#[derive(Debug)]
pub struct KnownDevice {
    /// The value of the device cookie, or the device token.
    pub proof: SecretString,
    /// In seconds.
    pub max_age: i64,
}

/// What an attempt is counted by.
#[derive(Clone, Copy)]
pub(super) struct CountedBy {
    key: ThrottleKey,
    /// Where a stranger tries from.
    network: Option<ThrottleKey>,
    standing: Standing,
}

impl CountedBy {
    /// Who goes first.
    pub fn standing(&self) -> Standing {
        self.standing
    }
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

    /// The proof that a device has logged in to the account `email`. It keeps other people's guesses from locking the
    /// device out.
    pub fn known_device(&self, email: &str, delivery: Delivery) -> KnownDevice {
        let proof = self.device_cookies.mint(email, self.clock.now(), &mut rng());
        let proof = match delivery {
            Delivery::Cookie => proof,
            Delivery::Body => format!("{TOKEN_PREFIX}{}", proof.expose_secret()).into(),
        };
        KnownDevice { proof, max_age: REMEMBERED_FOR.as_secs().cast_signed() }
    }

    /// What counts a login to `email` from `address`: the device's own key if `device` proves an earlier login, otherwise
    /// the one of all strangers.
    pub fn of_login(
        &self,
        email: &str,
        device: Option<&[u8]>,
        delivery: Delivery,
        address: Option<IpAddr>,
    ) -> CountedBy {
        match device.and_then(|device| self.device(email, device, delivery)) {
            Some(device) => self.of_known(self.keys.of_device(email, device)),
            None => CountedBy {
                key: self.keys.of_strangers(email),
                network: address.map(|address| self.keys.of_network(email, Network::widest_of(address))),
                standing: Standing::Stranger,
            },
        }
    }

    /// What counts password checks within the sessions that a login has begun. A sandbox family belongs to the login of the
    /// session that began it, so it gives no attempts of its own.
    pub fn of_sessions(&self, email: &str, authenticated_at: Timestamp) -> CountedBy {
        self.of_known(self.keys.of_login(email, authenticated_at))
    }

    /// What counts the mails that strangers may cause to one address.
    pub fn of_mails(&self, email: &str) -> CountedBy {
        CountedBy { key: self.keys.of_mails(email), network: None, standing: Standing::Stranger }
    }

    fn of_known(&self, key: ThrottleKey) -> CountedBy {
        CountedBy { key, network: None, standing: Standing::Known }
    }

    fn device(&self, email: &str, proof: &[u8], delivery: Delivery) -> Option<DeviceId> {
        let proof = match delivery {
            Delivery::Cookie => proof,
            Delivery::Body => proof.strip_prefix(TOKEN_PREFIX.as_bytes())?,
        };
        self.device_cookies.verify(proof, email, self.clock.now())
    }

    /// Runs `attempt` if the key is open. `attempt` is given how long its failure closes the key. The attempt counts as
    /// failed unless `is_right` accepts its outcome. An attempt that ends in an error does not count, because nothing
    /// was checked. One that is cancelled does: otherwise a client could guess for free by disconnecting.
    pub async fn throttled<T, Attempt>(
        &self,
        counted_by: CountedBy,
        attempt: impl FnOnce(Duration) -> Attempt,
        is_right: impl FnOnce(&T) -> bool,
    ) -> Result<Result<T, TooManyAttempts>, ServiceError>
    where
        Attempt: Future<Output = Result<T, ServiceError>>,
    {
        let (CountedBy { key, network, .. }, now) = (counted_by, self.clock.now());
        let count = self.db.run(move |connection| throttles::count(connection, &key, network.as_ref(), now));
        let (closes_for, for_network) = match count.await? {
            Counted::Admitted { closes_for, for_network } => (closes_for, for_network),
            Counted::Closed(wait) => return Ok(Err(TooManyAttempts { retry_after: retry_after(wait) })),
        };
        let outcome = attempt(closes_for).await;
        let keys = [Some(key), network.filter(|_| for_network)];
        let settled = match &outcome {
            Ok(outcome) if is_right(outcome) => self.each(keys, throttles::forget).await,
            Ok(_) => Ok(()),
            Err(_) => self.each(keys, throttles::take_back).await,
        };
        if let Err(error) = settled {
            tracing::warn!(error = %error, "Could not update the login throttle");
        }
        outcome.map(Ok)
    }

    async fn each(
        &self,
        keys: [Option<ThrottleKey>; 2],
        settle: fn(&mut Connection, &ThrottleKey) -> Result<(), DbError>,
    ) -> Result<(), DbError> {
        self.db.run(move |connection| keys.iter().flatten().try_for_each(|key| settle(connection, key))).await
    }

    /// The keys of an account: of its strangers, of the mails that they cause, of the sessions that it logged in to at these
    /// times, and of the networks of these addresses. Those of known devices are missing, because only the devices know their ids.
    pub fn keys_of(&self, email: &str, logins: &[Timestamp], addresses: &[IpAddr]) -> Vec<ThrottleKey> {
        let logins = logins.iter().map(|at| self.keys.of_login(email, *at));
        let networks = addresses.iter().map(|ip| self.keys.of_network(email, Network::widest_of(*ip)));
        [self.keys.of_strangers(email), self.keys.of_mails(email)].into_iter().chain(logins).chain(networks).collect()
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

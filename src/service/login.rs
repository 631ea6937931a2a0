//! Logging in: the beginning of a family.

use std::time::Duration;

use secrecy::SecretString;

use super::error::ServiceError;
use super::passwords::Judged;
use super::random::rng;
use super::revoke;
use super::session::SessionGrant;
use super::throttle::{KnownDevice, LogSubject, TooManyAttempts, failures, log_unchecked};
use super::use_cases::Service;
use crate::db::users::LockedAccount;
use crate::db::{events, families, outbox, users};
use crate::domain::account::{EmailLookup, User};
use crate::domain::client::Client;
use crate::domain::event::{Event, EventKind};
use crate::domain::event_messages;
use crate::domain::family::{Delivery, Family};
use crate::domain::ids::{FamilyId, UserId};
use crate::domain::letter::Letter;
use crate::domain::password::{Password, PasswordHash};
use crate::domain::refresh_token::IssuedGeneration;
use crate::domain::standing::Standing;

/// How often a login starts over because the account changed while its password was being checked.
const ATTEMPTS: usize = 3;

/// The outcome of a login.
#[derive(Debug)]
pub enum LoginOutcome {
    Granted(SessionGrant),
    /// Unknown address, wrong password, or an account without a password. The time taken does not reveal which.
    InvalidCredentials,
    /// The password was right, but the account is disabled.
    AccountDisabled,
    /// The password was not checked. Accounts that do not exist get this outcome too.
    TooManyAttempts(TooManyAttempts),
}

/// What a client sends along with a login because it still has it from an earlier one. Both are credentials, so this has
/// no `Debug`.
#[derive(Clone, Copy, Default)]
pub struct FromBefore<'a> {
    /// Proof of an earlier login to the account: a device cookie or token. It only exempts the client from the waits of
    /// strangers.
    pub device: Option<&'a [u8]>,
    /// The refresh cookie that the login replaces.
    pub refresh_token: Option<&'a [u8]>,
}

/// What a client wants of its session.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WantedSession {
    pub delivery: Delivery,
    /// Whether a browser keeps the cookies when it is closed.
    pub remember: bool,
}

/// A login that the throttle has admitted.
struct Attempt<'a> {
    email: &'a str,
    password: &'a SecretString,
    standing: Standing,
    client: Client,
    /// How long its failure closes its key.
    closes_for: Duration,
}

impl Service {
    /// Begins a session for the account `email` if `password` is its password. A successful login revokes the session
    /// whose cookie it replaces, whoever owns that session (ASVS 7.2.4): anyone who planted or copied the cookie loses
    /// the session.
    pub async fn login(
        &self,
        email: &str,
        password: &SecretString,
        wanted: WantedSession,
        before: FromBefore<'_>,
        client: Client,
    ) -> Result<LoginOutcome, ServiceError> {
        let replaced = before.refresh_token.and_then(|token| self.refresh_tokens.verify(token).ok());
        let replaced = replaced.map(|token| token.family_id);
        let counted_by = self.login_throttle.of_login(email, before.device, wanted.delivery, client.ip);
        let standing = counted_by.standing();
        let attempt = |closes_for| {
            let attempt = Attempt { email, password, standing, client, closes_for };
            self.try_login(attempt, wanted, replaced)
        };
        let is_right = |outcome: &LoginOutcome| !matches!(outcome, LoginOutcome::InvalidCredentials);
        let throttled = self.login_throttle.throttled(counted_by, attempt, is_right).await?;
        let outcome = throttled.unwrap_or_else(|refused| {
            log_unchecked(refused, LogSubject::EmailHash(&self.log_hashes.of_email(email)));
            LoginOutcome::TooManyAttempts(refused)
        });
        Ok(outcome)
    }

    /// What makes the device that has just logged in to the account `email` known to it: the value of its device cookie,
    /// or its device token.
    pub fn known_device(&self, email: &str, delivery: Delivery) -> KnownDevice {
        self.login_throttle.known_device(email, delivery)
    }

    async fn try_login(
        &self,
        attempt: Attempt<'_>,
        wanted: WantedSession,
        replaced: Option<FamilyId>,
    ) -> Result<LoginOutcome, ServiceError> {
        for _ in 0..ATTEMPTS {
            let (user, verified) = match self.check_password(&attempt).await? {
                Checked::Right(user, verified) => (user, verified),
                Checked::Wrong => return Ok(LoginOutcome::InvalidCredentials),
                Checked::Changed => continue,
            };
            if !user.is_active {
                log_failure(&user, "disabled");
                return Ok(LoginOutcome::AccountDisabled);
            }
            let client = attempt.client.clone();
            let is_new = attempt.standing == Standing::Stranger;
            if let Some(grant) = self.begin_session(user.id, verified, wanted, replaced, is_new, client).await? {
                let (user, family) = (user.id, grant.session_id);
                tracing::info!(event = "authn_login_success", user.id = %user, family.id = %family, "Login succeeded");
                return Ok(LoginOutcome::Granted(grant));
            }
        }
        Err(ServiceError::Unavailable("the account kept changing during the login".to_owned()))
    }

    async fn check_password(&self, attempt: &Attempt<'_>) -> Result<Checked, ServiceError> {
        let password = Password::presented(attempt.password);
        let lookup = EmailLookup::new(attempt.email);
        let found = self.db.run(move |connection| users::find_by_email(connection, &lookup)).await?;
        let (user, stored) = found.map_or((None, None), |(user, stored)| (Some(user), stored));
        let has_hash = stored.is_some();
        let judged = self.passwords.judge(password.clone(), stored, attempt.standing).await?;
        let is_right_elsewhere = match judged {
            Judged::Wrong => self.is_known_elsewhere(user.as_ref().filter(|_| !has_hash), &password).await?,
            Judged::Right(_) | Judged::RightButOutdated(_) => false,
        };
        let Some(user) = user else {
            let hash = self.log_hashes.of_email(attempt.email);
            tracing::warn!(event = "authn_login_fail", email.hash = hash, reason = "credentials", "Login failed");
            return Ok(Checked::Wrong);
        };
        match judged {
            Judged::Wrong if is_right_elsewhere => self.renew(user, None, password).await,
            Judged::Wrong => {
                log_failure(&user, "credentials");
                let (now, client) = (self.clock.now(), &attempt.client);
                for kind in failures(EventKind::LoginFailed, attempt.closes_for) {
                    self.background_writes.record(Event::of_account(now, user.id, kind, client.clone(), &mut rng()));
                }
                Ok(Checked::Wrong)
            }
            Judged::Right(stored) => Ok(Checked::Right(user, stored)),
            Judged::RightButOutdated(stored) => self.renew(user, Some(stored), password).await,
        }
    }

    /// Whether the former system knows the password of `user`, who has no hash. With any other user, and with none, it is not
    /// asked, but takes as long.
    async fn is_known_elsewhere(&self, user: Option<&User>, password: &Password) -> Result<bool, ServiceError> {
        let Some(former) = &self.legacy_passwords else { return Ok(false) };
        match user.and_then(|user| user.email.as_ref()) {
            Some(email) => former.matches(email, password.as_typed().clone()).await,
            None => {
                former.pretend().await;
                Ok(false)
            }
        }
    }

    /// Hashes a password that has just proved right, in the place of the hash `old` or of none.
    async fn renew(&self, user: User, old: Option<PasswordHash>, password: Password) -> Result<Checked, ServiceError> {
        // Who has given the right password is no stranger.
        let renewed = self.passwords.hash(password, Standing::Known).await?;
        let (id, new) = (user.id, renewed.clone());
        let replaced = self.db.run(move |connection| users::replace_hash(connection, id, old.as_ref(), &new)).await?;
        Ok(if replaced { Checked::Right(user, renewed) } else { Checked::Changed })
    }

    /// `None` if the account was disabled, deleted or given another password since `verified` was read: a login in
    /// flight must not outlive the change (CVE-2026-22706).
    async fn begin_session(
        &self,
        user_id: UserId,
        verified: PasswordHash,
        wanted: WantedSession,
        replaced: Option<FamilyId>,
        is_new_device: bool,
        client: Client,
    ) -> Result<Option<SessionGrant>, ServiceError> {
        let WantedSession { delivery, remember } = wanted;
        let now = self.clock.now();
        let mut family = Family::begin(FamilyId::new(now, &mut rng()), user_id, delivery, now, &self.lifetimes);
        family.remember = remember;
        family.issue_to(&client);
        family.user_agent.clone_from(&client.user_agent);
        let kind = EventKind::LoginSucceeded;
        let event = Event::of_session(now, user_id, family.id, kind, client.clone(), &mut rng());
        let limit = self.sessions_per_user.get();
        let begun = self.db.transaction(move |tx| {
            let owner = match replaced {
                Some(replaced) => families::find_owner(tx, replaced, delivery)?,
                None => None,
            };
            let replaced = replaced.zip(owner);
            let unchanged = |account: &LockedAccount| account.user().is_active && account.has_password(&verified);
            let Some(account) = users::lock_with_owner(tx, user_id, owner)?.filter(unchanged) else { return Ok(None) };
            let ended = revoke::replaced_and_beyond(tx, &account, limit - 1, replaced, now, &client)?;
            // Every device is new at the first login.
            let is_notable = tx.outgoing().mails && is_new_device && families::exists_of(tx, user_id)?;
            family.content.claims = account.user().claims.clone();
            families::insert(tx, &family)?;
            events::insert(tx, &event)?;
            if is_notable {
                let letter = Letter::NewDevice { place: event_messages::place(&event) };
                outbox::insert(tx, &event_messages::mail(&event, &letter))?;
            }
            Ok(Some((IssuedGeneration::newest_of(&family), ended)))
        });
        let Some((issued, ended)) = begun.await? else { return Ok(None) };
        self.ended_sessions.add(ended);
        Ok(Some(self.grant(&issued, now)))
    }
}

fn log_failure(user: &User, reason: &'static str) {
    tracing::warn!(event = "authn_login_fail", user.id = %user.id, reason, "Login failed");
}

enum Checked {
    /// With the hash that is stored now.
    Right(User, PasswordHash),
    Wrong,
    /// The stored hash was replaced in the meantime.
    Changed,
}

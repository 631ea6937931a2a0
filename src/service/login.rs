//! Logging in: the beginning of a family.

use std::time::Duration;

use secrecy::SecretString;

use super::throttle::failures;
use super::{Service, ServiceError, SessionGrant, TooManyAttempts, logout, rng};
use crate::crypto::password_hash::Verdict;
use crate::db::users::LockedAccount;
use crate::db::{Connection, DbError, events, families, live_sessions, users};
use crate::domain::Timestamp;
use crate::domain::account::{Email, User};
use crate::domain::client::Client;
use crate::domain::event::{Event, EventKind};
use crate::domain::family::{Delivery, Family};
use crate::domain::ids::{FamilyId, UserId};
use crate::domain::password::{Password, PasswordHash};
use crate::domain::refresh_token::IssuedGeneration;
use crate::domain::revocation::{Revocation, RevocationReason};

/// How often a login begins anew because the account changed while its password was being checked.
const ATTEMPTS: usize = 3;

/// What came of a login.
#[derive(Debug)]
pub enum LoginOutcome {
    Granted(SessionGrant),
    /// Unknown address or wrong password; which of them is not told, nor does it show in the time taken.
    InvalidCredentials,
    /// The password was right, and the account has been disabled.
    AccountDisabled,
    /// The password was not looked at. Told in the same way for accounts that do not exist.
    TooManyAttempts(TooManyAttempts),
}

/// What a browser sends along with a login because its jar still holds it. Both are credentials, so this does not print.
#[derive(Clone, Copy, Default)]
pub struct FromBefore<'a> {
    /// Proof that it has logged in to the account before; that spares it the waits of strangers, and nothing else.
    pub device: Option<&'a [u8]>,
    /// The refresh cookie that the login is going to replace.
    pub refresh_token: Option<&'a [u8]>,
}

impl Service {
    /// Begins a session for the account `email`, if `password` is its password. A login that succeeds ends the session
    /// whose cookie it replaces, whosesoever it is (ASVS 7.2.4): whoever planted it, or copied it, is left with nothing.
    ///
    /// # Errors
    /// [`ServiceError`]; refusals are outcomes.
    pub async fn login(
        &self,
        email: &str,
        password: &SecretString,
        delivery: Delivery,
        before: FromBefore<'_>,
        client: Client,
    ) -> Result<LoginOutcome, ServiceError> {
        let replaced = before.refresh_token.and_then(|token| self.refresh_tokens.verify(token).ok());
        let replaced = replaced.map(|token| token.family_id);
        let attempt = |closes_for| self.try_login(email, password, delivery, replaced, client, closes_for);
        let is_right = |outcome: &LoginOutcome| !matches!(outcome, LoginOutcome::InvalidCredentials);
        let judged = self.throttled(self.throttle_key(email, before.device), attempt, is_right).await?;
        let outcome = judged.unwrap_or_else(LoginOutcome::TooManyAttempts);
        match &outcome {
            LoginOutcome::Granted(grant) => {
                tracing::info!(event = "authn_login_success", family.id = %grant.session_id, "A login succeeded");
            }
            LoginOutcome::InvalidCredentials => {
                tracing::warn!(event = "authn_login_fail", reason = "credentials", "A login failed");
            }
            LoginOutcome::AccountDisabled => {
                tracing::warn!(event = "authn_login_fail", reason = "disabled", "A login failed");
            }
            LoginOutcome::TooManyAttempts(_) => {}
        }
        Ok(outcome)
    }

    async fn try_login(
        &self,
        email: &str,
        password: &SecretString,
        delivery: Delivery,
        replaced: Option<FamilyId>,
        client: Client,
        closes_for: Duration,
    ) -> Result<LoginOutcome, ServiceError> {
        for _ in 0..ATTEMPTS {
            let (user, verified) = match self.check_password(email, password, &client, closes_for).await? {
                Checked::Right(user, verified) => (user, verified),
                Checked::Wrong => return Ok(LoginOutcome::InvalidCredentials),
                Checked::Changed => continue,
            };
            if !user.is_active {
                return Ok(LoginOutcome::AccountDisabled);
            }
            if let Some(grant) = self.begin_session(user.id, verified, delivery, replaced, client.clone()).await? {
                return Ok(LoginOutcome::Granted(grant));
            }
        }
        Err(ServiceError::Unavailable("the account kept changing during the login".to_owned()))
    }

    async fn check_password(
        &self,
        email: &str,
        password: &SecretString,
        client: &Client,
        closes_for: Duration,
    ) -> Result<Checked, ServiceError> {
        let password = Password::presented(password);
        let found = match Email::parse(email) {
            Ok(email) => self.db.run(move |connection| users::find_by_email(connection, &email)).await?,
            Err(_) => None,
        };
        let Some((user, stored)) = found else {
            self.hasher.verify_nobody(password).await?;
            return Ok(Checked::Wrong);
        };
        match self.hasher.verify(password.clone(), &stored).await? {
            Verdict::Wrong => {
                let now = self.clock.now();
                for kind in failures(EventKind::LoginFailed, closes_for) {
                    self.background_writes.happened(Event::of_account(now, user.id, kind, client.clone(), &mut rng()));
                }
                Ok(Checked::Wrong)
            }
            Verdict::Right => Ok(Checked::Right(user, stored)),
            Verdict::RightButOutdated => {
                let renewed = self.hasher.hash(password, &mut rng()).await?;
                let (id, new) = (user.id, renewed.clone());
                let replaced =
                    self.db.run(move |connection| users::replace_hash(connection, id, &stored, &new)).await?;
                Ok(if replaced { Checked::Right(user, renewed) } else { Checked::Changed })
            }
        }
    }

    /// `None` where the account was disabled, deleted or given another password since `verified` was read: a login that
    /// was under way must not outlive the change (CVE-2026-22706).
    async fn begin_session(
        &self,
        user_id: UserId,
        verified: PasswordHash,
        delivery: Delivery,
        replaced: Option<FamilyId>,
        client: Client,
    ) -> Result<Option<SessionGrant>, ServiceError> {
        let now = self.clock.now();
        let mut family = Family::begin(FamilyId::new(now, &mut rng()), user_id, delivery, now, &self.lifetimes);
        family.ip = client.ip;
        family.user_agent.clone_from(&client.user_agent);
        let issued = IssuedGeneration::newest_of(&family);
        let kind = EventKind::LoginSucceeded;
        let event = Event::of_session(now, user_id, family.id, kind, client.clone(), &mut rng());
        let limit = self.sessions_per_user.get();
        let begun = self.db.run(move |connection| {
            connection.transaction(|connection| {
                let unchanged = |account: &LockedAccount| account.user().is_active && account.has_password(&verified);
                let Some(account) = users::lock(connection, user_id)?.filter(unchanged) else { return Ok(None) };
                let mut ended = end_replaced(connection, replaced, delivery, now, client)?;
                ended.extend(end_those_beyond(connection, &account, limit - 1, now)?);
                families::insert(connection, &family)?;
                events::insert(connection, &event)?;
                Ok(Some(ended))
            })
        });
        Ok(begun.await?.map(|ended| {
            self.ended_sessions.add(&ended);
            self.grant(&issued, now)
        }))
    }
}

/// Ends the session whose token the browser is about to forget, so that nobody else can go on with it.
fn end_replaced(
    connection: &mut Connection,
    replaced: Option<FamilyId>,
    delivery: Delivery,
    now: Timestamp,
    client: Client,
) -> Result<Vec<FamilyId>, DbError> {
    let Some(family_id) = replaced else { return Ok(Vec::new()) };
    let revocation = Revocation { at: now, reason: RevocationReason::Logout };
    let kind = EventKind::SessionRevoked { reason: revocation.reason };
    let is_its = |family: &Family| family.delivery == delivery;
    let has_ended = logout::end(connection, family_id, is_its, kind, revocation, client)?;
    Ok(has_ended.then_some(family_id).into_iter().collect())
}

/// Makes room for a session: the ones used longest ago end. Under the account's lock, so that parallel logins cannot all
/// find the same room.
fn end_those_beyond(
    connection: &mut Connection,
    account: &LockedAccount,
    keep: u32,
    now: Timestamp,
) -> Result<Vec<FamilyId>, DbError> {
    let revocation = Revocation { at: now, reason: RevocationReason::Limit };
    let ended = live_sessions::revoke_beyond(connection, account, keep, revocation)?;
    for &family_id in &ended {
        let kind = EventKind::SessionRevoked { reason: revocation.reason };
        let event = Event::of_session(now, account.user().id, family_id, kind, Client::default(), &mut rng());
        events::insert(connection, &event)?;
    }
    Ok(ended)
}

enum Checked {
    /// With the hash that is stored now.
    Right(User, PasswordHash),
    Wrong,
    /// The stored hash was replaced in the meantime.
    Changed,
}

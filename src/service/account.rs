//! The caller's own account.

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use super::authentication::Authenticated;
use super::deletion::delete_account;
use super::error::{FieldError, ServiceError};
use super::random::rng;
use super::revoke;
use super::throttle::{LogSubject, TooManyAttempts, failures, log_unchecked};
use super::use_cases::Service;
use crate::crypto::password_hash::Verdict;
use crate::db::users::DoomedAccount;
use crate::db::{events, live_sessions, users};
use crate::domain::account::{DeletedBy, User};
use crate::domain::client::Client;
use crate::domain::event::{Event, EventKind};
use crate::domain::password::{Password, PasswordHash};
use crate::domain::revocation::{Revocation, RevocationReason};
use crate::domain::standing::Standing;

/// The outcome of a change that requires the password again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PasswordOutcome {
    Done,
    /// Not the account's password.
    WrongPassword,
    /// The new password is not allowed.
    Invalid(FieldError),
    /// The caller's session has ended in the meantime.
    SessionRevoked,
    /// Too many wrong passwords from this session recently.
    TooManyAttempts(TooManyAttempts),
}

impl Service {
    /// The caller's account; `None` if the session has ended. Reads the database, so other processes' changes count at
    /// once.
    pub async fn find_account(&self, caller: &Authenticated) -> Result<Option<User>, ServiceError> {
        let (user_id, family_id) = (caller.grant.user_id, caller.grant.family_id);
        let found = self.db.run(move |connection| users::find_with_session(connection, user_id, family_id)).await?;
        Ok(found.and_then(|(user, revocation)| (user.is_active && revocation.is_none()).then_some(user)))
    }

    /// Changes the password of the caller's account and revokes its other sessions, including those with a refresh in
    /// flight.
    pub async fn change_password(
        &self,
        caller: &Authenticated,
        current: &SecretString,
        new: &SecretString,
        client: Client,
    ) -> Result<PasswordOutcome, ServiceError> {
        let (user, verified) = match self.verify_again(caller, current, &client).await? {
            Verified::Right(user, verified) => (user, verified),
            Verified::Refused(outcome) => return Ok(outcome),
        };
        let password = match self.passwords.choose_instead("new_password", new, current, &user.email) {
            Ok(password) => password,
            Err(error) => return Ok(PasswordOutcome::Invalid(error)),
        };
        let hash = self.passwords.hash(password, Standing::Known).await?;
        let revocation = Revocation { at: self.clock.now(), reason: RevocationReason::PasswordChange };
        let own = caller.grant.family_id;
        let changed = self.db.transaction(move |tx| {
            let Some(mut account) = users::lock(tx, user.id)? else { return Ok(None) };
            let sessions = live_sessions::list(tx, user.id, revocation.at)?;
            if !account.has_password(&verified) || !sessions.iter().any(|session| session.id == own) {
                return Ok(None);
            }
            account.set_password(tx, hash)?;
            let kind = EventKind::PasswordChanged;
            events::insert(tx, &Event::of_session(revocation.at, user.id, own, kind, client.clone(), &mut rng()))?;
            revoke::all(tx, &account, Some(own), revocation, &client).map(Some)
        });
        let Some(ended) = changed.await? else { return Ok(PasswordOutcome::SessionRevoked) };
        self.ended_sessions.add(ended);
        tracing::info!(event = "authn_password_change", user.id = %caller.grant.user_id, by = "user", "Password changed");
        Ok(PasswordOutcome::Done)
    }

    /// Deletes the caller's account with its sessions and events. A record of the deletion remains.
    pub async fn delete_account(
        &self,
        caller: &Authenticated,
        password: &SecretString,
        client: Client,
    ) -> Result<PasswordOutcome, ServiceError> {
        let (user, verified) = match self.verify_again(caller, password, &client).await? {
            Verified::Right(user, verified) => (user, verified),
            Verified::Refused(outcome) => return Ok(outcome),
        };
        let revocation = Revocation { at: self.clock.now(), reason: RevocationReason::LogoutAll };
        let throttle = Arc::clone(&self.login_throttle);
        let deleted = self.db.transaction(move |tx| {
            let unchanged = |doomed: &DoomedAccount| doomed.account().has_password(&verified);
            let Some(account) = users::lock_for_deletion(tx, user.id)?.filter(unchanged) else { return Ok(None) };
            delete_account(tx, account, &throttle, revocation, DeletedBy::User).map(Some)
        });
        let Some(ended) = deleted.await? else { return Ok(PasswordOutcome::SessionRevoked) };
        self.ended_sessions.add(ended);
        tracing::warn!(event = "user_deleted", user.id = %caller.grant.user_id, by = "user", "Account deleted");
        Ok(PasswordOutcome::Done)
    }

    /// Checks the caller's password again. Attempts are counted for each login separately, together with those of the
    /// sandbox families that were begun from it: someone with a stolen access token guesses as slowly as at the login, and
    /// does not keep the owner from changing the password elsewhere.
    async fn verify_again(
        &self,
        caller: &Authenticated,
        password: &SecretString,
        client: &Client,
    ) -> Result<Verified, ServiceError> {
        let (user_id, family_id) = (caller.grant.user_id, caller.grant.family_id);
        let Some((user, stored)) = self.db.run(move |connection| users::find(connection, user_id)).await? else {
            return Ok(Verified::Refused(PasswordOutcome::SessionRevoked));
        };
        let key = self.login_throttle.of_sessions(user.email.as_str(), caller.grant.authenticated_at);
        let attempt = async |closes_for| {
            Ok((self.passwords.verify(Password::presented(password), &stored, Standing::Known).await?, closes_for))
        };
        let is_right = |(verdict, _): &(Verdict, Duration)| *verdict != Verdict::Wrong;
        match self.login_throttle.throttled(key, attempt, is_right).await? {
            Err(refused) => {
                log_unchecked(refused, LogSubject::User(user_id));
                Ok(Verified::Refused(PasswordOutcome::TooManyAttempts(refused)))
            }
            Ok((Verdict::Right | Verdict::RightButOutdated, _)) if user.is_active => Ok(Verified::Right(user, stored)),
            Ok((_, closes_for)) => {
                let (now, client) = (self.clock.now(), client.clone());
                let recorded = self.db.run(move |connection| {
                    for kind in failures(EventKind::PasswordChangeFailed, closes_for) {
                        let event = Event::of_session(now, user.id, family_id, kind, client.clone(), &mut rng());
                        events::insert(connection, &event)?;
                    }
                    Ok(())
                });
                recorded.await?;
                tracing::warn!(
                    event = "authn_password_change_fail",
                    user.id = %user_id,
                    family.id = %family_id,
                    "A caller gave a wrong current password"
                );
                Ok(Verified::Refused(PasswordOutcome::WrongPassword))
            }
        }
    }
}

enum Verified {
    /// With the hash that the password was checked against.
    Right(User, PasswordHash),
    Refused(PasswordOutcome),
}

//! The caller's own account.

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use super::authentication::Authenticated;
use super::deletion::delete_account;
use super::error::{FieldError, ServiceError};
use super::new_credentials;
use super::passwords::Judged;
use super::random::rng;
use super::session::SessionGrant;
use super::throttle::{LogSubject, TooManyAttempts, failures, log_unchecked};
use super::use_cases::Service;
use crate::db::{events, outbox, users};
use crate::domain::account::{DeletedBy, Email, User};
use crate::domain::client::Client;
use crate::domain::event::{Event, EventKind};
use crate::domain::event_messages;
use crate::domain::ids::MessageId;
use crate::domain::letter::Letter;
use crate::domain::password::{Password, PasswordHash};
use crate::domain::revocation::{Revocation, RevocationReason};
use crate::domain::standing::Standing;

/// The outcome of a change that requires the password again.
#[derive(Debug)]
pub enum PasswordOutcome<T> {
    Done(T),
    /// Not the account's password.
    WrongPassword,
    /// The new password is not allowed.
    Invalid(FieldError),
    /// The caller's session has ended in the meantime.
    SessionRevoked,
    /// Too many wrong passwords from this session recently.
    TooManyAttempts(TooManyAttempts),
}

/// The session that a caller has after a change of password, in place of the one before.
#[derive(Debug)]
pub struct NewSession {
    pub grant: SessionGrant,
    /// What the account is [called](User::login_name) where a device becomes known to it.
    pub login_name: String,
}

impl Service {
    /// The caller's account; `None` if the session has ended. Reads the database, so other processes' changes count at
    /// once.
    pub async fn find_account(&self, caller: &Authenticated) -> Result<Option<User>, ServiceError> {
        Ok(self.find_with_password(caller).await?.map(|(user, _)| user))
    }

    async fn find_with_password(
        &self,
        caller: &Authenticated,
    ) -> Result<Option<(User, Option<PasswordHash>)>, ServiceError> {
        let (user_id, own) = (caller.grant.user_id, caller.grant.family_id);
        let found = self.db.run(move |connection| users::find_with_session(connection, user_id, own)).await?;
        match found {
            Some(((user, hash), None)) => Ok(user.is_active.then_some((user, hash))),
            Some((_, Some(_))) | None => {
                self.ended_sessions.note(&[own]);
                Ok(None)
            }
        }
    }

    /// Changes the password of the caller's account. Every session ends, including those with a refresh in flight, and
    /// the caller gets another one.
    pub async fn change_password(
        &self,
        caller: &Authenticated,
        current: &SecretString,
        new: &SecretString,
        client: Client,
    ) -> Result<PasswordOutcome<NewSession>, ServiceError> {
        let (user, verified) = match self.verify_again(caller, current, &client).await? {
            Verified::Right(user, verified) => (user, verified),
            Verified::Refused(refusal) => return Ok(refusal.into()),
        };
        let password = match self.passwords.choose_instead("new_password", new, current, user.email.as_ref()) {
            Ok(password) => password,
            Err(error) => return Ok(PasswordOutcome::Invalid(error)),
        };
        let hash = self.passwords.hash(password, Standing::Known).await?;
        let (now, lifetimes) = (self.clock.now(), self.lifetimes);
        let revocation = Revocation { at: now, reason: RevocationReason::PasswordChange };
        let changed = self.as_live(caller, move |tx, mut own| {
            if !own.account.has_password(&verified) {
                return Ok(None);
            }
            own.account.set_password(tx, hash)?;
            let kind = EventKind::PasswordChanged;
            new_credentials::replace_sessions(tx, &own, kind, revocation, client, &lifetimes).map(Some)
        });
        match changed.await? {
            Some(Some((issued, ended))) => {
                self.ended_sessions.add(ended);
                tracing::info!(event = "authn_password_change", user.id = %user.id, by = "user", "Password changed");
                Ok(PasswordOutcome::Done(NewSession { grant: self.grant(&issued, now), login_name: user.login_name() }))
            }
            Some(None) => Err(changed_meanwhile()),
            None => Ok(PasswordOutcome::SessionRevoked),
        }
    }

    /// Deletes the caller's account with its sessions and events. A record of the deletion remains.
    pub async fn delete_account(
        &self,
        caller: &Authenticated,
        password: &SecretString,
        client: Client,
    ) -> Result<PasswordOutcome<()>, ServiceError> {
        let verified = match self.verify_again(caller, password, &client).await? {
            Verified::Right(_, verified) => verified,
            Verified::Refused(refusal) => return Ok(refusal.into()),
        };
        let revocation = Revocation { at: self.clock.now(), reason: RevocationReason::LogoutAll };
        let throttle = Arc::clone(&self.login_throttle);
        let deleted = self.as_live_for_deletion(caller, move |tx, doomed| {
            if !doomed.account().has_password(&verified) {
                return Ok(None);
            }
            delete_account(tx, doomed, &throttle, revocation, DeletedBy::User).map(Some)
        });
        match deleted.await? {
            Some(Some(ended)) => {
                self.ended_sessions.add(ended);
                tracing::warn!(event = "user_deleted", user.id = %caller.grant.user_id, by = "user", "Account deleted");
                Ok(PasswordOutcome::Done(()))
            }
            Some(None) => Err(changed_meanwhile()),
            None => Ok(PasswordOutcome::SessionRevoked),
        }
    }

    /// Sends a link to `typed`, which makes it the address of the caller's account. The present address gets a notice. Whether
    /// `typed` has an account is not revealed.
    pub async fn request_email(
        &self,
        caller: &Authenticated,
        typed: &str,
        password: &SecretString,
        client: Client,
    ) -> Result<PasswordOutcome<()>, ServiceError> {
        let email = match Email::parse(typed) {
            Ok(email) => email,
            Err(error) => {
                return Ok(PasswordOutcome::Invalid(FieldError { field: "email", message: error.to_string() }));
            }
        };
        let user = match self.verify_again(caller, password, &client).await? {
            Verified::Right(user, _) => user,
            Verified::Refused(refusal) => return Ok(refusal.into()),
        };
        let now = self.clock.now();
        let own = caller.grant.family_id;
        let event = Event::of_session(now, user.id, own, EventKind::EmailChangeRequested, client, &mut rng());
        let place = event_messages::place(&event);
        let notice = Letter::EmailChangeRequested { email: email.as_str().to_owned(), place };
        let link = Letter::ConfirmEmail { email: email.as_str().to_owned() };
        let confirmation = link.message(MessageId::new(now, &mut rng()), Some(user.id), now);
        let requested = self.as_live(caller, move |tx, _| {
            events::insert(tx, &event)?;
            outbox::insert(tx, &event_messages::mail(&event, &notice))?;
            outbox::insert(tx, &confirmation)
        });
        Ok(match requested.await? {
            Some(()) => PasswordOutcome::Done(()),
            None => PasswordOutcome::SessionRevoked,
        })
    }

    /// Checks the caller's password again. Attempts are counted for each login separately, together with those of the
    /// sandbox families that were begun from it: someone with a stolen access token guesses as slowly as at the login, and
    /// does not keep the owner from changing the password elsewhere. A session that has ended learns nothing about the
    /// password.
    pub(super) async fn verify_again(
        &self,
        caller: &Authenticated,
        password: &SecretString,
        client: &Client,
    ) -> Result<Verified, ServiceError> {
        let Some((user, stored)) = self.find_with_password(caller).await? else {
            return Ok(Verified::Refused(Unverified::SessionRevoked));
        };
        let key = self.login_throttle.of_sessions(&user.login_name(), caller.grant.authenticated_at);
        let attempt = async |closes_for| {
            let password = Password::presented(password);
            Ok((self.passwords.judge(password, stored, Standing::Known).await?, closes_for))
        };
        let is_right = |(judged, _): &(Judged, Duration)| !matches!(judged, Judged::Wrong);
        match self.login_throttle.throttled(key, attempt, is_right).await? {
            Err(refused) => {
                log_unchecked(refused, LogSubject::User(user.id));
                Ok(Verified::Refused(Unverified::TooManyAttempts(refused)))
            }
            Ok((Judged::Right(stored) | Judged::RightButOutdated(stored), _)) => Ok(Verified::Right(user, stored)),
            Ok((Judged::Wrong, closes_for)) => {
                let (now, client) = (self.clock.now(), client.clone());
                let recorded = self.as_live(caller, move |tx, own| {
                    let family = own.family.family();
                    for kind in failures(EventKind::PasswordChangeFailed, closes_for) {
                        let event = Event::of_session(now, family.user_id, family.id, kind, client.clone(), &mut rng());
                        events::insert(tx, &event)?;
                    }
                    Ok(())
                });
                let refusal = match recorded.await? {
                    Some(()) => Unverified::WrongPassword,
                    None => Unverified::SessionRevoked,
                };
                tracing::warn!(
                    event = "authn_password_change_fail",
                    user.id = %user.id,
                    family.id = %caller.grant.family_id,
                    "A caller gave a wrong current password"
                );
                Ok(Verified::Refused(refusal))
            }
        }
    }
}

pub(super) enum Verified {
    /// With the hash that the password was checked against.
    Right(User, PasswordHash),
    Refused(Unverified),
}

pub(super) enum Unverified {
    WrongPassword,
    SessionRevoked,
    TooManyAttempts(TooManyAttempts),
}

impl<T> From<Unverified> for PasswordOutcome<T> {
    fn from(refusal: Unverified) -> Self {
        match refusal {
            Unverified::WrongPassword => Self::WrongPassword,
            Unverified::SessionRevoked => Self::SessionRevoked,
            Unverified::TooManyAttempts(refused) => Self::TooManyAttempts(refused),
        }
    }
}

/// The stored hash was replaced after the password had been checked, and the caller's session still lives: a login has
/// renewed the hash.
fn changed_meanwhile() -> ServiceError {
    ServiceError::Unavailable("the password's hash was renewed meanwhile".to_owned())
}

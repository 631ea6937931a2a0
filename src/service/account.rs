//! What an access token opens: the caller's own account and its sessions.

use std::time::Duration;

use secrecy::SecretString;

use super::logout::end_all;
use super::register::FieldError;
use super::throttle::failures;
use super::{Authenticated, Service, ServiceError, TooManyAttempts, rng};
use crate::crypto::password_hash::Verdict;
use crate::db::users::LockedAccount;
use crate::db::{Connection, DbError, events, live_sessions, users};
use crate::domain::account::User;
use crate::domain::client::Client;
use crate::domain::event::{Event, EventKind};
use crate::domain::family::Family;
use crate::domain::ids::FamilyId;
use crate::domain::password::{Password, PasswordHash};
use crate::domain::revocation::{Revocation, RevocationReason};
use crate::domain::throttle::DeviceId;

/// What came of something that asks for the password once more.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PasswordOutcome {
    Done,
    /// Not the account's password.
    WrongPassword,
    /// The new password cannot be chosen.
    Invalid(FieldError),
    /// The caller's session has ended in the meantime.
    SessionRevoked,
    /// Too many wrong passwords from this session lately.
    TooManyAttempts(TooManyAttempts),
}

impl Service {
    /// The caller's account; `None` if their session has ended, which the database knows best.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn find_account(&self, caller: &Authenticated) -> Result<Option<User>, ServiceError> {
        let (user_id, family_id) = (caller.grant.user_id, caller.grant.family_id);
        let found = self.db.run(move |connection| users::find_with_session(connection, user_id, family_id)).await?;
        Ok(found.and_then(|(user, revocation)| (user.is_active && revocation.is_none()).then_some(user)))
    }

    /// The caller's living sessions, the one used last first; `None` if the caller's own has ended.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn list_sessions(&self, caller: &Authenticated) -> Result<Option<Vec<Family>>, ServiceError> {
        let (user_id, now) = (caller.grant.user_id, self.clock.now());
        let sessions = self.db.run(move |connection| live_sessions::list(connection, user_id, now)).await?;
        Ok(sessions.iter().any(|session| session.id == caller.grant.family_id).then_some(sessions))
    }

    /// Gives the caller's account another password, and ends every other session of it, those with a refresh in flight
    /// too.
    ///
    /// # Errors
    /// [`ServiceError`]; refusals are outcomes.
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
        let password = match Password::chosen(new, Some(&user.email), self.password) {
            Ok(password) => password,
            Err(error) => {
                let error = FieldError { field: "new_password", message: error.to_string() };
                return Ok(PasswordOutcome::Invalid(error));
            }
        };
        let hash = self.hasher.hash(password, &mut rng()).await?;
        let revocation = self.revocation(RevocationReason::PasswordChange);
        let own = caller.grant.family_id;
        let changed = self.db.run(move |connection| {
            connection.transaction(|connection| {
                let Some(mut account) = users::lock(connection, user.id)? else { return Ok(None) };
                let sessions = live_sessions::list(connection, user.id, revocation.at)?;
                if !account.has_password(&verified) || !sessions.iter().any(|session| session.id == own) {
                    return Ok(None);
                }
                account.set_password(connection, hash)?;
                let kind = EventKind::PasswordChanged;
                events::insert(
                    connection,
                    &Event::of_session(revocation.at, user.id, own, kind, client.clone(), &mut rng()),
                )?;
                end_all(connection, &account, Some(own), revocation, &client).map(Some)
            })
        });
        Ok(match changed.await? {
            Some(ended) => {
                self.ended_sessions.add(&ended);
                PasswordOutcome::Done
            }
            None => PasswordOutcome::SessionRevoked,
        })
    }

    /// Removes the caller's account with all that belongs to it.
    ///
    /// # Errors
    /// [`ServiceError`]; refusals are outcomes.
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
        let revocation = self.revocation(RevocationReason::LogoutAll);
        let deleted = self.db.run(move |connection| {
            connection.transaction(|connection| {
                let unchanged = |account: &LockedAccount| account.has_password(&verified);
                let Some(account) = users::lock(connection, user.id)?.filter(unchanged) else { return Ok(None) };
                remove(connection, account, revocation).map(Some)
            })
        });
        Ok(match deleted.await? {
            Some(ended) => {
                self.ended_sessions.add(&ended);
                PasswordOutcome::Done
            }
            None => PasswordOutcome::SessionRevoked,
        })
    }

    /// Checks the caller's password once more. Tries are counted for each session by itself: who has stolen an access token
    /// guesses as slowly as at the door, and keeps nobody else from changing a password.
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
        let key = self.throttle_keys.of_device(user.email.as_str(), DeviceId(*family_id.as_uuid().as_bytes()));
        let attempt =
            async |closes_for| Ok((self.hasher.verify(Password::presented(password), &stored).await?, closes_for));
        let is_right = |(verdict, _): &(Verdict, Duration)| *verdict != Verdict::Wrong;
        match self.throttled(key, attempt, is_right).await? {
            Err(refused) => Ok(Verified::Refused(PasswordOutcome::TooManyAttempts(refused))),
            Ok((Verdict::Right | Verdict::RightButOutdated, _)) if user.is_active => Ok(Verified::Right(user, stored)),
            Ok((_, closes_for)) => {
                let (now, client) = (self.clock.now(), client.clone());
                let record = move |connection: &mut Connection| {
                    for kind in failures(EventKind::PasswordChangeFailed, closes_for) {
                        let event = Event::of_session(now, user.id, family_id, kind, client.clone(), &mut rng());
                        events::insert(connection, &event)?;
                    }
                    Ok(())
                };
                self.db.run(record).await?;
                Ok(Verified::Refused(PasswordOutcome::WrongPassword))
            }
        }
    }
}

/// Removes an account, and names the sessions that lived. They end before it goes: their rows go with it, and other
/// processes have to hear of them.
pub(super) fn remove(
    connection: &mut Connection,
    account: LockedAccount,
    revocation: Revocation,
) -> Result<Vec<FamilyId>, DbError> {
    let ended = live_sessions::revoke_all(connection, &account, None, revocation)?;
    account.delete(connection)?;
    Ok(ended)
}

enum Verified {
    /// With the hash that the password was checked against.
    Right(User, PasswordHash),
    Refused(PasswordOutcome),
}

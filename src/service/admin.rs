//! What the operator may do to accounts. Whoever calls this has the keys of the house: no password is asked.

use secrecy::SecretString;

use super::account::remove;
use super::logout::end_all;
use super::register::FieldError;
use super::{Service, ServiceError, rng};
use crate::db::{Connection, DbError, events, throttles, users};
use crate::domain::account::{Email, User};
use crate::domain::client::Client;
use crate::domain::event::{Event, EventKind};
use crate::domain::ids::{FamilyId, UserId};
use crate::domain::password::Password;
use crate::domain::revocation::{Revocation, RevocationReason};

/// What came of a change to an account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AdminOutcome {
    /// With the number of sessions that it ended.
    Done(usize),
    NoSuchUser,
    /// The new password cannot be chosen.
    Invalid(FieldError),
}

impl Service {
    /// At most `limit` accounts in the order of their making, from after the account `after`.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn list_users(&self, after: Option<UserId>, limit: u32) -> Result<Vec<User>, ServiceError> {
        Ok(self.db.run(move |connection| users::list(connection, after, i64::from(limit))).await?)
    }

    /// The account that an id or an email address names.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn find_user(&self, name: &str) -> Result<Option<User>, ServiceError> {
        let id: Option<UserId> = name.parse::<uuid::Uuid>().ok().map(Into::into);
        let email = Email::parse(name).ok();
        let found = self.db.run(move |connection| match (id, email) {
            (Some(id), _) => users::find(connection, id),
            (None, Some(email)) => users::find_by_email(connection, &email),
            (None, None) => Ok(None),
        });
        Ok(found.await?.map(|(user, _)| user))
    }

    /// Lets an account in again, or no more: then every session of it ends.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn set_active(&self, id: UserId, is_active: bool) -> Result<AdminOutcome, ServiceError> {
        let revocation = self.revocation(RevocationReason::Disabled);
        let kind = if is_active { EventKind::AccountEnabled } else { EventKind::AccountDisabled };
        let changed = self.db.run(move |connection| {
            connection.transaction(|connection| {
                let Some(mut account) = users::lock(connection, id)? else { return Ok(None) };
                if account.user().is_active == is_active {
                    return Ok(Some(Vec::new()));
                }
                account.set_active(connection, is_active)?;
                record(connection, id, kind, revocation)?;
                match is_active {
                    true => Ok(Some(Vec::new())),
                    false => end_all(connection, &account, None, revocation, &Client::default()).map(Some),
                }
            })
        });
        Ok(self.told(changed.await?))
    }

    /// Gives an account another password, and ends every session of it. What strangers have guessed wrong is forgotten, so
    /// that its owner gets in.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn set_password(&self, user: &User, typed: &SecretString) -> Result<AdminOutcome, ServiceError> {
        let password = match Password::chosen(typed, Some(&user.email), self.password) {
            Ok(password) => password,
            Err(error) => {
                return Ok(AdminOutcome::Invalid(FieldError { field: "password", message: error.to_string() }));
            }
        };
        let hash = self.hasher.hash(password, &mut rng()).await?;
        let (id, revocation) = (user.id, self.revocation(RevocationReason::PasswordChange));
        let key = self.throttle_key(user.email.as_str(), None);
        let changed = self.db.run(move |connection| {
            connection.transaction(|connection| {
                let Some(mut account) = users::lock(connection, id)? else { return Ok(None) };
                account.set_password(connection, hash)?;
                record(connection, id, EventKind::PasswordChanged, revocation)?;
                end_all(connection, &account, None, revocation, &Client::default()).map(Some)
            })
        });
        let changed = changed.await?;
        // Apart from the transaction, which would else not wait for the disk.
        if let Err(error) = self.db.run(move |connection| throttles::forget(connection, &key)).await {
            tracing::warn!(error = %error, "Could not forget the wrong guesses; they hold the account closed for a while");
        }
        Ok(self.told(changed))
    }

    /// Removes an account with all that belongs to it.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn delete_user(&self, id: UserId) -> Result<AdminOutcome, ServiceError> {
        let revocation = self.revocation(RevocationReason::Admin);
        let deleted = self.db.run(move |connection| {
            connection.transaction(|connection| {
                let Some(account) = users::lock(connection, id)? else { return Ok(None) };
                remove(connection, account, revocation).map(Some)
            })
        });
        Ok(self.told(deleted.await?))
    }

    pub(super) fn revocation(&self, reason: RevocationReason) -> Revocation {
        Revocation { at: self.clock.now(), reason }
    }

    pub(super) fn told(&self, ended: Option<Vec<FamilyId>>) -> AdminOutcome {
        match ended {
            Some(ended) => {
                self.ended_sessions.add(&ended);
                AdminOutcome::Done(ended.len())
            }
            None => AdminOutcome::NoSuchUser,
        }
    }
}

fn record(connection: &mut Connection, id: UserId, kind: EventKind, revocation: Revocation) -> Result<(), DbError> {
    events::insert(connection, &Event::of_account(revocation.at, id, kind, Client::default(), &mut rng()))
}

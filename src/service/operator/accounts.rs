//! The operator's commands on accounts.

use std::sync::Arc;

use secrecy::SecretString;

use super::Operator;
use crate::db::{Connection, DbError, events, users};
use crate::domain::Timestamp;
use crate::domain::account::{EmailLookup, User};
use crate::domain::client::Client;
use crate::domain::event::{Event, EventKind};
use crate::domain::ids::UserId;
use crate::domain::revocation::RevocationReason;
use crate::domain::standing::Standing;
use crate::domain::subject::Subject;
use crate::service::deletion::delete_account;
use crate::service::error::{FieldError, ServiceError};
use crate::service::random::rng;
use crate::service::register::{self, RegisterOutcome};
use crate::service::revoke::{self, Ended};

/// The outcome of a change to an account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum OperatorOutcome {
    /// With the number of sessions that it revoked.
    Done(usize),
    NoSuchUser,
    /// The new password is not allowed.
    Invalid(FieldError),
}

/// Which accounts are looked for: all, or the one with this email address, this subject, or both. Each in the text that was
/// sent.
#[derive(Clone, Default, Debug)]
pub struct UserSearch {
    pub email: Option<String>,
    pub subject: Option<String>,
}

impl Operator {
    /// Creates an account, under the same rules as a registration.
    pub async fn create_user(&self, email: &str, password: &SecretString) -> Result<RegisterOutcome, ServiceError> {
        let (passwords, standing) = (&self.passwords, Standing::Known);
        register::create_account(&self.db, &self.clock, passwords, email, password, standing, self.client()).await
    }

    /// At most `limit` accounts that were created after the account `after`, the oldest first.
    pub async fn list_users(&self, after: Option<UserId>, limit: u32) -> Result<Vec<User>, ServiceError> {
        Ok(self.db.run(move |connection| users::list(connection, after, i64::from(limit))).await?)
    }

    /// At most `limit` accounts that were created after the account `after` and that `search` matches, the oldest first.
    pub async fn search_users(
        &self,
        search: UserSearch,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<User>, ServiceError> {
        let UserSearch { email, subject } = search;
        // A text that cannot be a subject is nobody's.
        let Ok(subject) = subject.map(|text| Subject::parse(&text)).transpose() else { return Ok(Vec::new()) };
        let found = self.db.run(move |connection| match (email, subject) {
            (None, None) => users::list(connection, after, i64::from(limit)),
            (None, Some(subject)) => Ok(users::find_by_subject(connection, &subject)?.into_iter().collect()),
            (Some(email), subject) => {
                let found = users::find_by_email(connection, &EmailLookup::new(&email))?.map(|(user, _)| user);
                Ok(found.into_iter().filter(|user| subject.is_none() || user.subject == subject).collect())
            }
        });
        Ok(found.await?.into_iter().filter(|user| after.is_none_or(|after| user.id > after)).collect())
    }

    /// The account with this id.
    pub async fn get_user(&self, id: UserId) -> Result<Option<User>, ServiceError> {
        let found = self.db.run(move |connection| users::find(connection, id));
        Ok(found.await?.map(|(user, _)| user))
    }

    /// The account with this id or email address.
    pub async fn find_user(&self, name: &str) -> Result<Option<User>, ServiceError> {
        let id: Option<UserId> = name.parse::<uuid::Uuid>().ok().map(Into::into);
        let lookup = EmailLookup::new(name);
        let found = self.db.run(move |connection| match id {
            Some(id) => users::find(connection, id),
            None => users::find_by_email(connection, &lookup),
        });
        Ok(found.await?.map(|(user, _)| user))
    }

    /// Enables or disables an account. Disabling revokes its sessions.
    pub async fn set_active(&self, id: UserId, is_active: bool) -> Result<OperatorOutcome, ServiceError> {
        let revocation = self.revocation(RevocationReason::Disabled);
        let kind = if is_active { EventKind::AccountEnabled } else { EventKind::AccountDisabled };
        let client = self.client();
        let changed = self.db.transaction(move |tx| {
            let Some(mut account) = users::lock(tx, id)? else { return Ok(None) };
            if account.user().is_active == is_active {
                return Ok(Some(Ended::default()));
            }
            record(tx, id, kind, revocation.at, &client)?;
            // Before the change, which would revoke them by its trigger, without events and without a count.
            let ended = match is_active {
                true => Ended::default(),
                false => revoke::all(tx, &account, None, revocation, &client)?,
            };
            account.set_active(tx, is_active)?;
            Ok(Some(ended))
        });
        Ok(self.outcome(changed.await?))
    }

    /// Sets an account's password and revokes its sessions. The login throttle of strangers is reset, so the owner can
    /// log in at once.
    pub async fn set_password(&self, user: &User, typed: &SecretString) -> Result<OperatorOutcome, ServiceError> {
        let password = match self.passwords.choose("password", typed, user.email.as_ref()) {
            Ok(password) => password,
            Err(error) => return Ok(OperatorOutcome::Invalid(error)),
        };
        let hash = self.passwords.hash(password, Standing::Known).await?;
        let (id, revocation) = (user.id, self.revocation(RevocationReason::PasswordChange));
        let client = self.client();
        let changed = self.db.transaction(move |tx| {
            let Some(mut account) = users::lock(tx, id)? else { return Ok(None) };
            account.set_password(tx, hash)?;
            record(tx, id, EventKind::PasswordChanged, revocation.at, &client)?;
            revoke::all(tx, &account, None, revocation, &client).map(Some)
        });
        let changed = changed.await?;
        if changed.is_some() {
            tracing::info!(event = "authn_password_change", user.id = %id, by = "operator", "Password changed");
        }
        // Not in the transaction, whose commit would then not wait for the disk.
        if let Err(error) = self.login_throttle.reset_strangers(&user.login_name()).await {
            tracing::warn!(error = %error, "Could not reset the login throttle; the account stays throttled until its wait has passed");
        }
        Ok(self.outcome(changed))
    }

    /// Deletes an account with its sessions and events. A record of the deletion remains.
    pub async fn delete_user(&self, id: UserId) -> Result<OperatorOutcome, ServiceError> {
        let revocation = self.revocation(RevocationReason::Admin);
        let (throttle, by) = (Arc::clone(&self.login_throttle), self.deleted_by());
        let deleted = self.db.transaction(move |tx| {
            let Some(account) = users::lock_for_deletion(tx, id)? else { return Ok(None) };
            delete_account(tx, account, &throttle, revocation, by).map(Some)
        });
        let deleted = deleted.await?;
        if deleted.is_some() {
            tracing::warn!(event = "user_deleted", user.id = %id, by = by.as_str(), "Account deleted");
        }
        Ok(self.outcome(deleted))
    }

    /// After the commit; `None` where there was no such account.
    pub(super) fn outcome(&self, ended: Option<Ended>) -> OperatorOutcome {
        match ended {
            Some(ended) => OperatorOutcome::Done(self.ended_sessions.add(ended)),
            None => OperatorOutcome::NoSuchUser,
        }
    }
}

pub(super) fn record(
    tx: &mut Connection,
    id: UserId,
    kind: EventKind,
    at: Timestamp,
    client: &Client,
) -> Result<(), DbError> {
    events::insert(tx, &Event::of_account(at, id, kind, client.clone(), &mut rng()))
}

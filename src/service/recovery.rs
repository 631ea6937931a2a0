//! What a link in a mail does: a new password, a verified address, another address.

use std::sync::Arc;

use secrecy::SecretString;

use super::error::{FieldError, ServiceError};
use super::random::rng;
use super::register::{self, RegisterOutcome};
use super::revoke;
use super::use_cases::Service;
use crate::crypto::keys::generate_secret;
use crate::crypto::links::LinkError;
use crate::db::users::{self, LockedAccount};
use crate::db::{Connection, DbError, events, outbox};
use crate::domain::account::{Email, User};
use crate::domain::client::Client;
use crate::domain::event::{Event, EventKind};
use crate::domain::event_messages;
use crate::domain::ids::MessageId;
use crate::domain::letter::Letter;
use crate::domain::link::{Link, LinkPurpose};
use crate::domain::password::{Password, PasswordHash};
use crate::domain::revocation::{Revocation, RevocationReason};
use crate::domain::standing::Standing;

/// The outcome of using a link.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LinkOutcome {
    Done,
    /// Not genuine, used already, or its account has changed.
    Invalid,
    Expired,
    /// The new password is not allowed.
    InvalidPassword(FieldError),
    /// Another account has the address.
    EmailTaken,
}

impl From<LinkError> for LinkOutcome {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::Invalid => Self::Invalid,
            LinkError::Expired => Self::Expired,
        }
    }
}

impl Service {
    /// Whether this server can send mails.
    pub fn sends_mails(&self) -> bool {
        self.messaging.mail.is_some()
    }

    /// Sends a link for a new password to `email`, if it has an account. The request does the same for every address: which
    /// accounts exist is looked up when the mail is sent. Repeated requests for one address are slowed, without a sign.
    pub async fn forgot_password(&self, email: &str) -> Result<(), ServiceError> {
        let Ok(email) = Email::parse(email) else { return Ok(()) };
        let counted_by = self.login_throttle.of_mails(email.as_str());
        let letter = Letter::ResetPassword { email: email.as_str().to_owned() };
        let attempt = |_| self.send_letter(letter);
        self.login_throttle.throttled(counted_by, attempt, |()| false).await?.ok();
        Ok(())
    }

    pub(super) async fn send_letter(&self, letter: Letter) -> Result<(), ServiceError> {
        let now = self.clock.now();
        let message = letter.message(MessageId::new(now, &mut rng()), None, now);
        Ok(self.db.run(move |connection| outbox::insert(connection, &message)).await?)
    }

    /// Sets a new password and ends every session of the account. It also proves that the owner receives mail.
    pub async fn reset_password(
        &self,
        token: &str,
        typed: &SecretString,
        client: Client,
    ) -> Result<LinkOutcome, ServiceError> {
        let user = match self.account_of(token, LinkPurpose::ResetPassword).await? {
            Ok(user) => user,
            Err(outcome) => return Ok(outcome),
        };
        let password = match self.passwords.choose("new_password", typed, user.email.as_ref()) {
            Ok(password) => password,
            Err(error) => return Ok(LinkOutcome::InvalidPassword(error)),
        };
        let hash = self.passwords.hash(password, Standing::Known).await?;
        let revocation = Revocation { at: self.clock.now(), reason: RevocationReason::PasswordChange };
        let login_name = user.login_name();
        let outcome = self
            .with_link(token, LinkPurpose::ResetPassword, move |tx, account, _| {
                account.set_password(tx, hash)?;
                account.verify_email(tx)?;
                let id = account.user().id;
                events::insert(
                    tx,
                    &Event::of_account(revocation.at, id, EventKind::PasswordReset, client.clone(), &mut rng()),
                )?;
                revoke::all(tx, account, None, revocation, &client).map(Some)
            })
            .await?;
        if outcome == LinkOutcome::Done {
            tracing::info!(event = "authn_password_change", user.id = %user.id, by = "mail", "Password reset");
            if let Err(error) = self.login_throttle.reset_strangers(&login_name).await {
                tracing::warn!(error = %error, "Could not reset the login throttle");
            }
        }
        Ok(outcome)
    }

    /// Marks the account's address as verified, or creates the account of a registration.
    pub async fn verify_email(&self, token: &str, client: Client) -> Result<LinkOutcome, ServiceError> {
        let now = self.clock.now();
        match self.links.open(token, LinkPurpose::Register, now) {
            Ok(link) => return self.finish_registration(link, client).await,
            Err(LinkError::Expired) => return Ok(LinkOutcome::Expired),
            // No link of a registration, which has no account yet.
            Err(LinkError::Invalid) => {}
        }
        self.with_link(token, LinkPurpose::VerifyEmail, move |tx, account, _| {
            account.verify_email(tx)?;
            let event = Event::of_account(now, account.user().id, EventKind::EmailVerified, client, &mut rng());
            events::insert(tx, &event).map(|()| Some(revoke::Ended::default()))
        })
        .await
    }

    async fn finish_registration(&self, link: Link, client: Client) -> Result<LinkOutcome, ServiceError> {
        let (Some(email), Some(hash)) = (link.email, link.password_hash) else { return Ok(LinkOutcome::Invalid) };
        let (email, hash) = (Email::from_stored(email), PasswordHash::from_stored(hash));
        let created = register::insert_account(&self.db, &self.clock, email, true, hash, client).await?;
        Ok(match created {
            RegisterOutcome::Registered(_) => LinkOutcome::Done,
            // The link works once: the account is there.
            _ => LinkOutcome::Invalid,
        })
    }

    /// Gives the account the address that the link was sent to. The former address gets a link that undoes it.
    pub async fn confirm_email(&self, token: &str, client: Client) -> Result<LinkOutcome, ServiceError> {
        let now = self.clock.now();
        self.with_link(token, LinkPurpose::ConfirmEmail, move |tx, account, email| {
            let former = account.user().email.as_ref().map(|former| former.as_str().to_owned());
            if !account.set_email(tx, &email)? {
                return Ok(None);
            }
            let event = Event::of_account(now, account.user().id, EventKind::EmailChanged, client, &mut rng());
            events::insert(tx, &event)?;
            if let Some(former) = former {
                let notice = Letter::EmailChanged { former, place: event_messages::place(&event) };
                outbox::insert(tx, &event_messages::mail(&event, &notice))?;
            }
            Ok(Some(revoke::Ended::default()))
        })
        .await
    }

    /// Restores the address that a change replaced, and ends every session: the person who made the change knows the password.
    pub async fn undo_email(&self, token: &str, client: Client) -> Result<LinkOutcome, ServiceError> {
        let now = self.clock.now();
        // A link that does nothing must not cost a hash.
        if let Err(outcome) = self.account_of(token, LinkPurpose::UndoEmail).await? {
            return Ok(outcome);
        }
        let revocation = Revocation { at: now, reason: RevocationReason::PasswordChange };
        // A link for a new password follows. Until it is used, no one can log in: the former password is known to a thief.
        let unknown = generate_secret(&mut rng()).into();
        let hash = self.passwords.hash(Password::presented(&unknown), Standing::Known).await?;
        self.with_link(token, LinkPurpose::UndoEmail, move |tx, account, email| {
            if !account.set_email(tx, &email)? {
                return Ok(None);
            }
            account.set_password(tx, hash)?;
            let id = account.user().id;
            let event = Event::of_account(now, id, EventKind::EmailChangeUndone, client.clone(), &mut rng());
            events::insert(tx, &event)?;
            let reset = Letter::ResetPassword { email: email.as_str().to_owned() };
            outbox::insert(tx, &event_messages::mail(&event, &reset))?;
            revoke::all(tx, account, None, revocation, &client).map(Some)
        })
        .await
    }

    /// Applies a link to its account, if the account has not changed since the link was made. `change` gets the link's address,
    /// or the account's own where the link has none. Its `None` means that the address is taken.
    async fn with_link(
        &self,
        token: &str,
        purpose: LinkPurpose,
        change: impl FnOnce(&mut Connection, &mut LockedAccount, Email) -> Result<Option<revoke::Ended>, DbError>
        + Send
        + 'static,
    ) -> Result<LinkOutcome, ServiceError> {
        let link = match self.links.open(token, purpose, self.clock.now()) {
            Ok(link) => link,
            Err(error) => return Ok(error.into()),
        };
        let Some(id) = link.user_id() else { return Ok(LinkOutcome::Invalid) };
        let links = Arc::clone(&self.links);
        let changed = self.db.transaction(move |tx| {
            let Some(mut account) = users::lock(tx, id)? else { return Ok(None) };
            if !links.is_current(&link, account.user(), account.password_hash()) {
                return Ok(None);
            }
            let email = link.email.map(Email::from_stored).or_else(|| account.user().email.clone());
            let Some(email) = email else { return Ok(None) };
            change(tx, &mut account, email).map(Some)
        });
        match changed.await {
            Ok(Some(Some(ended))) => {
                self.ended_sessions.add(ended);
                Ok(LinkOutcome::Done)
            }
            Ok(Some(None)) => Ok(LinkOutcome::EmailTaken),
            Ok(None) => Ok(LinkOutcome::Invalid),
            Err(error) if DbError::is_constraint(&error, users::EMAIL_TAKEN) => Ok(LinkOutcome::EmailTaken),
            Err(error) => Err(error.into()),
        }
    }

    /// The account of a link that would work now. [`with_link`](Self::with_link) looks again, under a lock.
    async fn account_of(&self, token: &str, purpose: LinkPurpose) -> Result<Result<User, LinkOutcome>, ServiceError> {
        let link = match self.links.open(token, purpose, self.clock.now()) {
            Ok(link) => link,
            Err(error) => return Ok(Err(error.into())),
        };
        let Some(id) = link.user_id() else { return Ok(Err(LinkOutcome::Invalid)) };
        let found = self.db.run(move |connection| users::find(connection, id)).await?;
        let current = found.filter(|(user, stored)| self.links.is_current(&link, user, stored.as_ref()));
        Ok(current.map(|(user, _)| user).ok_or(LinkOutcome::Invalid))
    }
}

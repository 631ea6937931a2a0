//! What a link in a mail does: a new password, a verified address, another address.

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
use crate::domain::ids::MessageId;
use crate::domain::letter::Letter;
use crate::domain::link::{Link, LinkPurpose};
use crate::domain::notices;
use crate::domain::outbox::{Channel, Message};
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
        let message = Message {
            id: MessageId::new(now, &mut rng()),
            channel: Channel::Mail,
            user_id: None,
            created_at: now,
            attempts: 0,
            payload: serde_json::to_value(&letter).unwrap_or_default(),
        };
        Ok(self.db.run(move |connection| outbox::insert(connection, &message)).await?)
    }

    /// Sets a new password and ends every session of the account. It also proves that the owner receives mail.
    pub async fn reset_password(
        &self,
        token: &str,
        typed: &SecretString,
        client: Client,
    ) -> Result<LinkOutcome, ServiceError> {
        let link = match self.links.open(token, &[LinkPurpose::ResetPassword], self.clock.now()) {
            Ok(link) => link,
            Err(error) => return Ok(error.into()),
        };
        let Some((user, stored)) = self.account_of(&link).await? else { return Ok(LinkOutcome::Invalid) };
        if !self.links.is_current(&link, &user, stored.as_ref()) {
            return Ok(LinkOutcome::Invalid);
        }
        let password = match self.passwords.choose("new_password", typed, user.email.as_ref()) {
            Ok(password) => password,
            Err(error) => return Ok(LinkOutcome::InvalidPassword(error)),
        };
        let hash = self.passwords.hash(password, Standing::Known).await?;
        let revocation = Revocation { at: self.clock.now(), reason: RevocationReason::PasswordChange };
        let login_name = user.login_name();
        let outcome = self
            .with_link(link, move |tx, account| {
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
        let link = match self.links.open(token, &[LinkPurpose::VerifyEmail, LinkPurpose::Register], now) {
            Ok(link) => link,
            Err(error) => return Ok(error.into()),
        };
        if link.purpose == LinkPurpose::Register {
            return self.finish_registration(link, client).await;
        }
        self.with_link(link, move |tx, account| {
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
        let link = match self.links.open(token, &[LinkPurpose::ConfirmEmail], now) {
            Ok(link) => link,
            Err(error) => return Ok(error.into()),
        };
        let Some(email) = link.email.clone().map(Email::from_stored) else { return Ok(LinkOutcome::Invalid) };
        self.with_link(link, move |tx, account| {
            let former = account.user().email.as_ref().map(|former| former.as_str().to_owned());
            if !account.set_email(tx, &email)? {
                return Ok(None);
            }
            let event = Event::of_account(now, account.user().id, EventKind::EmailChanged, client, &mut rng());
            events::insert(tx, &event)?;
            if let Some(former) = former {
                let notice = Letter::EmailChanged { former, place: notices::place(&event) };
                outbox::insert(tx, &notices::mail(&event, &notice))?;
            }
            Ok(Some(revoke::Ended::default()))
        })
        .await
    }

    /// Restores the address that a change took away, and ends every session: whoever made the change knows the password.
    pub async fn undo_email(&self, token: &str, client: Client) -> Result<LinkOutcome, ServiceError> {
        let now = self.clock.now();
        let link = match self.links.open(token, &[LinkPurpose::UndoEmail], now) {
            Ok(link) => link,
            Err(error) => return Ok(error.into()),
        };
        let Some(email) = link.email.clone().map(Email::from_stored) else { return Ok(LinkOutcome::Invalid) };
        let revocation = Revocation { at: now, reason: RevocationReason::PasswordChange };
        // A link for a new password follows. Until it is used, nobody can log in with the password that was known.
        let unknown = generate_secret(&mut rng()).into();
        let hash = self.passwords.hash(Password::presented(&unknown), Standing::Known).await?;
        self.with_link(link, move |tx, account| {
            if !account.set_email(tx, &email)? {
                return Ok(None);
            }
            account.set_password(tx, hash)?;
            let id = account.user().id;
            let event = Event::of_account(now, id, EventKind::EmailChangeUndone, client.clone(), &mut rng());
            events::insert(tx, &event)?;
            let reset = Letter::ResetPassword { email: email.as_str().to_owned() };
            outbox::insert(tx, &notices::mail(&event, &reset))?;
            revoke::all(tx, account, None, revocation, &client).map(Some)
        })
        .await
    }

    /// Applies a link to its account, if the account is as it was when the link was made. `None` of `change`: the address is
    /// taken.
    async fn with_link(
        &self,
        link: Link,
        change: impl FnOnce(&mut Connection, &mut LockedAccount) -> Result<Option<revoke::Ended>, DbError> + Send + 'static,
    ) -> Result<LinkOutcome, ServiceError> {
        let Some(id) = link.user_id() else { return Ok(LinkOutcome::Invalid) };
        let links = std::sync::Arc::clone(&self.links);
        let changed = self.db.transaction(move |tx| {
            let Some(mut account) = users::lock(tx, id)? else { return Ok(None) };
            if !links.is_current(&link, account.user(), account.password_hash()) {
                return Ok(None);
            }
            change(tx, &mut account).map(Some)
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

    async fn account_of(&self, link: &Link) -> Result<Option<(User, Option<PasswordHash>)>, ServiceError> {
        let Some(id) = link.user_id() else { return Ok(None) };
        Ok(self.db.run(move |connection| users::find(connection, id)).await?)
    }
}

//! Creating accounts.

use secrecy::SecretString;

use super::error::{FieldError, ServiceError};
use super::passwords::Passwords;
use super::random::rng;
use super::use_cases::Service;
use crate::db::{Database, DbError, events, outbox, users};
use crate::domain::account::{Email, User};
use crate::domain::client::Client;
use crate::domain::clock::Clock;
use crate::domain::event::{Event, EventKind};
use crate::domain::event_messages;
use crate::domain::ids::UserId;
use crate::domain::letter::Letter;
use crate::domain::password::{Password, PasswordHash};
use crate::domain::registration::Registration;
use crate::domain::standing::Standing;

/// The outcome of a registration.
#[derive(Debug)]
pub enum RegisterOutcome {
    Registered(User),
    EmailTaken,
    /// At least one.
    Invalid(Vec<FieldError>),
}

/// The outcome of a registration by a caller.
#[derive(Debug)]
pub enum SelfRegistration {
    Decided(RegisterOutcome),
    /// A mail was sent: with a link that creates the account, or with word that there is one.
    MailSent,
    /// This server creates no accounts for callers.
    Closed,
}

impl Service {
    /// Creates an account from an email address and a password as the user typed them.
    pub async fn register(
        &self,
        email: &str,
        password: &SecretString,
        client: Client,
    ) -> Result<SelfRegistration, ServiceError> {
        match self.messaging.registration {
            Registration::Closed => Ok(SelfRegistration::Closed),
            Registration::Verified => self.send_registration(email, password).await,
            Registration::Open => {
                let (passwords, standing) = (&self.passwords, Standing::Stranger);
                create_account(&self.db, &self.clock, passwords, email, password, standing, client)
                    .await
                    .map(SelfRegistration::Decided)
            }
        }
    }

    /// Whether the address has an account is looked up when the mail is sent, so the request does the same for every address.
    async fn send_registration(&self, email: &str, password: &SecretString) -> Result<SelfRegistration, ServiceError> {
        let (email, password) = match validate(&self.passwords, email, password) {
            Ok(valid) => valid,
            Err(errors) => return Ok(SelfRegistration::Decided(RegisterOutcome::Invalid(errors))),
        };
        let hash = self.passwords.hash(password, Standing::Stranger).await?;
        let counted_by = self.login_throttle.of_mails(email.as_str());
        let (email, password_hash) = (email.as_str().to_owned(), hash.expose().to_owned());
        let attempt = |_| self.send_letter(Letter::FinishRegistration { email, password_hash });
        self.login_throttle.throttled(counted_by, attempt, |()| false).await?.ok();
        Ok(SelfRegistration::MailSent)
    }
}

/// Creates an account, for a caller or for the operator.
pub(super) async fn create_account(
    db: &Database,
    clock: &Clock,
    passwords: &Passwords,
    email: &str,
    password: &SecretString,
    standing: Standing,
    client: Client,
) -> Result<RegisterOutcome, ServiceError> {
    let (email, password) = match validate(passwords, email, password) {
        Ok(valid) => valid,
        Err(errors) => return Ok(RegisterOutcome::Invalid(errors)),
    };
    let hash = passwords.hash(password, standing).await?;
    insert_account(db, clock, email, false, hash, client).await
}

/// Creates an account of a valid address and a hash. Its owner gets a mail with a link that verifies the address, unless it is
/// verified and if mail is set up.
pub(super) async fn insert_account(
    db: &Database,
    clock: &Clock,
    email: Email,
    email_verified: bool,
    hash: PasswordHash,
    client: Client,
) -> Result<RegisterOutcome, ServiceError> {
    let now = clock.now();
    let user = User { email_verified, ..User::registered(UserId::new(now, &mut rng()), email, now) };
    let event = Event::of_account(now, user.id, EventKind::Registered, client, &mut rng());
    let stored = user.clone();
    let inserted = db.transaction(move |tx| {
        users::insert(tx, &stored, Some(&hash))?;
        events::insert(tx, &event)?;
        match tx.outgoing().mails && !email_verified {
            true => outbox::insert(tx, &event_messages::mail(&event, &Letter::VerifyEmail)),
            false => Ok(()),
        }
    });
    match inserted.await {
        Ok(()) => {
            tracing::info!(event = "user_created", user.id = %user.id, "Account created");
            Ok(RegisterOutcome::Registered(user))
        }
        Err(error) if DbError::is_constraint(&error, users::EMAIL_TAKEN) => Ok(RegisterOutcome::EmailTaken),
        Err(error) => Err(error.into()),
    }
}

/// Validates every field, so the user learns of all errors at once.
fn validate(passwords: &Passwords, email: &str, password: &SecretString) -> Result<(Email, Password), Vec<FieldError>> {
    let email = Email::parse(email).map_err(|error| FieldError { field: "email", message: error.to_string() });
    let password = passwords.choose("password", password, email.as_ref().ok());
    match (email, password) {
        (Ok(email), Ok(password)) => Ok((email, password)),
        (email, password) => Err(email.err().into_iter().chain(password.err()).collect()),
    }
}

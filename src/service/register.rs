//! Creating accounts.

use secrecy::SecretString;

use super::error::{FieldError, ServiceError};
use super::passwords::Passwords;
use super::random::rng;
use super::use_cases::Service;
use crate::db::{Database, DbError, events, users};
use crate::domain::account::{Email, User};
use crate::domain::client::Client;
use crate::domain::clock::Clock;
use crate::domain::event::{Event, EventKind};
use crate::domain::ids::UserId;
use crate::domain::password::Password;
use crate::domain::standing::Standing;

/// The outcome of a registration.
#[derive(Debug)]
pub enum RegisterOutcome {
    Registered(User),
    EmailTaken,
    /// At least one.
    Invalid(Vec<FieldError>),
}

impl Service {
    /// Creates an account from an email address and a password as the user typed them.
    pub async fn register(
        &self,
        email: &str,
        password: &SecretString,
        client: Client,
    ) -> Result<RegisterOutcome, ServiceError> {
        create_account(&self.db, &self.clock, &self.passwords, email, password, Standing::Stranger, client).await
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
    let now = clock.now();
    let user = User::registered(UserId::new(now, &mut rng()), email, now);
    let event = Event::of_account(now, user.id, EventKind::Registered, client, &mut rng());
    let stored = user.clone();
    let inserted = db.transaction(move |tx| {
        users::insert(tx, &stored, Some(&hash))?;
        events::insert(tx, &event)
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

//! Making an account.

use secrecy::SecretString;

use super::{Service, ServiceError, rng};
use crate::db::{DbError, events, users};
use crate::domain::account::{Email, User};
use crate::domain::client::Client;
use crate::domain::event::{Event, EventKind};
use crate::domain::ids::UserId;
use crate::domain::password::Password;

/// What came of a registration.
#[derive(Debug)]
pub enum RegisterOutcome {
    Registered(User),
    EmailTaken,
    /// At least one.
    Invalid(Vec<FieldError>),
}

/// What is wrong with one field of a request, made to be shown to the person who typed it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FieldError {
    pub field: &'static str,
    pub message: String,
}

impl Service {
    /// Makes an account of an email address and a password as they were typed.
    ///
    /// # Errors
    /// [`ServiceError`]; a taken address and invalid fields are outcomes.
    pub async fn register(
        &self,
        email: &str,
        password: &SecretString,
        client: Client,
    ) -> Result<RegisterOutcome, ServiceError> {
        let (email, password) = match self.validate(email, password) {
            Ok(valid) => valid,
            Err(errors) => return Ok(RegisterOutcome::Invalid(errors)),
        };
        let hash = self.hasher.hash(password, &mut rng()).await?;
        let now = self.clock.now();
        let user = User { id: UserId::new(now, &mut rng()), email, is_active: true, created_at: now };
        let event = Event::of_account(now, user.id, EventKind::Registered, client, &mut rng());
        let stored = user.clone();
        let inserted = self.db.run(move |connection| {
            connection.transaction(|connection| {
                users::insert(connection, &stored, &hash)?;
                events::insert(connection, &event)
            })
        });
        match inserted.await {
            Ok(()) => Ok(RegisterOutcome::Registered(user)),
            Err(error) if DbError::is_constraint(&error, users::EMAIL_TAKEN) => Ok(RegisterOutcome::EmailTaken),
            Err(error) => Err(error.into()),
        }
    }

    /// Every field is judged, so that a person learns of all that is wrong at once.
    fn validate(&self, email: &str, password: &SecretString) -> Result<(Email, Password), Vec<FieldError>> {
        let mut errors = Vec::new();
        let parsed = Email::parse(email).map_err(|error| {
            errors.push(FieldError { field: "email", message: error.to_string() });
        });
        let chosen = Password::chosen(password, parsed.as_ref().ok(), self.password).map_err(|error| {
            errors.push(FieldError { field: "password", message: error.to_string() });
        });
        match (parsed, chosen) {
            (Ok(email), Ok(password)) => Ok((email, password)),
            _ => Err(errors),
        }
    }
}

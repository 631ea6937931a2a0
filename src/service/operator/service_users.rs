//! Users, as backends create and change them. Heirloom sends no mail to a user whom a backend creates or changes: the backend
//! knows what it has agreed with the user.

use secrecy::SecretString;

use super::Operator;
use super::accounts::record;
use crate::db::idempotency_keys::{self, Repetition};
use crate::db::users::{self, EMAIL_TAKEN, SUBJECT_TAKEN};
use crate::db::{DbError, events, session_claims};
use crate::domain::account::{Email, User};
use crate::domain::claims::{Claims, ClaimsError};
use crate::domain::event::{Event, EventKind};
use crate::domain::idempotency::RepeatableRequest;
use crate::domain::ids::{FamilyId, UserId};
use crate::domain::revocation::RevocationReason;
use crate::domain::rotation::Generation;
use crate::domain::standing::Standing;
use crate::domain::subject::Subject;
use crate::service::error::{FieldError, ServiceError};
use crate::service::random::rng;
use crate::service::revoke::{self, Ended};

/// A user whom a backend describes, in the texts that it sent.
#[derive(Clone, Default)]
pub struct UserDescription {
    pub email: Option<String>,
    pub email_verified: bool,
    pub password: Option<SecretString>,
    pub subject: Option<String>,
    pub claims: Option<Result<Claims, ClaimsError>>,
}

/// What a backend changes of a user. The outer `None` leaves a field as it is.
#[derive(Clone, Default)]
pub struct UserChange {
    pub email: Option<Option<String>>,
    pub email_verified: Option<bool>,
    pub is_active: Option<bool>,
    pub subject: Option<Option<String>>,
    pub claims: Option<Result<Claims, ClaimsError>>,
}

/// What became of a request to create or change a user.
#[derive(Debug)]
pub enum UserOutcome {
    Done(User),
    NoSuchUser,
    EmailTaken,
    SubjectTaken,
    /// The `Idempotency-Key` came before with another request.
    KeyReused,
    /// At least one.
    Invalid(Vec<FieldError>),
}

/// A described user whose fields are valid.
pub(in crate::service) struct ValidUser {
    email: Option<Email>,
    email_verified: bool,
    subject: Option<Subject>,
    claims: Claims,
}

/// What the transaction of a change found.
enum Changed {
    Done(User, Ended, Vec<(FamilyId, Generation)>),
    NoSuchUser,
    VerifiesNothing,
    /// The claims are too long together with those of a session.
    TooLong(ClaimsError),
}

impl Operator {
    /// Creates a user. The same request again returns the same user, as it is by then.
    pub async fn create_described(
        &self,
        description: UserDescription,
        request: Option<RepeatableRequest>,
    ) -> Result<UserOutcome, ServiceError> {
        let mut errors = Vec::new();
        let password = description.password.clone();
        let described = validate(description, &mut errors);
        let email = described.as_ref().and_then(|user| user.email.as_ref());
        let chosen = password.map(|typed| self.passwords.choose("password", &typed, email)).transpose();
        let (password, described) = match (chosen, described) {
            (Ok(password), Some(described)) => (password, described),
            (chosen, _) => {
                errors.extend(chosen.err());
                return Ok(UserOutcome::Invalid(errors));
            }
        };
        let hash = match password {
            Some(password) => Some(self.passwords.hash(password, Standing::Known).await?),
            None => None,
        };
        let now = self.clock.now();
        let id = UserId::new(now, &mut rng());
        let user = described.into_user(id, hash.is_some(), now);
        let event = Event::of_account(now, id, EventKind::Registered, self.client(), &mut rng());
        let created = self.db.transaction(move |tx| {
            if let Some(request) = request {
                match idempotency_keys::remember(tx, &request, id.as_uuid(), now)? {
                    Repetition::First => {}
                    Repetition::OtherRequest => return Ok(UserOutcome::KeyReused),
                    Repetition::Again(before) => {
                        let found = users::find(tx, before.into())?;
                        return Ok(found.map_or(UserOutcome::NoSuchUser, |(user, _)| UserOutcome::Done(user)));
                    }
                }
            }
            users::insert(tx, &user, hash.as_ref())?;
            events::insert(tx, &event)?;
            Ok(UserOutcome::Done(user))
        });
        let outcome = taken(created.await)?;
        if let UserOutcome::Done(user) = &outcome
            && user.id == id
        {
            tracing::info!(event = "user_created", user.id = %id, by = "service", "Account created");
        }
        Ok(outcome)
    }

    /// Changes a user. Disabling revokes the user's sessions. A new address is unverified unless the change says otherwise. New
    /// claims reach each session with its next refresh; with `now`, the access tokens with the old ones are rejected from now on.
    pub async fn change_described(
        &self,
        id: UserId,
        change: UserChange,
        now: bool,
    ) -> Result<UserOutcome, ServiceError> {
        let mut errors = Vec::new();
        let email = change.email.map(|email| valid(email, &mut errors, "email", Email::parse));
        let subject = change.subject.map(|subject| valid(subject, &mut errors, "subject", Subject::parse));
        let claims = change.claims.map(|claims| valid_claims(claims, &mut errors));
        if !errors.is_empty() {
            return Ok(UserOutcome::Invalid(errors));
        }
        let (email_verified, is_active) = (change.email_verified, change.is_active);
        let names_claims = claims.is_some();
        let revocation = self.revocation(RevocationReason::Disabled);
        let (at, client) = (revocation.at, self.client());
        let changed = self.db.transaction(move |tx| {
            let Some(mut account) = users::lock(tx, id)? else { return Ok(Changed::NoSuchUser) };
            let before = account.user().clone();
            let email = email.unwrap_or_else(|| before.email.clone());
            let is_new_email = email != before.email;
            let verified = email_verified.unwrap_or(before.email_verified && !is_new_email) && email.is_some();
            if email_verified == Some(true) && email.is_none() {
                return Ok(Changed::VerifiesNothing);
            }
            let after = User {
                email,
                email_verified: verified,
                subject: subject.unwrap_or_else(|| before.subject.clone()),
                claims: claims.unwrap_or_else(|| before.claims.clone()),
                ..before.clone()
            };
            // With `now` also if they stay as they are: an earlier change may have left access tokens with older ones.
            let merged = match after.claims == before.claims && !(now && names_claims) {
                true => None,
                false => match session_claims::merge(tx, &account, &after.claims)? {
                    Ok(merged) => Some(merged),
                    Err(error) => return Ok(Changed::TooLong(error)),
                },
            };
            account.describe(tx, &after)?;
            let mut superseded = match merged {
                Some(merged) => merged.write(tx)?,
                None => Vec::new(),
            };
            if now {
                session_claims::supersede(tx, &superseded)?;
            } else {
                superseded.clear();
            }
            if is_new_email {
                record(tx, id, EventKind::EmailChanged, at, &client)?;
            } else if verified && !before.email_verified {
                record(tx, id, EventKind::EmailVerified, at, &client)?;
            }
            let mut ended = Ended::default();
            if let Some(is_active) = is_active.filter(|is_active| *is_active != before.is_active) {
                let kind = if is_active { EventKind::AccountEnabled } else { EventKind::AccountDisabled };
                record(tx, id, kind, at, &client)?;
                if !is_active {
                    // Before the change, which would revoke them by its trigger, without events.
                    ended = revoke::all(tx, &account, None, revocation, &client)?;
                }
                account.set_active(tx, is_active)?;
            }
            Ok(Changed::Done(account.user().clone(), ended, superseded))
        });
        match changed.await {
            Ok(Changed::Done(user, ended, superseded)) => {
                self.ended_sessions.add(ended);
                self.ended_sessions.supersede(&superseded);
                Ok(UserOutcome::Done(user))
            }
            Ok(Changed::NoSuchUser) => Ok(UserOutcome::NoSuchUser),
            Ok(Changed::VerifiesNothing) => Ok(UserOutcome::Invalid(vec![no_address()])),
            Ok(Changed::TooLong(error)) => {
                Ok(UserOutcome::Invalid(vec![FieldError { field: "claims", message: error.to_string() }]))
            }
            Err(error) => taken(Err(error)),
        }
    }
}

impl ValidUser {
    /// The account that it describes.
    pub(in crate::service) fn into_user(self, id: UserId, has_password: bool, now: crate::domain::Timestamp) -> User {
        User {
            id,
            email: self.email,
            email_verified: self.email_verified,
            subject: self.subject,
            has_password,
            claims: self.claims,
            is_active: true,
            created_at: now,
        }
    }
}

/// Validates every field, so a backend learns of all errors at once. `None` with at least one error.
pub(in crate::service) fn validate(description: UserDescription, errors: &mut Vec<FieldError>) -> Option<ValidUser> {
    let before = errors.len();
    let email = valid(description.email, errors, "email", Email::parse);
    let subject = valid(description.subject, errors, "subject", Subject::parse);
    let claims = description.claims.map(|claims| valid_claims(claims, errors)).unwrap_or_default();
    if description.email_verified && email.is_none() && errors.len() == before {
        errors.push(no_address());
    }
    let user = ValidUser { email, email_verified: description.email_verified, subject, claims };
    (errors.len() == before).then_some(user)
}

fn valid<T, E: std::fmt::Display>(
    text: Option<String>,
    errors: &mut Vec<FieldError>,
    field: &'static str,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Option<T> {
    match parse(&text?) {
        Ok(value) => Some(value),
        Err(error) => {
            errors.push(FieldError { field, message: error.to_string() });
            None
        }
    }
}

pub(in crate::service) fn valid_claims(claims: Result<Claims, ClaimsError>, errors: &mut Vec<FieldError>) -> Claims {
    claims.unwrap_or_else(|error| {
        errors.push(FieldError { field: "claims", message: error.to_string() });
        Claims::default()
    })
}

fn no_address() -> FieldError {
    FieldError { field: "email_verified", message: "must not be true without an email".to_owned() }
}

/// Which constraint has refused a write.
pub(in crate::service) fn taken(outcome: Result<UserOutcome, DbError>) -> Result<UserOutcome, ServiceError> {
    match outcome {
        Err(error) if error.is_constraint(EMAIL_TAKEN) => Ok(UserOutcome::EmailTaken),
        Err(error) if error.is_constraint(SUBJECT_TAKEN) => Ok(UserOutcome::SubjectTaken),
        outcome => Ok(outcome?),
    }
}

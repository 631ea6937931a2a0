//! Sessions as backends describe them, and which descriptions are valid.

use uuid::Uuid;

use super::error::FieldError;
use super::operator::service_users::{UserDescription, ValidUser, valid_claims, validate};
use super::random::rng;
use super::service_keys::Backend;
use crate::domain::Timestamp;
use crate::domain::claims::{Claims, ClaimsError};
use crate::domain::ids::{FamilyId, UserId};
use crate::domain::session_content::{methods, short_text};
use crate::domain::ticket::{TICKET_LIFETIME, Ticket};

/// Whose session it is.
#[derive(Clone)]
pub enum UserOfSession {
    Known(UserId),
    /// Created, if no user has this subject.
    Described(UserDescription),
}

/// A session that a backend describes, in the texts that it sent.
#[derive(Clone)]
pub struct SessionDescription {
    pub user: UserOfSession,
    pub amr: Vec<String>,
    pub acr: Option<String>,
    pub claims: Option<Result<Claims, ClaimsError>>,
    /// In seconds. Never beyond the server's.
    pub idle_ttl: Option<u32>,
    pub absolute_ttl: Option<u32>,
    pub remember: bool,
    pub actor: Option<String>,
}

/// A valid description.
pub(super) struct ValidDescription {
    pub user: ValidUserOfSession,
    /// Without its user.
    pub ticket: Ticket,
}

pub(super) enum ValidUserOfSession {
    Known(UserId),
    Described(Box<ValidUser>),
}

/// Validates every field, so a backend learns of all errors at once.
pub(super) fn valid(
    description: SessionDescription,
    backend: Backend,
    now: Timestamp,
) -> Result<ValidDescription, Vec<FieldError>> {
    let mut errors = Vec::new();
    let user = match description.user {
        UserOfSession::Known(id) => Some(ValidUserOfSession::Known(id)),
        UserOfSession::Described(user) => {
            let user = validate(user, &mut errors);
            errors.iter_mut().for_each(|error| error.field = within_user(error.field));
            user.map(|user| ValidUserOfSession::Described(Box::new(user)))
        }
    };
    let mut refuse = |field, message: String| errors.push(FieldError { field, message });
    let amr = methods(description.amr).map_err(|error| refuse("amr", error.to_string())).unwrap_or_default();
    let acr = description.acr.map(short_text).transpose().map_err(|error| refuse("acr", error.to_string()));
    let actor = description.actor.map(short_text).transpose().map_err(|error| refuse("actor", error.to_string()));
    for (field, ttl) in [("idle_ttl", description.idle_ttl), ("absolute_ttl", description.absolute_ttl)] {
        if ttl == Some(0) {
            refuse(field, "must be at least 1 second".to_owned());
        }
    }
    let claims = description.claims.map(|claims| valid_claims(claims, &mut errors)).unwrap_or_default();
    let (Some(user), true) = (user, errors.is_empty()) else { return Err(errors) };
    let seconds = now.unix_timestamp();
    let ticket = Ticket {
        session: FamilyId::new(now, &mut rng()).as_uuid(),
        user: Uuid::nil(),
        service_key: backend.key_id.as_uuid(),
        expires_at: seconds + TICKET_LIFETIME.as_secs().cast_signed(),
        authenticated_at: seconds,
        amr,
        acr: acr.unwrap_or_default(),
        actor: actor.unwrap_or_default(),
        claims: claims.as_map().clone(),
        idle_ttl: description.idle_ttl,
        absolute_ttl: description.absolute_ttl,
        remember: description.remember,
    };
    Ok(ValidDescription { user, ticket })
}

/// Where the field of a described user is in the request. The session has claims of its own.
fn within_user(field: &'static str) -> &'static str {
    match field {
        "email" => "user.email",
        "subject" => "user.subject",
        "claims" => "user.claims",
        other => other,
    }
}

/// The claims of the user and of the session are too long together.
pub(super) fn too_long() -> FieldError {
    FieldError { field: "claims", message: ClaimsError::TooLong.to_string() }
}

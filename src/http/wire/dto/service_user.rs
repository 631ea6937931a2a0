//! Users, as backends see them.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use super::claims::{ClaimsField, present};
use super::password::not_empty_if_present;
use crate::domain::account::{Email, User};
use crate::domain::claims::Claims;
use crate::domain::subject::Subject;
use crate::service::{UserChange, UserDescription};

#[derive(Serialize, ToSchema)]
#[schema(as = User)]
pub struct ServiceUserAnswer {
    pub id: Uuid,
    #[schema(required, example = "alice@example.com")]
    pub email: Option<String>,
    /// Whether the user has proved to receive mail at the address.
    pub email_verified: bool,
    /// Your own name for the user.
    #[schema(required, example = "auth0|5f7c8ec7c33c6c004bbafe82")]
    pub subject: Option<String>,
    /// A user who is not active cannot log in or refresh.
    pub is_active: bool,
    /// What the access tokens of the user say beside what the server says.
    #[schema(value_type = Object)]
    pub claims: Map<String, Value>,
    /// Whether the user can log in with a password.
    pub has_password: bool,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

#[derive(Serialize, ToSchema)]
pub struct UsersAnswer {
    pub users: Vec<ServiceUserAnswer>,
    /// Send this as `after` to get the next page. Absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub next: Option<Uuid>,
}

impl From<&User> for ServiceUserAnswer {
    fn from(user: &User) -> Self {
        Self {
            id: user.id.as_uuid(),
            email: user.email.as_ref().map(Email::to_string),
            email_verified: user.email_verified,
            subject: user.subject.as_ref().map(|subject| Subject::as_str(subject).to_owned()),
            is_active: user.is_active,
            claims: user.claims.as_map().clone(),
            has_password: user.has_password,
            created_at: user.created_at,
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[schema(as = CreateUserRequest)]
#[serde(deny_unknown_fields)]
pub struct CreateUserRequest {
    #[schema(example = "alice@example.com")]
    pub email: Option<String>,
    /// Whether the user has proved to receive mail at the address. `false` by default.
    pub email_verified: Option<bool>,
    /// A user without a password cannot log in with one.
    #[schema(value_type = Option<String>, format = Password)]
    #[serde(default, deserialize_with = "not_empty_if_present")]
    pub password: Option<SecretString>,
    /// Your own name for the user: 1 to 255 bytes, unique.
    #[schema(example = "auth0|5f7c8ec7c33c6c004bbafe82")]
    pub subject: Option<String>,
    /// What the access tokens of the user say beside what the server says. At most 1 KiB as compact JSON.
    #[schema(value_type = Option<Object>)]
    pub claims: Option<ClaimsField>,
}

/// A field that is absent stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeUserRequest {
    /// `null` removes the address. Another address is unverified unless `email_verified` says otherwise.
    #[schema(value_type = Option<String>)]
    #[serde(default, deserialize_with = "present")]
    pub email: Option<Option<String>>,
    pub email_verified: Option<bool>,
    /// `false` disables the user, and revokes the user's sessions.
    pub is_active: Option<bool>,
    /// `null` removes the subject.
    #[schema(value_type = Option<String>)]
    #[serde(default, deserialize_with = "present")]
    pub subject: Option<Option<String>>,
    /// Replaces all claims of the user.
    #[schema(value_type = Option<Object>)]
    #[serde(default, deserialize_with = "present")]
    pub claims: Option<Option<ClaimsField>>,
}

impl From<CreateUserRequest> for UserDescription {
    fn from(request: CreateUserRequest) -> Self {
        Self {
            email: request.email,
            email_verified: request.email_verified.unwrap_or(false),
            password: request.password,
            subject: request.subject,
            claims: request.claims.map(|ClaimsField(claims)| claims),
        }
    }
}

impl From<ChangeUserRequest> for UserChange {
    fn from(request: ChangeUserRequest) -> Self {
        Self {
            email: request.email,
            email_verified: request.email_verified,
            is_active: request.is_active,
            subject: request.subject,
            claims: request
                .claims
                .map(|claims| claims.map_or_else(|| Ok(Claims::default()), |ClaimsField(claims)| claims)),
        }
    }
}

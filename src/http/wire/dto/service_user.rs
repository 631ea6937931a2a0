//! Users, as backends see them.

use serde::Serialize;
use serde_json::{Map, Value};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::account::{Email, User};
use crate::domain::subject::Subject;

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

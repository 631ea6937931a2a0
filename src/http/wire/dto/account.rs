//! Accounts.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use super::password::not_empty;
use crate::domain::account::{Email, User};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RegisterRequest {
    #[schema(example = "alice@example.com", max_length = 254)]
    pub email: String,
    #[schema(value_type = String, format = Password, min_length = 8, max_length = 128, example = "correct horse battery")]
    pub password: SecretString,
}

#[derive(Serialize, ToSchema)]
pub struct MailSentAnswer {
    pub message: &'static str,
}

#[derive(Serialize, ToSchema)]
#[schema(as = User)]
pub struct UserAnswer {
    pub id: Uuid,
    /// Absent only for an account that another service has created.
    #[schema(required, example = "alice@example.com")]
    pub email: Option<String>,
    /// Whether the owner has proved to receive mail there. Always false where mail is not set up.
    pub email_verified: bool,
    /// Present, and false, for an account without a password. It is logged in to by another service only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub has_password: Option<bool>,
    pub is_active: bool,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

impl From<&User> for UserAnswer {
    fn from(user: &User) -> Self {
        Self {
            id: user.id.as_uuid(),
            email: user.email.as_ref().map(Email::to_string),
            email_verified: user.email_verified,
            has_password: (!user.has_password).then_some(false),
            is_active: user.is_active,
            created_at: user.created_at,
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[schema(example = json!({ "current_password": "correct horse battery", "new_password": "another staple of paper" }))]
#[serde(deny_unknown_fields)]
pub struct ChangePasswordRequest {
    #[schema(value_type = String, format = Password, min_length = 1)]
    #[serde(deserialize_with = "not_empty")]
    pub current_password: SecretString,
    #[schema(value_type = String, format = Password, min_length = 8, max_length = 128)]
    pub new_password: SecretString,
}

#[derive(Deserialize, ToSchema)]
#[schema(example = json!({ "password": "correct horse battery" }))]
#[serde(deny_unknown_fields)]
pub struct DeleteAccountRequest {
    #[schema(value_type = String, format = Password, min_length = 1)]
    #[serde(deserialize_with = "not_empty")]
    pub password: SecretString,
}

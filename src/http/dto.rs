//! What goes over the wire. Requests refuse unknown fields; nothing here is a row or a domain value.

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::account::User;
use crate::domain::family::Delivery;
use crate::service::SessionGrant;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RegisterRequest {
    #[schema(example = "alice@example.com", max_length = 254)]
    pub email: String,
    #[schema(value_type = String, format = Password, min_length = 8, max_length = 128, example = "correct horse battery")]
    pub password: SecretString,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LoginRequest {
    #[schema(example = "alice@example.com")]
    pub email: String,
    #[schema(value_type = String, format = Password, example = "correct horse battery")]
    pub password: SecretString,
    /// How the refresh token travels, for this session's whole life.
    #[serde(default)]
    pub token_delivery: TokenDelivery,
}

#[derive(Deserialize, Clone, Copy, Default, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum TokenDelivery {
    #[default]
    Cookie,
    Body,
}

impl From<TokenDelivery> for Delivery {
    fn from(delivery: TokenDelivery) -> Self {
        match delivery {
            TokenDelivery::Cookie => Self::Cookie,
            TokenDelivery::Body => Self::Body,
        }
    }
}

/// For sessions with `token_delivery: "body"` only.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RefreshTokenRequest {
    #[schema(value_type = Option<String>)]
    pub refresh_token: Option<SecretString>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct TokenAnswer {
    pub access_token: String,
    #[schema(example = "Bearer")]
    pub token_type: &'static str,
    /// Seconds until the access token expires.
    #[schema(example = 870)]
    pub expires_in: i64,
    pub session: SessionInfo,
    /// With `token_delivery: "body"` only; otherwise it is in the cookie and stands nowhere in the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// Seconds until the refresh token expires unused; with `token_delivery: "body"` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_expires_in: Option<i64>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct SessionInfo {
    pub id: Uuid,
    /// The session ends then, however busy it is.
    #[serde(with = "time::serde::rfc3339")]
    pub expires_at: OffsetDateTime,
    /// The session ends then, unless it is refreshed before.
    #[serde(with = "time::serde::rfc3339")]
    pub idle_expires_at: OffsetDateTime,
}

impl From<&SessionGrant> for TokenAnswer {
    fn from(grant: &SessionGrant) -> Self {
        let in_body = grant.delivery == Delivery::Body;
        Self {
            access_token: grant.access_token.expose_secret().to_owned(),
            token_type: "Bearer",
            expires_in: grant.access_expires_in,
            session: SessionInfo {
                id: grant.session_id.as_uuid(),
                expires_at: grant.expires_at,
                idle_expires_at: grant.idle_expires_at,
            },
            refresh_token: in_body.then(|| grant.refresh_token.expose_secret().to_owned()),
            refresh_expires_in: in_body.then_some(grant.refresh_expires_in),
        }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = User)]
pub(super) struct UserAnswer {
    pub id: Uuid,
    #[schema(example = "alice@example.com")]
    pub email: String,
    pub is_active: bool,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

impl From<&User> for UserAnswer {
    fn from(user: &User) -> Self {
        Self {
            id: user.id.as_uuid(),
            email: user.email.as_str().to_owned(),
            is_active: user.is_active,
            created_at: user.created_at,
        }
    }
}

#[derive(Serialize, ToSchema)]
pub(super) struct MessageAnswer {
    #[schema(example = "Successfully logged out")]
    pub message: &'static str,
}

#[derive(Serialize, ToSchema)]
pub(super) struct PingAnswer {
    #[schema(example = "ok")]
    pub status: &'static str,
    #[schema(example = "pong")]
    pub message: &'static str,
}

#[derive(Serialize, ToSchema)]
pub(super) struct HealthAnswer {
    /// `ok`, or what is missing.
    #[schema(example = "ok")]
    pub status: &'static str,
}

/// RFC 7517 §5.
#[derive(Serialize, ToSchema)]
#[schema(as = JwkSet)]
pub(super) struct JwkSetAnswer {
    #[schema(value_type = Vec<Object>)]
    pub keys: serde_json::Value,
}

//! What goes over the wire. Requests refuse unknown fields; nothing here is a row or a domain value.

use std::net::IpAddr;

use secrecy::{ExposeSecret as _, SecretString};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::account::User;
use crate::domain::device::device_name;
use crate::domain::event::RecordedEvent;
use crate::domain::family::{Delivery, Family};
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

#[derive(Clone, Copy, Default, ToSchema)]
#[schema(rename_all = "lowercase")]
pub(super) enum TokenDelivery {
    #[default]
    Cookie,
    Body,
}

/// A derived reader takes `{"body": null}` for `"body"`, and calls what is no text at all broken JSON.
impl<'de> Deserialize<'de> for TokenDelivery {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match String::deserialize(deserializer)?.as_str() {
            "cookie" => Ok(Self::Cookie),
            "body" => Ok(Self::Body),
            _ => Err(D::Error::unknown_variant("", &["cookie", "body"])),
        }
    }
}

impl From<TokenDelivery> for Delivery {
    fn from(delivery: TokenDelivery) -> Self {
        match delivery {
            TokenDelivery::Cookie => Self::Cookie,
            TokenDelivery::Body => Self::Body,
        }
    }
}

/// Nothing: an operation that takes no fields.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NoFields {}

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
pub(super) struct LogoutAllAnswer {
    #[schema(example = "Successfully logged out from all devices")]
    pub message: &'static str,
    /// How many sessions were ended.
    pub revoked: usize,
}

#[derive(Serialize, ToSchema)]
pub(super) struct SessionsAnswer {
    pub sessions: Vec<SessionAnswer>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Session)]
pub(super) struct SessionAnswer {
    pub id: Uuid,
    /// Whether it is the one that asks.
    pub current: bool,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    pub last_used_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    pub expires_at: OffsetDateTime,
    /// The address that was last seen.
    #[schema(value_type = Option<String>, required, example = "203.0.113.7")]
    pub ip: Option<IpAddr>,
    #[schema(required)]
    pub user_agent: Option<String>,
    /// A name for people, made of the user agent.
    #[schema(example = "Firefox on Linux")]
    pub device: String,
}

impl SessionAnswer {
    pub(super) fn new(family: &Family, current: bool) -> Self {
        Self {
            id: family.id.as_uuid(),
            current,
            created_at: family.created_at,
            last_used_at: family.state.rotated_at,
            expires_at: family.state.expires_at,
            ip: family.ip,
            user_agent: family.user_agent.clone(),
            device: device_name(family.user_agent.as_deref()),
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangePasswordRequest {
    #[schema(value_type = String, format = Password)]
    pub current_password: SecretString,
    #[schema(value_type = String, format = Password, min_length = 8, max_length = 128)]
    pub new_password: SecretString,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DeleteAccountRequest {
    #[schema(value_type = String, format = Password)]
    pub password: SecretString,
}

#[derive(Serialize, ToSchema)]
pub(super) struct EventsAnswer {
    pub events: Vec<EventAnswer>,
    /// To be sent as `before` for the next page; left out on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<Uuid>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Event)]
pub(super) struct EventAnswer {
    pub id: Uuid,
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    #[schema(example = "login_succeeded")]
    pub kind: String,
    #[schema(required)]
    pub session_id: Option<Uuid>,
    #[schema(value_type = Option<String>, required, example = "203.0.113.7")]
    pub ip: Option<IpAddr>,
    #[schema(required)]
    pub user_agent: Option<String>,
    /// What else is known, by kind.
    pub detail: serde_json::Value,
}

impl From<&RecordedEvent> for EventAnswer {
    fn from(event: &RecordedEvent) -> Self {
        Self {
            id: event.id.as_uuid(),
            at: event.at,
            kind: event.kind.clone(),
            session_id: event.family_id.map(|id| id.as_uuid()),
            ip: event.client.ip,
            user_agent: event.client.user_agent.clone(),
            detail: event.detail.clone(),
        }
    }
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

//! The token response.

use secrecy::ExposeSecret as _;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::family::Delivery;
use crate::service::SessionGrant;

#[derive(Serialize, ToSchema)]
pub struct TokenAnswer {
    pub access_token: String,
    #[schema(example = "Bearer")]
    pub token_type: &'static str,
    /// Seconds until the access token expires.
    #[schema(example = 870)]
    pub expires_in: i64,
    pub session: SessionInfo,
    /// Only with `token_delivery: "body"`. Otherwise the token is in the cookie and not in the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// Seconds until the refresh token expires if it is not used. Only with `token_delivery: "body"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_expires_in: Option<i64>,
    /// Only from `/login` and `/users/me/password`, with `token_delivery: "body"`. Identifies this client: keep it, also
    /// after a logout, and send it with the next login to this account. It gives no access. Valid for 180 days.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_token: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct SessionInfo {
    pub id: Uuid,
    /// The session expires at this time, even if it is in use.
    #[serde(with = "time::serde::rfc3339")]
    pub expires_at: OffsetDateTime,
    /// The session expires at this time unless it is refreshed before.
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
            device_token: None,
        }
    }
}

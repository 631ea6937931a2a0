//! The sessions of an account.

use std::net::IpAddr;

use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::device::device_name;
use crate::service::{ListedSession, OtherPlace};

#[derive(Serialize, ToSchema)]
pub struct SessionsAnswer {
    pub sessions: Vec<SessionAnswer>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Session)]
pub struct SessionAnswer {
    pub id: Uuid,
    /// Whether this is the caller's own session.
    pub current: bool,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// For the caller's own session, when its access token was issued. For other sessions, the hour of the last use.
    #[serde(with = "time::serde::rfc3339")]
    pub last_used_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    pub expires_at: OffsetDateTime,
    /// The address of the last use. For the caller's own session, that of this request.
    #[schema(value_type = Option<String>, required, example = "203.0.113.7")]
    pub ip: Option<IpAddr>,
    #[schema(required)]
    pub user_agent: Option<String>,
    /// A name for people, derived from the user agent.
    #[schema(example = "Firefox on Linux")]
    pub device: String,
    /// Another place from which the session was refreshed at the same time. A second tab on another network is harmless.
    /// Anything else may be a thief.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub also_used_from: Option<OtherPlaceAnswer>,
    /// Who acts for the user in this session, for example a member of the operator's support.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "support|bob")]
    pub actor: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = OtherPlace)]
pub struct OtherPlaceAnswer {
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    #[schema(value_type = Option<String>, required, example = "198.51.100.4")]
    pub ip: Option<IpAddr>,
    #[schema(required)]
    pub user_agent: Option<String>,
    /// A name for people, derived from the user agent.
    #[schema(example = "Chrome on Windows")]
    pub device: String,
}

impl From<ListedSession> for SessionAnswer {
    fn from(session: ListedSession) -> Self {
        Self {
            id: session.id.as_uuid(),
            current: session.is_current,
            created_at: session.created_at,
            last_used_at: session.last_used_at,
            expires_at: session.expires_at,
            ip: session.ip,
            device: device_name(session.user_agent.as_deref()),
            user_agent: session.user_agent,
            also_used_from: session.also_used_from.map(OtherPlaceAnswer::from),
            actor: session.actor,
        }
    }
}

impl From<OtherPlace> for OtherPlaceAnswer {
    fn from(place: OtherPlace) -> Self {
        Self {
            at: place.at,
            ip: place.client.ip,
            device: device_name(place.client.user_agent.as_deref()),
            user_agent: place.client.user_agent,
        }
    }
}

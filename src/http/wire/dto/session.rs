//! The sessions of an account.

use std::net::IpAddr;

use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::device::device_name;
use crate::domain::family::Family;

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
    #[serde(with = "time::serde::rfc3339")]
    pub last_used_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    pub expires_at: OffsetDateTime,
    /// The address of the last use.
    #[schema(value_type = Option<String>, required, example = "203.0.113.7")]
    pub ip: Option<IpAddr>,
    #[schema(required)]
    pub user_agent: Option<String>,
    /// A name for people, derived from the user agent.
    #[schema(example = "Firefox on Linux")]
    pub device: String,
}

impl SessionAnswer {
    pub fn new(family: &Family, current: bool) -> Self {
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

//! Sessions, as backends see them.

use std::net::IpAddr;

use serde::Serialize;
use serde_json::{Map, Value};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::device::device_name;
use crate::domain::family::Family;

#[derive(Serialize, ToSchema)]
pub struct ServiceSessionsAnswer {
    pub sessions: Vec<ServiceSessionAnswer>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Session)]
pub struct ServiceSessionAnswer {
    /// The `sid` of access tokens.
    pub id: Uuid,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When the user last proved who they are: the `auth_time` of access tokens.
    #[serde(with = "time::serde::rfc3339")]
    pub authenticated_at: OffsetDateTime,
    /// The last refresh.
    #[serde(with = "time::serde::rfc3339")]
    pub last_used_at: OffsetDateTime,
    /// The session expires at this time, even if it is in use.
    #[serde(with = "time::serde::rfc3339")]
    pub expires_at: OffsetDateTime,
    /// The session expires at this time unless it is refreshed before.
    #[serde(with = "time::serde::rfc3339")]
    pub idle_expires_at: OffsetDateTime,
    /// The address of the last refresh.
    #[schema(value_type = Option<String>, required, example = "203.0.113.7")]
    pub ip: Option<IpAddr>,
    #[schema(required)]
    pub user_agent: Option<String>,
    /// A name for people, derived from the user agent.
    #[schema(example = "Firefox on Linux")]
    pub device: String,
    /// What the access tokens of the session say: the claims of the user, with those of the session over them.
    #[schema(value_type = Object)]
    pub claims: Map<String, Value>,
    /// How the user has proved who they are. Empty if that is not known.
    pub amr: Vec<String>,
    #[schema(required)]
    pub acr: Option<String>,
    /// Who acts for the user.
    #[schema(required)]
    pub actor: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct RevokedAnswer {
    /// How many sessions were revoked.
    pub revoked: usize,
}

impl From<Family> for ServiceSessionAnswer {
    fn from(family: Family) -> Self {
        Self {
            id: family.id.as_uuid(),
            created_at: family.created_at,
            authenticated_at: family.authenticated_at,
            last_used_at: family.state.rotated_at,
            expires_at: family.state.expires_at,
            idle_expires_at: family.state.idle_expires_at,
            ip: family.ip,
            device: device_name(family.user_agent.as_deref()),
            user_agent: family.user_agent,
            claims: family.content.claims.as_map().clone(),
            amr: family.content.proof.amr,
            acr: family.content.proof.acr,
            actor: family.content.actor,
        }
    }
}

//! Tickets: with one, a browser begins the session that a backend has prepared for it. A ticket is a sealed text, so no table
//! holds it. It works once, because it names the session, whose row can be inserted once.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

/// How long a ticket works.
pub const TICKET_LIFETIME: Duration = Duration::from_secs(60);

/// The content of a ticket. Every text in it has been validated.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Ticket {
    /// The session that it begins.
    pub session: Uuid,
    pub user: Uuid,
    /// The backend's key, which the login's event names.
    pub service_key: Uuid,
    /// Seconds since the Unix epoch.
    pub expires_at: i64,
    /// When the backend has identified the user, in seconds since the Unix epoch.
    pub authenticated_at: i64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub claims: Map<String, Value>,
    /// In seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_ttl: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub absolute_ttl: Option<u32>,
    pub remember: bool,
}

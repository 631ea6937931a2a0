//! The security log of an account.

use std::net::IpAddr;

use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::device::device_name;
use crate::domain::event::{NOT_FOR_USERS, RecordedEvent};

#[derive(Serialize, ToSchema)]
pub struct EventsAnswer {
    pub events: Vec<EventAnswer>,
    /// Send this as `before` to get the next page. Absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<Uuid>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Event)]
pub struct EventAnswer {
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
    /// A name for people, derived from the user agent.
    #[schema(example = "Firefox on Linux")]
    pub device: String,
    /// More about the event, depending on its kind.
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
            device: device_name(event.client.user_agent.as_deref()),
            user_agent: event.client.user_agent.clone(),
            detail: for_users(event.detail.clone()),
        }
    }
}

fn for_users(mut detail: serde_json::Value) -> serde_json::Value {
    if let Some(fields) = detail.as_object_mut() {
        fields.retain(|name, _| !NOT_FOR_USERS.contains(&name.as_str()));
    }
    detail
}

//! Feeds, as other services read them.

use std::net::IpAddr;

use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::device::device_name;
use crate::domain::feed::{EndedSession, FeedEvent};
use crate::domain::revocation::RevocationReason;

#[derive(Serialize, ToSchema)]
#[schema(as = EventFeed)]
pub struct FeedEventsAnswer {
    pub events: Vec<FeedEventAnswer>,
    /// Send this as `after` to read on.
    pub cursor: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Event)]
pub struct FeedEventAnswer {
    pub id: Uuid,
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    #[schema(example = "login_succeeded")]
    pub kind: String,
    pub user_id: Uuid,
    #[schema(required)]
    pub session_id: Option<Uuid>,
    #[schema(value_type = Option<String>, required, example = "203.0.113.7")]
    pub ip: Option<IpAddr>,
    #[schema(required)]
    pub user_agent: Option<String>,
    /// A name for people, derived from the user agent.
    #[schema(example = "Firefox on Linux")]
    pub device: String,
    /// More about the event, depending on its kind, and who caused it.
    pub detail: serde_json::Value,
}

#[derive(Serialize, ToSchema)]
#[schema(as = EndedFeed)]
pub struct EndedFeedAnswer {
    pub ended: Vec<EndedAnswer>,
    /// Send this as `after` to read on.
    pub cursor: String,
    /// For how many seconds an ended session matters.
    #[schema(example = 4500)]
    pub keep_for: u64,
}

#[derive(Serialize, ToSchema)]
#[schema(as = EndedSession)]
pub struct EndedAnswer {
    /// The `sid` of the access tokens to reject.
    pub session_id: Uuid,
    #[schema(required)]
    pub user_id: Option<Uuid>,
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    #[schema(required, example = "logout")]
    pub reason: Option<&'static str>,
}

impl From<&FeedEvent> for FeedEventAnswer {
    fn from(FeedEvent { user_id, event }: &FeedEvent) -> Self {
        Self {
            id: event.id.as_uuid(),
            at: event.at,
            kind: event.kind.clone(),
            user_id: user_id.as_uuid(),
            session_id: event.family_id.map(|id| id.as_uuid()),
            ip: event.client.ip,
            device: device_name(event.client.user_agent.as_deref()),
            user_agent: event.client.user_agent.clone(),
            detail: event.detail.clone(),
        }
    }
}

impl From<&EndedSession> for EndedAnswer {
    fn from(ended: &EndedSession) -> Self {
        Self {
            session_id: ended.session_id.as_uuid(),
            user_id: ended.user_id.map(|id| id.as_uuid()),
            at: ended.at,
            reason: ended.reason.map(RevocationReason::as_str),
        }
    }
}

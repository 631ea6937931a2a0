//! The security events of all users, for services that keep an audit log.

use std::time::Duration;

use super::error::ServiceError;
use super::operator::Operator;
use crate::db::event_feed;
use crate::domain::feed::{EventCursor, FeedEvent};

impl Operator {
    /// At most `limit` events after `after`, the oldest first, and where to read on. An event appears once, and one more time
    /// only after the database server has started again.
    pub async fn read_events(
        &self,
        after: Option<EventCursor>,
        limit: u32,
    ) -> Result<(Vec<FeedEvent>, EventCursor), ServiceError> {
        Ok(self.db.run(move |connection| event_feed::read(connection, after, limit)).await?)
    }
}

/// How long a reader that waits for events pauses between two readings.
pub const EVENTS_EVERY: Duration = Duration::from_millis(500);

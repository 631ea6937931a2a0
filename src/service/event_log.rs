//! The caller's security events.

use super::authentication::Authenticated;
use super::error::ServiceError;
use super::use_cases::Service;
use crate::db::{events, users};
use crate::domain::event::RecordedEvent;
use crate::domain::ids::EventId;

/// A page of events, newest first.
#[derive(Clone, Debug)]
pub struct EventPage {
    pub events: Vec<RecordedEvent>,
    /// Where the next page begins, if there is one.
    pub next: Option<EventId>,
}

impl Service {
    /// At most `limit` events of the caller's account from before the event `before`; `None` if the caller's session
    /// has ended.
    pub async fn list_events(
        &self,
        caller: &Authenticated,
        limit: u32,
        before: Option<EventId>,
    ) -> Result<Option<EventPage>, ServiceError> {
        let (user_id, family_id) = (caller.grant.user_id, caller.grant.family_id);
        let page = self.db.run(move |connection| {
            match users::find_with_session(connection, user_id, family_id)? {
                Some(((user, _), None)) if user.is_active => {}
                _ => return Ok(None),
            }
            // The extra event shows whether there is another page.
            events::list(connection, user_id, i64::from(limit) + 1, before).map(Some)
        });
        let Some(mut events) = page.await? else { return Ok(None) };
        let has_more = events.len() > limit as usize;
        events.truncate(limit as usize);
        let next = if has_more { events.last().map(|event| event.id) } else { None };
        Ok(Some(EventPage { events, next }))
    }
}

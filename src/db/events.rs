//! The table `session_events`.

use std::net::IpAddr;

use diesel::prelude::*;
use ipnet::IpNet;

use super::connection::Connection;
use super::error::DbError;
use super::outbox;
use super::rows::{EventRow, NewEventRow};
use super::schema::session_events;
use crate::domain::event::{Event, RecordedEvent};
use crate::domain::event_messages;
use crate::domain::ids::{EventId, UserId};

/// Stores an event, and the messages that it causes. Call it in the transaction that the event reports.
pub fn insert(connection: &mut Connection, event: &Event) -> Result<(), DbError> {
    diesel::insert_into(session_events::table).values(NewEventRow::from(event)).execute(connection.pg())?;
    let messages = event_messages::of_event(event, connection.outgoing());
    messages.iter().try_for_each(|message| outbox::insert(connection, message))
}

/// At most `limit` events of a user before the event `before`, newest first.
pub fn list(
    connection: &mut Connection,
    user_id: UserId,
    limit: i64,
    before: Option<EventId>,
) -> Result<Vec<RecordedEvent>, DbError> {
    let mut query = session_events::table
        .filter(session_events::user_id.eq(user_id.as_uuid()))
        .order(session_events::id.desc())
        .limit(limit)
        .select(EventRow::as_select())
        .into_boxed();
    if let Some(before) = before {
        query = query.filter(session_events::id.lt(before.as_uuid()));
    }
    let rows: Vec<EventRow> = query.load(connection.pg())?;
    Ok(rows.into_iter().map(RecordedEvent::from).collect())
}

/// The addresses from which a user's events were caused.
pub fn list_addresses(connection: &mut Connection, user_id: UserId) -> Result<Vec<IpAddr>, DbError> {
    let addresses: Vec<Option<IpNet>> = session_events::table
        .filter(session_events::user_id.eq(user_id.as_uuid()).and(session_events::ip.is_not_null()))
        .select(session_events::ip)
        .distinct()
        .load(connection.pg())?;
    Ok(addresses.into_iter().flatten().map(|net| net.addr()).collect())
}

/// The newest event of this kind of each of the user's sessions.
pub fn list_newest(connection: &mut Connection, user_id: UserId, kind: &str) -> Result<Vec<RecordedEvent>, DbError> {
    let rows: Vec<EventRow> = session_events::table
        .filter(session_events::user_id.eq(user_id.as_uuid()).and(session_events::kind.eq(kind)))
        .distinct_on(session_events::family_id)
        .order((session_events::family_id, session_events::id.desc()))
        .select(EventRow::as_select())
        .load(connection.pg())?;
    Ok(rows.into_iter().map(RecordedEvent::from).collect())
}

//! The table `session_events`.

use diesel::prelude::*;

use super::connection::Connection;
use super::error::DbError;
use super::rows::NewEventRow;
use super::schema::session_events;
use crate::domain::event::Event;

/// Stores an event, in the transaction that it reports.
pub fn insert(connection: &mut Connection, event: &Event) -> Result<(), DbError> {
    diesel::insert_into(session_events::table).values(NewEventRow::from(event)).execute(connection.pg())?;
    Ok(())
}

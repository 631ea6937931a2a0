//! The table `ended_sessions`, and the notification for new rows.

use diesel::prelude::*;
use diesel::sql_types::Text;
use uuid::Uuid;

use super::connection::Connection;
use super::error::DbError;
use super::schema::ended_sessions;
use crate::domain::Timestamp;
use crate::domain::ids::FamilyId;

/// The channel of `NOTIFY`. [`list_since`] finds the same sessions later.
pub(super) const CHANNEL: &str = "heirloom_sessions_ended";

diesel::define_sql_function!(fn pg_notify(channel: Text, payload: Text));

/// Records that sessions have ended, in the transaction that ends them. Its commit notifies the other processes.
pub(super) fn insert(connection: &mut Connection, ids: &[FamilyId], at: Timestamp) -> Result<(), DbError> {
    if ids.is_empty() {
        return Ok(());
    }
    let row = |id: &FamilyId| (ended_sessions::family_id.eq(id.as_uuid()), ended_sessions::ended_at.eq(at));
    let rows: Vec<_> = ids.iter().map(row).collect();
    // A statement can have 65,535 parameters.
    for rows in rows.chunks(10_000) {
        diesel::insert_into(ended_sessions::table).values(rows).on_conflict_do_nothing().execute(connection.pg())?;
    }
    diesel::select(pg_notify(CHANNEL, "")).execute(connection.pg())?;
    Ok(())
}

/// The sessions that ended at or after `since`, by the clocks of the processes that ended them.
pub fn list_since(connection: &mut Connection, since: Timestamp) -> Result<Vec<(FamilyId, Timestamp)>, DbError> {
    let rows: Vec<(Uuid, Timestamp)> = ended_sessions::table
        .filter(ended_sessions::ended_at.ge(since))
        .select((ended_sessions::family_id, ended_sessions::ended_at))
        .load(connection.pg())?;
    Ok(rows.into_iter().map(|(id, at)| (id.into(), at)).collect())
}

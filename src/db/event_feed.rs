//! The security events of all users, in the order of the transactions that have recorded them.
//!
//! An event is read once every transaction of this database that began before its own has ended. No earlier one can then appear
//! behind a reader, however late its transaction commits.

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::BigInt;
use uuid::Uuid;

use super::connection::Connection;
use super::error::DbError;
use super::rows::EventRow;
use super::schema::session_events;
use crate::domain::feed::{EventCursor, FeedEvent, TransactionMark};

/// How far a reader goes back when the database server has started again. A crash can lose transactions that had not been
/// flushed, and counts others anew from there. Postgres flushes within a second.
const OVERLAP: i64 = 100_000;

/// The first transaction. Events from before transactions were recorded come before it.
const FIRST: i64 = 1;

/// At most `limit` events after `after`, the oldest first, and where to read on.
pub fn read(
    connection: &mut Connection,
    after: Option<EventCursor>,
    limit: u32,
) -> Result<(Vec<FeedEvent>, EventCursor), DbError> {
    // The snapshot of every later statement sees all transactions of this database before `now.xid`.
    let now = mark(connection, Among::ThisDatabase)?;
    let mut cursor = match after {
        None => EventCursor::start(now.server_started),
        Some(after) if after.mark.server_started == now.server_started || after.mark.xid < FIRST => {
            EventCursor { mark: TransactionMark { server_started: now.server_started, ..after.mark }, ..after }
        }
        Some(after) => {
            let xid = (after.mark.xid.min(now.xid) - OVERLAP).max(FIRST);
            EventCursor { mark: TransactionMark { xid, ..now }, event: Uuid::nil() }
        }
    };
    let mut events = Vec::new();
    if cursor.mark.xid < FIRST {
        let found = without_transaction(connection, cursor.event, limit)?;
        take(&mut events, &mut cursor, found);
        if (events.len() as u64) < u64::from(limit) {
            cursor = EventCursor { mark: TransactionMark { xid: FIRST, ..now }, event: Uuid::nil() };
        }
    }
    let left = limit - u32::try_from(events.len()).unwrap_or(limit);
    if left > 0 {
        let found = of_transactions(connection, cursor, now.xid, left)?;
        take(&mut events, &mut cursor, found);
    }
    Ok((events, cursor))
}

type Row = (Option<i64>, Uuid, EventRow);

fn take(events: &mut Vec<FeedEvent>, cursor: &mut EventCursor, rows: Vec<Row>) {
    for (xid, user_id, row) in rows {
        let event = FeedEvent { user_id: user_id.into(), event: row.into() };
        cursor.mark.xid = xid.unwrap_or(0);
        cursor.event = event.event.id.as_uuid();
        events.push(event);
    }
}

fn without_transaction(connection: &mut Connection, after: Uuid, limit: u32) -> Result<Vec<Row>, DbError> {
    Ok(session_events::table
        .filter(session_events::recorded_xid.is_null().and(session_events::id.gt(after)))
        .order(session_events::id)
        .limit(i64::from(limit))
        .select((session_events::recorded_xid, session_events::user_id, EventRow::as_select()))
        .load(connection.pg())?)
}

fn of_transactions(
    connection: &mut Connection,
    after: EventCursor,
    before: i64,
    limit: u32,
) -> Result<Vec<Row>, DbError> {
    let (xid, id) = (session_events::recorded_xid, session_events::id);
    let is_after = xid.gt(after.mark.xid).or(xid.eq(after.mark.xid).and(id.gt(after.event)));
    Ok(session_events::table
        // The first condition is where the index is entered.
        .filter(xid.ge(after.mark.xid).and(is_after).and(xid.lt(before)))
        .order((xid, id))
        .limit(i64::from(limit))
        .select((xid, session_events::user_id, EventRow::as_select()))
        .load(connection.pg())?)
}

/// Which transactions count.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Among {
    All,
    /// Those that the server knows to be of other databases do not: one may stay open there for long. One that has ended
    /// meanwhile counts, because the server no longer knows where it was.
    ThisDatabase,
}

/// The oldest transaction that is still running.
pub(super) fn mark(connection: &mut Connection, among: Among) -> Result<TransactionMark, DbError> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        server_started: i64,
        #[diesel(sql_type = BigInt)]
        xid: i64,
    }
    let oldest = match among {
        Among::All => "pg_snapshot_xmin(pg_current_snapshot())::text::bigint",
        Among::ThisDatabase => {
            "coalesce((SELECT min(running::text::bigint) FROM pg_snapshot_xip(pg_current_snapshot()) AS running \
             WHERE NOT EXISTS (SELECT FROM pg_stat_activity AS other WHERE other.backend_xid = running::xid \
             AND other.datname <> current_database())), pg_snapshot_xmax(pg_current_snapshot())::text::bigint)"
        }
    };
    let sql = format!(
        "SELECT (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint AS server_started, {oldest} AS xid"
    );
    let Row { server_started, xid } = sql_query(sql).get_result(connection.pg())?;
    Ok(TransactionMark { server_started, xid })
}

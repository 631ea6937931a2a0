//! Deleting old rows, a batch at a time. Locked rows are left for the next batch, so pruning never waits and several
//! processes can prune at once.

use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Double, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

use super::connection::Connection;
use super::error::DbError;
use crate::domain::Timestamp;

/// Deletes families whose absolute expiry is before `before`.
pub fn families(connection: &mut Connection, before: Timestamp, limit: u32) -> Result<u64, DbError> {
    let sql = "DELETE FROM token_families WHERE id IN (SELECT id FROM token_families WHERE expires_at < $1 \
               ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED)";
    let query = sql_query(sql).bind::<Timestamptz, _>(before).bind::<BigInt, _>(i64::from(limit));
    Ok(query.execute(connection.pg())? as u64)
}

/// Deletes events from before `before`, by the time in their ids.
pub fn events(connection: &mut Connection, before: Timestamp, limit: u32) -> Result<u64, DbError> {
    let sql = "DELETE FROM session_events WHERE id IN (SELECT id FROM session_events WHERE id < $1 \
               ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED)";
    let query = sql_query(sql).bind::<SqlUuid, _>(first_id_at(before)).bind::<BigInt, _>(i64::from(limit));
    Ok(query.execute(connection.pg())? as u64)
}

/// Deletes records of ended sessions that are older than `kept` by the database's clock. A process whose clock is wrong
/// would delete what others have not read.
pub fn ended_sessions(connection: &mut Connection, kept: Duration, limit: u32) -> Result<u64, DbError> {
    let sql = "DELETE FROM ended_sessions WHERE family_id IN (SELECT family_id FROM ended_sessions \
               WHERE recorded_at < statement_timestamp() - make_interval(secs => $1) \
               ORDER BY recorded_at LIMIT $2 FOR UPDATE SKIP LOCKED)";
    let query = sql_query(sql).bind::<Double, _>(kept.as_secs_f64()).bind::<BigInt, _>(i64::from(limit));
    Ok(query.execute(connection.pg())? as u64)
}

/// Deletes records of accounts that were deleted before `before`.
pub fn deleted_accounts(connection: &mut Connection, before: Timestamp, limit: u32) -> Result<u64, DbError> {
    let sql = "DELETE FROM deleted_accounts WHERE user_id IN (SELECT user_id FROM deleted_accounts \
               WHERE deleted_at < $1 ORDER BY deleted_at LIMIT $2 FOR UPDATE SKIP LOCKED)";
    let query = sql_query(sql).bind::<Timestamptz, _>(before).bind::<BigInt, _>(i64::from(limit));
    Ok(query.execute(connection.pg())? as u64)
}

/// The smallest UUIDv7 of the millisecond of `at`.
fn first_id_at(at: Timestamp) -> Uuid {
    let millis = u64::try_from(at.unix_timestamp_nanos() / 1_000_000).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &[0; 10]).into_uuid()
}

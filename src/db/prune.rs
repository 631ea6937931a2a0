//! Deleting old rows, a batch at a time. Locked rows are left for the next batch, so pruning never waits and several
//! processes can prune at once.

use std::time::Duration;

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{BoxedSqlQuery, SqlQuery};
use diesel::sql_query;
use diesel::sql_types::{Array, BigInt, Double, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

use super::connection::Connection;
use super::error::DbError;
use super::unlocked_rows::Rows;
use crate::domain::Timestamp;

/// Deletes families whose absolute expiry is before `before`.
pub fn families(connection: &mut Connection, before: Timestamp, limit: u32) -> Result<u64, DbError> {
    let old = sql_query("SELECT id FROM token_families WHERE expires_at < $1 ORDER BY expires_at LIMIT $2");
    delete(connection, "token_families", "id", old.into_boxed().bind::<Timestamptz, _>(before), limit)
}

/// Deletes events from before `before`, by the time in their ids.
pub fn events(connection: &mut Connection, before: Timestamp, limit: u32) -> Result<u64, DbError> {
    let old = sql_query("SELECT id FROM session_events WHERE id < $1 ORDER BY id LIMIT $2");
    delete(connection, "session_events", "id", old.into_boxed().bind::<SqlUuid, _>(first_id_at(before)), limit)
}

/// Deletes records of ended sessions that are older than `kept` by the database's clock. A process whose clock is wrong
/// would delete what others have not read.
pub fn ended_sessions(connection: &mut Connection, kept: Duration, limit: u32) -> Result<u64, DbError> {
    let old = sql_query(
        "SELECT family_id AS id FROM ended_sessions WHERE recorded_at < statement_timestamp() - \
         make_interval(secs => $1) ORDER BY recorded_at LIMIT $2",
    );
    delete(connection, "ended_sessions", "family_id", old.into_boxed().bind::<Double, _>(kept.as_secs_f64()), limit)
}

/// Deletes records of superseded access tokens that are older than `kept` by the database's clock.
pub fn superseded_tokens(connection: &mut Connection, kept: Duration, limit: u32) -> Result<u64, DbError> {
    let old = sql_query(
        "SELECT family_id AS id FROM superseded_tokens WHERE recorded_at < statement_timestamp() - \
         make_interval(secs => $1) ORDER BY recorded_at LIMIT $2",
    );
    delete(connection, "superseded_tokens", "family_id", old.into_boxed().bind::<Double, _>(kept.as_secs_f64()), limit)
}

/// Deletes records of accounts that were deleted before `before`.
pub fn deleted_accounts(connection: &mut Connection, before: Timestamp, limit: u32) -> Result<u64, DbError> {
    let old =
        sql_query("SELECT user_id AS id FROM deleted_accounts WHERE deleted_at < $1 ORDER BY deleted_at LIMIT $2");
    delete(connection, "deleted_accounts", "user_id", old.into_boxed().bind::<Timestamptz, _>(before), limit)
}

/// Deletes what backends created with an `Idempotency-Key` before `before` from the records, and not itself.
pub fn idempotency_keys(connection: &mut Connection, before: Timestamp, limit: u32) -> Result<u64, DbError> {
    let old =
        sql_query("SELECT created_id AS id FROM idempotency_keys WHERE created_at <= $1 ORDER BY created_at LIMIT $2");
    delete(connection, "idempotency_keys", "created_id", old.into_boxed().bind::<Timestamptz, _>(before), limit)
}

/// Deletes the rows that `old` finds. Its second parameter is the limit.
fn delete(
    connection: &mut Connection,
    table: &'static str,
    key: &'static str,
    old: BoxedSqlQuery<'_, Pg, SqlQuery>,
    limit: u32,
) -> Result<u64, DbError> {
    #[derive(QueryableByName)]
    struct Old {
        #[diesel(sql_type = SqlUuid)]
        id: Uuid,
    }
    let old: Vec<Old> = old.bind::<BigInt, _>(i64::from(limit)).load(connection.pg())?;
    let rows = Rows { table, key, ids: old.into_iter().map(|old| old.id).collect() };
    let deleted = rows.change(connection, |tx, ids| {
        let delete = sql_query(format!("DELETE FROM {table} WHERE {key} = ANY($1)"));
        Ok(delete.bind::<Array<SqlUuid>, _>(ids).execute(tx.pg())? as u64)
    });
    Ok(deleted?.into_iter().sum())
}

/// The smallest UUIDv7 of the millisecond of `at`.
fn first_id_at(at: Timestamp) -> Uuid {
    let millis = u64::try_from(at.unix_timestamp_nanos() / 1_000_000).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &[0; 10]).into_uuid()
}

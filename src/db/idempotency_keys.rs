//! The table `idempotency_keys`: what backends have created with an `Idempotency-Key`.

use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{Bytea, Text, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

use super::connection::Connection;
use super::error::DbError;
use super::lock_timeout::limit_lock_waits;
use super::schema::idempotency_keys;
use crate::domain::Timestamp;
use crate::domain::idempotency::RepeatableRequest;

/// How long a key is remembered.
pub const REMEMBERED: Duration = Duration::from_secs(24 * 60 * 60);

/// What is known of a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Repetition {
    /// It comes for the first time. The creation is on record with the transaction.
    First,
    /// It came before, and created this.
    Again(Uuid),
    /// Its key came before, with another request.
    OtherRequest,
}

/// Puts on record that a request is going to create `created`. Call it in the transaction that creates, before anything else:
/// the same request in another transaction waits here until that one has ended.
pub fn remember(
    tx: &mut Connection,
    request: &RepeatableRequest,
    created: Uuid,
    now: Timestamp,
) -> Result<Repetition, DbError> {
    limit_lock_waits(tx)?;
    let sql = "INSERT INTO idempotency_keys (created_id, service_key_id, key, request_digest, created_at) \
               VALUES ($1, $2, $3, $4, $5) ON CONFLICT (service_key_id, key) DO UPDATE \
               SET created_id = $1, request_digest = $4, created_at = $5 WHERE idempotency_keys.created_at <= $6";
    let stored = sql_query(sql)
        .bind::<SqlUuid, _>(created)
        .bind::<SqlUuid, _>(request.service_key.as_uuid())
        .bind::<Text, _>(request.key.as_str())
        .bind::<Bytea, _>(&request.digests[0][..])
        .bind::<Timestamptz, _>(now)
        .bind::<Timestamptz, _>(now - REMEMBERED)
        .execute(tx.pg())?;
    if stored == 1 {
        return Ok(Repetition::First);
    }
    let is_key = idempotency_keys::service_key_id
        .eq(request.service_key.as_uuid())
        .and(idempotency_keys::key.eq(request.key.as_str()));
    let (digest, created): (Vec<u8>, Uuid) = idempotency_keys::table
        .filter(is_key)
        .select((idempotency_keys::request_digest, idempotency_keys::created_id))
        .first(tx.pg())?;
    let is_same = request.digests.iter().any(|of_request| of_request[..] == digest[..]);
    Ok(if is_same { Repetition::Again(created) } else { Repetition::OtherRequest })
}

/// Takes back that a request is going to create `created`, because it is refused.
pub fn forget(tx: &mut Connection, created: Uuid) -> Result<(), DbError> {
    diesel::delete(idempotency_keys::table.find(created)).execute(tx.pg())?;
    Ok(())
}

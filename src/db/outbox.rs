//! The table `outbox`: mails and webhooks that are still to be sent.

use diesel::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use super::connection::Connection;
use super::error::DbError;
use super::schema::outbox;
use crate::domain::Timestamp;
use crate::domain::account::{Email, User};
use crate::domain::ids::{MessageId, UserId};
use crate::domain::outbox::{Channel, LEASE, Message, MessageState};

/// Stores a message. Call it in the transaction that causes it.
pub fn insert(connection: &mut Connection, message: &Message) -> Result<(), DbError> {
    diesel::insert_into(outbox::table)
        .values((
            outbox::id.eq(message.id.as_uuid()),
            outbox::channel.eq(message.channel.as_str()),
            outbox::user_id.eq(message.user_id.map(|id| id.as_uuid())),
            outbox::created_at.eq(message.created_at),
            outbox::due_at.eq(message.created_at),
            outbox::payload.eq(&message.payload),
        ))
        .execute(connection.pg())?;
    Ok(())
}

type Row = (Uuid, String, Option<Uuid>, Timestamp, i32, Value);

/// Takes up to `limit` messages that are due, oldest first, and counts an attempt of each. Until the [lease](LEASE) is over
/// no other process gets them. Call it in a transaction.
pub fn take(
    connection: &mut Connection,
    channel: Channel,
    limit: i64,
    now: Timestamp,
) -> Result<Vec<Message>, DbError> {
    let due: Vec<Uuid> = outbox::table
        .filter(outbox::channel.eq(channel.as_str()).and(outbox::failed_at.is_null()).and(outbox::due_at.le(now)))
        .order(outbox::due_at)
        .limit(limit)
        .select(outbox::id)
        .for_update()
        .skip_locked()
        .load(connection.pg())?;
    if due.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<Row> = diesel::update(outbox::table.filter(outbox::id.eq_any(due)))
        .set((outbox::due_at.eq(now + LEASE), outbox::attempts.eq(outbox::attempts + 1)))
        .returning((
            outbox::id,
            outbox::channel,
            outbox::user_id,
            outbox::created_at,
            outbox::attempts,
            outbox::payload,
        ))
        .get_results(connection.pg())?;
    rows.into_iter().map(message).collect()
}

fn message((id, channel, user_id, created_at, attempts, payload): Row) -> Result<Message, DbError> {
    Ok(Message {
        id: id.into(),
        channel: channel.parse().map_err(DbError::corrupt)?,
        user_id: user_id.map(UserId::from),
        created_at,
        attempts: u32::try_from(attempts).map_err(DbError::corrupt)?,
        payload,
    })
}

/// Removes a message that its receiver has taken, or that is not needed any more.
pub fn delete(connection: &mut Connection, id: MessageId) -> Result<bool, DbError> {
    Ok(diesel::delete(outbox::table.find(id.as_uuid())).execute(connection.pg())? == 1)
}

/// Puts a message off after a failed attempt.
pub fn put_off(connection: &mut Connection, id: MessageId, until: Timestamp, error: &str) -> Result<(), DbError> {
    diesel::update(outbox::table.find(id.as_uuid()))
        .set((outbox::due_at.eq(until), outbox::error.eq(error)))
        .execute(connection.pg())?;
    Ok(())
}

/// Gives a message up. It stays for the operator.
pub fn give_up(connection: &mut Connection, id: MessageId, now: Timestamp, error: &str) -> Result<(), DbError> {
    diesel::update(outbox::table.find(id.as_uuid()))
        .set((outbox::failed_at.eq(now), outbox::error.eq(error)))
        .execute(connection.pg())?;
    Ok(())
}

/// Makes messages due again: one, or all that were given up. Returns how many.
pub fn retry(connection: &mut Connection, id: Option<MessageId>, now: Timestamp) -> Result<usize, DbError> {
    let again = (outbox::failed_at.eq(None::<Timestamp>), outbox::due_at.eq(now), outbox::created_at.eq(now));
    Ok(match id {
        Some(id) => diesel::update(outbox::table.find(id.as_uuid())).set(again).execute(connection.pg())?,
        None => {
            diesel::update(outbox::table.filter(outbox::failed_at.is_not_null())).set(again).execute(connection.pg())?
        }
    })
}

/// Deletes every message about an account, also those that strangers asked for: they have the address only, in the form
/// in which new accounts store it.
pub fn delete_of_user(connection: &mut Connection, user: &User) -> Result<(), DbError> {
    let about = outbox::user_id.eq(user.id.as_uuid());
    diesel::delete(outbox::table.filter(about)).execute(connection.pg())?;
    if let Some(email) = &user.email {
        let address = json!({ "email": Email::spelling(email.as_str()) });
        let asked_for = outbox::user_id.is_null().and(outbox::payload.contains(address));
        diesel::delete(outbox::table.filter(asked_for.assume_not_null())).execute(connection.pg())?;
    }
    Ok(())
}

/// The messages, oldest first.
pub fn list(connection: &mut Connection, limit: i64) -> Result<Vec<MessageState>, DbError> {
    type StateRow = (Uuid, String, Option<Uuid>, Timestamp, Timestamp, i32, Option<Timestamp>, Option<String>);
    let rows: Vec<StateRow> = outbox::table
        .order(outbox::id)
        .limit(limit)
        .select((
            outbox::id,
            outbox::channel,
            outbox::user_id,
            outbox::created_at,
            outbox::due_at,
            outbox::attempts,
            outbox::failed_at,
            outbox::error,
        ))
        .load(connection.pg())?;
    let state = |(id, channel, user_id, created_at, due_at, attempts, failed_at, error): StateRow| {
        Ok(MessageState {
            id: id.into(),
            channel: channel.parse().map_err(DbError::corrupt)?,
            user_id: user_id.map(UserId::from),
            created_at,
            due_at,
            attempts: u32::try_from(attempts).map_err(DbError::corrupt)?,
            failed_at,
            error,
        })
    };
    rows.into_iter().map(state).collect()
}

/// How many messages wait, and how many were given up.
pub fn count(connection: &mut Connection) -> Result<(u64, u64), DbError> {
    let of = |failed: i64| u64::try_from(failed).unwrap_or(0);
    let waiting: i64 = outbox::table.filter(outbox::failed_at.is_null()).count().get_result(connection.pg())?;
    let failed: i64 = outbox::table.filter(outbox::failed_at.is_not_null()).count().get_result(connection.pg())?;
    Ok((of(waiting), of(failed)))
}

//! The table `outbox`: mails and webhooks that are still to be sent.

use diesel::dsl;
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

/// Takes up to `limit` messages that are due, oldest first, and counts an attempt of each. No other process gets
/// them before the [lease](LEASE) ends.
///
/// What this and the functions below write of an attempt commits asynchronously: if it is lost, a message is sent again, with
/// the same id. So no attempt waits for the disk or for a standby, and holds a connection meanwhile.
pub fn take(
    connection: &mut Connection,
    channel: Channel,
    limit: i64,
    now: Timestamp,
) -> Result<Vec<Message>, DbError> {
    connection.asynchronously(|tx| take_due(tx, channel, limit, now))
}

fn take_due(tx: &mut Connection, channel: Channel, limit: i64, now: Timestamp) -> Result<Vec<Message>, DbError> {
    let due: Vec<Uuid> = outbox::table
        .filter(outbox::channel.eq(channel.as_str()).and(outbox::failed_at.is_null()).and(outbox::due_at.le(now)))
        .order(outbox::due_at)
        .limit(limit)
        .select(outbox::id)
        .for_update()
        .skip_locked()
        .load(tx.pg())?;
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
        .get_results(tx.pg())?;
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
pub fn note_sent(connection: &mut Connection, id: MessageId) -> Result<(), DbError> {
    let message = diesel::delete(outbox::table.find(id.as_uuid()));
    connection.asynchronously(|tx| Ok(message.execute(tx.pg()).map(drop)?))
}

/// Deletes a message unsent. `false` if there is none.
pub fn discard(connection: &mut Connection, id: MessageId) -> Result<bool, DbError> {
    Ok(diesel::delete(outbox::table.find(id.as_uuid())).execute(connection.pg())? == 1)
}

/// Puts a message off after a failed attempt.
pub fn put_off(connection: &mut Connection, id: MessageId, until: Timestamp, error: &str) -> Result<(), DbError> {
    let message = diesel::update(outbox::table.find(id.as_uuid()));
    let put_off = message.set((outbox::due_at.eq(until), outbox::error.eq(error)));
    connection.asynchronously(|tx| Ok(put_off.execute(tx.pg()).map(drop)?))
}

/// Gives a message up. It stays for the operator.
pub fn give_up(connection: &mut Connection, id: MessageId, now: Timestamp, error: &str) -> Result<(), DbError> {
    let message = diesel::update(outbox::table.find(id.as_uuid()));
    let given_up = message.set((outbox::failed_at.eq(now), outbox::error.eq(error)));
    connection.asynchronously(|tx| Ok(given_up.execute(tx.pg()).map(drop)?))
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

/// Deletes every message about an account, also those that strangers requested: they have the address only, in the form
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
    // `count` of a column counts what is not null.
    let counts = outbox::table.select((dsl::count_star(), dsl::count(outbox::failed_at)));
    let (all, failed): (i64, i64) = counts.get_result(connection.pg())?;
    Ok(((all - failed).unsigned_abs(), failed.unsigned_abs()))
}

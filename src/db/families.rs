//! The table `token_families`, one family at a time. [`rotation_batch`](super::rotation_batch) has the statements for
//! many.

use diesel::prelude::*;
use uuid::Uuid;

use super::connection::Connection;
use super::error::DbError;
use super::lock_timeout::limit_lock_waits;
use super::rows::{FamilyRow, generation, number};
use super::schema::token_families;
use crate::domain::Timestamp;
use crate::domain::family::{Delivery, Family};
use crate::domain::ids::{FamilyId, UserId};
use crate::domain::rotation::Generation;

/// Stores a new family.
pub fn insert(connection: &mut Connection, family: &Family) -> Result<(), DbError> {
    diesel::insert_into(token_families::table).values(FamilyRow::from(family)).execute(connection.pg())?;
    Ok(())
}

/// Stores that the access token of `seen` is in use. `false` if the row does not have that generation yet, is gone, was
/// revoked, or has it confirmed already. Asynchronous, and under the same conditions as the batched statement.
pub fn confirm(connection: &mut Connection, family_id: FamilyId, seen: Generation) -> Result<bool, DbError> {
    use token_families::dsl;
    let is_news = dsl::id
        .eq(family_id.as_uuid())
        .and(dsl::confirmed.lt(number(seen)))
        .and(dsl::generation.ge(number(seen)))
        .and(dsl::revoked_at.is_null());
    connection.asynchronously(|tx| {
        limit_lock_waits(tx)?;
        let confirmed = diesel::update(token_families::table.filter(is_news)).set(dsl::confirmed.eq(number(seen)));
        Ok(confirmed.execute(tx.pg())? == 1)
    })
}

/// A family, alive or not.
pub fn find(connection: &mut Connection, family_id: FamilyId) -> Result<Option<Family>, DbError> {
    let found: Option<FamilyRow> = token_families::table
        .find(family_id.as_uuid())
        .select(FamilyRow::as_select())
        .first(connection.pg())
        .optional()?;
    found.map(Family::try_from).transpose()
}

/// One of the user's families, alive or not.
pub fn find_of_user(
    connection: &mut Connection,
    user_id: UserId,
    family_id: FamilyId,
) -> Result<Option<Family>, DbError> {
    let own = token_families::id.eq(family_id.as_uuid()).and(token_families::user_id.eq(user_id.as_uuid()));
    let found: Option<FamilyRow> =
        token_families::table.filter(own).select(FamilyRow::as_select()).first(connection.pg()).optional()?;
    found.map(Family::try_from).transpose()
}

/// The owner of a family with this delivery, alive or not. Neither changes.
pub fn find_owner(
    connection: &mut Connection,
    family_id: FamilyId,
    delivery: Delivery,
) -> Result<Option<UserId>, DbError> {
    let is_it = token_families::id.eq(family_id.as_uuid()).and(token_families::delivery.eq(delivery.as_str()));
    let found: Option<Uuid> =
        token_families::table.filter(is_it).select(token_families::user_id).first(connection.pg()).optional()?;
    Ok(found.map(UserId::from))
}

/// The newest generation on record, without judging the family.
pub fn find_generation(connection: &mut Connection, family_id: FamilyId) -> Result<Option<Generation>, DbError> {
    let found: Option<i32> = token_families::table
        .filter(token_families::id.eq(family_id.as_uuid()))
        .select(token_families::generation)
        .first(connection.pg())
        .optional()?;
    found.map(generation).transpose()
}

/// A session that has ended.
#[derive(Clone, Copy, Debug)]
pub struct EndedFamily {
    /// The session that the same client got in its place, if that happened recently.
    pub replaced_by: Option<FamilyId>,
}

/// A revoked session with this delivery. `since` says what is recent, by the clock of the process that revoked it.
pub fn find_ended(
    connection: &mut Connection,
    family_id: FamilyId,
    delivery: Delivery,
    since: Timestamp,
) -> Result<Option<EndedFamily>, DbError> {
    let is_it = token_families::id.eq(family_id.as_uuid()).and(token_families::delivery.eq(delivery.as_str()));
    let found: Option<(Option<Timestamp>, Option<Uuid>)> = token_families::table
        .filter(is_it.and(token_families::revoked_at.is_not_null()))
        .select((token_families::revoked_at, token_families::replaced_by))
        .first(connection.pg())
        .optional()?;
    Ok(found.map(|(at, by)| EndedFamily {
        replaced_by: by.filter(|_| at.is_some_and(|at| at >= since)).map(FamilyId::from),
    }))
}

/// The user agent of a family's login. `None` if there was none, or if the family is pruned.
pub fn user_agent(connection: &mut Connection, id: FamilyId) -> Result<Option<String>, DbError> {
    let found = token_families::table.find(id.as_uuid()).select(token_families::user_agent);
    Ok(found.first::<Option<String>>(connection.pg()).optional()?.flatten())
}

/// Whether a user has ever logged in, as far as sessions are kept.
pub fn exists_of(connection: &mut Connection, user_id: UserId) -> Result<bool, DbError> {
    let of_user = token_families::table.filter(token_families::user_id.eq(user_id.as_uuid()));
    Ok(diesel::select(diesel::dsl::exists(of_user)).get_result(connection.pg())?)
}

/// When the families of a user were logged in to, live or not.
pub fn list_logins(connection: &mut Connection, user_id: UserId) -> Result<Vec<Timestamp>, DbError> {
    let logins = token_families::table
        .filter(token_families::user_id.eq(user_id.as_uuid()))
        .select(token_families::authenticated_at)
        .distinct();
    Ok(logins.load(connection.pg())?)
}

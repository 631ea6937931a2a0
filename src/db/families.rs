//! The table `token_families`, one family at a time. Many at once: [`rotation_batch`](super::rotation_batch).

use diesel::prelude::*;

use super::connection::{Connection, IsSet, set_for_transaction, within_lock_timeout};
use super::error::DbError;
use super::rows::{FamilyRow, generation, number};
use super::schema::token_families;
use crate::domain::Timestamp;
use crate::domain::client::Client;
use crate::domain::family::{Delivery, Family};
use crate::domain::ids::{FamilyId, UserId};
use crate::domain::rotation::Generation;

diesel::define_sql_function!(fn least(a: diesel::sql_types::Timestamptz, b: diesel::sql_types::Timestamptz) -> diesel::sql_types::Timestamptz);

/// A presented token, in the terms of the table, and when and by whom it is shown.
#[derive(Clone, Debug)]
pub struct Presented {
    pub family_id: FamilyId,
    pub generation: Generation,
    /// How it travelled; a family accepts only its own way.
    pub delivery: Delivery,
    pub at: Timestamp,
    pub client: Client,
}

/// A family after a rotation, as far as an answer needs it.
#[derive(Clone, Copy, Debug)]
pub struct Rotated {
    pub user_id: UserId,
    pub authenticated_at: Timestamp,
    pub idle_expires_at: Timestamp,
    pub expires_at: Timestamp,
}

/// Stores a family that has just begun.
pub fn insert(connection: &mut Connection, family: &Family) -> Result<(), DbError> {
    diesel::insert_into(token_families::table).values(FamilyRow::from(family)).execute(connection.pg())?;
    Ok(())
}

/// Notes that the access token of `seen` is in use; `false` if the row does not know that generation yet, or is gone,
/// ended, or knows it already. Not waited for either.
pub fn confirm(connection: &mut Connection, family_id: FamilyId, seen: Generation) -> Result<bool, DbError> {
    use token_families::dsl;
    let news = dsl::id
        .eq(family_id.as_uuid())
        .and(dsl::confirmed.lt(number(seen)))
        .and(dsl::generation.ge(number(seen)))
        .and(dsl::revoked_at.is_null());
    let count = diesel::update(token_families::table.filter(news.and(without_waiting_for_disk())))
        .set(dsl::confirmed.eq(number(seen)))
        .execute(connection.pg())?;
    Ok(count == 1)
}

/// True, and for this transaction commits do not wait for the disk, nor lock waits for ever.
fn without_waiting_for_disk() -> diesel::dsl::And<IsSet, IsSet> {
    set_for_transaction("synchronous_commit", "off").and(within_lock_timeout())
}

/// Lets this transaction's commit not wait for the disk: for what a crash may take back.
pub fn commit_without_waiting_for_disk(connection: &mut Connection) -> Result<(), DbError> {
    diesel::select(set_for_transaction("synchronous_commit", "off")).execute(connection.pg())?;
    Ok(())
}

/// One of the user's families, living or not.
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

/// The newest generation on record, for those who want to look without judging.
pub fn find_generation(connection: &mut Connection, family_id: FamilyId) -> Result<Option<Generation>, DbError> {
    let found: Option<i32> = token_families::table
        .filter(token_families::id.eq(family_id.as_uuid()))
        .select(token_families::generation)
        .first(connection.pg())
        .optional()?;
    found.map(generation).transpose()
}

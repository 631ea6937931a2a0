//! The table `token_families`: the one-statement refresh, and the locked row behind it.

use diesel::dsl::exists;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};

use super::connection::Connection;
use super::error::DbError;
use super::rows::{FamilyRow, UserRow, address, generation, number, stored_tat};
use super::schema::{token_families, users};
use crate::domain::Timestamp;
use crate::domain::account::User;
use crate::domain::client::Client;
use crate::domain::family::{Delivery, Family, Revocation};
use crate::domain::ids::{FamilyId, UserId};
use crate::domain::policy::Lifetimes;
use crate::domain::rotation::Generation;

diesel::define_sql_function! {
    /// Within one statement, `is_local` ends with that statement's own transaction.
    fn set_config(name: Text, value: Text, is_local: Bool) -> Text;
}
diesel::define_sql_function!(fn least(a: diesel::sql_types::Timestamptz, b: diesel::sql_types::Timestamptz) -> diesel::sql_types::Timestamptz);

/// How long a statement waits for another's row lock: a process that was paused in the middle of a transaction must not
/// take the others with it.
const LOCK_TIMEOUT: &str = "3s";

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

/// The common refresh, in one statement: if the presented token is the newest of a live family of an active user, the
/// next generation is on record. `None` where anything else is the case, and nothing has changed then.
///
/// The commit is not waited for (`synchronous_commit = off`): if a crash loses it, the newer token proves that it was
/// issued.
pub fn rotate_newest(
    connection: &mut Connection,
    presented: &Presented,
    next: Generation,
    lifetimes: &Lifetimes,
) -> Result<Option<Rotated>, DbError> {
    use token_families::dsl;
    let now = presented.at;
    let live = dsl::id
        .eq(presented.family_id.as_uuid())
        .and(dsl::generation.eq(number(presented.generation)))
        .and(dsl::delivery.eq(presented.delivery.as_str()))
        .and(dsl::revoked_at.is_null())
        .and(dsl::idle_expires_at.gt(now))
        .and(dsl::expires_at.gt(now))
        .and(exists(users::table.filter(users::id.eq(dsl::user_id).and(users::is_active))));
    let rotated = diesel::update(token_families::table.filter(live.and(without_waiting_for_disk())))
        .set((
            dsl::generation.eq(number(next)),
            dsl::rotated_at.eq(now),
            dsl::idle_expires_at.eq(least(now + lifetimes.idle, dsl::expires_at)),
            dsl::ip.eq(presented.client.ip.map(address)),
        ))
        .returning((dsl::user_id, dsl::authenticated_at, dsl::idle_expires_at, dsl::expires_at))
        .get_result::<(uuid::Uuid, Timestamp, Timestamp, Timestamp)>(connection.pg())
        .optional()?;
    Ok(rotated.map(|(user_id, authenticated_at, idle_expires_at, expires_at)| Rotated {
        user_id: user_id.into(),
        authenticated_at,
        idle_expires_at,
        expires_at,
    }))
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
    let is_set = |name, value| set_config(name, value, true).eq(value);
    is_set("synchronous_commit", "off").and(is_set("lock_timeout", LOCK_TIMEOUT))
}

type IsSet = diesel::dsl::Eq<set_config<&'static str, &'static str, bool>, &'static str>;

/// A family whose row this transaction has locked. Made by [`lock`] only, and wanted by every function that changes a
/// family on the strength of what was read before.
pub struct LockedFamily {
    family: Family,
    owner: User,
}

/// Locks a family's row until the transaction ends; `None` if there is no such family.
pub fn lock(connection: &mut Connection, family_id: FamilyId) -> Result<Option<LockedFamily>, DbError> {
    let patiently = set_config("lock_timeout", LOCK_TIMEOUT, true).eq(LOCK_TIMEOUT);
    let family: Option<FamilyRow> = token_families::table
        .filter(token_families::id.eq(family_id.as_uuid()).and(patiently))
        .select(FamilyRow::as_select())
        .for_update()
        .first(connection.pg())
        .optional()?;
    let Some(row) = family else { return Ok(None) };
    let family = Family::try_from(row)?;
    let owner: UserRow = users::table
        .filter(users::id.eq(family.user_id.as_uuid()))
        .select(UserRow::as_select())
        .first(connection.pg())?;
    Ok(Some(LockedFamily { family, owner: owner.try_into()? }))
}

impl LockedFamily {
    /// The family as it stands.
    pub fn family(&self) -> &Family {
        &self.family
    }

    /// Whose it is.
    pub fn owner(&self) -> &User {
        &self.owner
    }

    /// Puts `next` on record as the newest generation, first issued at `presented.at`.
    pub fn rotate(
        &mut self,
        connection: &mut Connection,
        presented: &Presented,
        next: Generation,
        lifetimes: &Lifetimes,
    ) -> Result<(), DbError> {
        let state = &mut self.family.state;
        state.generation = next;
        state.rotated_at = presented.at;
        state.idle_expires_at = Family::idle_expiry(presented.at, state.expires_at, lifetimes);
        self.family.ip = presented.client.ip;
        self.write(connection)
    }

    /// Puts `seen` on record as the newest generation, in use, after the row had lost it at an unknown time.
    pub fn catch_up(&mut self, connection: &mut Connection, seen: Generation, now: Timestamp) -> Result<(), DbError> {
        let state = &mut self.family.state;
        state.generation = seen;
        state.confirmed = seen;
        state.rotated_at = now;
        self.write(connection)
    }

    /// Notes that the newest generation was answered late, with the credit that is left after it.
    pub fn note_recovery(&mut self, connection: &mut Connection, recovery_tat: u64) -> Result<(), DbError> {
        self.family.state.recovered = self.family.state.generation;
        self.family.state.recovery_tat = recovery_tat;
        self.write(connection)
    }

    /// Ends the family.
    pub fn revoke(&mut self, connection: &mut Connection, revocation: Revocation) -> Result<(), DbError> {
        self.family.state.revoked = Some(revocation);
        self.write(connection)
    }

    /// Writes all that may change after a family has begun.
    fn write(&self, connection: &mut Connection) -> Result<(), DbError> {
        use token_families::dsl;
        let state = &self.family.state;
        diesel::update(token_families::table.filter(dsl::id.eq(self.family.id.as_uuid())))
            .set((
                dsl::generation.eq(number(state.generation)),
                dsl::rotated_at.eq(state.rotated_at),
                dsl::confirmed.eq(number(state.confirmed)),
                dsl::recovered.eq(number(state.recovered)),
                dsl::recovery_tat.eq(stored_tat(state.recovery_tat)),
                dsl::idle_expires_at.eq(state.idle_expires_at),
                dsl::ip.eq(self.family.ip.map(address)),
                dsl::revoked_at.eq(state.revoked.map(|revocation| revocation.at)),
                dsl::revoked_reason.eq(state.revoked.map(|revocation| revocation.reason.as_str())),
            ))
            .execute(connection.pg())?;
        Ok(())
    }
}

/// Lets this transaction's commit not wait for the disk: for what a crash may take back.
pub fn commit_without_waiting_for_disk(connection: &mut Connection) -> Result<(), DbError> {
    diesel::select(set_config("synchronous_commit", "off", true)).execute(connection.pg())?;
    Ok(())
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

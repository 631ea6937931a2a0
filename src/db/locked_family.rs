//! A family under its row's lock: what the rule judges, and how its decision is applied.

use diesel::prelude::*;

use super::connection::Connection;
use super::ended_sessions;
use super::error::DbError;
use super::lock_timeout::within_lock_timeout;
use super::rows::{FamilyRow, address, number, stored_methods, stored_tat};
use super::schema::token_families;
use super::users;
use crate::domain::Timestamp;
use crate::domain::family::Family;
use crate::domain::ids::FamilyId;
use crate::domain::policy::Lifetimes;
use crate::domain::refresh_token::PresentedToken;
use crate::domain::revocation::Revocation;
use crate::domain::rotation::Generation;
use crate::domain::session_content::Proof;

/// A family whose row this transaction has locked. Only [`lock`] makes one. Every function that changes a family
/// because of what was read before requires it.
pub struct LockedFamily {
    family: Family,
}

/// Locks a family's row until the transaction ends, after its owner's; `None` if there is no such family.
pub fn lock(connection: &mut Connection, family_id: FamilyId) -> Result<Option<LockedFamily>, DbError> {
    if !users::keep_owner(connection, family_id)? {
        return Ok(None);
    }
    let family: Option<FamilyRow> = token_families::table
        .filter(token_families::id.eq(family_id.as_uuid()).and(within_lock_timeout()))
        .select(FamilyRow::as_select())
        .for_update()
        .first(connection.pg())
        .optional()?;
    let Some(row) = family else { return Ok(None) };
    Ok(Some(LockedFamily { family: row.try_into()? }))
}

impl LockedFamily {
    /// The family's current state.
    pub fn family(&self) -> &Family {
        &self.family
    }

    /// Puts `next` on record as the newest generation, first issued at `presented.at`.
    pub fn rotate(
        &mut self,
        connection: &mut Connection,
        presented: &PresentedToken,
        next: Generation,
        lifetimes: &Lifetimes,
    ) -> Result<(), DbError> {
        let lifetimes = self.family.lifetimes(lifetimes);
        let state = &mut self.family.state;
        state.generation = next;
        state.rotated_at = presented.at;
        state.idle_expires_at = Family::idle_expiry(presented.at, state.expires_at, &lifetimes);
        self.family.issue_to(&presented.client);
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

    /// Records a recovery of the newest generation by `presented`, and the remaining credit if the recovery cost one. The
    /// overlap window starts again, since tabs that wake together compete for the repeated response too.
    pub fn note_recovery(
        &mut self,
        connection: &mut Connection,
        presented: &PresentedToken,
        recovery_tat: Option<u64>,
    ) -> Result<(), DbError> {
        let state = &mut self.family.state;
        state.recovered = state.generation;
        state.recovery_tat = recovery_tat.unwrap_or(state.recovery_tat);
        state.rotated_at = presented.at;
        self.family.issue_to(&presented.client);
        self.write(connection)
    }

    /// Records a replay from another place than the rotation, and the remaining credit. The rotation's time and place
    /// stay: a replay cannot extend the overlap window or move it to itself.
    pub fn note_replay_elsewhere(&mut self, connection: &mut Connection, recovery_tat: u64) -> Result<(), DbError> {
        let state = &mut self.family.state;
        state.recovered = state.generation;
        state.recovery_tat = recovery_tat;
        self.write(connection)
    }

    /// Revokes the family, and notifies every process.
    pub fn revoke(&mut self, connection: &mut Connection, revocation: Revocation) -> Result<(), DbError> {
        self.family.state.revoked = Some(revocation);
        ended_sessions::insert(connection, &[(self.family.id, self.family.user_id)], revocation)?;
        self.write(connection)
    }

    /// Records which session the client of this one has in its place.
    pub fn note_replacement(&self, connection: &mut Connection, by: FamilyId) -> Result<(), DbError> {
        diesel::update(token_families::table.filter(token_families::id.eq(self.family.id.as_uuid())))
            .set(token_families::replaced_by.eq(Some(by.as_uuid())))
            .execute(connection.pg())?;
        Ok(())
    }

    /// Records that the user has proved at `at` who they are, and how, if that is said.
    pub fn reauthenticate(
        &mut self,
        connection: &mut Connection,
        at: Timestamp,
        proof: Option<Proof>,
    ) -> Result<(), DbError> {
        use token_families::dsl;
        self.family.authenticated_at = at;
        if let Some(proof) = proof {
            self.family.content.proof = proof;
        }
        let proof = &self.family.content.proof;
        diesel::update(token_families::table.filter(dsl::id.eq(self.family.id.as_uuid())))
            .set((
                dsl::authenticated_at.eq(at),
                dsl::amr.eq(stored_methods(&proof.amr)),
                dsl::acr.eq(proof.acr.as_deref()),
            ))
            .execute(connection.pg())?;
        Ok(())
    }

    /// Writes every column that a presented token can change.
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
                dsl::user_agent_hash.eq(state.rotated_from.user_agent_hash().cast_signed()),
                dsl::revoked_at.eq(state.revoked.map(|revocation| revocation.at)),
                dsl::revoked_reason.eq(state.revoked.map(|revocation| revocation.reason.as_str())),
            ))
            .execute(connection.pg())?;
        Ok(())
    }
}

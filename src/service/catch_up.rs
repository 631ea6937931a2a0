//! Rows behind their clients. A crash of the database may lose rotations that had been responded to, because commits of
//! rotations do not wait for the disk. What a client presents then proves the later generation.

use super::random::rng;
use crate::db::{Connection, DbError, events, families, locked_family};
use crate::domain::Timestamp;
use crate::domain::client::Client;
use crate::domain::event::{Event, EventKind};
use crate::domain::ids::FamilyId;
use crate::domain::rotation::Generation;

/// Confirms a generation whose access token has been verified, and first brings a row up to it that is behind.
pub(super) fn confirm(
    connection: &mut Connection,
    family_id: FamilyId,
    generation: Generation,
    now: Timestamp,
) -> Result<(), DbError> {
    if families::confirm(connection, family_id, generation)? {
        return Ok(());
    }
    let is_behind = families::find_generation(connection, family_id)?.is_some_and(|on_record| on_record < generation);
    if is_behind && connection.transaction(|tx| catch_up(tx, family_id, generation, now))? {
        log_catching_up(family_id);
    }
    Ok(())
}

/// Logs that a row has caught up, by a refresh or by a confirmation. Call it after the commit.
pub(super) fn log_catching_up(family_id: FamilyId) {
    tracing::warn!(family.id = %family_id, "The database had lost rotations of a session, which caught up");
}

/// The access token of `generation` has been verified, so that generation was issued and its client has it. `false` if
/// the row is no longer behind, or has ended.
fn catch_up(tx: &mut Connection, family_id: FamilyId, generation: Generation, now: Timestamp) -> Result<bool, DbError> {
    let Some(mut locked) = locked_family::lock(tx, family_id)? else { return Ok(false) };
    let family = locked.family();
    if family.state.revoked.is_some() || !family.state.is_behind(generation) {
        return Ok(false);
    }
    let kind = EventKind::RowCaughtUp { from: family.state.generation.number(), to: generation.number() };
    let event = Event::of_session(now, family.user_id, family_id, kind, Client::default(), &mut rng());
    locked.catch_up(tx, generation, now)?;
    events::insert(tx, &event)?;
    Ok(true)
}

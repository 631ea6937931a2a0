//! Revoking sessions. Every function runs in the transaction of its caller, and records an event for each session.

use super::random::rng;
use super::upkeep::ended_set::EndedSet;
use crate::db::locked_family::{self, LockedFamily};
use crate::db::users::{DoomedAccount, LockedAccount};
use crate::db::{Connection, DbError, events, live_sessions};
use crate::domain::Timestamp;
use crate::domain::client::Client;
use crate::domain::event::{Event, EventKind};
use crate::domain::family::Family;
use crate::domain::ids::{FamilyId, UserId};
use crate::domain::revocation::{Revocation, RevocationReason};

/// The sessions that a transaction has revoked. Only the functions of this file make it, and only `EndedSessions::add`
/// takes it: after the commit, because a rollback leaves the sessions live.
#[must_use = "until `EndedSessions::add` has these sessions, this process accepts their access tokens"]
#[derive(Default, Debug)]
pub struct Ended(Vec<FamilyId>);

impl Ended {
    /// Whether nothing has ended.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// These sessions and those of `other`.
    pub(super) fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Adds them to the sessions that this process knows to have ended, and returns how many they are.
    pub(super) fn move_into(self, known: &EndedSet) -> usize {
        known.insert(&self.0);
        self.0.len()
    }
}

/// Revokes the family if it is live and `is_meant` accepts it.
pub(super) fn one(
    tx: &mut Connection,
    family_id: FamilyId,
    is_meant: impl Fn(&Family) -> bool,
    kind: EventKind,
    revocation: Revocation,
    client: Client,
) -> Result<Ended, DbError> {
    match locked_family::lock(tx, family_id)? {
        Some(mut locked) if locked.family().state.revoked.is_none() && is_meant(locked.family()) => {
            one_locked(tx, &mut locked, kind, revocation, client)
        }
        _ => Ok(Ended::default()),
    }
}

/// Revokes a live family.
pub(super) fn one_locked(
    tx: &mut Connection,
    locked: &mut LockedFamily,
    kind: EventKind,
    revocation: Revocation,
    client: Client,
) -> Result<Ended, DbError> {
    locked.revoke(tx, revocation)?;
    let family = locked.family();
    events::insert(tx, &Event::of_session(revocation.at, family.user_id, family.id, kind, client, &mut rng()))?;
    Ok(Ended(vec![family.id]))
}

/// Revokes every live session of an account except `except`.
pub(super) fn all(
    tx: &mut Connection,
    account: &LockedAccount,
    except: Option<FamilyId>,
    revocation: Revocation,
    client: &Client,
) -> Result<Ended, DbError> {
    let ended = live_sessions::revoke_all(tx, account, except, revocation)?;
    record(tx, of_account(account, ended), revocation, client)
}

/// Makes a place for a session of an account: revokes the account's least recently used sessions until `keep` are left. The
/// account's lock keeps parallel logins from counting the same sessions. `spared` stays and is not counted.
pub(super) fn beyond(
    tx: &mut Connection,
    account: &LockedAccount,
    keep: u32,
    spared: FamilyId,
    at: Timestamp,
) -> Result<Ended, DbError> {
    let beyond = live_sessions::beyond(tx, account, keep, Some(spared), at)?;
    several(tx, &beyond, Revocation { at, reason: RevocationReason::Limit }, &Client::default())
}

/// The same for a login, which also revokes the session that it replaces. That may be another account's, which the
/// transaction has locked as its owner.
pub(super) fn replaced_and_beyond(
    tx: &mut Connection,
    account: &LockedAccount,
    keep: u32,
    replaced: Option<(FamilyId, UserId)>,
    at: Timestamp,
    client: &Client,
) -> Result<Ended, DbError> {
    let replaced_id = replaced.map(|(id, _)| id);
    let beyond = live_sessions::beyond(tx, account, keep, replaced_id, at)?;
    let replaced_first = replaced.is_some_and(|(_, owner)| owner < account.user().id);
    let limit = |tx: &mut Connection| {
        several(tx, &beyond, Revocation { at, reason: RevocationReason::Limit }, &Client::default())
    };
    let mut ended = if replaced_first { Ended::default() } else { limit(tx)? };
    if let Some(id) = replaced_id {
        let revocation = Revocation { at, reason: RevocationReason::Logout };
        ended = ended.and(several(tx, &[id], revocation, client)?);
    }
    Ok(if replaced_first { ended.and(limit(tx)?) } else { ended })
}

fn several(tx: &mut Connection, ids: &[FamilyId], revocation: Revocation, client: &Client) -> Result<Ended, DbError> {
    let ended = live_sessions::revoke(tx, ids, revocation)?;
    record(tx, ended, revocation, client)
}

/// Revokes at most `limit` live sessions of any account. Locked ones are skipped.
pub(super) fn any(tx: &mut Connection, limit: u32, revocation: Revocation, client: &Client) -> Result<Ended, DbError> {
    let ended = live_sessions::revoke_any(tx, limit, revocation)?;
    record(tx, ended, revocation, client)
}

/// Deletes an account. Its sessions are revoked first: their rows are deleted with it, and other processes have to
/// learn of them. No event is recorded, because the account's events are deleted too.
pub(super) fn delete_account(
    tx: &mut Connection,
    account: DoomedAccount,
    revocation: Revocation,
) -> Result<Ended, DbError> {
    let ended = live_sessions::revoke_all(tx, account.account(), None, revocation)?;
    account.delete(tx)?;
    Ok(Ended(ended))
}

fn of_account(account: &LockedAccount, ids: Vec<FamilyId>) -> Vec<(FamilyId, UserId)> {
    ids.into_iter().map(|id| (id, account.user().id)).collect()
}

fn record(
    tx: &mut Connection,
    ended: Vec<(FamilyId, UserId)>,
    revocation: Revocation,
    client: &Client,
) -> Result<Ended, DbError> {
    let kind = EventKind::SessionRevoked { reason: revocation.reason };
    for &(family_id, user_id) in &ended {
        events::insert(tx, &Event::of_session(revocation.at, user_id, family_id, kind, client.clone(), &mut rng()))?;
    }
    Ok(Ended(ended.into_iter().map(|(family_id, _)| family_id).collect()))
}

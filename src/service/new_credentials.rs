//! What follows from every change of an account's credentials: all of its sessions end, and the caller begins anew.

use super::own_session::OwnSession;
use super::random::rng;
use super::revoke::{self, Ended};
use crate::db::{Connection, DbError, events, families};
use crate::domain::client::Client;
use crate::domain::event::{Event, EventKind};
use crate::domain::family::Family;
use crate::domain::ids::FamilyId;
use crate::domain::policy::Lifetimes;
use crate::domain::refresh_token::IssuedGeneration;
use crate::domain::revocation::Revocation;

/// Ends every session of the caller's account, the caller's own included, and begins another for the caller, with the
/// delivery of the own one. A copy of the caller's tokens is worthless then. Records `kind` as the first event of the new
/// session.
pub(super) fn replace_sessions(
    tx: &mut Connection,
    own: &OwnSession,
    kind: EventKind,
    revocation: Revocation,
    client: Client,
    lifetimes: &Lifetimes,
) -> Result<(IssuedGeneration, Ended), DbError> {
    let (user_id, now) = (own.account.user().id, revocation.at);
    let delivery = own.family.family().delivery;
    let ended = revoke::all(tx, &own.account, None, revocation, &client)?;
    let lifetimes = own.family.family().lifetimes(lifetimes);
    let mut family = Family::begin(FamilyId::new(now, &mut rng()), user_id, delivery, now, &lifetimes);
    family.inherit(own.family.family());
    family.issue_to(&client);
    family.user_agent.clone_from(&client.user_agent);
    families::insert(tx, &family)?;
    own.family.note_replacement(tx, family.id)?;
    events::insert(tx, &Event::of_session(now, user_id, family.id, kind, client, &mut rng()))?;
    Ok((IssuedGeneration::newest_of(&family), ended))
}

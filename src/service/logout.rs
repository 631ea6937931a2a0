//! Logging out: the end of sessions that their holder wanted.

use super::{Authenticated, Service, ServiceError, rng};
use crate::db::users::LockedAccount;
use crate::db::{Connection, DbError, events, live_sessions, locked_family, users};
use crate::domain::client::Client;
use crate::domain::event::{Event, EventKind};
use crate::domain::family::{Delivery, Family};
use crate::domain::ids::FamilyId;
use crate::domain::revocation::{Revocation, RevocationReason};

impl Service {
    /// Ends the session of a presented refresh token, of whatever generation: the token may have been rotated away by a
    /// refresh in flight a moment ago. A token that is not ours, or of a session that has ended, changes nothing and is no
    /// error (RFC 7009 §2.2).
    ///
    /// # Errors
    /// [`ServiceError`]: the session may still be alive.
    pub async fn logout(&self, token: &[u8], delivery: Delivery, client: Client) -> Result<(), ServiceError> {
        let Ok(token) = self.refresh_tokens.verify(token) else { return Ok(()) };
        let revocation = self.revocation(RevocationReason::Logout);
        let end = move |connection: &mut Connection| {
            connection.transaction(|connection| {
                let is_its = |family: &Family| family.delivery == delivery;
                end(connection, token.family_id, is_its, EventKind::Logout, revocation, client)
            })
        };
        if self.db.run(end).await? {
            self.ended_sessions.add(&[token.family_id]);
        }
        Ok(())
    }

    /// Ends one of the caller's own sessions, this one or another; `false` if there is no such living session of theirs.
    ///
    /// # Errors
    /// [`ServiceError`]: the session may still be alive.
    pub async fn end_session(
        &self,
        caller: &Authenticated,
        id: FamilyId,
        client: Client,
    ) -> Result<bool, ServiceError> {
        let revocation = self.revocation(RevocationReason::Logout);
        let user_id = caller.grant.user_id;
        let end = move |connection: &mut Connection| {
            connection.transaction(|connection| {
                let is_theirs = |family: &Family| family.user_id == user_id && family.state.expires_at > revocation.at;
                let kind = EventKind::SessionRevoked { reason: revocation.reason };
                end(connection, id, is_theirs, kind, revocation, client)
            })
        };
        let has_ended = self.db.run(end).await?;
        if has_ended {
            self.ended_sessions.add(&[id]);
        }
        Ok(has_ended)
    }

    /// Ends every session of the caller, and tells how many those were.
    ///
    /// # Errors
    /// [`ServiceError`]: the sessions may still be alive.
    pub async fn end_all_sessions(&self, caller: &Authenticated, client: Client) -> Result<usize, ServiceError> {
        let revocation = self.revocation(RevocationReason::LogoutAll);
        let user_id = caller.grant.user_id;
        let ended = self.db.run(move |connection| {
            connection.transaction(|connection| match users::lock(connection, user_id)? {
                Some(account) => end_all(connection, &account, None, revocation, &client),
                None => Ok(Vec::new()),
            })
        });
        let ended = ended.await?;
        self.ended_sessions.add(&ended);
        Ok(ended.len())
    }
}

/// Ends the family if it lives and `is_meant`.
pub(super) fn end(
    connection: &mut Connection,
    family_id: FamilyId,
    is_meant: impl Fn(&Family) -> bool,
    kind: EventKind,
    revocation: Revocation,
    client: Client,
) -> Result<bool, DbError> {
    let Some(mut locked) = locked_family::lock(connection, family_id)? else { return Ok(false) };
    let family = locked.family();
    if family.state.revoked.is_some() || !is_meant(family) {
        return Ok(false);
    }
    let event = Event::of_session(revocation.at, family.user_id, family.id, kind, client, &mut rng());
    locked.revoke(connection, revocation)?;
    events::insert(connection, &event)?;
    Ok(true)
}

/// Ends every living session of an account but `except`, and names them.
pub(super) fn end_all(
    connection: &mut Connection,
    account: &LockedAccount,
    except: Option<FamilyId>,
    revocation: Revocation,
    client: &Client,
) -> Result<Vec<FamilyId>, DbError> {
    let ended = live_sessions::revoke_all(connection, account, except, revocation)?;
    for &family_id in &ended {
        let kind = EventKind::SessionRevoked { reason: revocation.reason };
        let event = Event::of_session(revocation.at, account.user().id, family_id, kind, client.clone(), &mut rng());
        events::insert(connection, &event)?;
    }
    Ok(ended)
}

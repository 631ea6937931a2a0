//! Logging out: revoking sessions at the request of their owner.

use std::time::Duration;

use super::authentication::Authenticated;
use super::error::ServiceError;
use super::revoke;
use super::use_cases::Service;
use crate::db::families;
use crate::domain::client::Client;
use crate::domain::event::EventKind;
use crate::domain::family::{Delivery, Family};
use crate::domain::ids::FamilyId;
use crate::domain::revocation::{Revocation, RevocationReason};

/// How long a client may still send the token of a session that was replaced. After that it has the new one. Whoever holds
/// a copy of the old token can revoke the new session for this long.
pub(super) const REPLACED_RECENTLY: Duration = Duration::from_secs(60);

impl Service {
    /// Revokes the session of a refresh token of any generation: a refresh in flight may have rotated it a moment ago.
    /// For the same reason it revokes the session that has just replaced it: the request may have been sent before the
    /// client had the new token. An unknown token, or one of a session that has ended, changes nothing and is no error
    /// (RFC 7009 §2.2).
    ///
    /// # Errors
    /// After any [`ServiceError`] the session may still be live.
    pub async fn logout(&self, token: &[u8], delivery: Delivery, client: Client) -> Result<(), ServiceError> {
        let Ok(token) = self.refresh_tokens.verify(token) else { return Ok(()) };
        let mut session = Some(token.family_id);
        while let Some(id) = session {
            session = self.end_for_client(id, delivery, client.clone()).await?;
        }
        Ok(())
    }

    /// Revokes a session, and returns the one that has replaced it if it had ended. Each in a transaction of its own, so
    /// none locks two families.
    async fn end_for_client(
        &self,
        id: FamilyId,
        delivery: Delivery,
        client: Client,
    ) -> Result<Option<FamilyId>, ServiceError> {
        let revocation = Revocation { at: self.clock.now(), reason: RevocationReason::Logout };
        let since = revocation.at - REPLACED_RECENTLY;
        let ended = self.db.transaction(move |tx| {
            let is_its = |family: &Family| family.delivery == delivery;
            let ended = revoke::one(tx, id, is_its, EventKind::Logout, revocation, client)?;
            let replacement = if ended.is_empty() { families::find_ended(tx, id, delivery, since)? } else { None };
            Ok((ended, replacement))
        });
        let (ended, found) = ended.await?;
        self.ended_sessions.add(ended);
        let Some(found) = found else { return Ok(None) };
        self.ended_sessions.note(&[id]);
        Ok(found.replaced_by)
    }

    /// Revokes one of the caller's own sessions, the current one or another; `false` if they have no such live session,
    /// `None` if the caller's own session has ended.
    ///
    /// # Errors
    /// After any [`ServiceError`] the session may still be live.
    pub async fn end_session(
        &self,
        caller: &Authenticated,
        id: FamilyId,
        client: Client,
    ) -> Result<Option<bool>, ServiceError> {
        let revocation = Revocation { at: self.clock.now(), reason: RevocationReason::Logout };
        let ended = self.as_live(caller, move |tx, own| {
            let user_id = own.account.user().id;
            let is_theirs = |family: &Family| family.user_id == user_id && family.state.expires_at > revocation.at;
            let kind = EventKind::SessionRevoked { reason: revocation.reason };
            revoke::one(tx, id, is_theirs, kind, revocation, client)
        });
        Ok(ended.await?.map(|ended| self.ended_sessions.add(ended) > 0))
    }

    /// Revokes every session of the caller, and returns how many there were; `None` if the caller's own has ended.
    ///
    /// # Errors
    /// After any [`ServiceError`] the sessions may still be live.
    pub async fn end_all_sessions(
        &self,
        caller: &Authenticated,
        client: Client,
    ) -> Result<Option<usize>, ServiceError> {
        let revocation = Revocation { at: self.clock.now(), reason: RevocationReason::LogoutAll };
        let ended = self.as_live(caller, move |tx, own| revoke::all(tx, &own.account, None, revocation, &client));
        Ok(ended.await?.map(|ended| self.ended_sessions.add(ended)))
    }
}

//! Logging out: revoking sessions at the request of their owner.

use super::authentication::Authenticated;
use super::error::ServiceError;
use super::revoke::{self, Ended};
use super::use_cases::Service;
use crate::db::users;
use crate::domain::client::Client;
use crate::domain::event::EventKind;
use crate::domain::family::{Delivery, Family};
use crate::domain::ids::FamilyId;
use crate::domain::revocation::{Revocation, RevocationReason};

impl Service {
    /// Revokes the session of a refresh token of any generation: a refresh in flight may have rotated it a moment ago.
    /// An unknown token, or one of a session that has ended, changes nothing and is no error (RFC 7009 §2.2).
    ///
    /// # Errors
    /// After any [`ServiceError`] the session may still be live.
    pub async fn logout(&self, token: &[u8], delivery: Delivery, client: Client) -> Result<(), ServiceError> {
        let Ok(token) = self.refresh_tokens.verify(token) else { return Ok(()) };
        let revocation = Revocation { at: self.clock.now(), reason: RevocationReason::Logout };
        let ended = self.db.transaction(move |tx| {
            let is_its = |family: &Family| family.delivery == delivery;
            revoke::one(tx, token.family_id, is_its, EventKind::Logout, revocation, client)
        });
        self.ended_sessions.add(ended.await?);
        Ok(())
    }

    /// Revokes one of the caller's own sessions, the current one or another; `false` if they have no such live session.
    ///
    /// # Errors
    /// After any [`ServiceError`] the session may still be live.
    pub async fn end_session(
        &self,
        caller: &Authenticated,
        id: FamilyId,
        client: Client,
    ) -> Result<bool, ServiceError> {
        let revocation = Revocation { at: self.clock.now(), reason: RevocationReason::Logout };
        let user_id = caller.grant.user_id;
        let ended = self.db.transaction(move |tx| {
            let is_theirs = |family: &Family| family.user_id == user_id && family.state.expires_at > revocation.at;
            let kind = EventKind::SessionRevoked { reason: revocation.reason };
            revoke::one(tx, id, is_theirs, kind, revocation, client)
        });
        Ok(self.ended_sessions.add(ended.await?) > 0)
    }

    /// Revokes every session of the caller, and returns how many there were.
    ///
    /// # Errors
    /// After any [`ServiceError`] the sessions may still be live.
    pub async fn end_all_sessions(&self, caller: &Authenticated, client: Client) -> Result<usize, ServiceError> {
        let revocation = Revocation { at: self.clock.now(), reason: RevocationReason::LogoutAll };
        let user_id = caller.grant.user_id;
        let ended = self.db.transaction(move |tx| match users::lock(tx, user_id)? {
            Some(account) => revoke::all(tx, &account, None, revocation, &client),
            None => Ok(Ended::default()),
        });
        Ok(self.ended_sessions.add(ended.await?))
    }
}

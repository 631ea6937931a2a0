//! The operator's commands on sessions.

use super::Operator;
use super::accounts::OperatorOutcome;
use crate::db::{live_sessions, users};
use crate::domain::event::EventKind;
use crate::domain::family::Family;
use crate::domain::ids::{FamilyId, UserId};
use crate::domain::revocation::RevocationReason;
use crate::service::error::ServiceError;
use crate::service::revoke;

/// How many sessions a transaction revokes at most when all are revoked.
const BATCH: u32 = 500;

impl Operator {
    /// An account's live sessions, the most recently used first.
    pub async fn list_sessions(&self, id: UserId) -> Result<Vec<Family>, ServiceError> {
        let now = self.clock.now();
        Ok(self.db.run(move |connection| live_sessions::list(connection, id, now)).await?)
    }

    /// The same; `None` if there is no such account.
    pub async fn list_sessions_of(&self, id: UserId) -> Result<Option<Vec<Family>>, ServiceError> {
        let now = self.clock.now();
        let found = self.db.run(move |connection| match users::find(connection, id)? {
            Some(_) => live_sessions::list(connection, id, now).map(Some),
            None => Ok(None),
        });
        Ok(found.await?)
    }

    /// Revokes one session; `false` if it does not exist or has ended.
    pub async fn revoke_session(&self, id: FamilyId) -> Result<bool, ServiceError> {
        let revocation = self.revocation(RevocationReason::Admin);
        let kind = EventKind::SessionRevoked { reason: revocation.reason };
        let client = self.client();
        let ended = self.db.transaction(move |tx| revoke::one(tx, id, |_| true, kind, revocation, client));
        Ok(self.ended_sessions.add(ended.await?) > 0)
    }

    /// Revokes every session of an account.
    pub async fn revoke_sessions(&self, id: UserId) -> Result<OperatorOutcome, ServiceError> {
        let revocation = self.revocation(RevocationReason::Admin);
        let client = self.client();
        let ended = self.db.transaction(move |tx| match users::lock(tx, id)? {
            Some(account) => revoke::all(tx, &account, None, revocation, &client).map(Some),
            None => Ok(None),
        });
        Ok(self.outcome(ended.await?))
    }

    /// How many sessions are live.
    pub async fn count_sessions(&self) -> Result<u64, ServiceError> {
        let now = self.clock.now();
        Ok(self.db.run(move |connection| live_sessions::count(connection, now)).await?)
    }

    /// Revokes every session of every account, in batches. For use after restoring a backup, in which sessions are live
    /// that had ended. Calls `progress` with the number revoked so far. A session that is being refreshed is left to a
    /// later batch.
    ///
    /// # Errors
    /// [`ServiceError::Unavailable`] when a batch fails because the database is unavailable; the sessions before it
    /// stay ended.
    pub async fn revoke_all_sessions(&self, mut progress: impl FnMut(u64)) -> Result<u64, ServiceError> {
        let mut total = 0;
        loop {
            let revocation = self.revocation(RevocationReason::Admin);
            let client = self.client();
            let batch = self.db.transaction(move |tx| revoke::any(tx, BATCH, revocation, &client));
            let ended = self.ended_sessions.add(batch.await?);
            if ended == 0 && self.count_sessions().await? == 0 {
                return Ok(total);
            }
            total += ended as u64;
            progress(total);
        }
    }
}

//! What the operator may do to sessions.

use super::admin::AdminOutcome;
use super::logout::{end, end_all};
use super::{Service, ServiceError, rng};
use crate::db::{Connection, DbError, events, live_sessions, users};
use crate::domain::client::Client;
use crate::domain::event::{Event, EventKind};
use crate::domain::family::Family;
use crate::domain::ids::{FamilyId, UserId};
use crate::domain::revocation::{Revocation, RevocationReason};

/// How many sessions a statement ends at most when all end.
const BATCH: u32 = 500;

impl Service {
    /// An account's living sessions, the one used last first.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn list_sessions_of(&self, id: UserId) -> Result<Vec<Family>, ServiceError> {
        let now = self.clock.now();
        Ok(self.db.run(move |connection| live_sessions::list(connection, id, now)).await?)
    }

    /// Ends one session; `false` if there is no such living one.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn revoke_session(&self, id: FamilyId) -> Result<bool, ServiceError> {
        let revocation = self.revocation(RevocationReason::Admin);
        let kind = EventKind::SessionRevoked { reason: revocation.reason };
        let has_ended = self.db.run(move |connection| {
            connection.transaction(|connection| end(connection, id, |_| true, kind, revocation, Client::default()))
        });
        let has_ended = has_ended.await?;
        if has_ended {
            self.ended_sessions.add(&[id]);
        }
        Ok(has_ended)
    }

    /// Ends every session of an account.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn revoke_sessions_of(&self, id: UserId) -> Result<AdminOutcome, ServiceError> {
        let revocation = self.revocation(RevocationReason::Admin);
        let ended = self.db.run(move |connection| {
            connection.transaction(|connection| match users::lock(connection, id)? {
                Some(account) => end_all(connection, &account, None, revocation, &Client::default()).map(Some),
                None => Ok(None),
            })
        });
        Ok(self.told(ended.await?))
    }

    /// How many sessions live.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn count_sessions(&self) -> Result<u64, ServiceError> {
        let now = self.clock.now();
        Ok(self.db.run(move |connection| live_sessions::count(connection, now)).await?)
    }

    /// Ends every session of everybody, batch by batch, as after a backup has been restored in which sessions live that
    /// had been ended. `progress` is told how many have been ended so far. A session that is being refreshed at that
    /// moment is met by a later batch.
    ///
    /// # Errors
    /// [`ServiceError`]; what was ended before stays so.
    pub async fn revoke_everything(&self, mut progress: impl FnMut(u64)) -> Result<u64, ServiceError> {
        let mut count = 0;
        loop {
            let revocation = self.revocation(RevocationReason::Admin);
            let batch = self
                .db
                .run(move |connection| connection.transaction(|connection| revoke_batch(connection, revocation)));
            let ended = batch.await?;
            if ended.is_empty() && self.count_sessions().await? == 0 {
                return Ok(count);
            }
            self.ended_sessions.add(&ended);
            count += ended.len() as u64;
            progress(count);
        }
    }
}

fn revoke_batch(connection: &mut Connection, revocation: Revocation) -> Result<Vec<FamilyId>, DbError> {
    let ended = live_sessions::revoke_any(connection, BATCH, revocation)?;
    let kind = EventKind::SessionRevoked { reason: revocation.reason };
    for &(family_id, user_id) in &ended {
        let event = Event::of_session(revocation.at, user_id, family_id, kind, Client::default(), &mut rng());
        events::insert(connection, &event)?;
    }
    Ok(ended.into_iter().map(|(family_id, _)| family_id).collect())
}

//! Deleting what has expired: in small batches that nothing waits for, and by any number of processes at once.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::ended_sessions;
use crate::db::idempotency_keys::REMEMBERED;
use crate::db::{Database, prune, throttles};
use crate::domain::Timestamp;
use crate::domain::clock::Clock;
use crate::domain::throttle::FORGOTTEN_AFTER;
use crate::service::error::ServiceError;

/// How many rows a statement deletes at most. It holds their locks for some milliseconds.
const BATCH: u32 = 500;

/// How long families are kept after their absolute expiry. Until then an old token is still rejected as expired.
const FAMILIES_KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// The pause between two runs.
const EVERY: Duration = Duration::from_secs(60);

/// How many rows were deleted.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Pruned {
    pub sessions: u64,
    pub events: u64,
    pub ended_sessions: u64,
    /// Counts of failed logins that no longer matter.
    pub login_throttles: u64,
    /// Records of deleted accounts. They are kept as long as events.
    pub deleted_accounts: u64,
    /// Records of requests that backends may have sent again.
    pub idempotency_keys: u64,
    /// Records of superseded access tokens.
    pub superseded_tokens: u64,
}

impl Pruned {
    fn add(&mut self, batch: Self) {
        self.sessions += batch.sessions;
        self.events += batch.events;
        self.ended_sessions += batch.ended_sessions;
        self.login_throttles += batch.login_throttles;
        self.deleted_accounts += batch.deleted_accounts;
        self.idempotency_keys += batch.idempotency_keys;
        self.superseded_tokens += batch.superseded_tokens;
    }
}

/// Deletes what has expired.
pub struct Pruner {
    db: Database,
    clock: Clock,
    events_kept: Duration,
    ended_sessions_kept: Duration,
    /// By this process since it began.
    pruned: Mutex<Pruned>,
}

impl Pruner {
    pub(in crate::service) fn new(db: Database, clock: Clock, events_kept: Duration, token_lifetime: Duration) -> Self {
        let ended_sessions_kept = 2 * ended_sessions::retention(token_lifetime);
        Self { db, clock, events_kept, ended_sessions_kept, pruned: Mutex::default() }
    }

    /// Deletes, in batches until none are left: sessions past their absolute expiry, events and records of
    /// deleted accounts past their retention, and records of ended sessions, of failed logins and of repeatable requests that no
    /// longer matter. Calls `progress` after each batch.
    ///
    /// # Errors
    /// [`ServiceError::Unavailable`] when a batch fails because the database is unavailable; the batches before it stay
    /// deleted.
    pub async fn prune(&self, mut progress: impl FnMut(Pruned)) -> Result<Pruned, ServiceError> {
        let now = self.clock.now();
        let mut pruned = Pruned::default();
        loop {
            let batch = self.prune_batch(now).await?;
            pruned.add(batch);
            self.pruned.lock().unwrap_or_else(PoisonError::into_inner).add(batch);
            progress(pruned);
            if batch == Pruned::default() {
                return Ok(pruned);
            }
        }
    }

    async fn prune_batch(&self, now: Timestamp) -> Result<Pruned, ServiceError> {
        let (families, events) = (now - FAMILIES_KEPT, now - self.events_kept);
        let (ended, throttled) = (self.ended_sessions_kept, now - FORGOTTEN_AFTER);
        let repeatable = now - REMEMBERED;
        let batch = self.db.run(move |connection| {
            Ok(Pruned {
                sessions: prune::families(connection, families, BATCH)?,
                events: prune::events(connection, events, BATCH)?,
                ended_sessions: prune::ended_sessions(connection, ended, BATCH)?,
                superseded_tokens: prune::superseded_tokens(connection, ended, BATCH)?,
                login_throttles: throttles::prune(connection, throttled, BATCH.into())? as u64,
                deleted_accounts: prune::deleted_accounts(connection, events, BATCH)?,
                idempotency_keys: prune::idempotency_keys(connection, repeatable, BATCH)?,
            })
        });
        Ok(batch.await?)
    }

    /// Prunes each minute, for as long as it is polled.
    pub async fn run(&self) {
        loop {
            tokio::time::sleep(EVERY).await;
            match self.prune(|_| {}).await {
                Ok(pruned) if pruned != Pruned::default() => {
                    tracing::info!(sessions = pruned.sessions, events = pruned.events, "Pruned");
                }
                Ok(_) => {}
                Err(error) => tracing::warn!(error = %error, "Could not finish pruning; trying again in a minute"),
            }
        }
    }

    /// How many rows this process has deleted since it began.
    pub(in crate::service) fn total(&self) -> Pruned {
        *self.pruned.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! Taking away what is over: in small batches, so that nobody waits for it, and by any number of processes at once.

use std::sync::PoisonError;
use std::time::Duration;

use super::{Service, ServiceError};
use crate::db::{prune, throttles};
use crate::domain::Timestamp;
use crate::domain::throttle::FORGOTTEN_AFTER;

/// How many rows a statement takes at most; each holds its locks for some milliseconds.
const BATCH: u32 = 500;

/// Families are kept for a while after their absolute expiry, so that an old token is still told from garbage.
const FAMILIES_KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// How often the background task looks.
const EVERY: Duration = Duration::from_secs(60);

/// What was taken away.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Pruned {
    pub sessions: u64,
    pub events: u64,
    pub ended_sessions: u64,
    /// Counts of failed logins that mean nothing any more.
    pub login_throttles: u64,
}

impl Pruned {
    fn add(&mut self, batch: Self) {
        self.sessions += batch.sessions;
        self.events += batch.events;
        self.ended_sessions += batch.ended_sessions;
        self.login_throttles += batch.login_throttles;
    }
}

impl Service {
    /// Takes away, batch by batch until nothing is left of it: sessions past their absolute expiry, events past their
    /// retention, and notes of ended sessions and failed logins that mean nothing any more. `progress` is told after each
    /// batch.
    ///
    /// # Errors
    /// [`ServiceError`]; what was pruned before stays so.
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
        let (families, events) = (now - FAMILIES_KEPT, now - self.event_retention);
        let throttled = now - FORGOTTEN_AFTER;
        let ended = now - 2 * self.ended_sessions.kept_for();
        let batch = self.db.run(move |connection| {
            Ok(Pruned {
                sessions: prune::families(connection, families, BATCH)?,
                events: prune::events(connection, events, BATCH)?,
                ended_sessions: prune::ended_sessions(connection, ended, BATCH)?,
                login_throttles: throttles::prune(connection, throttled, BATCH.into())? as u64,
            })
        });
        Ok(batch.await?)
    }

    /// Prunes each minute for as long as it is polled.
    pub async fn keep_pruned(&self) {
        loop {
            tokio::time::sleep(EVERY).await;
            match self.prune(|_| {}).await {
                Ok(pruned) if pruned != Pruned::default() => {
                    tracing::info!(sessions = pruned.sessions, events = pruned.events, "Pruned what is over");
                }
                Ok(_) => {}
                Err(error) => tracing::warn!(error = %error, "Pruning was interrupted; it goes on in a minute"),
            }
        }
    }
}

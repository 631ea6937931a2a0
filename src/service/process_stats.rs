//! How this process is doing, for those who watch it.

use std::sync::PoisonError;
use std::time::Duration;

use super::{Pruned, Service};
use crate::crypto::password_hash::HashingLoad;
use crate::db::pool::PoolLoad;
use crate::db::{DbError, migrations};
use crate::rotation_batcher::BatcherLoad;

/// Whoever watches wants to be told of a database that hangs, not to hang with it.
const TIMEOUT: Duration = Duration::from_secs(1);

/// The state of the process at one moment.
#[derive(Clone, Copy, Debug)]
pub struct ProcessStats {
    /// Whether the database answered within a second.
    pub is_database_reachable: bool,
    /// How much the database is used.
    pub pool: PoolLoad,
    /// How much the rotation batcher are used.
    pub batcher: BatcherLoad,
    /// How much the hashing of passwords is used.
    pub hashing: HashingLoad,
    /// How many ended sessions are held in memory.
    pub ended_sessions_held: usize,
    /// How far behind this process may be in knowing what has ended elsewhere; `None` before it has asked.
    pub ended_sessions_lag: Option<Duration>,
    /// What this process has taken away so far.
    pub pruned: Pruned,
}

impl Service {
    /// How this process is doing now.
    pub async fn process_stats(&self) -> ProcessStats {
        // Before the question to the database, which would count itself.
        let (pool, hashing) = (self.db.load(), self.hasher.load());
        let question = self.db.run(|connection| migrations::is_migrated(connection.pg()));
        let answer = tokio::time::timeout(TIMEOUT, question).await;
        let is_database_reachable = answer.is_ok_and(|answer| !matches!(answer, Err(DbError::Unavailable(_))));
        ProcessStats {
            is_database_reachable,
            pool,
            batcher: self.rotation_batcher.load(),
            hashing,
            ended_sessions_held: self.ended_sessions.len(),
            ended_sessions_lag: self.ended_sessions_lag(),
            pruned: *self.pruned.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }
}

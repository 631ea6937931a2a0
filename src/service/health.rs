//! How this process is doing: whether it can serve requests, and numbers for monitoring.

use std::sync::Arc;
use std::time::Duration;

use super::passwords::Passwords;
use super::upkeep::ended_sessions::EndedSessions;
use super::upkeep::pruner::{Pruned, Pruner};
use crate::crypto::password_hash::HashingLoad;
use crate::db::pool::PoolLoad;
use crate::db::{Database, DbError, migrations, outbox};
use crate::domain::outbox::Outgoing;
use crate::rotation_batcher::{BatcherLoad, RotationBatcher};

/// A scrape reports a database that hangs, instead of hanging with it.
const TIMEOUT: Duration = Duration::from_secs(1);

/// Reports how this process is doing.
pub struct Health {
    pub(super) db: Database,
    pub(super) passwords: Passwords,
    pub(super) rotation_batcher: Arc<RotationBatcher>,
    pub(super) ended_sessions: Arc<EndedSessions>,
    pub(super) pruner: Arc<Pruner>,
}

/// Whether this process can serve requests.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Readiness {
    Ready,
    /// The database responds, but lacks a migration that this version needs.
    NotMigrated,
    DatabaseUnavailable,
    /// The database responds, but refuses writes.
    DatabaseReadOnly,
    /// The database responds again, but this process has not yet read which sessions have ended in the meantime.
    CatchingUp,
    /// The clock of this process and the database's differ by more than
    /// [`TOLERANCE`](crate::domain::clock::TOLERANCE).
    ClockDiffers,
}

/// The state of the process at one moment.
#[derive(Clone, Copy, Debug)]
pub struct ProcessStats {
    /// Whether the database responded within a second.
    pub is_database_reachable: bool,
    /// The use of the connection pool.
    pub pool: PoolLoad,
    /// The use of the rotation batcher.
    pub batcher: BatcherLoad,
    /// The use of the password hasher.
    pub hashing: HashingLoad,
    /// How many ended sessions are held in memory.
    pub ended_sessions_held: usize,
    /// How long ago this process last read what has ended elsewhere; `None` before the first time.
    pub ended_sessions_lag: Option<Duration>,
    /// By how much the clock of this process was ahead of the database's when they were last compared.
    pub clock_ahead: Option<time::Duration>,
    /// How many messages wait in the outbox, and how many were given up; zeros if the database did not respond.
    pub outbox: (u64, u64),
    /// How many rows this process has deleted since it began.
    pub pruned: Pruned,
}

impl Health {
    /// Whether the database responds, is migrated and takes writes, this process knows which sessions have ended, and the clocks
    /// agree.
    pub async fn readiness(&self) -> Readiness {
        let state =
            self.db.run(|connection| Ok((migrations::is_migrated(connection.pg())?, connection.takes_writes()?)));
        match state.await {
            Ok((false, _)) => Readiness::NotMigrated,
            Ok((true, false)) => Readiness::DatabaseReadOnly,
            Ok((true, true)) if !self.ended_sessions.is_current() => Readiness::CatchingUp,
            Ok((true, true)) if self.ended_sessions.does_clock_differ() => Readiness::ClockDiffers,
            Ok((true, true)) => Readiness::Ready,
            Err(error) if error.is_temporary() => Readiness::DatabaseUnavailable,
            Err(error) => {
                tracing::error!(error = %error, "Could not read which migrations are applied");
                Readiness::NotMigrated
            }
        }
    }

    /// The state of the process now.
    pub async fn process_stats(&self) -> ProcessStats {
        // Before the query, which would count itself.
        let (pool, hashing) = (self.db.load(), self.passwords.load());
        let query = self.db.run(|connection| match connection.outgoing() == Outgoing::default() {
            true => migrations::is_migrated(connection.pg()).map(|_| (0, 0)),
            false => outbox::count(connection),
        });
        let result = tokio::time::timeout(TIMEOUT, query).await;
        let outbox = result.as_ref().ok().and_then(|result| result.as_ref().ok()).copied().unwrap_or_default();
        ProcessStats {
            is_database_reachable: result.is_ok_and(|result| !matches!(result, Err(DbError::Unavailable(_)))),
            pool,
            batcher: self.rotation_batcher.load(),
            hashing,
            ended_sessions_held: self.ended_sessions.len(),
            ended_sessions_lag: self.ended_sessions.lag(),
            clock_ahead: self.ended_sessions.clock_ahead(),
            outbox,
            pruned: self.pruner.total(),
        }
    }
}

//! Which sessions have ended recently. A process holds them in memory and rejects their access tokens without a query
//! at each request: at once when it ended the session itself, after at most a second when another process did.
//!
//! Reading a session twice does no harm. So each query reaches back further than the last one: past the difference
//! between the clocks of two processes, and past a transaction that took long to commit.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

use super::ended_set::EndedSet;
use crate::db::{Database, ended_sessions};
use crate::domain::Timestamp;
use crate::domain::clock::Clock;
use crate::domain::ids::FamilyId;
use crate::service::error::ServiceError;
use crate::service::revoke::Ended;

const QUERY_EVERY: Duration = Duration::from_secs(1);
const REACH_BACK: Duration = Duration::from_secs(60);

/// A process that has not read for so long does not know which sessions other processes have ended.
const STALE_AFTER: Duration = Duration::from_secs(5);

/// The sessions that this process knows to have ended, and how current that is.
pub struct EndedSessions {
    db: Database,
    clock: Clock,
    known: EndedSet,
    retention: Duration,
    woken: Notify,
    /// When the database was last read, in microseconds since the Unix epoch; `i64::MIN` before the first time.
    current_at: AtomicI64,
}

/// How long an ended session matters where access tokens live for `token_lifetime`.
pub(super) fn retention(token_lifetime: Duration) -> Duration {
    token_lifetime + REACH_BACK
}

impl EndedSessions {
    pub(in crate::service) fn new(db: Database, clock: Clock, token_lifetime: Duration) -> Self {
        let retention = retention(token_lifetime);
        Self {
            db,
            clock,
            known: EndedSet::new(retention),
            retention,
            woken: Notify::new(),
            current_at: AtomicI64::new(i64::MIN),
        }
    }

    /// Whether a session is known to have ended.
    pub(in crate::service) fn contains(&self, id: FamilyId) -> bool {
        self.known.contains(id)
    }

    /// Takes the sessions that a committed transaction has ended, and returns how many they are.
    pub(in crate::service) fn add(&self, ended: Ended) -> usize {
        ended.move_into(&self.known)
    }

    /// How many ended sessions are held.
    pub(in crate::service) fn len(&self) -> usize {
        self.known.len()
    }

    /// Reads what has ended since the last time; the first time, everything that matters.
    ///
    /// # Errors
    /// [`ServiceError::Unavailable`] while the database is; the next call reads what this one missed.
    pub async fn catch_up(&self) -> Result<(), ServiceError> {
        let now = self.clock.now();
        let since = self.current_at().map_or(now - self.retention, |last| last - REACH_BACK);
        let ended = self.db.run(move |connection| ended_sessions::list_since(connection, since)).await?;
        self.known.turn(now);
        let new: Vec<FamilyId> = ended.into_iter().map(|(id, _)| id).filter(|&id| !self.known.contains(id)).collect();
        self.known.insert(&new);
        let micros = i64::try_from(now.unix_timestamp_nanos() / 1000).unwrap_or(i64::MAX);
        self.current_at.store(micros, Ordering::Relaxed);
        Ok(())
    }

    /// Catches up each second, and at once after [`wake`](Self::wake), for as long as it is polled.
    pub async fn run(&self) {
        let mut has_failed = false;
        loop {
            let _ = tokio::time::timeout(QUERY_EVERY, self.woken.notified()).await;
            match self.catch_up().await {
                Ok(()) if has_failed => tracing::info!("Ended sessions are known again"),
                Err(error) if !has_failed => {
                    tracing::warn!(error = %error, "Could not look up ended sessions; trying again each second");
                }
                _ => continue,
            }
            has_failed = !has_failed;
        }
    }

    /// Makes [`run`](Self::run) catch up at once, because another process has ended sessions.
    pub fn wake(&self) {
        self.woken.notify_one();
    }

    /// How long ago this process last read what has ended elsewhere; `None` before the first time.
    pub(in crate::service) fn lag(&self) -> Option<Duration> {
        let last = self.current_at()?;
        Some(Duration::try_from(self.clock.now() - last).unwrap_or_default())
    }

    /// Whether this process knows what has ended elsewhere.
    pub(in crate::service) fn is_current(&self) -> bool {
        self.lag().is_some_and(|lag| lag < STALE_AFTER)
    }

    fn current_at(&self) -> Option<Timestamp> {
        let micros = self.current_at.load(Ordering::Relaxed);
        Timestamp::from_unix_timestamp_nanos(i128::from(micros) * 1000).ok()
    }
}

//! Which sessions have ended lately, known by heart: an access token is refused the moment its session ends here, and a
//! second later at most where it ended elsewhere, without asking the database at each request.
//!
//! What is read twice does no harm, so that the query of each second reaches back further than the last one did: past the
//! difference between the clocks of two processes, and past a transaction that took long to commit.

use std::collections::HashSet;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::Notify;

use super::{Service, ServiceError};
use crate::db::ended_sessions;
use crate::domain::Timestamp;
use crate::domain::ids::FamilyId;

const QUERY_EVERY: Duration = Duration::from_secs(1);
const REACH_BACK: Duration = Duration::from_secs(60);

/// After so long without an answer a process no longer knows what has ended elsewhere.
const STALE_AFTER: Duration = Duration::from_secs(5);

/// Two sets that take turns: every session is held for one lifetime of an access token at least and two at most, and
/// forgetting costs nothing for each of them.
pub struct EndedSessions {
    held: RwLock<Held>,
    keep: Duration,
    heard: Notify,
    /// When the database was last asked, in microseconds since the Unix epoch; never: `i64::MIN`.
    current_at: AtomicI64,
    turned_at: Mutex<Option<Timestamp>>,
}

#[derive(Default)]
struct Held {
    newer: HashSet<FamilyId>,
    older: HashSet<FamilyId>,
}

impl EndedSessions {
    /// For access tokens that live no longer than `token_lifetime`.
    pub fn new(token_lifetime: Duration) -> Self {
        Self {
            held: RwLock::default(),
            keep: token_lifetime + REACH_BACK,
            heard: Notify::new(),
            current_at: AtomicI64::new(i64::MIN),
            turned_at: Mutex::default(),
        }
    }

    /// Whether a session is known to have ended.
    pub fn contains(&self, id: FamilyId) -> bool {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        held.newer.contains(&id) || held.older.contains(&id)
    }

    /// Takes note of sessions that have ended.
    pub fn add(&self, ids: &[FamilyId]) {
        if !ids.is_empty() {
            self.held.write().unwrap_or_else(PoisonError::into_inner).newer.extend(ids);
        }
    }

    /// How long an ended session matters.
    pub fn kept_for(&self) -> Duration {
        self.keep
    }

    /// How many are held.
    pub(super) fn len(&self) -> usize {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        held.newer.len() + held.older.len()
    }

    fn turn(&self, now: Timestamp) {
        let mut turned_at = self.turned_at.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = turned_at.is_none_or(|at| now - at > self.keep);
        if is_due {
            *turned_at = Some(now);
            let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
            held.older = std::mem::take(&mut held.newer);
        }
    }

    fn last_current(&self) -> Option<Timestamp> {
        let micros = self.current_at.load(Ordering::Relaxed);
        Timestamp::from_unix_timestamp_nanos(i128::from(micros) * 1000).ok()
    }
}

impl Service {
    /// Learns what has ended since it was last asked; the first time, all that matters.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn catch_up_with_ended_sessions(&self) -> Result<(), ServiceError> {
        let now = self.clock.now();
        let known = &self.ended_sessions;
        let since = known.last_current().map_or(now - known.keep, |last| last - REACH_BACK);
        let ended = self.db.run(move |connection| ended_sessions::list_since(connection, since)).await?;
        known.turn(now);
        let ids: Vec<FamilyId> = ended.into_iter().map(|(id, _)| id).filter(|&id| !known.contains(id)).collect();
        known.add(&ids);
        let micros = i64::try_from(now.unix_timestamp_nanos() / 1000).unwrap_or(i64::MAX);
        known.current_at.store(micros, Ordering::Relaxed);
        Ok(())
    }

    /// Keeps up with what ends elsewhere for as long as it is polled: each second, and at once when
    /// [`hear_of_ended_sessions`](Self::hear_of_ended_sessions) is called.
    pub async fn keep_up_with_ended_sessions(&self) {
        let mut has_failed = false;
        loop {
            let heard = self.ended_sessions.heard.notified();
            let _ = tokio::time::timeout(QUERY_EVERY, heard).await;
            match self.catch_up_with_ended_sessions().await {
                Ok(()) if has_failed => tracing::info!("Ended sessions are known again"),
                Err(error) if !has_failed => {
                    tracing::warn!(error = %error, "Could not look up ended sessions; trying again each second");
                }
                _ => continue,
            }
            has_failed = !has_failed;
        }
    }

    /// Tells that sessions have ended somewhere.
    pub fn hear_of_ended_sessions(&self) {
        self.ended_sessions.heard.notify_one();
    }

    /// How far behind this process may be in knowing what has ended elsewhere; `None` before it has asked for the first
    /// time.
    pub fn ended_sessions_lag(&self) -> Option<Duration> {
        let last = self.ended_sessions.last_current()?;
        Some(Duration::try_from(self.clock.now() - last).unwrap_or_default())
    }

    pub(super) fn knows_what_has_ended(&self) -> bool {
        self.ended_sessions_lag().is_some_and(|lag| lag < STALE_AFTER)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use time::macros::datetime;
    use uuid::Uuid;

    use super::EndedSessions;

    #[test]
    fn a_session_is_held_for_a_lifetime_and_forgotten_after_two() {
        let lifetime = Duration::from_secs(900);
        let (first, second) = (Uuid::from_u128(1).into(), Uuid::from_u128(2).into());
        let ended = EndedSessions::new(lifetime);
        let mut now = datetime!(2026-01-01 00:00 UTC);
        ended.turn(now);
        ended.add(&[first]);
        now += lifetime;
        ended.turn(now);
        assert!(ended.contains(first));
        now += Duration::from_secs(61);
        ended.turn(now);
        ended.add(&[second]);
        assert!(ended.contains(first) && ended.contains(second));
        now += lifetime + Duration::from_secs(61);
        ended.turn(now);
        assert!(!ended.contains(first) && ended.contains(second));
        assert_eq!(ended.len(), 1);
    }
}

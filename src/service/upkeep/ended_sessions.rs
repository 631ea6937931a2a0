//! Which sessions have ended recently. A process holds them in memory and rejects their access tokens without a query
//! at each request: at once when it ended the session itself, after at most a second when another process did.
//!
//! No clock decides what is read, because clocks may be wrong: see [`Feed`]. Reading a session twice does no harm.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};

use super::clock_difference::{ClockDifference, Measurement};
use super::ended_feed::Feed;
use super::ended_set::EndedSet;
use super::superseded_set::SupersededSet;
use crate::db::ended_sessions::{self, Notice};
use crate::db::{Database, DbError};
use crate::domain::clock::{CLOCKS_APART, Clock};
use crate::domain::ids::FamilyId;
use crate::domain::rotation::Generation;
use crate::service::error::ServiceError;
use crate::service::revoke::Ended;

const QUERY_EVERY: Duration = Duration::from_secs(1);

/// A process that has not read for so long does not know which sessions other processes have ended.
const STALE_AFTER: Duration = Duration::from_secs(5);

/// [`EndedSessions::read_at`] before the first reading.
const NEVER: u64 = u64::MAX;

/// The sessions that this process knows to have ended, and how current that is.
pub struct EndedSessions {
    db: Database,
    clock: Clock,
    known: EndedSet,
    superseded: SupersededSet,
    feed: Mutex<Feed>,
    clocks: ClockDifference,
    woken: Notify,
    /// Counts how often sessions became known to have ended.
    news: watch::Sender<u64>,
    /// When the database was last read, in microseconds of [`Clock::elapsed`].
    read_at: AtomicU64,
}

/// How long an ended session matters where access tokens live for `token_lifetime`. By the clock of a process that is
/// behind, a token from one that is ahead lives longer.
pub(super) fn retention(token_lifetime: Duration) -> Duration {
    token_lifetime + CLOCKS_APART
}

impl EndedSessions {
    pub(in crate::service) fn new(db: Database, clock: Clock, token_lifetime: Duration) -> Self {
        Self {
            db,
            clock,
            known: EndedSet::new(retention(token_lifetime)),
            superseded: SupersededSet::new(retention(token_lifetime)),
            feed: Mutex::default(),
            clocks: ClockDifference::default(),
            woken: Notify::new(),
            news: watch::Sender::new(0),
            read_at: AtomicU64::new(NEVER),
        }
    }

    /// Whether a session is known to have ended.
    pub(in crate::service) fn contains(&self, id: FamilyId) -> bool {
        self.known.contains(id)
    }

    /// Whether a session's access tokens of this generation are superseded. The session goes on.
    pub(in crate::service) fn is_superseded(&self, id: FamilyId, generation: Generation) -> bool {
        self.superseded.contains(id, generation)
    }

    /// Takes the access tokens that a committed transaction has superseded.
    pub(in crate::service) fn supersede(&self, tokens: &[(FamilyId, Generation)]) {
        self.superseded.insert(tokens);
    }

    /// Takes the sessions that a committed transaction has ended, and returns how many they are.
    pub(in crate::service) fn add(&self, ended: Ended) -> usize {
        let count = ended.move_into(&self.known);
        if count > 0 {
            self.news.send_modify(|number| *number += 1);
        }
        count
    }

    /// Takes sessions that were found to have ended.
    pub(in crate::service) fn note(&self, ids: &[FamilyId]) {
        let new: Vec<FamilyId> = ids.iter().copied().filter(|&id| !self.known.contains(id)).collect();
        self.known.insert(&new);
        if !new.is_empty() {
            self.news.send_modify(|number| *number += 1);
        }
    }

    /// Changes whenever sessions become known to have ended.
    pub(super) fn news(&self) -> watch::Receiver<u64> {
        self.news.subscribe()
    }

    /// How many wait for [`news`](Self::news).
    pub(super) fn listeners(&self) -> usize {
        self.news.receiver_count()
    }

    /// How many ended sessions are held.
    pub(in crate::service) fn len(&self) -> usize {
        self.known.len()
    }

    /// Reads what has ended since the last time; the first time, everything that matters. Also compares the clocks.
    ///
    /// # Errors
    /// [`ServiceError::Unavailable`] while the database is; the next call reads what this one missed.
    pub async fn catch_up(&self) -> Result<(), ServiceError> {
        let (began, clock) = (self.clock.elapsed(), self.clock.clone());
        let since = self.feed.lock().unwrap_or_else(PoisonError::into_inner).since();
        let read = self.db.run(move |connection| {
            let before = clock.machine_now();
            let news = ended_sessions::read(connection, since)?;
            let measurement = Measurement { before, database: news.at, after: clock.machine_now() };
            Ok::<_, DbError>((news, measurement))
        });
        let (news, measurement) = read.await?;
        self.known.turn(began);
        self.superseded.turn(began);
        self.superseded.insert(&news.superseded);
        self.note(&news.ended);
        self.feed.lock().unwrap_or_else(PoisonError::into_inner).advance(news.position, began);
        self.clocks.measured(measurement);
        self.read_at.store(u64::try_from(began.as_micros()).unwrap_or(NEVER - 1), Ordering::Relaxed);
        Ok(())
    }

    /// Catches up each second, and at once when [`hear`](Self::hear) says so, for as long as it is polled.
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

    /// Takes a notification of another process. Sessions that it names are known at once; otherwise [`run`](Self::run)
    /// catches up.
    pub fn hear(&self, notice: Notice) {
        match notice {
            Notice::Ended(ids) => self.note(&ids),
            Notice::News => self.woken.notify_one(),
        }
    }

    /// How long ago this process last read what has ended elsewhere; `None` before the first time.
    pub(in crate::service) fn lag(&self) -> Option<Duration> {
        let read_at = self.read_at.load(Ordering::Relaxed);
        (read_at != NEVER).then(|| self.clock.elapsed().saturating_sub(Duration::from_micros(read_at)))
    }

    /// Whether this process knows what has ended elsewhere.
    pub(in crate::service) fn is_current(&self) -> bool {
        self.lag().is_some_and(|lag| lag < STALE_AFTER)
    }

    /// By how much the clock of this process was ahead of the database's at the last reading.
    pub(in crate::service) fn clock_ahead(&self) -> Option<time::Duration> {
        self.clocks.ahead()
    }

    /// Whether the clocks differ too much.
    pub(in crate::service) fn does_clock_differ(&self) -> bool {
        self.clocks.is_beyond_tolerance()
    }
}

//! The feed of ended sessions for other services. A process holds in memory what it has read, and its consumers read from
//! there: a session that ends costs the database one query for each process, however many consumers wait.
//!
//! A cursor names the transaction up to which its consumer has read, so any process can continue it. A session may come twice
//! then, because transactions that were still running are read again. In the process that has made the cursor nothing comes
//! twice.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::timeout;

use super::ended_sessions::{EndedSessions, retention};
use crate::db::Database;
use crate::db::ended_feed::{self, Described};
use crate::domain::clock::Clock;
use crate::domain::feed::{EndedCursor, EndedSession, TransactionMark};
use crate::domain::ids::FamilyId;
use crate::service::error::ServiceError;

/// How far apart two readings are at least. Sessions that end in between are read together.
const READ_EVERY: Duration = Duration::from_millis(50);

/// The same where the process has many consumers, each of which costs something at each reading.
const READ_EVERY_FOR_MANY: Duration = Duration::from_millis(250);

/// How much each consumer adds.
const FOR_EACH_CONSUMER: Duration = Duration::from_micros(250);

/// How often a reading goes back to the mark before the last one, for what a crash of the database may have counted anew.
const LOOK_BACK_EVERY: Duration = Duration::from_secs(1);

/// How old the mark is to which such a reading goes back, at least. Postgres flushes within a second.
const LOOK_BACK: Duration = Duration::from_secs(30);

/// What a consumer gets.
#[derive(Clone, Debug)]
pub struct EndedPage {
    pub ended: Vec<EndedSession>,
    /// The cursor after each of them.
    pub cursors: Vec<EndedCursor>,
    /// Where to read on.
    pub cursor: EndedCursor,
}

/// The sessions that have ended recently, in the order in which this process has learned of them.
pub struct EndedLog {
    db: Database,
    clock: Clock,
    ended_sessions: Arc<EndedSessions>,
    kept: Duration,
    process: u64,
    log: Mutex<Log>,
}

#[derive(Default)]
struct Log {
    entries: VecDeque<Entry>,
    ids: HashSet<FamilyId>,
    /// How many entries were removed from the front.
    removed: u64,
    /// `None` before the first reading.
    reading: Option<Reading>,
}

struct Entry {
    session: EndedSession,
    xid: i64,
    /// As [`Clock::elapsed`].
    known_since: Duration,
}

/// What the last reading was.
#[derive(Clone, Copy)]
struct Reading {
    /// The number of the news that it was made for.
    news: u64,
    at: Duration,
    newest: TransactionMark,
    /// A mark that is at least [`LOOK_BACK`] old, as soon as there is one, and the mark that replaces it.
    older: TransactionMark,
    next_older: (TransactionMark, Duration),
    looked_back_at: Duration,
}

impl EndedLog {
    pub(in crate::service) fn new(
        db: Database,
        clock: Clock,
        ended_sessions: Arc<EndedSessions>,
        token_lifetime: Duration,
        process: u64,
    ) -> Self {
        Self { db, clock, ended_sessions, kept: retention(token_lifetime), process, log: Mutex::default() }
    }

    /// For how long a consumer has to remember an ended session: as long as its access tokens may be in use.
    pub fn keep_for(&self) -> Duration {
        self.kept
    }

    /// What has ended since `after`; everything that matters for a consumer that has read nothing, or whose cursor is of
    /// another run of the database server.
    ///
    /// # Errors
    /// [`ServiceError::Unavailable`] while this process does not know what has ended elsewhere.
    pub async fn read(&self, after: Option<EndedCursor>) -> Result<EndedPage, ServiceError> {
        let news = *self.ended_sessions.news().borrow();
        self.read_for(news, after).await
    }

    /// The same, but waits for up to `wait` until there is something.
    ///
    /// # Errors
    /// As for [`read`](Self::read).
    pub async fn wait(&self, after: EndedCursor, wait: Duration) -> Result<EndedPage, ServiceError> {
        let mut news = self.ended_sessions.news();
        let until = self.clock.elapsed() + wait;
        loop {
            let number = *news.borrow_and_update();
            let page = self.read_for(number, Some(after)).await?;
            let left = until.saturating_sub(self.clock.elapsed());
            if !page.ended.is_empty() || left.is_zero() || !matches!(timeout(left, news.changed()).await, Ok(Ok(()))) {
                return Ok(page);
            }
        }
    }

    async fn read_for(&self, news: u64, after: Option<EndedCursor>) -> Result<EndedPage, ServiceError> {
        if !self.ended_sessions.is_current() {
            return Err(ServiceError::Unavailable("this process does not know which sessions have ended".to_owned()));
        }
        let mut log = self.log.lock().await;
        if log.reading.is_none_or(|reading| reading.news < news) {
            self.catch_up(&mut log).await?;
        }
        Ok(log.page(self.process, after))
    }

    fn between_readings(&self) -> Duration {
        let consumers = u32::try_from(self.ended_sessions.listeners()).unwrap_or(u32::MAX);
        FOR_EACH_CONSUMER.saturating_mul(consumers).clamp(READ_EVERY, READ_EVERY_FOR_MANY)
    }

    /// Consumers that come meanwhile wait for this reading, and need none of their own.
    async fn catch_up(&self, log: &mut Log) -> Result<(), ServiceError> {
        if let Some(reading) = log.reading {
            let early = self.between_readings().saturating_sub(self.clock.elapsed().saturating_sub(reading.at));
            if !early.is_zero() {
                tokio::time::sleep(early).await;
            }
        }
        let news: u64 = *self.ended_sessions.news().borrow();
        let now = self.clock.elapsed();
        let looks_back =
            log.reading.is_none_or(|reading| now.saturating_sub(reading.looked_back_at) >= LOOK_BACK_EVERY);
        let since = log.reading.map(|reading| if looks_back { reading.older } else { reading.newest });
        let (ended, mark) = self.db.run(move |connection| ended_feed::read(connection, since)).await?;
        log.add(ended, now);
        log.forget(now, self.kept);
        log.reading = Some(match log.reading.filter(|before| before.newest.server_started == mark.server_started) {
            None => Reading { news, at: now, newest: mark, older: mark, next_older: (mark, now), looked_back_at: now },
            Some(before) => {
                let (next, since) = before.next_older;
                let (older, next_older) = if now.saturating_sub(since) < LOOK_BACK {
                    (before.older, before.next_older)
                } else {
                    (next, (mark, now))
                };
                let looked_back_at = if looks_back { now } else { before.looked_back_at };
                Reading { news, at: now, newest: mark, older, next_older, looked_back_at }
            }
        });
        Ok(())
    }
}

impl Log {
    fn add(&mut self, ended: Vec<Described>, now: Duration) {
        for Described { session, xid } in ended {
            if self.ids.insert(session.session_id) {
                self.entries.push_back(Entry { session, xid, known_since: now });
            }
        }
    }

    fn forget(&mut self, now: Duration, kept: Duration) {
        while let Some(entry) = self.entries.front().filter(|entry| now.saturating_sub(entry.known_since) > kept) {
            self.ids.remove(&entry.session.session_id);
            self.entries.pop_front();
            self.removed += 1;
        }
    }

    fn page(&self, process: u64, after: Option<EndedCursor>) -> EndedPage {
        let newest = self.reading.map_or(TransactionMark { server_started: 0, xid: 0 }, |reading| reading.newest);
        let end = self.removed + self.entries.len() as u64;
        let from = |skipped: usize| {
            let skipped = skipped.min(self.entries.len());
            self.entries.range(skipped..).zip(self.removed + skipped as u64..)
        };
        let numbered = |(entry, number): (&Entry, u64)| (entry.session, number);
        let found: Vec<(EndedSession, u64)> = match after {
            Some(after) if after.process == process && after.read <= end => {
                let skipped = usize::try_from(after.read.saturating_sub(self.removed)).unwrap_or(usize::MAX);
                from(skipped).map(numbered).collect()
            }
            Some(after) if after.mark.server_started == newest.server_started => {
                from(0).filter(|(entry, _)| entry.xid >= after.mark.xid).map(numbered).collect()
            }
            _ => from(0).map(numbered).collect(),
        };
        let cursor = EndedCursor { mark: newest, process, read: end };
        // Whoever stops in the middle has not read every transaction before `newest`, unless it stays with this process.
        let unread = after.map_or(TransactionMark { server_started: 0, xid: 0 }, |after| after.mark);
        let within = |(_, number): &(EndedSession, u64)| EndedCursor { mark: unread, process, read: number + 1 };
        let mut cursors: Vec<EndedCursor> = found.iter().map(within).collect();
        if let Some(last) = cursors.last_mut() {
            *last = cursor;
        }
        EndedPage { ended: found.into_iter().map(|(session, _)| session).collect(), cursors, cursor }
    }
}

//! Receiving notifications of ended sessions, by `LISTEN` on a separate connection.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use diesel::connection::SimpleConnection as _;
use diesel::pg::PgConnection;
use diesel::result::QueryResult;

use super::connection::monotonic_now;
use super::connector::Connector;
use super::ended_sessions::{CHANNEL, Notice, ids_in};
use super::listening::{ListenError, listen, pause};
use super::pool::Database;
use super::watchdog::Watch;

/// How often the connection is polled. Diesel gives no access to libpq's socket, and a poll without news costs one
/// system call.
const POLL_EVERY: Duration = Duration::from_millis(10);

/// How often the server is asked whether it still responds, and how long it may take. A frozen one breaks no connection.
const TEST_EVERY: Duration = Duration::from_secs(2);
const TEST_LIMIT: Duration = Duration::from_secs(3);

/// Connecting twice, and the test of a notification.
const LISTEN_LIMIT: Duration = Duration::from_secs(20);

/// The pause after a failure. Meanwhile the query of each second finds the ended sessions.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// The pause where notifications do not arrive, which only the operator changes.
const RETRY_IF_DEAF_AFTER: Duration = Duration::from_secs(60);

/// How long a thread that has to stop is waited for. One whose server does not respond cannot stop.
const LONGEST_STOP: Duration = Duration::from_secs(1);

/// Listens on its own thread until it is dropped. A thread whose server does not respond is abandoned, and another one
/// listens.
pub struct Listener {
    is_stopping: Arc<AtomicBool>,
    /// Disconnected once the threads have ended.
    ended: Receiver<()>,
}

impl Listener {
    /// Calls `heard` for notifications of ended sessions (once for several at a time), and with [`Notice::News`] for each
    /// new connection, since earlier notifications may be lost. A connection that breaks here counts as an outage of
    /// `database`, whose idle connections no one else watches.
    pub fn start(database: &Database, heard: impl Fn(Notice) + Send + 'static) -> Self {
        let is_stopping = Arc::new(AtomicBool::new(false));
        let (living, ended) = channel();
        let ear = Ear {
            connector: database.connector().clone(),
            heard: Arc::new(Mutex::new(heard)),
            is_stopping: Arc::clone(&is_stopping),
            has_failed: Arc::default(),
            _living: living,
        };
        ear.start();
        Self { is_stopping, ended }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.is_stopping.store(true, Ordering::Relaxed);
        let _ = self.ended.recv_timeout(LONGEST_STOP);
    }
}

/// What one thread needs, and what the next one takes over.
#[derive(Clone)]
struct Ear {
    connector: Connector,
    heard: Arc<Mutex<dyn Fn(Notice) + Send>>,
    is_stopping: Arc<AtomicBool>,
    has_failed: Arc<AtomicBool>,
    _living: Sender<()>,
}

impl Ear {
    fn start(self) {
        let spawned = thread::Builder::new().name("db-listener".to_owned()).spawn(move || {
            let next = self.clone();
            let watch = self.connector.watchdog.watch(move || {
                next.connector.outages.note();
                if !next.is_stopping.load(Ordering::Relaxed) {
                    next.start();
                }
            });
            self.run(&watch);
        });
        if let Err(error) = spawned {
            tracing::error!(error = %error, "Cannot listen for ended sessions; they are queried once a second instead");
        }
    }

    /// Ends when it has to stop, or when this thread is abandoned.
    fn run(&self, watch: &Arc<Watch>) {
        while !self.is_stopping.load(Ordering::Relaxed) {
            let mut retry_after = RETRY_AFTER;
            watch.expect_end_within(LISTEN_LIMIT);
            let listening = self.listen();
            if !watch.end() {
                return;
            }
            match listening {
                Ok(connection) => {
                    self.has_failed.store(false, Ordering::Relaxed);
                    self.say(Notice::News);
                    if self.hear(connection, watch).is_err() {
                        self.connector.outages.note();
                    }
                    if watch.is_missed() {
                        return;
                    }
                }
                Err(error) => {
                    if matches!(error, ListenError::Deaf) {
                        retry_after = RETRY_IF_DEAF_AFTER;
                    }
                    let has_failed = self.has_failed.swap(true, Ordering::Relaxed);
                    if !has_failed && !self.is_stopping.load(Ordering::Relaxed) {
                        tracing::warn!(error = %error, "Cannot listen for ended sessions; they are queried once a second instead");
                    }
                }
            }
            pause(retry_after, &self.is_stopping);
        }
    }

    fn listen(&self) -> Result<PgConnection, ListenError> {
        if self.connector.watchdog.has_too_many() {
            return Err(ListenError::TooMany);
        }
        listen(&self.connector, CHANNEL, &self.is_stopping)
    }

    /// Returns when it has to stop, or with an error when the connection breaks or is of no use.
    fn hear(&self, mut connection: PgConnection, watch: &Watch) -> QueryResult<()> {
        let mut tested_at = monotonic_now();
        while !self.is_stopping.load(Ordering::Relaxed) {
            let (mut ended, mut has_news) = (Vec::new(), false);
            for notification in connection.notifications_iter() {
                match ids_in(&notification?.payload) {
                    Some(ids) => ended.extend(ids),
                    None => has_news = true,
                }
            }
            if !ended.is_empty() {
                self.say(Notice::Ended(ended));
            }
            if has_news {
                self.say(Notice::News);
            }
            if tested_at.elapsed() >= TEST_EVERY {
                watch.expect_end_within(TEST_LIMIT);
                // Changes nothing, and the server's list of activities goes on to show what this connection is for.
                let tested = connection.batch_execute(&format!("LISTEN {CHANNEL}"));
                if !watch.end() {
                    return Ok(());
                }
                tested?;
                tested_at = monotonic_now();
            }
            pause(POLL_EVERY, &self.is_stopping);
        }
        Ok(())
    }

    fn say(&self, notice: Notice) {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)(notice);
    }
}

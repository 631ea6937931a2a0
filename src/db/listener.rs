//! Receiving notifications of ended sessions, by `LISTEN` on a separate connection.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use diesel::pg::PgConnection;
use diesel::result::QueryResult;

use super::ended_sessions::{CHANNEL, Notice, ids_in};
use super::listening::{ListenError, listen, pause};
use super::pool::Database;

/// How often the connection is polled. Diesel gives no access to libpq's socket, and a poll without news costs one
/// system call.
const POLL_EVERY: Duration = Duration::from_millis(10);

/// The pause after a failure. Meanwhile the query of each second finds the ended sessions.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// The pause where notifications do not arrive, which only the operator changes.
const RETRY_IF_DEAF_AFTER: Duration = Duration::from_secs(60);

/// Listens on its own thread until it is dropped.
pub struct Listener {
    is_stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Listener {
    /// Calls `heard` for notifications of ended sessions (once for several at a time), and with [`Notice::News`] for each
    /// new connection, since earlier notifications may be lost. A connection that breaks here counts as an outage of
    /// `database`, whose idle connections no one else watches.
    pub fn start(database: &Database, heard: impl Fn(Notice) + Send + 'static) -> Self {
        let connector = database.connector().clone();
        let is_stopping = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&is_stopping);
        let thread = thread::spawn(move || {
            let mut has_failed = false;
            while !flag.load(Ordering::Relaxed) {
                let mut retry_after = RETRY_AFTER;
                match listen(&connector, CHANNEL, &flag) {
                    Ok(connection) => {
                        has_failed = false;
                        heard(Notice::News);
                        if hear(connection, &heard, &flag).is_err() {
                            connector.outages.note();
                        }
                    }
                    Err(error) => {
                        if matches!(error, ListenError::Deaf) {
                            retry_after = RETRY_IF_DEAF_AFTER;
                        }
                        if !has_failed && !flag.load(Ordering::Relaxed) {
                            tracing::warn!(error = %error, "Cannot listen for ended sessions; they are queried once a second instead");
                        }
                        has_failed = true;
                    }
                }
                pause(retry_after, &flag);
            }
        });
        Self { is_stopping, thread: Some(thread) }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.is_stopping.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Returns when it has to stop, or with an error when the connection breaks.
fn hear(mut connection: PgConnection, heard: &impl Fn(Notice), is_stopping: &AtomicBool) -> QueryResult<()> {
    while !is_stopping.load(Ordering::Relaxed) {
        let (mut ended, mut has_news) = (Vec::new(), false);
        for notification in connection.notifications_iter() {
            match ids_in(&notification?.payload) {
                Some(ids) => ended.extend(ids),
                None => has_news = true,
            }
        }
        if !ended.is_empty() {
            heard(Notice::Ended(ended));
        }
        if has_news {
            heard(Notice::News);
        }
        pause(POLL_EVERY, is_stopping);
    }
    Ok(())
}

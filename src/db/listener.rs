//! Receiving notifications of ended sessions, by `LISTEN` on a separate connection.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use diesel::connection::SimpleConnection as _;
use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use secrecy::SecretString;

use super::connector::establish;
use super::ended_sessions::{CHANNEL, Notice, ids_in};
use super::pool::Database;

/// How often the connection is polled. Diesel gives no access to libpq's socket, and a poll without news costs one
/// system call.
const POLL_EVERY: Duration = Duration::from_millis(10);

/// The pause after a failure. Meanwhile the query of each second finds the ended sessions.
const RETRY_AFTER: Duration = Duration::from_secs(2);

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
                match listen(&connector.url) {
                    Ok(connection) => {
                        has_failed = false;
                        heard(Notice::News);
                        if hear(connection, &heard, &flag).is_err() {
                            connector.outages.note();
                        }
                    }
                    Err(error) if !has_failed => {
                        has_failed = true;
                        tracing::warn!(error = %error, "Cannot listen for ended sessions; they are queried once a second instead");
                    }
                    Err(_) => {}
                }
                pause(RETRY_AFTER, &flag);
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

fn listen(url: &SecretString) -> Result<PgConnection, String> {
    let mut connection = establish(url).map_err(|error| error.to_string())?;
    connection.batch_execute(&format!("LISTEN {CHANNEL}")).map_err(|error| error.to_string())?;
    Ok(connection)
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

#[expect(clippy::disallowed_methods, reason = "this thread has nothing else to do")]
fn pause(time: Duration, is_stopping: &AtomicBool) {
    let mut left = time;
    while !left.is_zero() && !is_stopping.load(Ordering::Relaxed) {
        let step = left.min(Duration::from_millis(50));
        thread::sleep(step);
        left -= step;
    }
}

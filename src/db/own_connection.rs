//! A connection outside the pool, for a thread that always uses the database. Its commits do not wait for the disk.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use diesel::r2d2::ManageConnection as _;

use super::connection::{Connection, monotonic_now};
use super::connector::Connector;
use super::error::DbError;

/// The pause after a failed attempt to connect. Every operation within it fails at once.
const PAUSE: Duration = Duration::from_millis(200);

/// Connects at its first use, and again after the connection has broken.
pub struct OwnConnection {
    connector: Connector,
    connection: Option<Connection>,
    failed_at: Option<Instant>,
}

impl OwnConnection {
    pub(super) fn new(connector: Connector) -> Self {
        Self { connector, connection: None, failed_at: None }
    }

    /// Runs `work`.
    ///
    /// # Errors
    /// Those of `work`, after which it is unknown whether its writes happened, and [`DbError::Unavailable`] if there is
    /// no connection.
    pub fn run<T>(&mut self, work: impl FnOnce(&mut Connection) -> Result<T, DbError>) -> Result<T, DbError> {
        let mut living = self.connection.take();
        let connection = living.take_if(|connection| self.connector.is_valid(connection).is_ok());
        let mut connection = connection.map_or_else(|| self.connect(), Ok)?;
        let result = connection.run(|connection| match connection.commits_asynchronously() {
            true => work(connection),
            false => connection.asynchronously(work),
        });
        if !self.connector.has_broken(&mut connection) {
            self.connection = Some(connection);
        }
        result
    }

    fn connect(&mut self) -> Result<Connection, DbError> {
        if self.failed_at.is_some_and(|failed_at| failed_at.elapsed() < PAUSE) {
            return Err(DbError::Unavailable("the last attempt to connect failed".to_owned()));
        }
        self.connector.connect().inspect(|_| self.failed_at = None).map_err(|error| {
            self.failed_at = Some(monotonic_now());
            if !self.connector.is_unreachable.swap(true, Ordering::Relaxed) {
                tracing::error!(error = %error, "The database is unreachable; retrying until it is back");
            }
            DbError::Unavailable(error.to_string())
        })
    }
}

//! A connection outside the pool, for a thread that always uses the database. Its commits do not wait for the disk.

use std::sync::Arc;
use std::time::Duration;

use super::connection::{Connection, late};
use super::connection_threads::CONNECT_LIMIT;
use super::connector::Connector;
use super::error::DbError;
use super::watchdog::Watch;

/// How long an operation or the test of an idle connection may take.
const LIMIT: Duration = Duration::from_secs(3);

/// The server cancels a statement that waits or works for too long before the thread is abandoned: a server that responds
/// keeps no statement whose result nobody receives.
const SETTINGS: &[(&str, &str)] = &[("synchronous_commit", "off"), ("statement_timeout", "2500")];

/// Connects at its first use, and again after the connection has broken.
pub struct OwnConnection {
    connector: Connector,
    connection: Option<Connection>,
    watch: Arc<Watch>,
}

/// Makes connections for threads that follow each other: when the database does not respond, one is abandoned, and the next
/// takes its work over.
#[derive(Clone)]
pub struct OwnConnections(Connector);

impl OwnConnections {
    pub(super) fn new(connector: &Connector) -> Self {
        Self(connector.with_settings(SETTINGS))
    }

    /// A connection of the thread that calls. If it is abandoned, `take_over` is called once, on a thread that it must not
    /// block.
    pub fn of_this_thread(&self, take_over: impl FnOnce() + Send + 'static) -> OwnConnection {
        let outages = self.0.outages.clone();
        let watch = self.0.watchdog.watch(move || {
            outages.note();
            take_over();
        });
        OwnConnection { connector: self.0.clone(), connection: None, watch }
    }
}

impl OwnConnection {
    /// Makes sure of a connection that responds, if one is to be had. `false` if this thread was abandoned meanwhile.
    pub fn prepare(&mut self) -> bool {
        self.watch.expect_end_within(LIMIT);
        self.connection =
            self.connection.take().and_then(|mut connection| connection.is_usable().then_some(connection));
        if self.connection.is_none() && self.watch.expect_end_within(CONNECT_LIMIT) {
            self.connection = self.connector.connect().ok().map(|connection| connection.watched_by(&self.watch));
        }
        self.watch.end()
    }

    /// Runs `work`.
    ///
    /// # Errors
    /// Those of `work`, after which it is unknown whether its writes happened, and [`DbError::Unavailable`] if there is
    /// no connection or this thread was abandoned.
    pub fn run<T>(&mut self, work: impl FnOnce(&mut Connection) -> Result<T, DbError>) -> Result<T, DbError> {
        let Some(connection) = &mut self.connection else {
            return Err(DbError::Unavailable("there is no connection".to_owned()));
        };
        if !self.watch.expect_end_within(LIMIT) {
            return Err(late());
        }
        let result = connection.run(|connection| match connection.commits_asynchronously() {
            true => work(connection),
            false => connection.asynchronously(work),
        });
        if connection.is_broken() {
            self.connection = None;
        }
        if self.watch.end() { result } else { Err(late()) }
    }

    /// Whether the database did not respond in time, and another thread has taken over.
    pub fn is_abandoned(&self) -> bool {
        self.watch.is_missed()
    }
}

//! The pool, and the way from async code to Diesel's blocking calls.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use diesel::r2d2::Pool;
use secrecy::SecretString;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::connection::Connection;
use super::connector::Connector;
use super::error::DbError;
use super::own_connection::OwnConnection;
use crate::domain::outbox::Outgoing;

/// How long a checkout waits for a new connection.
const LONGEST_CHECKOUT: Duration = Duration::from_secs(2);

/// How a database is used.
#[derive(Clone, Debug)]
pub struct DatabaseOptions {
    /// A libpq connection string or URI. It may have a password.
    pub url: SecretString,
    /// The largest number of connections, and of operations that run at once.
    pub connections: u32,
    /// Whether each connection keeps its statements prepared.
    pub prepare: bool,
    /// How long an operation may take, including its wait for a connection.
    pub timeout: Duration,
    /// Which messages are written to the outbox.
    pub outgoing: Outgoing,
}

/// How busy a pool is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PoolLoad {
    /// Open connections.
    pub open: u32,
    /// Connections in use.
    pub busy: u32,
    /// Operations that wait for a connection.
    pub waiting: u32,
}

/// A pool of connections. Cheap to clone. An operation that waits for a connection occupies no thread.
#[derive(Clone)]
pub struct Database {
    connector: Connector,
    pool: Pool<Connector>,
    permits: Arc<Semaphore>,
    waiting: Arc<AtomicU32>,
    timeout: Duration,
    /// The last attempt to connect failed. The pool keeps trying.
    is_unreachable: Arc<AtomicBool>,
}

impl Database {
    /// A pool that connects when it is first needed. The first operation fails if the database is unreachable.
    pub fn new(options: &DatabaseOptions) -> Self {
        let connections = options.connections.max(1);
        let connector = Connector::new(options.url.clone(), options.prepare).with_outgoing(options.outgoing);
        let is_unreachable = Arc::clone(&connector.is_unreachable);
        let pool = Pool::builder()
            .max_size(connections)
            .min_idle(Some(0))
            // The longest pause between two attempts to connect is half of it.
            .connection_timeout(options.timeout.min(LONGEST_CHECKOUT))
            .test_on_check_out(true)
            .error_handler(Box::new(ConnectionTrouble(Arc::clone(&is_unreachable))))
            .build_unchecked(connector.clone());
        Self {
            connector,
            pool,
            permits: Arc::new(Semaphore::new(connections as usize)),
            waiting: Arc::default(),
            timeout: options.timeout,
            is_unreachable,
        }
    }

    /// Runs `work` on a connection.
    ///
    /// # Errors
    /// Those of `work`, and [`DbError::Unavailable`] if no connection was available in time or `work` took too long. It
    /// is then unknown whether the writes of `work` happened.
    pub async fn run<T, F>(&self, work: F) -> Result<T, DbError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> Result<T, DbError> + Send + 'static,
    {
        let late = |_| DbError::Unavailable("the operation took too long".to_owned());
        timeout(self.timeout, self.run_to_end(work)).await.map_err(late)?
    }

    /// Runs `work` in a transaction, which commits when `work` returns `Ok` and rolls back when it returns `Err`.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub async fn transaction<T, F>(&self, work: F) -> Result<T, DbError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> Result<T, DbError> + Send + 'static,
    {
        self.run(|connection| connection.transaction(work)).await
    }

    /// A transaction that rolls back if its caller has gone by the time it would commit: because it took too long, or because the
    /// client hung up. For what may be done only while the client still waits for it.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub async fn transaction_while_awaited<T, F>(&self, work: F) -> Result<T, DbError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> Result<T, DbError> + Send + 'static,
    {
        let caller = Arc::new(());
        let awaited = Arc::downgrade(&caller);
        let done = self.transaction(move |tx| match work(tx)? {
            _ if awaited.strong_count() == 0 => Err(DbError::Unavailable("the caller has gone".to_owned())),
            value => Ok(value),
        });
        let done = done.await;
        drop(caller);
        done
    }

    async fn run_to_end<T, F>(&self, work: F) -> Result<T, DbError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> Result<T, DbError> + Send + 'static,
    {
        if self.is_unreachable.load(Ordering::Relaxed) && self.open_connections() == 0 {
            // Operations that wait for a lost database would delay requests that need none.
            return Err(DbError::Unavailable("the last attempt to connect failed".to_owned()));
        }
        let closed = |_| DbError::Unavailable("the pool is closed".to_owned());
        let waiting = Waiting::begin(&self.waiting);
        let permit = self.permits.clone().acquire_owned().await.map_err(closed)?;
        drop(waiting);
        let pool = self.pool.clone();
        let task = spawn_blocking(move || {
            let _permit = permit;
            let mut connection = pool.get().map_err(|error| DbError::Unavailable(error.to_string()))?;
            connection.run(work)
        });
        task.await.unwrap_or_else(|error| Err(DbError::Corrupt(format!("a database operation panicked: {error}"))))
    }

    /// A connection outside the pool, whose commits do not wait for the disk.
    pub fn own_connection(&self) -> OwnConnection {
        OwnConnection::new(self.connector.with_own_flag().asynchronous())
    }

    /// How long an operation may take, including its wait for a connection.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// How many connections have been found broken so far. A crash of the database breaks all of them, so a change of
    /// this number means that asynchronous commits may be lost.
    pub fn outages(&self) -> u64 {
        self.connector.outages.count()
    }

    pub(super) fn connector(&self) -> &Connector {
        &self.connector
    }

    /// How many connections are open.
    pub fn open_connections(&self) -> u32 {
        self.pool.state().connections
    }

    /// How busy the pool is.
    pub fn load(&self) -> PoolLoad {
        let state = self.pool.state();
        PoolLoad {
            open: state.connections,
            busy: state.connections.saturating_sub(state.idle_connections),
            waiting: self.waiting.load(Ordering::Relaxed),
        }
    }
}

/// Counts an operation as waiting while it lives, even if its caller gives up.
struct Waiting<'a>(&'a AtomicU32);

impl<'a> Waiting<'a> {
    fn begin(waiting: &'a AtomicU32) -> Self {
        waiting.fetch_add(1, Ordering::Relaxed);
        Self(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// r2d2 retries by itself, several times a second. Only the first failure is logged.
#[derive(Debug)]
struct ConnectionTrouble(Arc<AtomicBool>);

impl diesel::r2d2::HandleError<diesel::r2d2::Error> for ConnectionTrouble {
    /// r2d2 also reports a connection that failed its test. It replaces that connection, which says nothing about whether
    /// the database can be reached.
    fn handle_error(&self, error: diesel::r2d2::Error) {
        let has_failed_to_connect = matches!(error, diesel::r2d2::Error::ConnectionError(_));
        if has_failed_to_connect && !self.0.swap(true, Ordering::Relaxed) {
            tracing::error!(error = %error, "The database is unreachable; retrying until it is back");
        }
    }
}

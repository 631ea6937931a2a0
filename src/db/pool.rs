//! The pool, and the way from async code to Diesel's blocking calls.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use secrecy::SecretString;
use tokio::sync::{Semaphore, oneshot};
use tokio::time::timeout;

use super::connection::{Connection, late};
use super::connection_threads::{ConnectionThreads, Job, Reply};
use super::connector::Connector;
use super::error::DbError;
use super::own_connection::OwnConnections;
use crate::domain::outbox::Outgoing;

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
    threads: ConnectionThreads,
    permits: Arc<Semaphore>,
    waiting: Arc<AtomicU32>,
    timeout: Duration,
}

impl Database {
    /// A pool that connects when it is first needed. The first operation fails if the database is unreachable.
    pub fn new(options: &DatabaseOptions) -> Self {
        let connections = options.connections.max(1);
        let connector = Connector::new(&options.url, options.prepare).with_outgoing(options.outgoing);
        Self {
            threads: ConnectionThreads::new(connector.clone(), options.timeout),
            connector,
            permits: Arc::new(Semaphore::new(connections as usize)),
            waiting: Arc::default(),
            timeout: options.timeout,
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
        timeout(self.timeout, self.run_to_end(work)).await.map_err(|_| late())?
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
        if self.connector.reachability.is_lost() && self.open_connections() == 0 {
            return Err(DbError::Unavailable("the last attempt to connect failed".to_owned()));
        }
        let closed = |_| DbError::Unavailable("the pool is closed".to_owned());
        let waiting = Waiting::begin(&self.waiting);
        let permit = self.permits.clone().acquire_owned().await.map_err(closed)?;
        drop(waiting);
        let (sender, result) = oneshot::channel();
        let work = |connection: Result<&mut Connection, DbError>| -> Reply {
            let result = connection.and_then(|connection| connection.run(work));
            Box::new(move || drop(sender.send(result)))
        };
        self.threads.run(Job { permit, work: Box::new(work) });
        result.await.unwrap_or_else(|_| Err(DbError::Corrupt("a database operation panicked".to_owned())))
    }

    /// Connections outside the pool, whose commits do not wait for the disk.
    pub fn own_connections(&self) -> OwnConnections {
        OwnConnections::new(&self.connector)
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
        self.threads.count().0
    }

    /// How busy the pool is.
    pub fn load(&self) -> PoolLoad {
        let (open, idle) = self.threads.count();
        PoolLoad { open, busy: open.saturating_sub(idle), waiting: self.waiting.load(Ordering::Relaxed) }
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

//! The pool, and the bridge from async code to Diesel's blocking calls.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use diesel::r2d2::Pool;
use secrecy::SecretString;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::connection::{Connection, Connector, Outages};
use super::error::DbError;
use super::own_connection::OwnConnection;

/// How long a checkout waits for a connection to be made.
const LONGEST_CHECKOUT: Duration = Duration::from_secs(2);

/// How a database is to be used.
#[derive(Clone, Debug)]
pub struct DatabaseOptions {
    /// A libpq connection string or URI. Holds a password, maybe.
    pub url: SecretString,
    /// How many connections are held at most, and so how many operations run at once.
    pub connections: u32,
    /// Whether statements are prepared once for each connection.
    pub prepare: bool,
    /// How long an operation may wait for its connection and run, both together.
    pub timeout: Duration,
}

/// How much a pool is used at one moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PoolLoad {
    /// Connections there are.
    pub open: u32,
    /// Connections in use.
    pub busy: u32,
    /// Operations that wait for their turn.
    pub waiting: u32,
}

/// A pool of connections. Cheap to clone. Operations beyond the number of connections wait without holding a thread.
#[derive(Clone)]
pub struct Database {
    connector: Connector,
    pool: Pool<Connector>,
    turns: Arc<Semaphore>,
    waiting: Arc<AtomicU32>,
    timeout: Duration,
    /// The last attempt to connect failed; the pool goes on trying by itself.
    is_unreachable: Arc<AtomicBool>,
}

impl Database {
    /// A pool that connects when it is first needed; a database that is out of reach shows with the first operation.
    pub fn new(options: &DatabaseOptions) -> Self {
        let connections = options.connections.max(1);
        let is_unreachable = Arc::new(AtomicBool::new(false));
        let connector = Connector {
            url: options.url.clone(),
            prepare: options.prepare,
            is_unreachable: Arc::clone(&is_unreachable),
            outages: Outages::default(),
        };
        let pool = Pool::builder()
            .max_size(connections)
            .min_idle(Some(0))
            // Half of it is also the longest pause between two attempts to connect.
            .connection_timeout(options.timeout.min(LONGEST_CHECKOUT))
            .test_on_check_out(true)
            .error_handler(Box::new(ConnectionTrouble(Arc::clone(&is_unreachable))))
            .build_unchecked(connector.clone());
        Self {
            connector,
            pool,
            turns: Arc::new(Semaphore::new(connections as usize)),
            waiting: Arc::default(),
            timeout: options.timeout,
            is_unreachable,
        }
    }

    /// Runs `work` on a connection of its own.
    ///
    /// # Errors
    /// Those of `work`, and [`DbError::Unavailable`] where no connection could be had in time or `work` took too long. It
    /// is then unknown whether a write of `work` happened.
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

    async fn run_to_end<T, F>(&self, work: F) -> Result<T, DbError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> Result<T, DbError> + Send + 'static,
    {
        if self.is_unreachable.load(Ordering::Relaxed) && self.open_connections() == 0 {
            // Who waits for a database that is gone is in the way of what needs none.
            return Err(DbError::Unavailable("the last attempt to connect failed".to_owned()));
        }
        let closed = |_| DbError::Unavailable("the pool is closed".to_owned());
        let waiting = Waiting::begin(&self.waiting);
        let turn = self.turns.clone().acquire_owned().await.map_err(closed)?;
        drop(waiting);
        let pool = self.pool.clone();
        let task = spawn_blocking(move || {
            let _turn = turn;
            let mut connection = pool.get().map_err(|error| DbError::Unavailable(error.to_string()))?;
            let result = work(&mut connection);
            connection.note(&result);
            result
        });
        task.await.unwrap_or_else(|error| Err(DbError::Corrupt(format!("a database operation panicked: {error}"))))
    }

    /// A connection outside the pool.
    pub fn own_connection(&self) -> OwnConnection {
        // It finds out for itself whether the database is in reach. Its failure must not keep requests from the pool, which
        // would then never try.
        OwnConnection::new(Connector { is_unreachable: Arc::default(), ..self.connector.clone() })
    }

    /// How long an operation may take, its wait included.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// How often connections have been found broken so far. A crash of the database ends all of them, so that whoever
    /// remembers what a crash may have taken back forgets it when this changes.
    pub fn outages(&self) -> u64 {
        self.connector.outages.count()
    }

    pub(super) fn connector(&self) -> &Connector {
        &self.connector
    }

    /// How many connections are open at the moment.
    pub fn open_connections(&self) -> u32 {
        self.pool.state().connections
    }

    /// How much the pool is used at the moment.
    pub fn load(&self) -> PoolLoad {
        let state = self.pool.state();
        PoolLoad {
            open: state.connections,
            busy: state.connections.saturating_sub(state.idle_connections),
            waiting: self.waiting.load(Ordering::Relaxed),
        }
    }
}

/// Counts an operation as waiting for as long as it lives, also where its caller gives up.
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

/// r2d2 tries again by itself, up to several times a second: the change is told, not each attempt.
#[derive(Debug)]
struct ConnectionTrouble(Arc<AtomicBool>);

impl diesel::r2d2::HandleError<diesel::r2d2::Error> for ConnectionTrouble {
    fn handle_error(&self, error: diesel::r2d2::Error) {
        if !self.0.swap(true, Ordering::Relaxed) {
            tracing::error!(error = %error, "The database is out of reach; connecting is tried again until it works");
        }
    }
}

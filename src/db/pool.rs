//! The pool, and the bridge from async code to Diesel's blocking calls.

use std::sync::Arc;
use std::time::Duration;

use diesel::r2d2::Pool;
use secrecy::SecretString;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::connection::{Connection, Connector};
use super::error::DbError;

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
    pub patience: Duration,
}

/// A pool of connections. Cheap to clone. Operations beyond the number of connections wait without holding a thread.
#[derive(Clone)]
pub struct Database {
    pool: Pool<Connector>,
    turns: Arc<Semaphore>,
    patience: Duration,
}

impl Database {
    /// A pool that connects when it is first needed; a database that is out of reach shows with the first operation.
    pub fn new(options: &DatabaseOptions) -> Self {
        let connections = options.connections.max(1);
        let pool = Pool::builder()
            .max_size(connections)
            .min_idle(Some(0))
            .connection_timeout(options.patience)
            .test_on_check_out(true)
            .error_handler(Box::new(ReportConnecting))
            .build_unchecked(Connector { url: options.url.clone(), prepare: options.prepare });
        Self { pool, turns: Arc::new(Semaphore::new(connections as usize)), patience: options.patience }
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
        timeout(self.patience, self.run_patiently(work)).await.map_err(late)?
    }

    async fn run_patiently<T, F>(&self, work: F) -> Result<T, DbError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> Result<T, DbError> + Send + 'static,
    {
        let closed = |_| DbError::Unavailable("the pool is closed".to_owned());
        let turn = self.turns.clone().acquire_owned().await.map_err(closed)?;
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

    /// How many connections are open at the moment.
    pub fn open_connections(&self) -> u32 {
        self.pool.state().connections
    }
}

/// r2d2 tries again by itself; each failure is told once here.
#[derive(Debug)]
struct ReportConnecting;

impl diesel::r2d2::HandleError<diesel::r2d2::Error> for ReportConnecting {
    fn handle_error(&self, error: diesel::r2d2::Error) {
        tracing::warn!(error = %error, "Could not connect to the database; trying again");
    }
}

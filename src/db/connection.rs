//! A connection, how its transactions begin, and what is known of its health.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use diesel::RunQueryDsl as _;
use diesel::connection::{AnsiTransactionManager, TransactionManager as _};
use diesel::pg::PgConnection;
use diesel::r2d2::R2D2Connection as _;
use diesel::result::{Error as DieselError, QueryResult};
use diesel::sql_types::Text;

use super::error::DbError;
use super::session::Session;
use crate::domain::outbox::Outgoing;

/// A connection that has been idle for longer is tested before a request gets it.
const STALE_AFTER: Duration = Duration::from_secs(1);

/// At the higher levels Postgres fails a transaction that meets another one's change. Here it waits for the lock and reads
/// the new row, and the statements are written for that. `default_transaction_isolation` may be another.
pub(super) const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";

diesel::define_sql_function! {
    fn current_setting(name: Text) -> Text;
}

/// A connection to the database.
pub struct Connection {
    pg: PgConnection,
    /// A statement outside a transaction has another isolation level than [`BEGIN`] sets. `SET` would change it for one
    /// session, but PgBouncer in transaction mode gives each transaction to another.
    is_isolation_raised: bool,
    commits_asynchronously: bool,
    outgoing: Outgoing,
    last_used: Instant,
    has_failed: bool,
    outages: Outages,
    /// The number of outages when this connection was last known to be alive.
    outlived: u64,
}

impl Connection {
    /// `outlived` is the number of outages before `pg` was connected.
    pub(super) fn new(
        pg: PgConnection,
        session: &Session,
        outgoing: Outgoing,
        outages: Outages,
        outlived: u64,
    ) -> Self {
        let Session { is_isolation_raised, commits_asynchronously, .. } = *session;
        let last_used = monotonic_now();
        Self {
            pg,
            is_isolation_raised,
            commits_asynchronously,
            outgoing,
            last_used,
            has_failed: false,
            outages,
            outlived,
        }
    }

    /// Which messages the outbox takes.
    pub fn outgoing(&self) -> Outgoing {
        self.outgoing
    }

    /// Diesel's connection.
    pub fn pg(&mut self) -> &mut PgConnection {
        &mut self.pg
    }

    /// Runs `work` in a transaction. It commits on `Ok` and rolls back on `Err`, so a refusal that has to be remembered
    /// is an `Ok` until here.
    ///
    /// # Errors
    /// Those of `work`, and [`DbError`] if the transaction could not begin or commit.
    pub fn transaction<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, DbError>) -> Result<T, DbError> {
        self.transaction_that_begins_with(BEGIN, work)
    }

    /// The same with another text than [`BEGIN`]. A transaction within another one is a savepoint, and needs no text.
    pub(super) fn transaction_that_begins_with<T>(
        &mut self,
        begin: &str,
        work: impl FnOnce(&mut Self) -> Result<T, DbError>,
    ) -> Result<T, DbError> {
        match AnsiTransactionManager::begin_transaction_sql(&mut self.pg, begin) {
            Err(DieselError::AlreadyInTransaction) => AnsiTransactionManager::begin_transaction(&mut self.pg),
            begun => begun,
        }?;
        match work(self) {
            Ok(value) => {
                AnsiTransactionManager::commit_transaction(&mut self.pg)?;
                Ok(value)
            }
            Err(error) => {
                // After a failed rollback Diesel knows that the connection is broken. The first error says more.
                let _ = AnsiTransactionManager::rollback_transaction(&mut self.pg);
                Err(error)
            }
        }
    }

    /// Whether a transaction is within another one.
    pub(super) fn is_nested(&mut self) -> bool {
        let status = AnsiTransactionManager::transaction_manager_status_mut(&mut self.pg);
        status.transaction_depth().ok().flatten().is_some_and(|depth| depth.get() > 1)
    }

    /// Whether a commit does not wait for the disk, by what the session began with.
    pub(super) fn commits_asynchronously(&self) -> bool {
        self.commits_asynchronously
    }

    /// Whether the server accepts writes. A standby does not, nor does a primary that was set to read-only.
    ///
    /// # Errors
    /// [`DbError`] if the server does not respond.
    pub fn takes_writes(&mut self) -> Result<bool, DbError> {
        let read_only: String = diesel::select(current_setting("transaction_read_only")).get_result(&mut self.pg)?;
        Ok(read_only == "off")
    }

    /// Runs `work` and records whether the connection can be used again.
    pub(super) fn run<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, DbError>) -> Result<T, DbError> {
        let result = if self.is_isolation_raised { self.transaction(work) } else { work(self) };
        self.last_used = monotonic_now();
        match &result {
            Err(DbError::Unavailable(_) | DbError::ReadOnly(_)) => {
                self.has_failed = true;
                self.outages.note();
            }
            // A new connection has no stale plans, and knows the isolation level that applies by then.
            Err(DbError::Aborted(_)) => self.has_failed = true,
            _ => {}
        }
        result
    }

    /// Tests a connection that has been idle, or that has not been tested since the last outage.
    pub(super) fn check(&mut self) -> QueryResult<()> {
        let outages = self.outages.count();
        if self.outlived == outages && self.last_used.elapsed() < STALE_AFTER {
            return Ok(());
        }
        self.pg.ping().inspect_err(|_| self.outages.note())?;
        self.outlived = outages;
        Ok(())
    }

    pub(super) fn is_broken(&mut self) -> bool {
        self.has_failed || std::thread::panicking() || self.pg.is_broken()
    }
}

/// Counts connections that were found broken. What breaks one, a restart or a failover, usually breaks all. After an
/// outage every connection is therefore tested before its next use, and the outage costs one request instead of one per
/// connection.
#[derive(Clone, Debug, Default)]
pub(super) struct Outages(Arc<AtomicU64>);

impl Outages {
    pub fn note(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

#[expect(clippy::disallowed_methods, reason = "the age of a connection is measured on this machine and never stored")]
pub(super) fn monotonic_now() -> Instant {
    Instant::now()
}

//! How connections are made, kept and thrown away.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use diesel::connection::{AnsiTransactionManager, CacheSize, TransactionManager as _};
use diesel::expression_methods::ExpressionMethods as _;
use diesel::pg::PgConnection;
use diesel::r2d2::{self, ManageConnection, R2D2Connection as _};
use diesel::sql_types::{Bool, Text};
use diesel::{Connection as _, ConnectionError, RunQueryDsl as _};
use secrecy::{ExposeSecret, SecretString};

use super::error::DbError;

/// After so long without use a connection is asked whether it still lives, before it is trusted with a request.
const STALE_AFTER: Duration = Duration::from_secs(1);

/// A connection of the pool.
pub struct Connection {
    pg: PgConnection,
    last_used: Instant,
    broken: bool,
    outages: Outages,
    /// How many there had been when this one was last known to live.
    outlived: u64,
}

impl Connection {
    /// Diesel's connection.
    pub fn pg(&mut self) -> &mut PgConnection {
        &mut self.pg
    }

    /// Runs `work` in a transaction: committed on `Ok`, rolled back on `Err`. A refusal that must be remembered is therefore
    /// an `Ok` until here.
    ///
    /// # Errors
    /// Those of `work`, and [`DbError`] where the transaction could not begin or commit.
    pub fn transaction<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, DbError>) -> Result<T, DbError> {
        AnsiTransactionManager::begin_transaction(&mut self.pg)?;
        match work(self) {
            Ok(value) => {
                AnsiTransactionManager::commit_transaction(&mut self.pg)?;
                Ok(value)
            }
            Err(error) => {
                // A failed rollback leaves a connection that Diesel knows to be broken; the first error says more.
                let _ = AnsiTransactionManager::rollback_transaction(&mut self.pg);
                Err(error)
            }
        }
    }

    /// Whether the server takes writes: a standby does not, nor does a primary that its operator or provider has set so.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn takes_writes(&mut self) -> Result<bool, DbError> {
        let read_only: String = diesel::select(current_setting("transaction_read_only")).get_result(&mut self.pg)?;
        Ok(read_only == "off")
    }

    /// Notes what became of the last use: a connection that failed for a reason that lies in itself is not used again.
    pub(super) fn note<T>(&mut self, result: &Result<T, DbError>) {
        self.last_used = monotonic_now();
        if matches!(result, Err(DbError::Unavailable(_))) {
            self.broken = true;
            self.outages.note();
        }
    }
}

/// Counts connections that were found broken. What ends one, a restart or a failover, mostly ends all: each is asked whether
/// it still lives before it is trusted again, so that an outage costs one request and not one for each connection.
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

/// How long a statement waits for another's row lock: a process that was paused in the middle of a transaction must not
/// take the others with it.
const LOCK_TIMEOUT: &str = "3s";

diesel::define_sql_function! {
    fn set_config(name: Text, value: Text, is_local: Bool) -> Text;
}

diesel::define_sql_function! {
    fn current_setting(name: Text) -> Text;
}

/// The condition that a setting has been set; setting it is how it becomes true.
pub(super) type IsSet = diesel::dsl::Eq<set_config<&'static str, &'static str, bool>, &'static str>;

/// True, and sets a setting until the transaction ends, which for a statement outside of one is its own end: no
/// connection goes back to the pool with it, and no round trip is spent.
pub(super) fn set_for_transaction(name: &'static str, value: &'static str) -> IsSet {
    set_config(name, value, true).eq(value)
}

/// True, and bounds how long this transaction waits for locks.
pub(super) fn within_lock_timeout() -> IsSet {
    set_for_transaction("lock_timeout", LOCK_TIMEOUT)
}

/// Makes connections, for the pool and for threads with one of their own. Diesel's own manager would keep one whose server has gone.
#[derive(Clone, Debug)]
pub(super) struct Connector {
    pub url: SecretString,
    pub prepare: bool,
    /// Cleared by each connection that is made.
    pub is_unreachable: Arc<AtomicBool>,
    pub outages: Outages,
}

impl ManageConnection for Connector {
    type Connection = Connection;
    type Error = r2d2::Error;

    fn connect(&self) -> Result<Connection, r2d2::Error> {
        let outlived = self.outages.count();
        let mut pg = establish(&self.url).map_err(r2d2::Error::ConnectionError)?;
        if !self.prepare {
            pg.set_prepared_statement_cache_size(CacheSize::Disabled);
        }
        if self.is_unreachable.swap(false, Ordering::Relaxed) {
            tracing::info!("The database is in reach again");
        }
        Ok(Connection { pg, last_used: monotonic_now(), broken: false, outages: self.outages.clone(), outlived })
    }

    fn is_valid(&self, connection: &mut Connection) -> Result<(), r2d2::Error> {
        let outages = self.outages.count();
        if connection.outlived == outages && connection.last_used.elapsed() < STALE_AFTER {
            return Ok(());
        }
        connection.pg.ping().inspect_err(|_| self.outages.note()).map_err(r2d2::Error::QueryError)?;
        connection.outlived = outages;
        Ok(())
    }

    fn has_broken(&self, connection: &mut Connection) -> bool {
        connection.broken || std::thread::panicking() || connection.pg.is_broken()
    }
}

/// Connects once, outside any pool.
pub(super) fn establish(url: &SecretString) -> Result<PgConnection, ConnectionError> {
    PgConnection::establish(&with_timeouts(url.expose_secret()))
}

/// libpq waits for ever by default, to connect as well as for the acknowledgement of what it sent to a machine that is
/// gone. What the operator has set stays.
fn with_timeouts(url: &str) -> String {
    const DEFAULTS: [(&str, &str); 4] = [
        ("connect_timeout", "5"),
        ("tcp_user_timeout", "10000"),
        ("keepalives_idle", "30"),
        ("application_name", "heirloom"),
    ];
    let is_uri = url.starts_with("postgres://") || url.starts_with("postgresql://");
    let mut out = url.to_owned();
    for (name, value) in DEFAULTS {
        if url.contains(name) {
            continue;
        }
        let separator = match (is_uri, out.contains('?')) {
            (true, true) => '&',
            (true, false) => '?',
            (false, _) => ' ',
        };
        out.push(separator);
        out.push_str(name);
        out.push('=');
        out.push_str(value);
    }
    out
}

#[expect(
    clippy::disallowed_methods,
    reason = "the age of a connection is measured on the machine, not told to anybody"
)]
pub(super) fn monotonic_now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::with_timeouts;

    #[test]
    fn timeouts_are_added_to_either_form_of_a_connection_string_and_never_override() {
        let uri = with_timeouts("postgresql://u@h/db?connect_timeout=2");
        assert!(uri.starts_with("postgresql://u@h/db?connect_timeout=2&tcp_user_timeout=10000&"), "{uri}");
        assert_eq!(uri.matches("connect_timeout").count(), 1);
        assert!(with_timeouts("postgres://h/db").starts_with("postgres://h/db?connect_timeout=5&"));
        assert!(with_timeouts("host=h dbname=db").starts_with("host=h dbname=db connect_timeout=5 "));
    }
}

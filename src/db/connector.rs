//! How connections are made, tested and dropped. This is the only place that connects: every connection has the same
//! settings.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use diesel::connection::CacheSize;
use diesel::pg::PgConnection;
use diesel::result::Error as DieselError;
use diesel::{Connection as _, ConnectionError, ConnectionResult};
use secrecy::{ExposeSecret, SecretString};

use super::connection::{Connection, Outages, monotonic_now};
use super::connection_string::{with_parameters, with_settings};
use super::dial::Hosts;
use super::error::DbError;
use super::hosts::{each_host, needs_writes};
use super::session::{Session, SharedSession};
use super::watchdog::Watchdog;
use crate::domain::outbox::Outgoing;

/// The pause between two attempts to reach a lost database.
const PAUSE: Duration = Duration::from_millis(200);

const SOON: Duration = Duration::from_secs(1);

/// Makes connections, for the pool, for threads with their own, for the listener and for migrations.
#[derive(Clone)]
pub(super) struct Connector {
    hosts: Hosts,
    prepare: bool,
    /// Settings that sessions are to begin with.
    settings: &'static [(&'static str, &'static str)],
    /// A connection to a server that refuses writes is of no use: another host accepts them.
    needs_writes: bool,
    /// Which messages are written to the outbox.
    outgoing: Outgoing,
    pub reachability: Arc<Reachability>,
    pub outages: Outages,
    pub watchdog: Watchdog,
}

/// Whether the last attempt to connect failed. Then one thread keeps trying, and nothing else does: operations that wait for a
/// lost database would delay requests that need none.
#[derive(Debug, Default)]
pub(super) struct Reachability(AtomicBool);

impl Reachability {
    pub fn is_lost(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Connector {
    /// `prepare`: whether each connection keeps its statements prepared.
    pub fn new(url: &SecretString, prepare: bool) -> Self {
        let url = with_timeouts(url.expose_secret());
        Self {
            needs_writes: needs_writes(&url),
            hosts: Hosts::new(each_host(&url)),
            prepare,
            settings: &[],
            outgoing: Outgoing::default(),
            reachability: Arc::default(),
            outages: Outages::default(),
            watchdog: Watchdog::default(),
        }
    }

    /// The same connections, which write these messages to the outbox.
    pub fn with_outgoing(self, outgoing: Outgoing) -> Self {
        Self { outgoing, ..self }
    }

    /// The same connections, whose sessions begin with these settings if that is possible. A pooler such as PgBouncer refuses
    /// them, and its sessions are shared: nothing may be set in them for longer than a transaction.
    pub fn with_settings(&self, settings: &'static [(&'static str, &'static str)]) -> Self {
        Self { settings, ..self.clone() }
    }

    /// Connects once, without watching the connection's health.
    pub fn establish(&self) -> ConnectionResult<(PgConnection, Session)> {
        match self.hosts.only() {
            Some(url) => self.establish_at(url),
            None => {
                let connector = self.clone();
                self.hosts.connect(move |url| connector.establish_at(url))
            }
        }
    }

    fn establish_at(&self, url: &str) -> ConnectionResult<(PgConnection, Session)> {
        let mut pg = self.connect_to_server(url)?;
        let session = Session::of(&mut pg).map_err(ConnectionError::CouldntSetupConfiguration)?;
        match self.prepare {
            true if session.is_shared => {
                let error = DieselError::QueryBuilderError(SharedSession.into());
                return Err(ConnectionError::CouldntSetupConfiguration(error));
            }
            true => {}
            false => pg.set_prepared_statement_cache_size(CacheSize::Disabled),
        }
        Ok((pg, session))
    }

    fn connect_to_server(&self, url: &str) -> ConnectionResult<PgConnection> {
        if self.settings.is_empty() {
            return PgConnection::establish(url);
        }
        let Some(url_with) = with_settings(url, self.settings, std::env::var_os("PGOPTIONS")) else {
            return PgConnection::establish(url);
        };
        let begun = monotonic_now();
        match PgConnection::establish(&url_with) {
            // A refusal of the settings arrives at once. A host that does not respond is not tried twice.
            Err(_) if begun.elapsed() < SOON => PgConnection::establish(url),
            result => result,
        }
    }

    /// Connects once, unless the database is lost.
    ///
    /// # Errors
    /// [`DbError::Unavailable`], and then another thread keeps trying.
    pub fn connect(&self) -> Result<Connection, DbError> {
        let unavailable = |reason: &str| Err(DbError::Unavailable(reason.to_owned()));
        if self.reachability.is_lost() {
            return unavailable("the last attempt to connect failed");
        }
        if self.watchdog.has_too_many() {
            return unavailable("too many connections do not respond");
        }
        let outlived = self.outages.count();
        match self.establish() {
            Ok((pg, session)) => {
                let (outgoing, outages) = (self.outgoing, self.outages.clone());
                Ok(Connection::new(pg, &session, outgoing, outages, outlived).that_needs_writes(self.needs_writes))
            }
            Err(error) => {
                if !self.reachability.0.swap(true, Ordering::Relaxed) {
                    tracing::error!(error = %error, "The database is unreachable; retrying until it is back");
                    self.look_out();
                }
                unavailable(&error.to_string())
            }
        }
    }

    /// Tries until the database can be reached, or until nobody waits for it.
    #[expect(clippy::disallowed_methods, reason = "that thread has nothing else to do")]
    fn look_out(&self) {
        let waiting = Arc::downgrade(&self.reachability);
        let connector = Self { reachability: Arc::default(), ..self.clone() };
        let run = move || {
            while waiting.strong_count() > 0 {
                thread::sleep(PAUSE);
                if connector.establish().is_ok() {
                    if let Some(reachability) = waiting.upgrade() {
                        reachability.0.store(false, Ordering::Relaxed);
                        tracing::info!("The database is reachable again");
                    }
                    return;
                }
            }
        };
        if let Err(error) = thread::Builder::new().name("db-connect".to_owned()).spawn(run) {
            tracing::error!(error = %error, "Could not start a thread");
            self.reachability.0.store(false, Ordering::Relaxed);
        }
    }
}

/// By default libpq waits without limit, to connect and for a lost machine to acknowledge what was sent. The operator's
/// own settings stay.
fn with_timeouts(url: &str) -> String {
    const DEFAULTS: [(&str, &str); 4] = [
        ("connect_timeout", "5"),
        ("tcp_user_timeout", "10000"),
        ("keepalives_idle", "30"),
        ("application_name", "heirloom"),
    ];
    with_parameters(url, DEFAULTS.into_iter().filter(|(name, _)| !url.contains(name)))
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
        assert!(with_timeouts("postgres://h/db?").starts_with("postgres://h/db?connect_timeout=5&"));
        assert!(with_timeouts("host=h dbname=db").starts_with("host=h dbname=db  connect_timeout=5 "));
    }
}

//! How connections are made, tested and dropped. This is the only place that connects: every connection has the same
//! settings.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use diesel::connection::CacheSize;
use diesel::pg::PgConnection;
use diesel::r2d2::{self, ManageConnection};
use diesel::result::Error as DieselError;
use diesel::{Connection as _, ConnectionError, ConnectionResult};
use secrecy::{ExposeSecret, SecretString};

use super::connection::{Connection, Outages};
use super::connection_string::{with_parameters, with_setting};
use super::session::{Session, SharedSession};
use crate::domain::outbox::Outgoing;

/// Makes connections, for the pool, for threads with their own, for the listener and for migrations. Diesel's own manager
/// would keep a connection whose server has gone.
#[derive(Clone, Debug)]
pub(super) struct Connector {
    url: SecretString,
    prepare: bool,
    /// Whether sessions are to commit without waiting for the disk.
    is_asynchronous: bool,
    /// Which messages are written to the outbox.
    outgoing: Outgoing,
    /// Cleared by each connection that is made.
    pub is_unreachable: Arc<AtomicBool>,
    pub outages: Outages,
}

impl Connector {
    /// `prepare`: whether each connection keeps its statements prepared.
    pub fn new(url: SecretString, prepare: bool) -> Self {
        Self {
            url,
            prepare,
            is_asynchronous: false,
            outgoing: Outgoing::default(),
            is_unreachable: Arc::default(),
            outages: Outages::default(),
        }
    }

    /// The same connections, which write these messages to the outbox.
    pub fn with_outgoing(self, outgoing: Outgoing) -> Self {
        Self { outgoing, ..self }
    }

    /// The same connections, whose commits do not wait for the disk if a session can begin with that setting. A pooler such as
    /// PgBouncer refuses it, and its sessions are shared: nothing may be set in them for longer than a transaction.
    pub fn asynchronous(self) -> Self {
        Self { is_asynchronous: true, ..self }
    }

    /// The same connections and outages, with another flag: with a shared one, the failure of one to connect would keep the
    /// other from trying.
    pub fn with_own_flag(&self) -> Self {
        Self { is_unreachable: Arc::default(), ..self.clone() }
    }

    /// Connects once, without watching the connection's health.
    pub fn establish(&self) -> ConnectionResult<(PgConnection, Session)> {
        let mut pg = self.connect_to_server()?;
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

    fn connect_to_server(&self) -> ConnectionResult<PgConnection> {
        let url = with_timeouts(self.url.expose_secret());
        if self.is_asynchronous
            && let Some(url) = with_setting(&url, "synchronous_commit", "off", std::env::var_os("PGOPTIONS"))
            && let Ok(pg) = PgConnection::establish(&url)
        {
            return Ok(pg);
        }
        PgConnection::establish(&url)
    }
}

impl ManageConnection for Connector {
    type Connection = Connection;
    type Error = r2d2::Error;

    fn connect(&self) -> Result<Connection, r2d2::Error> {
        let outlived = self.outages.count();
        let (pg, session) = self.establish().map_err(r2d2::Error::ConnectionError)?;
        if self.is_unreachable.swap(false, Ordering::Relaxed) {
            tracing::info!("The database is reachable again");
        }
        Ok(Connection::new(pg, &session, self.outgoing, self.outages.clone(), outlived))
    }

    fn is_valid(&self, connection: &mut Connection) -> Result<(), r2d2::Error> {
        connection.check().map_err(r2d2::Error::QueryError)
    }

    fn has_broken(&self, connection: &mut Connection) -> bool {
        connection.is_broken()
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

//! The composition root: from a configuration to a server that is bound and ready. Tests start the very same thing on
//! port 0.

mod database;
mod secret_file;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use actix_web::{HttpServer, rt, web};

use crate::config::{Config, SameSite};
use crate::crypto::keys::Keyring;
use crate::crypto::password_hash::HashingError;
use crate::db::{Database, DbError};
use crate::domain::clock::Clock;
use crate::domain::secret::SecretError;
use crate::embedded_postgres::{EmbeddedPostgres, EmbeddedPostgresError};
use crate::http::{self, CookiePolicy, HttpOptions, HttpState, RateLimits};
use crate::service::{Policy, Service};

use database::Opened;

pub use database::migrator;

/// How long requests in flight may take to end when the server is asked to stop, in seconds.
const GRACE: u64 = 15;

/// A server that is bound, on a database that is migrated. It answers once it is [`run`](Self::run).
pub struct Application {
    server: Server,
    address: SocketAddr,
    base_path: String,
    service: Arc<Service>,
    embedded: Option<EmbeddedPostgres>,
}

/// Stops a running application, from wherever it is held.
#[derive(Clone)]
pub struct Stopper(ServerHandle);

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("HEIRLOOM_SECRET {0}.")]
    Secret(#[from] SecretError),
    #[error(transparent)]
    Embedded(#[from] EmbeddedPostgresError),
    #[error("the database cannot be used: {0}. Check DATABASE_URL and that the server runs")]
    Database(#[from] DbError),
    #[error(
        "the database lacks migrations that this version needs. Run `heirloom migrate run`, or start with `--migrate`"
    )]
    NotMigrated,
    #[error("HEIRLOOM_BIND: cannot listen on {address}: {error}. Stop what uses it, or choose another address")]
    Bind { address: SocketAddr, error: io::Error },
    #[error("the generated secret cannot be kept in {path}: {error}")]
    SecretFile { path: String, error: io::Error },
    #[error("passwords cannot be hashed at this cost: {0}")]
    Hashing(#[from] HashingError),
}

impl Application {
    /// Opens the database, starting and migrating the embedded one if that is configured, derives the keys, and binds.
    /// A database of somebody else's is migrated only if `migrate` says so.
    ///
    /// # Errors
    /// [`StartError`]; each says what to do.
    pub fn build(config: &Config, clock: Clock, migrate: bool) -> Result<Self, StartError> {
        let Opened { url, embedded, secrets } = database::open(config, migrate)?;
        let keyring = Keyring::derive(&secrets)?;
        let database = Database::new(&crate::db::DatabaseOptions {
            url,
            connections: config.database.connections,
            prepare: config.database.prepare,
            patience: config.database.patience,
        });
        let rate_limits = RateLimits::new(config.throttle.login_rate, config.throttle.refresh_rate, &clock);
        let service = Arc::new(Service::new(database, clock, &keyring, policy(config))?);
        let state =
            web::Data::new(HttpState { service: Arc::clone(&service), options: http_options(config), rate_limits });
        let bind_error = |error| StartError::Bind { address: config.bind, error };
        let listener = TcpListener::bind(config.bind).map_err(bind_error)?;
        let address = listener.local_addr().map_err(bind_error)?;
        let server = HttpServer::new(move || http::app(state.clone()))
            .listen(listener)
            .map_err(bind_error)?
            .client_request_timeout(Duration::from_secs(5))
            .shutdown_timeout(GRACE)
            // The caller decides what ends us: actix's own handling of Ctrl-C drops the requests in flight.
            .disable_signals()
            .run();
        Ok(Self { server, address, base_path: config.base_path.clone(), service, embedded })
    }

    /// Where the server listens; with port 0, the port that was picked.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL that clients on this machine use.
    pub fn url(&self) -> String {
        format!("http://{}{}", self.address, self.base_path)
    }

    /// The use cases, for tests that wait for what happens in the background.
    pub fn service(&self) -> Arc<Service> {
        Arc::clone(&self.service)
    }

    /// What stops this application.
    pub fn stopper(&self) -> Stopper {
        Stopper(self.server.handle())
    }

    /// Serves until stopped; then answers what is in flight, writes what waits in the background, and stops the embedded
    /// database.
    ///
    /// # Errors
    /// What broke the listening socket.
    pub async fn run(self) -> io::Result<()> {
        let background = Arc::clone(&self.service);
        let confirmations = rt::spawn(async move { background.write_confirmations().await });
        let result = self.server.await;
        let _ = tokio::time::timeout(Duration::from_secs(2), self.service.confirmations_written()).await;
        confirmations.abort();
        drop(self.service);
        if let Some(embedded) = self.embedded {
            embedded.stop();
        }
        result
    }
}

impl Stopper {
    /// Takes no new connections, waits for the requests in flight, and returns when the server has stopped.
    pub async fn stop(&self) {
        self.0.stop(true).await;
    }
}

/// Checks what [`Config::resolve`](crate::config::Config::resolve) cannot: the keys derived from the secrets.
///
/// # Errors
/// [`StartError::Secret`].
pub fn check(config: &Config) -> Result<(), StartError> {
    if !config.secrets.is_empty() {
        Keyring::derive(&config.secrets)?;
    }
    Ok(())
}

fn policy(config: &Config) -> Policy {
    Policy {
        rotation: config.rotation,
        lifetimes: config.lifetimes,
        password: config.password,
        access_token: config.access_token.clone(),
        hash_cost: config.hash_cost,
        hashes_at_once: config.hashes_at_once,
    }
}

fn http_options(config: &Config) -> HttpOptions {
    let cookie = &config.cookie;
    HttpOptions {
        base_path: config.base_path.clone(),
        cookies: CookiePolicy {
            same_site: match cookie.same_site {
                SameSite::Strict => http::SameSite::Strict,
                SameSite::Lax => http::SameSite::Lax,
                SameSite::None => http::SameSite::None,
            },
            path: cookie.path.clone(),
            domain: cookie.domain.clone(),
            is_insecure: cookie.is_insecure,
        },
        allowed_origins: config.allowed_origins.iter().map(|origin| origin.as_str().to_owned()).collect(),
        trusted_proxies: config.throttle.trusted_proxies.clone(),
        body_timeout: config.body_timeout,
    }
}

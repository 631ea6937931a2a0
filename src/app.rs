//! The composition root: from a configuration to a server that is bound and ready. Tests start the very same thing on
//! port 0.

mod capacity;
mod database;
mod secret_file;
mod server;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use actix_web::{rt, web};
use futures_util::future::{OptionFuture, join};
use secrecy::SecretString;

use crate::config::{Config, DATABASE_URL_SHAPE};
use crate::connections::{Connections, Timeouts};
use crate::crypto::keys::Keyring;
use crate::crypto::password_hash::HashingError;
use crate::db::listener::Listener;
use crate::db::{Database, DatabaseOptions, DbError};
use crate::domain::clock::Clock;
use crate::domain::secret::SecretError;
use crate::embedded_postgres::{EmbeddedPostgres, EmbeddedPostgresError};
use crate::http::{self, HttpOptions, HttpState, RateLimits};
use crate::metrics::Metrics;
use crate::service::{Policy, Service};

use capacity::Capacity;
use database::Opened;
use server::{Bound, ServerOptions, bind, bind_admin, serve};

pub use database::{migrator, service};

/// A server that is bound, on a database that is migrated. It answers once it is [`run`](Self::run).
pub struct Application {
    server: Server,
    address: SocketAddr,
    admin: Option<Admin>,
    base_path: String,
    service: Arc<Service>,
    /// Dropped before the server that it listens to.
    listener: Option<Listener>,
    embedded: Option<EmbeddedPostgres>,
}

/// The second server, for those who watch the first.
struct Admin {
    server: Server,
    address: SocketAddr,
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
        "DATABASE_URL cannot be used as it is written, and is not quoted here since it may hold a password. It \
         {DATABASE_URL_SHAPE}"
    )]
    DatabaseUrl,
    #[error(
        "the database lacks migrations that this version needs. Run `heirloom migrate run`, or start with `--migrate`"
    )]
    NotMigrated,
    #[error("{variable}: cannot listen on {address}: {error}. {}", way_out(error))]
    Bind { variable: &'static str, address: SocketAddr, error: io::Error },
    #[error(
        "HEIRLOOM_MAX_CONNECTIONS is {wanted}, and this process may open {files} files, which allows {most} connections. \
         Raise the limit (`ulimit -n`, LimitNOFILE= of systemd, `ulimits` of Compose), or lower the setting"
    )]
    TooManyConnections { wanted: usize, files: u64, most: usize },
    #[error("the generated secret in {path} cannot be used: {error}")]
    SecretFile { path: String, error: io::Error },
    #[error("passwords cannot be hashed at this cost: {0}")]
    Hashing(#[from] HashingError),
}

fn way_out(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::PermissionDenied => "Choose a port of 1024 or more, or give the program the right to this one",
        io::ErrorKind::AddrNotAvailable => "This machine has no such address; choose one that it has",
        _ => "Stop what uses it, or choose another address",
    }
}

impl Application {
    /// Opens the database, starting and migrating the embedded one if that is configured, derives the keys, and binds.
    /// A database of somebody else's is migrated only if `migrate` says so.
    ///
    /// # Errors
    /// [`StartError`]; each says what to do.
    pub fn build(config: &Config, clock: Clock, migrate: bool) -> Result<Self, StartError> {
        let Opened { url, embedded, secrets } = database::open(config, migrate)?;
        // After the embedded database, which keeps the limit that it was started with.
        let capacity = Capacity::of(config)?;
        let keyring = Keyring::derive(&secrets)?;
        let database = pool(config, url);
        let service = Arc::new(Service::new(database.clone(), clock.clone(), &keyring, policy(config))?);
        let listener = config.database.listen.then(|| {
            let service = Arc::clone(&service);
            Listener::start(&database, move || service.hear_of_ended_sessions())
        });
        let rate_limits = RateLimits::new(config.throttle.login_rate, config.throttle.refresh_rate, &clock);
        let metrics = Arc::new(Metrics::new());
        let connections = Connections::new(capacity.public, metrics.connections("public"));
        let admin_connections = Connections::new(capacity.admin, metrics.connections("admin"));
        let state = web::Data::new(HttpState::new(Arc::clone(&service), http_options(config), metrics, rate_limits));
        if config.has_app && !http::is_app_built() {
            tracing::warn!(
                "This binary was built without the web app, so /app/ only tells how to build it: `make build`, with Node.js \
                 and npm installed. HEIRLOOM_APP=off turns it off"
            );
        }
        // Both before either serves, so that no request is taken by a server that is about to give up.
        let public = bind("HEIRLOOM_BIND", config.bind)?;
        let admin = config.admin_bind.map(|address| bind_admin(address, config.is_admin_bind_given)).transpose()?;
        let address = public.address;
        let blocking = config.database.connections as usize + config.hashes_at_once.get();
        let options = ServerOptions { workers: capacity.workers, blocking, timeouts: timeouts(config) };
        let admin = admin.map(|bound| Admin::new(bound, &options, admin_connections, state.clone())).transpose()?;
        let server = serve(public, &options, connections, move || http::app(state.clone()))?;
        Ok(Self { server, address, admin, base_path: config.base_path.clone(), service, listener, embedded })
    }

    /// Where the server listens; with port 0, the port that was picked.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where the admin server listens, if it is not turned off.
    pub fn admin_address(&self) -> Option<SocketAddr> {
        self.admin.as_ref().map(|admin| admin.address)
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
        if let Err(error) = self.service.catch_up_with_ended_sessions().await {
            tracing::warn!(error = %error, "Could not look up ended sessions at the start; trying again each second");
        }
        let service = Arc::clone(&self.service);
        let notes = rt::spawn(async move { service.write_in_background().await });
        let service = Arc::clone(&self.service);
        let ended_sessions = rt::spawn(async move { service.keep_up_with_ended_sessions().await });
        let service = Arc::clone(&self.service);
        let pruning = rt::spawn(async move { service.keep_pruned().await });
        let (admin_handle, admin) = self.admin.map(|admin| (admin.server.handle(), admin.server)).unzip();
        let public = async {
            let result = self.server.await;
            // Last, so that whoever watches sees the others drain. Nothing is lost with a scrape.
            OptionFuture::from(admin_handle.map(|handle| handle.stop(false))).await;
            result
        };
        let admin = async {
            if let Some(Err(error)) = OptionFuture::from(admin).await {
                tracing::error!(error = %error, "The admin server broke off; the public one goes on");
            }
        };
        let (result, ()) = join(public, admin).await;
        let _ = tokio::time::timeout(Duration::from_secs(2), self.service.background_writes_done()).await;
        notes.abort();
        ended_sessions.abort();
        pruning.abort();
        drop((self.listener, self.service));
        if let Some(embedded) = self.embedded {
            embedded.stop();
        }
        result
    }
}

impl Admin {
    fn new(
        bound: Bound,
        options: &ServerOptions,
        connections: Arc<Connections>,
        state: web::Data<HttpState>,
    ) -> Result<Self, StartError> {
        let address = bound.address;
        let options = ServerOptions { workers: 1, ..*options };
        let server = serve(bound, &options, connections, move || http::admin_app(state.clone()))?;
        Ok(Self { server, address })
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

fn pool(config: &Config, url: SecretString) -> Database {
    Database::new(&DatabaseOptions {
        url,
        connections: config.database.connections,
        prepare: config.database.prepare,
        timeout: config.database.timeout,
    })
}

/// One setting for all that a client has to do: send a head, send a body, read.
fn timeouts(config: &Config) -> Timeouts {
    Timeouts {
        head: config.body_timeout,
        write: 3 * config.body_timeout,
        idle: Duration::from_secs(5),
        linger: Duration::from_secs(2),
    }
}

fn policy(config: &Config) -> Policy {
    Policy {
        rotation: config.rotation,
        lifetimes: config.lifetimes,
        password: config.password,
        sessions_per_user: config.sessions_per_user,
        event_retention: config.event_retention,
        access_token: config.access_token.clone(),
        hash_cost: config.hash_cost,
        rotation_workers: config.database.rotation_workers,
        hashes_at_once: config.hashes_at_once,
    }
}

fn http_options(config: &Config) -> HttpOptions {
    HttpOptions {
        base_path: config.base_path.clone(),
        cookies: config.cookie.clone(),
        allowed_origins: config.allowed_origins.iter().map(|origin| origin.as_str().to_owned()).collect(),
        trusted_proxies: config.throttle.trusted_proxies.clone(),
        body_timeout: config.body_timeout,
        has_app: config.has_app,
        is_development: config.is_development,
    }
}

//! The server: what it is composed of, and how it starts and stops.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use actix_web::web;
use futures_util::future::{OptionFuture, join};

use super::capacity::Capacity;
use super::database::{self, Opened};
use super::error::StartError;
use super::messaging::messaging;
use super::options::{http_options, policy, pool, timeouts};
use super::server::{Bound, ServerOptions, bind, bind_admin, serve};
use super::upkeep::Upkeep;
use crate::config::Config;
use crate::connections::Connections;
use crate::crypto::keys::Keyring;
use crate::db::listener::Listener;
use crate::domain::clock::Clock;
use crate::embedded_postgres::EmbeddedPostgres;
use crate::http::{self, HttpState, RateLimits};
use crate::metrics::Metrics;
use crate::service::Components;

/// How long the background writes may take when the server stops.
const FLUSH: Duration = Duration::from_secs(2);

/// How long messages that are being sent may take when the server stops. After that, another process sends them again.
const LAST_MESSAGES: Duration = Duration::from_secs(5);

/// A server that is bound, on a database that is migrated. It serves once [`run`](Self::run) is called.
pub struct Application {
    server: Server,
    address: SocketAddr,
    admin: Option<Admin>,
    base_path: String,
    components: Components,
    /// Dropped before the database server that it listens to.
    listener: Option<Listener>,
    embedded: Option<EmbeddedPostgres>,
}

/// The second server, for metrics and health.
struct Admin {
    server: Server,
    address: SocketAddr,
}

/// Stops a running application.
#[derive(Clone)]
pub struct Stopper(ServerHandle);

impl Application {
    /// Opens the database, derives the keys, and binds. The embedded database is started and migrated; any other is
    /// migrated only with `migrate`.
    pub fn build(config: &Config, clock: Clock, migrate: bool) -> Result<Self, StartError> {
        let Opened { url, embedded, secrets } = database::open(config, migrate)?;
        // The embedded database is already running, with the original limit.
        let capacity = Capacity::of(config)?;
        let keyring = Keyring::derive(&secrets)?;
        let messaging = messaging(config, &clock)?;
        let public_url = Arc::clone(&messaging.public_url);
        let database = pool(config, url, messaging.outgoing());
        let components = Components::new(database.clone(), clock.clone(), &keyring, policy(config, messaging))?;
        let listener = config.database.listen.then(|| {
            let ended_sessions = Arc::clone(&components.ended_sessions);
            Listener::start(&database, move |notice| ended_sessions.hear(notice))
        });
        let rate_limits = RateLimits::new(config.throttle.login_rate, config.throttle.refresh_rate, &clock);
        let metrics = Arc::new(Metrics::new());
        let connections = Connections::new(capacity.public, metrics.connections("public"));
        let admin_connections = Connections::new(capacity.admin, metrics.connections("admin"));
        let state = web::Data::new(HttpState::new(&components, http_options(config), metrics, rate_limits, &clock));
        if config.has_app && !http::is_app_built() {
            tracing::warn!(
                "This binary was built without the web app, so /app/ only explains how to build it: `make build`, with \
                 Node.js and npm installed. HEIRLOOM_APP=off turns it off"
            );
        }
        // Both before either serves: if one fails to bind, the other has taken no request.
        let public = bind("HEIRLOOM_BIND", config.bind)?;
        let admin = config.admin_bind.map(|address| bind_admin(address, config.is_admin_bind_given)).transpose()?;
        let address = public.address;
        if components.service.mailbox().is_some() {
            // An operator's own comes first.
            let _ = public_url.set(format!("http://{address}{}/app/", config.base_path));
        }
        let blocking = config.database.connections as usize + config.hashes_at_once.get();
        let options = ServerOptions { workers: capacity.workers, blocking, timeouts: timeouts(config) };
        let admin = admin.map(|bound| Admin::new(bound, &options, admin_connections, state.clone())).transpose()?;
        let server = serve(public, &options, connections, move || http::app(state.clone()))?;
        Ok(Self { server, address, admin, base_path: config.base_path.clone(), components, listener, embedded })
    }

    /// The address of the server; with port 0 in the settings, it has the port that was picked.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address of the admin server, unless that is turned off.
    pub fn admin_address(&self) -> Option<SocketAddr> {
        self.admin.as_ref().map(|admin| admin.address)
    }

    /// The URL that clients on this machine use.
    pub fn url(&self) -> String {
        format!("http://{}{}", self.address, self.base_path)
    }

    /// What the server is built over, for tests.
    pub fn components(&self) -> Components {
        self.components.clone()
    }

    /// Stops this application once it runs.
    pub fn stopper(&self) -> Stopper {
        Stopper(self.server.handle())
    }

    /// Serves until stopped. Then it finishes the requests in flight and the background writes, and stops the embedded
    /// database.
    ///
    /// # Errors
    /// The error that broke the listening socket.
    pub async fn run(self) -> io::Result<()> {
        if let Err(error) = self.components.ended_sessions.catch_up().await {
            tracing::warn!(error = %error, "Could not look up ended sessions at the start; trying again each second");
        }
        let upkeep = Upkeep::start(&self.components);
        let (admin_handle, admin) = self.admin.map(|admin| (admin.server.handle(), admin.server)).unzip();
        let public = async {
            let result = self.server.await;
            // Last, so monitoring sees the public server drain. A scrape that is cut off loses nothing.
            OptionFuture::from(admin_handle.map(|handle| handle.stop(false))).await;
            result
        };
        let admin = async {
            if let Some(Err(error)) = OptionFuture::from(admin).await {
                tracing::error!(error = %error, "The admin server failed; the public server goes on");
            }
        };
        let (result, ()) = join(public, admin).await;
        let _ = tokio::time::timeout(FLUSH, self.components.background_writes.flush()).await;
        let _ = tokio::time::timeout(LAST_MESSAGES, self.components.outbox.stop()).await;
        drop((upkeep, self.listener, self.components));
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
    /// Stops accepting connections, waits for the requests in flight, and returns when the server has stopped.
    pub async fn stop(&self) {
        self.0.stop(true).await;
    }
}

//! The server: what it is composed of, and how it starts and stops.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use actix_web::dev::{Server, ServerHandle};
use actix_web::web;
use futures_util::future::{OptionFuture, join};

use super::capacity::Capacity;
use super::composition::Composition;
use super::database;
use super::error::StartError;
use super::options::timeouts;
use super::server::{Bound, ServerOptions, bind, bind_admin, serve};
use crate::config::Config;
use crate::connections::Connections;
use crate::domain::clock::Clock;
use crate::http::{self, HttpState};
use crate::metrics::Metrics;
use crate::service::{Components, HOOKS_AT_ONCE};

/// A server that is bound, on a database that is migrated. It serves once [`run`](Self::run) is called.
pub struct Application {
    server: Server,
    address: SocketAddr,
    admin: Option<Admin>,
    base_path: String,
    composition: Composition,
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
        let opened = database::open(config, migrate)?;
        // The embedded database is already running, with the original limit.
        let capacity = Capacity::of(config)?;
        let metrics = Arc::new(Metrics::new());
        let connections = Connections::new(capacity.public, metrics.connections("public"));
        let admin_connections = Connections::new(capacity.admin, metrics.connections("admin"));
        let composition = Composition::over(opened, config, &clock)?;
        let state = composition.state(config, &config.base_path, metrics, &clock);
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
        composition.serves_pages_at(format!("http://{address}{}/app/", config.base_path));
        let asking = if config.password_hook.is_some() { HOOKS_AT_ONCE } else { 0 };
        let blocking = config.hashes_at_once.get() + asking;
        let options = ServerOptions { workers: capacity.workers, blocking, timeouts: timeouts(config) };
        let admin = admin.map(|bound| Admin::new(bound, &options, admin_connections, state.clone())).transpose()?;
        let server = serve(public, &options, connections, move || http::app(state.clone()))?;
        Ok(Self { server, address, admin, base_path: config.base_path.clone(), composition })
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
        self.composition.components.clone()
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
        let upkeep = self.composition.start().await;
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
        self.composition.stop(upkeep).await;
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

//! What a process is composed of beside its listening sockets: the same for a server and for an app that contains one.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use actix_web::web::Data;
use tokio::time::timeout;

use super::database::Opened;
use super::error::StartError;
use super::messaging::messaging;
use super::options::{http_options, policy, pool};
use super::upkeep::Upkeep;
use crate::config::Config;
use crate::crypto::keys::Keyring;
use crate::db::listener::Listener;
use crate::domain::clock::Clock;
use crate::embedded_postgres::EmbeddedPostgres;
use crate::http::{HttpOptions, HttpState, RateLimits};
use crate::metrics::Metrics;
use crate::service::Components;

/// How long the background writes may take when a process stops.
const FLUSH: Duration = Duration::from_secs(2);

/// How long messages that are being sent may take when a process stops. After that, another process sends them again.
const LAST_MESSAGES: Duration = Duration::from_secs(5);

/// The use cases over an open database, and what runs beside them.
pub(super) struct Composition {
    pub components: Components,
    /// Where pages for links in mails are, once it is known.
    public_url: Arc<OnceLock<String>>,
    /// Dropped before the database server that it listens to.
    listener: Option<Listener>,
    embedded: Option<EmbeddedPostgres>,
}

impl Composition {
    /// Builds it over an open database. The listener runs already.
    pub fn over(opened: Opened, config: &Config, clock: &Clock) -> Result<Self, StartError> {
        let Opened { url, embedded, secrets } = opened;
        let keyring = Keyring::derive(&secrets)?;
        let messaging = messaging(config, clock)?;
        let public_url = Arc::clone(&messaging.public_url);
        let database = pool(config, url, messaging.outgoing());
        let components = Components::new(database.clone(), clock.clone(), &keyring, policy(config, messaging))?;
        let listener = config.database.listen.then(|| {
            let ended_sessions = Arc::clone(&components.ended_sessions);
            Listener::start(&database, move |notice| ended_sessions.hear(notice))
        });
        Ok(Self { components, public_url, listener, embedded })
    }

    /// What the handlers share, below this path.
    pub fn state(&self, config: &Config, base_path: &str, metrics: Arc<Metrics>, clock: &Clock) -> Data<HttpState> {
        let rate_limits = RateLimits::new(config.throttle.login_rate, config.throttle.refresh_rate, clock);
        let options = HttpOptions { base_path: base_path.to_owned(), ..http_options(config) };
        Data::new(HttpState::new(&self.components, options, metrics, rate_limits, clock))
    }

    /// Sets where the pages for links in mails are, unless the operator has, if this process keeps its mails.
    pub fn serves_pages_at(&self, url: String) {
        if self.components.service.mailbox().is_some() {
            let _ = self.public_url.set(url);
        }
    }

    /// Learns what has ended before, and starts the upkeep on the runtime of the caller.
    pub async fn start(&self) -> Upkeep {
        if let Err(error) = self.components.ended_sessions.catch_up().await {
            tracing::warn!(error = %error, "Could not look up ended sessions at the start; trying again each second");
        }
        Upkeep::start(&self.components)
    }

    /// Finishes the background writes and the messages that are being sent, and stops the embedded database.
    pub async fn stop(self, upkeep: Upkeep) {
        let _ = timeout(FLUSH, self.components.background_writes.flush()).await;
        let _ = timeout(LAST_MESSAGES, self.components.outbox.stop()).await;
        drop((upkeep, self.listener, self.components));
        if let Some(embedded) = self.embedded {
            embedded.stop();
        }
    }
}

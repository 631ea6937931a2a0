//! Settings: flags and environment variables, and the configuration they result in. They are read once at start. No other
//! module reads the environment for settings.

mod aliases;
mod cookies;
mod database;
mod database_url;
mod development;
pub mod dotenv;
mod errors;
mod host;
mod logging;
mod messages;
mod origin;
mod parsers;
mod passwords;
mod server;
mod sessions;
mod setting;
mod settings;
mod sources;
mod throttling;
mod tokens;
pub mod trusted_file;
mod unknown;

use std::net::SocketAddr;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

use crate::domain::password::PasswordPolicy;
use crate::domain::policy::{AccessTokenPolicy, CookiePolicy, HashCost, Lifetimes, RotationPolicy, ServiceApi};
use crate::domain::registration::Registration;
use crate::domain::secret::Secret;

pub use database::{DatabaseConfig, DatabasePlace};
pub use database_url::{DATABASE_URL_SHAPE, without_values};
pub use errors::{ConfigError, ConfigErrors, ConfigWarning};
pub use logging::{LogConfig, LogFormat};
pub use messages::{MailBy, MailConfig, MessagesConfig, WebhookConfig};
pub use origin::Origin;
pub use server::ConnectionConfig;
pub use settings::{Settings, unknown_settings};
pub use throttling::ThrottleConfig;

use settings::Sections;

/// The checked configuration of a server.
#[derive(Clone, Debug)]
pub struct Config {
    pub database: DatabaseConfig,
    pub bind: SocketAddr,
    /// Where metrics and health checks are served, if anywhere.
    pub admin_bind: Option<SocketAddr>,
    /// Whether the operator chose that address. If not and it is in use, another port is picked.
    pub is_admin_bind_given: bool,
    pub service_api: ServiceApi,
    /// Empty, or starts with a slash and does not end with one.
    pub base_path: String,
    /// Newest first. Empty only with the embedded database, which generates one.
    pub secrets: Vec<Secret>,
    pub rotation: RotationPolicy,
    pub lifetimes: Lifetimes,
    pub access_token: AccessTokenPolicy,
    pub password: PasswordPolicy,
    pub sessions_per_user: NonZeroU32,
    pub event_retention: Duration,
    pub hash_cost: HashCost,
    pub hashes_at_once: NonZeroUsize,
    /// The URL of the service that knows the passwords of users without a hash. It may have a password.
    pub password_hook: Option<SecretString>,
    pub cookie: CookiePolicy,
    pub allowed_origins: Vec<Origin>,
    pub body_timeout: Duration,
    /// How long a connection stays open between requests.
    pub keep_alive: Duration,
    pub connections: ConnectionConfig,
    pub throttle: ThrottleConfig,
    pub log: LogConfig,
    /// Host names of the admin address besides those of this machine, in lower case.
    pub admin_hosts: Vec<String>,
    /// Whether the web app is served.
    pub has_app: bool,
    /// Whether the OpenAPI document and its page are served.
    pub has_docs: bool,
    /// Whether the routes that only a server for development may have are served too.
    pub is_development: bool,
    pub messages: MessagesConfig,
    pub registration: Registration,
    /// What the operator should know, for the log.
    pub warnings: Vec<ConfigWarning>,
}

impl Config {
    /// The configuration that `settings` result in. `data_dir` is the platform's data directory, if it has one.
    ///
    /// # Errors
    /// [`ConfigErrors`] names every setting that is wrong by itself or together with others.
    pub fn resolve(settings: &Settings, data_dir: Option<PathBuf>) -> Result<Self, ConfigErrors> {
        let mut found = settings.conflicts.clone();
        let errors = &mut found;
        let mut noted = Vec::new();
        let warnings = &mut noted;
        let credentials = settings.credentials.as_deref();
        let Sections {
            database,
            server,
            tokens,
            sessions,
            cookies,
            throttling,
            passwords,
            messages,
            logging,
            development,
        } = &settings.sections;
        let bind = server.bind.value(errors);
        let is_external = database.is_external(credentials);
        let database = database.resolve(errors, warnings, data_dir, credentials);
        let throttle = throttling.resolve(errors);
        let is_development = development.resolve(errors, bind, &database.place, &throttle);
        let admin_bind = server.admin_address(errors, warnings, bind);
        let access_token = tokens.access_token(errors);
        let (messages_config, registration) = messages.resolve(errors, warnings, &access_token.issuer, credentials);
        let has_mailbox = is_development && !is_external;
        messages.check_registration(errors, messages_config.mail.is_some() || has_mailbox);
        let config = Self {
            database,
            bind,
            admin_bind,
            service_api: server.service_api(errors, admin_bind),
            is_admin_bind_given: server.admin_bind.is_given(),
            base_path: server.base_path.value(errors),
            secrets: tokens.secrets(errors, warnings, is_external, credentials),
            rotation: sessions.rotation(errors),
            lifetimes: sessions.lifetimes(errors),
            access_token,
            password: passwords.policy(errors),
            sessions_per_user: sessions.max_sessions_per_user.value(errors),
            event_retention: sessions.event_retention.value(errors),
            hash_cost: passwords.hash_cost(errors),
            hashes_at_once: passwords.hashes_at_once(errors),
            password_hook: passwords.hook(errors, warnings, credentials),
            cookie: cookies.resolve(errors, bind),
            allowed_origins: server.allowed_origins.value(errors),
            body_timeout: server.body_timeout.value(errors),
            keep_alive: server.keep_alive.value(errors),
            connections: server.connections(errors),
            throttle,
            log: logging.resolve(errors),
            admin_hosts: server.admin_hosts.value(errors),
            has_app: server.app.value(errors),
            has_docs: server.docs.value(errors),
            is_development,
            messages: messages_config,
            registration,
            warnings: noted,
        };
        if found.is_empty() { Ok(config) } else { Err(ConfigErrors(found)) }
    }
}

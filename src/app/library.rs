//! The server as a part of an app that has its own.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use actix_web::web::{Data, ServiceConfig};
use tokio::task::spawn_blocking;

use super::composition::Composition;
use super::database;
use super::error::StartError;
use super::options::check;
use super::upkeep::Upkeep;
use crate::config::{self, ConfigErrors, Settings};
use crate::domain::clock::Clock;
use crate::http::{self, HttpState};
use crate::metrics::Metrics;

/// The settings of [`Heirloom::connect`]: the same as those of the program, by the names of their environment variables.
///
/// `HEIRLOOM_BASE_PATH` is the path that is given to [`Heirloom::routes`]. Settings of the program's own server and of its log
/// have no effect: your app has these. `HEIRLOOM_BIND` should name the address of your app, if it is not 127.0.0.1, since
/// `HEIRLOOM_DEV` and `HEIRLOOM_COOKIE_INSECURE` are refused for others. The service API is off, unless
/// `HEIRLOOM_SERVICE_API=public`.
///
/// ```
/// let config = heirloom::Config::new()
///     .set("DATABASE_URL", "postgres://heirloom@db.internal/app")
///     .set("HEIRLOOM_SECRET", "made once with: heirloom secret generate")
///     .set("HEIRLOOM_ACCESS_TOKEN_TTL", "5m")
///     .migrate(true);
/// ```
#[derive(Clone, Default)]
#[must_use]
pub struct Config {
    variables: Vec<(String, String)>,
    reads_environment: bool,
    migrates: bool,
}

impl Config {
    /// The defaults. Without `DATABASE_URL`, a private Postgres runs in `HEIRLOOM_DATA_DIR`, for development.
    pub fn new() -> Self {
        Self::default()
    }

    /// The settings in the environment. Your app reads `.env` before, if it has one.
    pub fn from_env() -> Self {
        Self { reads_environment: true, ..Self::default() }
    }

    /// Sets one, over that of the environment.
    pub fn set(mut self, variable: impl Into<String>, value: impl Into<String>) -> Self {
        self.variables.push((variable.into(), value.into()));
        self
    }

    /// Whether [`Heirloom::connect`] creates and changes the tables. If not, it fails for a database without the current ones,
    /// and you run `heirloom migrate run`. Default: false. A private Postgres is always migrated.
    pub fn migrate(mut self, migrates: bool) -> Self {
        self.migrates = migrates;
        self
    }

    fn resolve(&self) -> Result<config::Config, ConnectError> {
        let variables: Vec<(&str, &str)> =
            self.variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let variables = [&variables[..], &[("HEIRLOOM_ADMIN_BIND", "off"), ("HEIRLOOM_BASE_PATH", "/")]].concat();
        let settings = Settings::of_app(&variables, self.reads_environment)?;
        let config = config::Config::resolve(&settings, None)?;
        check(&config)?;
        Ok(config)
    }
}

/// Secrets are among the values.
impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self.variables.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Config").field("variables", &names).finish_non_exhaustive()
    }
}

/// Why [`Heirloom::connect`] fails. Its text says what to do.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct ConnectError(#[from] Reason);

#[derive(Debug, thiserror::Error)]
enum Reason {
    #[error(transparent)]
    Settings(#[from] ConfigErrors),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error("the thread that connects has ended")]
    Thread,
}

impl From<ConfigErrors> for ConnectError {
    fn from(errors: ConfigErrors) -> Self {
        Self(errors.into())
    }
}

impl From<StartError> for ConnectError {
    fn from(error: StartError) -> Self {
        Self(error.into())
    }
}

/// Heirloom in an app of yours. Cheap to clone: all clones are one.
///
/// Its background work (reading which sessions ended elsewhere, writing confirmations, pruning, sending messages) runs on the
/// runtime that [`connect`](Self::connect) was called on, and ends with [`stop`](Self::stop), or when the last clone is dropped.
#[derive(Clone)]
pub struct Heirloom(Arc<Inner>);

struct Inner {
    config: config::Config,
    clock: Clock,
    metrics: Arc<Metrics>,
    /// Made by the first call of `routes`, with its path.
    state: OnceLock<Data<HttpState>>,
    /// Until it is stopped.
    running: Mutex<Option<Running>>,
}

struct Running {
    // Dropped first.
    upkeep: Upkeep,
    composition: Composition,
}

impl Heirloom {
    /// Opens the database, and starts the background work.
    ///
    /// # Errors
    /// [`ConnectError`] for a setting that cannot be right, for a database that is out of reach, and for one whose tables are
    /// not those of this version.
    pub async fn connect(config: Config) -> Result<Self, ConnectError> {
        let (resolved, migrates) = (config.resolve()?, config.migrates);
        for warning in &resolved.warnings {
            tracing::warn!(setting = warning.variable, "{warning}");
        }
        let clock = Clock::system();
        let its_clock = clock.clone();
        let opening = spawn_blocking(move || {
            let opened = database::open(&resolved, migrates)?;
            Ok::<_, StartError>((Composition::over(opened, &resolved, &its_clock)?, resolved))
        });
        let (composition, config) = opening.await.map_err(|_| ConnectError(Reason::Thread))??;
        let upkeep = composition.start().await;
        let metrics = Arc::new(Metrics::new());
        let running = Mutex::new(Some(Running { upkeep, composition }));
        Ok(Self(Arc::new(Inner { config, clock, metrics, state: OnceLock::new(), running })))
    }

    /// Everything that `heirloom serve` has on its public address, below `path`: `App::new().configure(heirloom.routes("/auth"))`.
    /// Its middleware sees the requests below `path` only. With this, [`Caller`](crate::Caller) works in all handlers of the app.
    ///
    /// # Panics
    /// If `path` is not like `/auth`, if another path was given before, or after [`stop`](Self::stop).
    pub fn routes(&self, path: &str) -> impl FnOnce(&mut ServiceConfig) + use<> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "/-_.~".contains(c);
        let is_path = path.len() > 1 && path.starts_with('/') && !path.ends_with('/') && path.chars().all(is_plain);
        assert!(is_path, "{path:?} is not a path such as /auth");
        let state = self.0.state.get_or_init(|| self.0.state_below(path));
        assert_eq!(state.options.base_path, path, "Heirloom is below another path already");
        http::mounted(state.clone())
    }

    /// All metrics of this process in Prometheus's text format. Do not serve them on a public address.
    pub async fn metrics(&self) -> String {
        match self.0.state.get() {
            Some(state) => http::scrape(state).await,
            None => String::new(),
        }
    }

    /// Finishes the background writes and ends the background work. Call it after your server has stopped.
    pub async fn stop(&self) {
        let running = self.0.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Running { upkeep, composition }) = running {
            composition.stop(upkeep).await;
        }
    }
}

impl Inner {
    fn state_below(&self, path: &str) -> Data<HttpState> {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let composition = &running.as_ref().expect("Heirloom has not been stopped").composition;
        composition.serves_pages_at(format!("http://{}{path}/app/", self.config.bind));
        composition.state(&self.config, path, Arc::clone(&self.metrics), &self.clock)
    }
}

impl std::fmt::Debug for Heirloom {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let path = self.0.state.get().map(|state| state.options.base_path.as_str());
        f.debug_struct("Heirloom").field("path", &path).finish_non_exhaustive()
    }
}

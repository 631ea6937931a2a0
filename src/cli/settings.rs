//! From the settings of a command to a checked configuration.

use std::ffi::OsString;
use std::path::PathBuf;

use etcetera::base_strategy::{BaseStrategy as _, choose_native_strategy};

use super::dotenv::Dotenv;
use super::error::CliError;
use super::libpq_variables;
use crate::app;
use crate::config::{Config, ConfigErrors, DatabasePlace, LogFormat, Settings};
use crate::telemetry;

/// What a process is started with.
#[derive(Debug)]
pub(super) struct Environment {
    /// The first is the name of the program.
    pub arguments: Vec<OsString>,
    pub dotenv: Option<Dotenv>,
}

impl Environment {
    /// The checked configuration. Logging starts with it.
    pub fn configured(&self, settings: &Settings) -> Result<Config, CliError> {
        let config = self.resolve(settings)?;
        // The filter has been checked.
        let _ = telemetry::init(&config.log.filter, config.log.format == LogFormat::Json);
        if matches!(config.database.place, DatabasePlace::Embedded(_)) {
            libpq_variables::clear(&self.arguments)?;
        }
        if let Some(dotenv) = &self.dotenv {
            tracing::info!(path = %dotenv.path.display(), "Settings are read from a file");
        }
        for warning in &config.warnings {
            tracing::warn!(setting = warning.variable, "{warning}");
        }
        Ok(config)
    }

    /// The checked configuration.
    pub fn resolve(&self, settings: &Settings) -> Result<Config, CliError> {
        let config = Config::resolve(settings, default_data_dir())?;
        if let Err(error) = telemetry::check_filter(&config.log.filter) {
            return Err(ConfigErrors::one("HEIRLOOM_LOG", format!("is not a log filter: {error}")).into());
        }
        if let (DatabasePlace::External(_), Some(dotenv)) = (&config.database.place, &self.dotenv) {
            dotenv.set_for_libpq().map_err(CliError::Dotenv)?;
        }
        app::check(&config)?;
        Ok(config)
    }
}

/// The user that Postgres runs as cannot read root's home. So root's data goes where system services keep theirs.
fn default_data_dir() -> Option<PathBuf> {
    if rustix::process::geteuid().is_root() {
        return Some(PathBuf::from("/var/lib/heirloom"));
    }
    choose_native_strategy().ok().map(|strategy| strategy.data_dir().join("heirloom"))
}

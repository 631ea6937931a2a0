//! From the settings of a command to a checked configuration.

use std::path::PathBuf;

use super::error::CliError;
use crate::app;
use crate::config::{Config, ConfigErrors, LogFormat, Settings};
use crate::telemetry;

/// Loads `.env`, if there is one. An unreadable file is an error, not a missing file.
pub(super) fn load_dotenv() -> Result<(), String> {
    match dotenvy::dotenv() {
        Err(error) if !error.not_found() => Err(format!(".env cannot be read: {}", without_its_values(&error))),
        _ => Ok(()),
    }
}

/// What is wrong with `.env`, without the line itself: it may hold a secret.
fn without_its_values(error: &dotenvy::Error) -> String {
    let dotenvy::Error::LineParse(line, _) = error else { return error.to_string() };
    let is_name = |name: &&str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    match line.split_once('=').map(|(name, _)| name.trim()).filter(is_name) {
        Some(name) => format!("the value of {name} does not end on its line; put it in single quotes"),
        None => "each line must be NAME=value, a comment, or empty".to_owned(),
    }
}

/// The checked configuration. Logging starts with it.
pub(super) fn configured(settings: &Settings) -> Result<Config, CliError> {
    let config = resolve(settings)?;
    // The filter has been checked.
    let _ = telemetry::init(&config.log.filter, config.log.format == LogFormat::Json);
    Ok(config)
}

/// The checked configuration.
pub(super) fn resolve(settings: &Settings) -> Result<Config, CliError> {
    let config = Config::resolve(settings, default_data_dir())?;
    if let Err(error) = telemetry::check_filter(&config.log.filter) {
        return Err(ConfigErrors::one("HEIRLOOM_LOG", format!("is not a log filter: {error}")).into());
    }
    app::check(&config)?;
    Ok(config)
}

/// The user that Postgres runs as cannot read root's home. So root's data goes where system services keep theirs.
fn default_data_dir() -> Option<PathBuf> {
    if rustix::process::geteuid().is_root() {
        return Some(PathBuf::from("/var/lib/heirloom"));
    }
    directories::ProjectDirs::from("", "", "heirloom").map(|project| project.data_dir().to_path_buf())
}

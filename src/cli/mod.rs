//! The command line.

mod migrate;
mod serve;

use std::ffi::OsString;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::app::{self, StartError};
use crate::config::{Config, ConfigErrors, LogFormat, Settings};
use crate::crypto::keys::generate_secret;
use crate::http::openapi_json;
use crate::telemetry;

/// Sessions for browser apps: rotating refresh tokens, one row per session, and theft that does not go unnoticed.
#[derive(Parser, Debug)]
#[command(name = "heirloom", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Run the server
    Serve {
        #[command(flatten)]
        settings: Box<Settings>,
        /// Apply missing migrations first (the embedded database always does)
        #[arg(long)]
        migrate: bool,
    },
    /// Bring the database's schema up to date, look at it, or take a step back
    Migrate {
        #[command(subcommand)]
        action: migrate::Action,
        #[command(flatten)]
        settings: Box<Settings>,
    },
    /// Check the settings, and do nothing else
    CheckConfig {
        #[command(flatten)]
        settings: Box<Settings>,
    },
    /// Print the OpenAPI document
    Openapi,
    /// Handle secrets
    Secret {
        #[command(subcommand)]
        action: SecretAction,
    },
}

#[derive(Subcommand, Debug)]
enum SecretAction {
    /// Print a new value for HEIRLOOM_SECRET
    Generate,
}

/// Why a command failed, with the exit code that scripts see.
#[derive(Debug, thiserror::Error)]
enum CliError {
    /// Exit code 2, as for a flag that does not exist.
    #[error("{0}")]
    Config(#[from] ConfigErrors),
    /// Exit code 2 for what is wrong with the settings, 1 for what is wrong with the world.
    #[error("{0}")]
    Start(#[from] StartError),
    #[error("{0}")]
    Database(#[from] crate::db::DbError),
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

impl CliError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Config(_) | Self::Start(StartError::Secret(_)) => ExitCode::from(2),
            _ => ExitCode::FAILURE,
        }
    }
}

/// Runs the command that `arguments` name, and returns what the process exits with: 0 for success, 1 for failure, 2 for
/// arguments or settings that cannot be right.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    // A `.env` that cannot be read must not pass for one that is not there.
    if let Err(error) = dotenvy::dotenv()
        && !error.not_found()
    {
        eprintln!("heirloom: .env cannot be read: {error}");
        return ExitCode::from(2);
    }
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS };
        }
    };
    match execute(cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("heirloom: {error}");
            error.exit_code()
        }
    }
}

fn execute(command: Command) -> Result<(), CliError> {
    match command {
        Command::Serve { settings, migrate } => serve::serve(&configured(&settings)?, migrate),
        Command::Migrate { action, settings } => migrate::migrate(&configured(&settings)?, action),
        Command::CheckConfig { settings } => {
            resolve(&settings)?;
            print_line("The settings are fine.")
        }
        Command::Openapi => print_line(openapi_json().trim_end()),
        Command::Secret { action: SecretAction::Generate } => print_line(&generate_secret(&mut rng())),
    }
}

/// The settings, checked, with logs going where they say.
fn configured(settings: &Settings) -> Result<Config, CliError> {
    let config = resolve(settings)?;
    // The filter has been checked.
    let _ = telemetry::init(&config.log.filter, config.log.format == LogFormat::Json);
    Ok(config)
}

fn resolve(settings: &Settings) -> Result<Config, CliError> {
    let config = Config::resolve(settings, default_data_dir())?;
    if let Err(error) = telemetry::check_filter(&config.log.filter) {
        return Err(ConfigErrors::one("HEIRLOOM_LOG", format!("is not a log filter: {error}")).into());
    }
    app::check(&config)?;
    Ok(config)
}

/// Root's home is closed to the user that Postgres runs as, so that root's data goes where system services keep theirs.
fn default_data_dir() -> Option<PathBuf> {
    if rustix::process::geteuid().is_root() {
        return Some(PathBuf::from("/var/lib/heirloom"));
    }
    directories::ProjectDirs::from("", "", "heirloom").map(|project| project.data_dir().to_path_buf())
}

/// A reader that has gone away (`heirloom openapi | head`) is an error, not a panic.
fn print_line(text: &str) -> Result<(), CliError> {
    writeln!(std::io::stdout(), "{text}")?;
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a new secret is drawn from the machine's generator")]
fn rng() -> impl rand::CryptoRng {
    rand::rng()
}

//! The command line.

mod migrate;
mod output;
mod password;
mod prune;
mod serve;
mod session;
mod user;

use std::ffi::OsString;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use futures_util::future::LocalBoxFuture;

use clap::{Args, Parser, Subcommand};

use crate::app::{self, StartError};
use crate::config::{Config, ConfigErrors, LogFormat, Settings, unknown_settings};
use crate::crypto::keys::generate_secret;
use crate::http::openapi_json;
use crate::service::{Service, ServiceError};
use crate::telemetry;

use output::Output;

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
    /// Manage accounts
    User {
        #[command(subcommand)]
        action: user::Action,
        #[command(flatten)]
        common: Common,
    },
    /// Manage sessions
    Session {
        #[command(subcommand)]
        action: session::Action,
        #[command(flatten)]
        common: Common,
    },
    /// Take away what is over: expired sessions and old events. `serve` does so each minute
    Prune {
        #[command(flatten)]
        common: Common,
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

/// What all commands on the data take.
#[derive(Args, Debug)]
struct Common {
    /// Print JSON, for programs
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    settings: Box<Settings>,
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
    Service(#[from] ServiceError),
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// Exit code 3.
    #[error("there is no {0}")]
    NotFound(String),
    /// Exit code 4.
    #[error("{0}")]
    Refused(String),
}

impl CliError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Config(_) | Self::Start(StartError::Secret(_) | StartError::DatabaseUrl) => ExitCode::from(2),
            Self::NotFound(_) => ExitCode::from(3),
            Self::Refused(_) => ExitCode::from(4),
            _ => ExitCode::FAILURE,
        }
    }
}

/// Runs the command that `arguments` name, and returns what the process exits with: 0 for success, 1 for failure, 2 for
/// arguments or settings that cannot be right, 3 where the user or session that was named is not there, 4 where what was
/// asked is refused (a taken address, a weak password).
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    // A `.env` that cannot be read must not pass for one that is not there.
    if let Err(error) = dotenvy::dotenv()
        && !error.not_found()
    {
        eprintln!("heirloom: .env cannot be read: {}", without_its_values(&error));
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

/// What is wrong with `.env`. The line itself is not shown: it may hold a secret.
fn without_its_values(error: &dotenvy::Error) -> String {
    let dotenvy::Error::LineParse(line, _) = error else { return error.to_string() };
    let is_name = |name: &&str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    match line.split_once('=').map(|(name, _)| name.trim()).filter(is_name) {
        Some(name) => format!("the value of {name} does not end where the line does; put it in single quotes"),
        None => "each line has to be NAME=value, a comment, or empty".to_owned(),
    }
}

fn execute(command: Command) -> Result<(), CliError> {
    match command {
        Command::Serve { settings, migrate } => serve::serve(&configured(&settings)?, migrate),
        Command::Migrate { action, settings } => migrate::migrate(&configured(&settings)?, action),
        Command::User { action, common } => {
            on_data(&common, |service, output| Box::pin(user::run(action, service, output)))
        }
        Command::Session { action, common } => {
            on_data(&common, |service, output| Box::pin(session::run(action, service, output)))
        }
        Command::Prune { common } => on_data(&common, |service, output| Box::pin(prune::run(service, output))),
        Command::CheckConfig { settings } => {
            resolve(&settings)?;
            for name in unknown_settings() {
                eprintln!("heirloom: {name} is no setting; is it misspelt?");
            }
            print_line("The settings are fine.")
        }
        Command::Openapi => print_line(openapi_json("").trim_end()),
        Command::Secret { action: SecretAction::Generate } => print_line(&generate_secret(&mut rng())),
    }
}

/// Runs a command on the data, over the same use cases as the server, so that running servers notice at once.
fn on_data<F>(common: &Common, run: F) -> Result<(), CliError>
where
    F: for<'a> FnOnce(&'a Service, &'a Output) -> LocalBoxFuture<'a, Result<(), CliError>>,
{
    // What a server logs in passing would stand between a command's own lines.
    let mut settings = (*common.settings).clone();
    settings.log_by_default("error");
    let config = configured(&settings)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (service, embedded) = app::service(&config)?;
    let result = runtime.block_on(run(&service, &Output { is_json: common.json }));
    drop((service, embedded));
    result
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

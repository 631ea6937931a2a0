//! Every command with its arguments.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, CommandFactory as _, Parser, Subcommand};
use clap_complete::Shell;
use futures_util::future::LocalBoxFuture;

use super::dotenv::Dotenv;
use super::error::CliError;
use super::os_user::os_user;
use super::output::{Output, print_line};
use super::printable::printable;
use super::settings::Environment;
use super::{manual, migrate, outbox, prune, serve, service_key, session, user};
use crate::app;
use crate::config::{Settings, unknown_settings};
use crate::crypto::keys::generate_secret;
use crate::http::{openapi_json, service_openapi_json};
use crate::service::{Operator, Outbox, Pruner, ServiceKeys};

/// A session backend for browser apps: rotating refresh tokens, one row per session, theft detection
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
        /// Apply missing migrations first (always done for the embedded database)
        #[arg(long)]
        migrate: bool,
    },
    /// Apply, list or revert migrations of the database
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
    /// Manage the keys of backends for the service API
    ServiceKey {
        #[command(subcommand)]
        action: service_key::Action,
        #[command(flatten)]
        common: Common,
    },
    /// Manage mails and webhooks that wait to be sent
    Outbox {
        #[command(subcommand)]
        action: outbox::Action,
        #[command(flatten)]
        common: Common,
    },
    /// Delete expired sessions and old events, as `serve` does each minute
    Prune {
        #[command(flatten)]
        common: Common,
    },
    /// Check the settings without starting anything
    CheckConfig {
        #[command(flatten)]
        settings: Box<Settings>,
    },
    /// Print the OpenAPI document
    Openapi {
        /// Print the document of the service API instead
        #[arg(long)]
        service: bool,
    },
    /// Manage secrets
    Secret {
        #[command(subcommand)]
        action: SecretAction,
    },
    /// Print the script that completes commands in a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page
    Man {
        /// Write the pages of all commands into this directory instead
        #[arg(long, value_name = "DIRECTORY")]
        out: Option<PathBuf>,
    },
}

/// The arguments of every command on accounts and sessions.
#[derive(Args, Debug)]
struct Common {
    /// Print JSON
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

/// Runs the command in `arguments` and returns the exit code: 0 for success, 1 for failure, 2 for invalid arguments or
/// settings, 3 if the named user, session or key does not exist, 4 if the request is refused (a taken address, a weak
/// password), 5 if an import has refused some lines.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let dotenv = match Dotenv::load() {
        Ok(dotenv) => dotenv,
        Err(error) => {
            eprintln!("heirloom: {error}");
            return ExitCode::from(2);
        }
    };
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS };
        }
    };
    match execute(cli.command, &Environment { arguments, dotenv }) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error @ CliError::SomeRefused) => error.exit_code(),
        Err(error) => {
            eprintln!("heirloom: {}", printable(&error.to_string()));
            error.exit_code()
        }
    }
}

fn execute(command: Command, environment: &Environment) -> Result<(), CliError> {
    match command {
        Command::Serve { settings, migrate } => serve::serve(&environment.configured(&settings)?, migrate),
        Command::Migrate { action, settings } => migrate::migrate(&environment.configured(&settings)?, action),
        Command::User { action, common } => {
            on_data(&common, environment, |on, output| Box::pin(user::run(action, &on.operator, output)))
        }
        Command::Session { action, common } => {
            on_data(&common, environment, |on, output| Box::pin(session::run(action, &on.operator, output)))
        }
        Command::ServiceKey { action, common } => on_data(&common, environment, |on, output| {
            Box::pin(service_key::run(action, &on.service_keys, &on.operator, output))
        }),
        Command::Outbox { action, common } => {
            on_data(&common, environment, |on, output| Box::pin(outbox::run(action, &on.outbox, output)))
        }
        Command::Prune { common } => {
            on_data(&common, environment, |on, output| Box::pin(prune::run(&on.pruner, output)))
        }
        Command::CheckConfig { settings } => {
            let config = environment.resolve(&settings)?;
            if let Some(dotenv) = &environment.dotenv {
                print_line(&format!("Settings are read from {}", dotenv.path.display()))?;
            }
            for warning in config.warnings {
                eprintln!("heirloom: {warning}");
            }
            for name in unknown_settings() {
                eprintln!("heirloom: unknown setting {name}");
            }
            print_line("The settings are valid.")
        }
        Command::Openapi { service: false } => print_line(openapi_json("").trim_end()),
        Command::Openapi { service: true } => print_line(service_openapi_json("").trim_end()),
        Command::Secret { action: SecretAction::Generate } => print_line(&generate_secret(&mut rng())),
        Command::Completions { shell } => manual::completions(Cli::command(), shell),
        Command::Man { out } => manual::man(Cli::command(), out.as_deref()),
    }
}

/// What the commands on the data act through.
struct Commanded {
    operator: Operator,
    service_keys: Arc<ServiceKeys>,
    pruner: Arc<Pruner>,
    outbox: Arc<Outbox>,
}

/// Runs a command on the data. It goes through the same code as the server, so running servers notice at once.
fn on_data<F>(common: &Common, environment: &Environment, run: F) -> Result<(), CliError>
where
    F: for<'a> FnOnce(&'a Commanded, &'a Output) -> LocalBoxFuture<'a, Result<(), CliError>>,
{
    // The server's log lines would appear between a command's own.
    let mut settings = (*common.settings).clone();
    settings.log_by_default("error");
    let config = environment.configured(&settings)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (components, embedded) = app::components(&config)?;
    let operator = components.operator.run_by(os_user());
    let on = Commanded {
        operator,
        service_keys: Arc::clone(&components.service_keys),
        pruner: Arc::clone(&components.pruner),
        outbox: Arc::clone(&components.outbox),
    };
    let result = runtime.block_on(run(&on, &Output { is_json: common.json }));
    drop((on, components, embedded));
    result
}

#[expect(clippy::disallowed_methods, reason = "a new secret comes from the machine's generator")]
fn rng() -> impl rand::CryptoRng {
    rand::rng()
}

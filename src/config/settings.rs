//! All settings, as flags and environment variables.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};

use super::aliases;
use super::cookies::CookieSettings;
use super::database::DatabaseSettings;
use super::development::DevelopmentSettings;
use super::errors::{ConfigError, ConfigErrors};
use super::logging::LogSettings;
use super::messages::MessageSettings;
use super::passwords::PasswordSettings;
use super::server::ServerSettings;
use super::sessions::SessionSettings;
use super::throttling::ThrottleSettings;
use super::tokens::TokenSettings;
use super::unknown::unknown_among;

/// Every setting of the server. A flag overrides its environment variable, and both override `.env`.
#[derive(Clone, Debug)]
pub struct Settings {
    pub(super) sections: Sections,
    /// Settings with two names that disagree, and those that may not be flags.
    pub(super) conflicts: Vec<ConfigError>,
    /// The directory of the credentials that systemd passes to a service.
    pub(super) credentials: Option<PathBuf>,
}

#[derive(Args, Clone, Debug)]
pub(super) struct Sections {
    #[command(flatten)]
    pub database: DatabaseSettings,
    #[command(flatten)]
    pub server: ServerSettings,
    #[command(flatten)]
    pub tokens: TokenSettings,
    #[command(flatten)]
    pub sessions: SessionSettings,
    #[command(flatten)]
    pub cookies: CookieSettings,
    #[command(flatten)]
    pub throttling: ThrottleSettings,
    #[command(flatten)]
    pub passwords: PasswordSettings,
    #[command(flatten)]
    pub messages: MessageSettings,
    #[command(flatten)]
    pub logging: LogSettings,
    #[command(flatten)]
    pub development: DevelopmentSettings,
}

impl Settings {
    /// The settings if these variables were set and no others, for tests and tools.
    ///
    /// # Errors
    /// [`clap::Error`] for a name that belongs to no setting. A wrong value is an error of
    /// [`Config::resolve`](super::Config::resolve) only.
    pub fn from_variables(variables: &[(&str, &str)]) -> Result<Self, clap::Error> {
        let mut command = Sections::augment_args(Command::new("settings").no_binary_name(true));
        for (name, _) in variables {
            if !command.get_arguments().any(|setting| is_named(setting, name)) {
                return Err(command.error(ErrorKind::UnknownArgument, format!("unknown setting {name}")));
            }
        }
        // A flag for each setting, empty if it has no value: flags override the environment.
        let flag = |setting: &Arg| {
            let value = variables.iter().rev().find(|(name, _)| is_named(setting, name)).map_or("", |(_, value)| value);
            format!("--{}={value}", setting.get_long().unwrap_or_default())
        };
        let flags: Vec<String> = command.get_arguments().map(flag).collect();
        let sections = Sections::from_arg_matches(&command.try_get_matches_from(flags)?)?;
        Ok(Self { sections, conflicts: Vec::new(), credentials: None })
    }

    /// The settings of an app that contains the server: these variables and, below them, those of the environment if it
    /// `reads_environment`.
    ///
    /// # Errors
    /// [`ConfigErrors`] for a name that belongs to no setting.
    pub fn of_app(variables: &[(&str, &str)], reads_environment: bool) -> Result<Self, ConfigErrors> {
        let refused = |error: clap::Error| ConfigErrors::one("the settings", error.to_string());
        if !reads_environment {
            let known = Sections::augment_args(Command::new("settings"));
            check_names(&known, variables)?;
            return Self::from_variables(variables).map_err(refused);
        }
        let command = Self::augment_args(Command::new("settings").no_binary_name(true));
        check_names(&command, variables)?;
        let conflicts = aliases::conflicts(&command, &|variable| std::env::var_os(variable));
        let flag = |(name, value): &(&str, &str)| {
            let setting = command.get_arguments().find(|setting| is_named(setting, name))?;
            Some(format!("--{}={value}", setting.get_long()?))
        };
        let flags: Vec<String> = variables.iter().filter_map(flag).collect();
        let matches = command.clone().args_override_self(true).try_get_matches_from(flags).map_err(refused)?;
        let sections = Sections::from_arg_matches(&matches).map_err(refused)?;
        Ok(Self { sections, conflicts, credentials: std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from) })
    }

    /// Makes `filter` the default of `HEIRLOOM_LOG`.
    pub fn log_by_default(&mut self, filter: &str) {
        self.sections.logging.log.set_default(filter.to_owned());
    }
}

impl FromArgMatches for Settings {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let command = Sections::augment_args(Command::new("settings"));
        let mut conflicts = aliases::conflicts(&command, &|variable| std::env::var_os(variable));
        let sections = Sections::from_arg_matches(matches)?;
        let is_flag = |id: &str| matches.value_source(id) == Some(ValueSource::CommandLine);
        if is_flag("secret") {
            conflicts.push(secret_flag("--secret", "HEIRLOOM_SECRET"));
        }
        if is_flag("webhook_secret") {
            conflicts.push(secret_flag("--webhook-secret", "HEIRLOOM_WEBHOOK_SECRET"));
        }
        if is_flag("mail_url") && sections.messages.has_password() {
            conflicts.push(secret_flag("--mail-url", "HEIRLOOM_MAIL_URL"));
        }
        if is_flag("password_hook") && sections.passwords.has_password() {
            conflicts.push(secret_flag("--password-hook", "HEIRLOOM_PASSWORD_HOOK"));
        }
        if is_flag("database_url") && sections.database.has_password() {
            conflicts.push(secret_flag("--database-url", "DATABASE_URL"));
        }
        let credentials = std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from);
        Ok(Self { sections, conflicts, credentials })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.sections.update_from_arg_matches(matches)
    }
}

impl Args for Settings {
    fn augment_args(command: Command) -> Command {
        prepared(Sections::augment_args(command))
    }

    fn augment_args_for_update(command: Command) -> Command {
        prepared(Sections::augment_args_for_update(command))
    }
}

fn is_named(setting: &Arg, name: &str) -> bool {
    setting.get_env().is_some_and(|variable| variable == name)
}

fn check_names(known: &Command, variables: &[(&str, &str)]) -> Result<(), ConfigErrors> {
    let is_known = |name: &str| known.get_arguments().any(|setting| is_named(setting, name));
    match variables.iter().find(|(name, _)| !is_known(name)) {
        Some((name, _)) => Err(ConfigErrors::one(*name, "is not a setting")),
        None => Ok(()),
    }
}

/// The error of a secret on the command line.
fn secret_flag(flag: &str, variable: &str) -> ConfigError {
    let message = format!(
        "has a secret, and every user of this machine can read a command line (in /proc); set {variable} in the environment \
         or in .env, or {variable}_FILE to the path of a file"
    );
    ConfigError { variable: flag.to_owned(), message }
}

/// The settings in the help of `-h`. `--help` has all.
const IN_SHORT_HELP: [&str; 6] = ["database_url", "data_dir", "secret", "bind", "admin_bind", "trusted_proxies"];

fn prepared(command: Command) -> Command {
    // The last section's heading would also stand above the arguments that a command adds.
    command.next_help_heading(None::<&str>).mut_args(|setting| {
        // An empty default stands for none.
        let has_none = setting.get_default_values().iter().any(|text| text.is_empty());
        let setting = if has_none { setting.hide_default_value(true) } else { setting };
        let is_in_short_help = IN_SHORT_HELP.contains(&setting.get_id().as_str());
        let setting = setting.hide_short_help(!is_in_short_help);
        aliases::read_former_variable(setting, &|variable| std::env::var_os(variable))
    })
}

/// The environment variables that look like settings but are none, sorted.
pub fn unknown_settings() -> Vec<String> {
    let text =
        |(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value.to_string_lossy().into_owned()));
    unknown_among(std::env::vars_os().filter_map(text), &Sections::augment_args(Command::new("settings")))
}

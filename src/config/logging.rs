//! What is logged, and in which format.

use clap::Args;

use super::errors::ConfigError;
use super::parsers::{one_of, text};
use super::setting::{Setting, setting};

/// What is logged, and in which format.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LogConfig {
    pub filter: String,
    pub format: LogFormat,
}

/// For people or for programs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LogFormat {
    Text,
    Json,
}

#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Logging")]
pub(super) struct LogSettings {
    /// What is logged: a level, or tracing directives such as heirloom=debug
    #[arg(long, env = "HEIRLOOM_LOG", value_name = "FILTER", default_value = "info")]
    #[arg(value_parser = setting(text))]
    pub log: Setting<String>,

    /// Format of the logs
    #[arg(long, env = "HEIRLOOM_LOG_FORMAT", value_name = "FORMAT", default_value = "text")]
    #[arg(value_parser = one_of(&["text", "json"], [LogFormat::Text, LogFormat::Json]))]
    pub log_format: Setting<LogFormat>,
}

impl LogSettings {
    pub fn resolve(&self, errors: &mut Vec<ConfigError>) -> LogConfig {
        LogConfig { filter: self.log.value(errors), format: self.log_format.value(errors) }
    }
}

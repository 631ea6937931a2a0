//! Why a command failed.

use std::process::ExitCode;

use crate::app::StartError;
use crate::config::ConfigErrors;
use crate::db::DbError;
use crate::service::ServiceError;

/// Why a command failed, with the exit code that scripts see: 1 unless stated otherwise.
#[derive(Debug, thiserror::Error)]
pub(super) enum CliError {
    /// Exit code 2, as for an unknown flag.
    #[error("{0}")]
    Config(#[from] ConfigErrors),
    /// Exit code 2.
    #[error("{0}")]
    Dotenv(String),
    /// Exit code 2 for an invalid setting, 1 for anything else.
    #[error("{0}")]
    Start(#[from] StartError),
    #[error("{0}")]
    Database(#[from] DbError),
    #[error("{0}")]
    Service(#[from] ServiceError),
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// The work that was done before stays.
    #[error("{0}")]
    Interrupted(String),
    /// Exit code 3.
    #[error("{0}")]
    NotFound(String),
    /// Exit code 4.
    #[error("{0}")]
    Refused(String),
    /// Exit code 5. The command has named each line that was refused.
    #[error("some lines were refused")]
    SomeRefused,
}

impl CliError {
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Config(_)
            | Self::Dotenv(_)
            | Self::Start(
                StartError::Secret(_)
                | StartError::DatabaseUrl
                | StartError::DatabaseUrlRefused(_)
                | StartError::DataDirectory { .. },
            ) => ExitCode::from(2),
            Self::NotFound(_) => ExitCode::from(3),
            Self::Refused(_) => ExitCode::from(4),
            Self::SomeRefused => ExitCode::from(5),
            _ => ExitCode::FAILURE,
        }
    }
}

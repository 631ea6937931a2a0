//! Why the server does not start, with what to do about it.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::config::DATABASE_URL_SHAPE;
use crate::config::trusted_file::FileError;
use crate::crypto::password_hash::HashingError;
use crate::db::DbError;
use crate::delivery::letters::TemplateError;
use crate::delivery::smtp::SmtpSetupError;
use crate::domain::secret::SecretError;
use crate::embedded_postgres::EmbeddedPostgresError;

/// Why the server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("HEIRLOOM_SECRET {0}.")]
    Secret(#[from] SecretError),
    #[error(transparent)]
    Embedded(#[from] EmbeddedPostgresError),
    #[error("the database cannot be used: {0}. Check DATABASE_URL and whether the database server runs")]
    Database(#[from] DbError),
    #[error("DATABASE_URL is invalid (not printed, because it may contain a password). It {DATABASE_URL_SHAPE}")]
    DatabaseUrl,
    /// With the message of libpq.
    #[error("DATABASE_URL is refused by libpq: {0}. It {DATABASE_URL_SHAPE}")]
    DatabaseUrlRefused(String),
    /// Something in the data directory, or the directory itself.
    #[error("HEIRLOOM_DATA_DIR: {path} {error}.")]
    DataDirectory { path: PathBuf, error: FileError },
    #[error(
        "the database lacks migrations that this version needs. Run `heirloom migrate run`, or start with `--migrate`"
    )]
    NotMigrated,
    #[error(
        "search_path of the database's role reaches no tables of Heirloom, but there are some in the schema {schemas}. \
         Change it with ALTER ROLE … SET search_path. For other, empty tables, run `heirloom migrate run`"
    )]
    OutOfReach { schemas: String },
    #[error("{variable}: cannot listen on {address}: {error}. {}", advice(error))]
    Bind { variable: &'static str, address: SocketAddr, error: io::Error },
    #[error(
        "HEIRLOOM_MAX_CONNECTIONS is {wanted}, but the limit of {files} open files allows {most} connections. Raise the \
         limit (`ulimit -n`, LimitNOFILE= in systemd, ulimits: in Compose), or lower the setting"
    )]
    TooManyConnections { wanted: usize, files: u64, most: usize },
    #[error("the generated secret in {path} cannot be used: {error}")]
    SecretFile { path: String, error: io::Error },
    #[error("HEIRLOOM_MAIL_URL or HEIRLOOM_MAIL_FROM cannot be used: {0}")]
    Mail(#[from] SmtpSetupError),
    #[error("HEIRLOOM_MAIL_TEMPLATES: {0}")]
    MailTemplate(#[from] TemplateError),
    #[error("passwords cannot be hashed at this cost: {0}")]
    Hashing(#[from] HashingError),
}

fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::PermissionDenied => "Choose a port above 1023, or permit the program to use this one",
        io::ErrorKind::AddrNotAvailable => "This machine does not have this address; choose another",
        _ => "Stop the process that uses it, or choose another address",
    }
}

//! Why the server does not start, with what to do about it.

use std::io;
use std::net::SocketAddr;

use crate::config::DATABASE_URL_SHAPE;
use crate::crypto::password_hash::HashingError;
use crate::db::DbError;
use crate::domain::secret::SecretError;
use crate::embedded_postgres::EmbeddedPostgresError;

/// Why the server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("HEIRLOOM_SECRET {0}.")]
    Secret(#[from] SecretError),
    #[error(transparent)]
    Embedded(#[from] EmbeddedPostgresError),
    #[error("the database cannot be used: {0}. Check DATABASE_URL and that the server runs")]
    Database(#[from] DbError),
    #[error(
        "DATABASE_URL cannot be used as it is written, and is not quoted here since it may hold a password. It \
         {DATABASE_URL_SHAPE}"
    )]
    DatabaseUrl,
    #[error(
        "the database lacks migrations that this version needs. Run `heirloom migrate run`, or start with `--migrate`"
    )]
    NotMigrated,
    #[error("{variable}: cannot listen on {address}: {error}. {}", advice(error))]
    Bind { variable: &'static str, address: SocketAddr, error: io::Error },
    #[error("the generated secret in {path} cannot be used: {error}")]
    SecretFile { path: String, error: io::Error },
    #[error("passwords cannot be hashed at this cost: {0}")]
    Hashing(#[from] HashingError),
}

fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::PermissionDenied => "Choose a port of 1024 or more, or give the program the right to this one",
        io::ErrorKind::AddrNotAvailable => "This machine has no such address; choose one that it has",
        _ => "Stop what uses it, or choose another address",
    }
}

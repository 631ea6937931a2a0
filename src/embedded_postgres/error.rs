//! Why there is no server.

use std::io;
use std::path::PathBuf;

/// What kept the embedded server from running, said to the person who started it.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedPostgresError {
    #[error(
        "there is no Postgres on this machine to run the embedded database with. Install it (`apt-get install postgresql`, \
         `brew install postgresql`), run `docker compose up`, or set DATABASE_URL to a server that you have"
    )]
    NoBinaries,
    #[error(
        "{directory} was made by Postgres {wanted}, and this machine has only {found}. Install Postgres {wanted}, or move \
         the directory away to begin with an empty database"
    )]
    OtherVersion { directory: PathBuf, wanted: u32, found: String },
    #[error(
        "Postgres does not run as root, and {missing} that it could run as instead. Run as another user, or set \
         DATABASE_URL to a server that you have"
    )]
    NoAccount { missing: &'static str },
    #[error(
        "the embedded database would run as the user {user}, who may not enter {blocked}. Choose another place with \
         HEIRLOOM_DATA_DIR, such as /var/lib/heirloom"
    )]
    Unreachable { user: String, blocked: PathBuf },
    #[error(
        "the embedded database in {directory} is in use by process {pid}. Stop that process, or choose another place with \
         HEIRLOOM_DATA_DIR"
    )]
    InUse { directory: PathBuf, pid: String },
    #[error(
        "an earlier Postgres (process {pid}) still holds {directory} and does not stop. End that process and start again"
    )]
    LeftoverStays { directory: PathBuf, pid: u32 },
    #[error("the embedded database could not be started; the end of {log}:\n{tail}")]
    Start { log: PathBuf, tail: String },
    #[error("{action} {path}: {error}. Check that there is room and that the directory may be written to")]
    File { action: &'static str, path: PathBuf, error: io::Error },
}

impl EmbeddedPostgresError {
    /// An I/O error with what was being done, for `map_err`.
    pub(super) fn file(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |error| Self::File { action, path, error }
    }
}

//! Why the server does not run.

use std::io;
use std::path::PathBuf;

/// Why the embedded server does not run, for the person who started it.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedPostgresError {
    #[error(
        "the embedded database needs Postgres, which is not installed on this machine. Install it (`apt-get install \
         postgresql`, `brew install postgresql`), run `docker compose up`, or set DATABASE_URL to your own server"
    )]
    NoBinaries,
    #[error(
        "{directory} was created by Postgres {wanted}, but this machine only has {found}. Install Postgres {wanted}, or \
         move the directory away to start with an empty database"
    )]
    OtherVersion { directory: PathBuf, wanted: u32, found: String },
    #[error(
        "Postgres does not run as root, and {missing}. Run Heirloom as another user, or set DATABASE_URL to your own server"
    )]
    NoAccount { missing: &'static str },
    #[error(
        "the embedded database runs as the user {user}, who may not enter {blocked}. Choose another directory with \
         HEIRLOOM_DATA_DIR, such as /var/lib/heirloom"
    )]
    Unreachable { user: String, blocked: PathBuf },
    #[error(
        "the embedded database in {directory} is in use by process {pid}. Stop that process, or choose another directory \
         with HEIRLOOM_DATA_DIR"
    )]
    InUse { directory: PathBuf, pid: String },
    #[error(
        "an earlier Postgres (process {pid}) still uses {directory} and does not stop. Kill that process and try again"
    )]
    LeftoverStays { directory: PathBuf, pid: u32 },
    #[error("the embedded database did not start. The end of {log}:\n{tail}")]
    Start { log: PathBuf, tail: String },
    #[error("{action} {path}: {error}. Check that the disk is not full and that you may write to the directory")]
    File { action: &'static str, path: PathBuf, error: io::Error },
}

impl EmbeddedPostgresError {
    /// Adds to an I/O error what failed, for `map_err`.
    pub(super) fn file(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |error| Self::File { action, path, error }
    }
}

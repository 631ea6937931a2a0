//! What a server keeps on disk, and which user owns it.
//!
//! ```text
//! <directory>/lock          held by the owning process for as long as it lives
//!             data/         of Postgres itself
//!             run/          its socket, unless the path would be too long
//!             postgres.log
//! ```
//!
//! Where root starts the server, root keeps everything but `data` and `run`. An unprivileged user who could write next to
//! them could plant links there for root to follow.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use super::account::Account;
use super::error::EmbeddedPostgresError;
use super::lock::Lock;
use super::ownership::{check_reachable, close_to_others, make_with_parents};
use super::sockets::{Sockets, remove_leftover};

/// How many lines of the server's log an error quotes.
const QUOTED_LINES: usize = 12;

/// A directory that this process has locked.
pub(super) struct Directory {
    root: PathBuf,
    sockets: Sockets,
    _lock: Lock,
}

impl Directory {
    /// Creates `root` if it does not exist, locks it for this process and prepares it for `account`.
    pub fn claim(root: &Path, account: Option<&Account>) -> Result<Self, EmbeddedPostgresError> {
        make_with_parents(root, account).map_err(EmbeddedPostgresError::file("could not create", root))?;
        let root = fs::canonicalize(root).map_err(EmbeddedPostgresError::file("could not find", root))?;
        close_to_others(&root, account)
            .map_err(EmbeddedPostgresError::file("could not restrict the permissions of", &root))?;
        let mut lock = Lock::take(&root)?;
        if let Some(leftover) = lock.leftover_sockets() {
            remove_leftover(&leftover);
        }
        lock.sign()?;
        if let Some(account) = account {
            check_reachable(&root, account)?;
        }
        let sockets = Sockets::prepare(&root, account, &mut lock)?;
        Ok(Self { root, sockets, _lock: lock })
    }

    pub fn data(&self) -> PathBuf {
        self.root.join("data")
    }

    pub fn log(&self) -> PathBuf {
        self.root.join("postgres.log")
    }

    pub fn socket_directory(&self) -> &Path {
        self.sockets.directory()
    }

    pub fn socket(&self) -> PathBuf {
        self.sockets.socket()
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The directory and the major version of its data, if it has any.
    pub fn data_version(&self) -> Result<Option<(PathBuf, u32)>, EmbeddedPostgresError> {
        let path = self.data().join("PG_VERSION");
        match fs::read_to_string(&path) {
            Ok(text) => match text.trim().split('.').next().and_then(|major| major.parse().ok()) {
                Some(major) => Ok(Some((self.root.clone(), major))),
                None => Err(EmbeddedPostgresError::file("could not parse", path)(io::ErrorKind::InvalidData.into())),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(EmbeddedPostgresError::file("could not read", path)(error)),
        }
    }

    /// Opens the server's log. Each start empties it, so its size is bounded.
    pub fn open_log(&self) -> Result<File, EmbeddedPostgresError> {
        let path = self.log();
        let file = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(&path);
        file.map_err(EmbeddedPostgresError::file("could not write", path))
    }

    /// The error of a server that did not start, with the end of its log.
    pub fn start_error(&self) -> EmbeddedPostgresError {
        let log = fs::read(self.log()).unwrap_or_default();
        let text = String::from_utf8_lossy(&log);
        let lines: Vec<&str> = text.lines().collect();
        let tail = match &lines[lines.len().saturating_sub(QUOTED_LINES)..] {
            [] => "(The log is empty. Check that the disk is not full.)".to_owned(),
            tail => tail.join("\n"),
        };
        EmbeddedPostgresError::Start { log: self.log(), tail }
    }
}

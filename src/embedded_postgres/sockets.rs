//! The directory of the server's Unix socket.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use rand::RngExt as _;

use super::account::Account;
use super::error::EmbeddedPostgresError;
use super::lock::Lock;
use super::ownership::{check_reachable, give_to, make_private};

/// `sockaddr_un` holds 108 bytes with the closing zero.
const SOCKET_PATH_LIMIT: usize = 107;
const SOCKET_NAME: &str = ".s.PGSQL.5432";
const PREFIX: &str = "heirloom-";

pub(super) enum Sockets {
    Inside(PathBuf),
    /// Removed when the server has stopped.
    Elsewhere(TemporaryDirectory),
}

impl Sockets {
    /// Prepares `run` in the directory `root`, or a temporary directory if the path to the socket would be too long.
    pub fn prepare(root: &Path, account: Option<&Account>, lock: &mut Lock) -> Result<Self, EmbeddedPostgresError> {
        let inside = root.join("run");
        if fits_socket(&inside) {
            make_private(&inside, account)?;
            return Ok(Self::Inside(inside));
        }
        let elsewhere = TemporaryDirectory::make(account)?;
        lock.write_sockets(&elsewhere.0)?;
        give_to(&elsewhere.0, account)?;
        Ok(Self::Elsewhere(elsewhere))
    }

    pub fn directory(&self) -> &Path {
        match self {
            Self::Inside(path) | Self::Elsewhere(TemporaryDirectory(path)) => path,
        }
    }

    pub fn socket(&self) -> PathBuf {
        self.directory().join(SOCKET_NAME)
    }
}

fn fits_socket(directory: &Path) -> bool {
    directory.join(SOCKET_NAME).as_os_str().len() <= SOCKET_PATH_LIMIT
}

/// A new directory among the system's temporary ones, removed when dropped. Its name is unpredictable, and creating it
/// fails where anything exists already, so no other user can plant a link.
pub(super) struct TemporaryDirectory(PathBuf);

impl TemporaryDirectory {
    #[expect(clippy::disallowed_methods, reason = "the name only has to be new")]
    fn make(account: Option<&Account>) -> Result<Self, EmbeddedPostgresError> {
        let name = format!("{PREFIX}{:016x}", rand::rng().random::<u64>());
        let configured = std::env::temp_dir().join(&name);
        let is_reachable = account.is_none_or(|account| check_reachable(&configured, account).is_ok());
        let is_usable = fits_socket(&configured) && is_reachable;
        let path = if is_usable { configured } else { Path::new("/tmp").join(name) };
        let made = DirBuilder::new().mode(0o700).create(&path);
        made.map_err(EmbeddedPostgresError::file("could not create", &path))?;
        Ok(Self(path))
    }
}

impl Drop for TemporaryDirectory {
    fn drop(&mut self) {
        remove_leftover(&self.0);
    }
}

/// Removes the temporary directory of a killed owner. Never removes anything else.
pub(super) fn remove_leftover(path: &Path) {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if path.is_absolute() && name.starts_with(PREFIX) {
        let _ = fs::remove_dir_all(path);
    }
}

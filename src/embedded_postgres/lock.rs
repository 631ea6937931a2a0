//! The lock of a server's directory. The kernel releases it when its owner ends, however it ends.
//!
//! The file contains its owner's process id, and in a second line the directory of the sockets if that is elsewhere.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::FlockOperation;

use super::deadline::Deadline;
use super::error::EmbeddedPostgresError;

pub(super) struct Lock {
    file: File,
    path: PathBuf,
}

impl Lock {
    /// Takes the lock of the directory `root`.
    pub fn take(root: &Path) -> Result<Self, EmbeddedPostgresError> {
        let path = root.join("lock");
        let file = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&path);
        let file = file.map_err(EmbeddedPostgresError::file("could not open", &path))?;
        let taken = rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive);
        let mut lock = Self { file, path };
        match taken {
            Ok(()) => Ok(lock),
            Err(rustix::io::Errno::WOULDBLOCK) => {
                Err(EmbeddedPostgresError::InUse { directory: root.to_path_buf(), pid: lock.owner() })
            }
            Err(error) => Err(EmbeddedPostgresError::file("could not lock", lock.path)(error.into())),
        }
    }

    /// The directory of sockets that a killed owner left behind.
    pub fn leftover_sockets(&mut self) -> Option<PathBuf> {
        self.read().filter(|text| text.ends_with('\n'))?.lines().nth(1).map(PathBuf::from)
    }

    /// Writes that this process is the owner.
    pub fn sign(&mut self) -> Result<(), EmbeddedPostgresError> {
        self.file
            .set_len(0)
            .and_then(|()| self.file.rewind())
            .and_then(|()| writeln!(self.file, "{}", std::process::id()))
            .map_err(EmbeddedPostgresError::file("could not write", &self.path))
    }

    /// Writes where the sockets are, for the next owner to remove in case this one is killed.
    pub fn write_sockets(&mut self, directory: &Path) -> Result<(), EmbeddedPostgresError> {
        writeln!(self.file, "{}", directory.display())
            .map_err(EmbeddedPostgresError::file("could not write", &self.path))
    }

    /// The process id of the owner, which may have taken the lock and not yet written its id.
    fn owner(&mut self) -> String {
        let mut text = None;
        Deadline::after(Duration::from_millis(500)).wait_until(|| {
            text = self.read();
            text.as_ref().is_some_and(|text| text.ends_with('\n'))
        });
        text.as_deref().and_then(|text| text.lines().next()).unwrap_or("(unknown)").to_owned()
    }

    fn read(&mut self) -> Option<String> {
        let mut text = String::new();
        self.file.rewind().and_then(|()| self.file.read_to_string(&mut text)).ok().map(|_| text)
    }
}

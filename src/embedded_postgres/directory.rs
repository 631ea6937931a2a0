//! What a server keeps on disk, and whose it is.
//!
//! ```text
//! <directory>/lock          held by the owning process for as long as it lives
//!             data/         Postgres's own
//!             run/          its socket, unless the path would be too long for one
//!             postgres.log
//! ```

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::fs::FlockOperation;

use super::account::Account;
use super::binaries::Binaries;
use super::error::EmbeddedPostgresError;
use super::{SUPERUSER, supervisor};

/// `sockaddr_un` holds 108 bytes with the closing zero.
const SOCKET_PATH_LIMIT: usize = 107;
const SOCKET_NAME: &str = ".s.PGSQL.5432";
const UNFINISHED: &str = "data.unfinished";

/// A directory that this process owns. The kernel gives the lock back when the process ends, whatever ends it.
pub(super) struct Directory {
    root: PathBuf,
    sockets: Sockets,
    _lock: File,
}

enum Sockets {
    Inside(PathBuf),
    /// Removed again when the server is gone.
    Elsewhere(tempfile_directory::PrivateDirectory),
}

impl Directory {
    /// Makes `root` if need be, takes it for this process and prepares it for `account`.
    pub fn claim(root: &Path, account: Option<&Account>) -> Result<Self, EmbeddedPostgresError> {
        fs::create_dir_all(root).map_err(EmbeddedPostgresError::file("could not make", root))?;
        let root = fs::canonicalize(root).map_err(EmbeddedPostgresError::file("could not find", root))?;
        let lock = take_lock(&root)?;
        if let Some(account) = account {
            check_reachable(&root, account)?;
        }
        give_to(&root, account)?;
        fs::set_permissions(&root, Permissions::from_mode(0o700))
            .map_err(EmbeddedPostgresError::file("could not close to others", &root))?;
        let inside = root.join("run");
        let sockets = if inside.join(SOCKET_NAME).as_os_str().len() <= SOCKET_PATH_LIMIT {
            make_private(&inside, account)?;
            Sockets::Inside(inside)
        } else {
            let elsewhere = tempfile_directory::PrivateDirectory::make()?;
            give_to(elsewhere.path(), account)?;
            Sockets::Elsewhere(elsewhere)
        };
        Ok(Self { root, sockets, _lock: lock })
    }

    pub fn data(&self) -> PathBuf {
        self.root.join("data")
    }

    pub fn log(&self) -> PathBuf {
        self.root.join("postgres.log")
    }

    pub fn socket_directory(&self) -> &Path {
        match &self.sockets {
            Sockets::Inside(path) => path,
            Sockets::Elsewhere(directory) => directory.path(),
        }
    }

    pub fn socket(&self) -> PathBuf {
        self.socket_directory().join(SOCKET_NAME)
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The data directory and its major version, if there is one.
    pub fn data_version(&self) -> Result<Option<(PathBuf, u32)>, EmbeddedPostgresError> {
        let path = self.data().join("PG_VERSION");
        match fs::read_to_string(&path) {
            Ok(text) => {
                Ok(text.trim().split('.').next().and_then(|major| major.parse().ok()).map(|v| (self.root.clone(), v)))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(EmbeddedPostgresError::file("could not read", path)(error)),
        }
    }

    /// Makes the data directory under another name first, so that a kill in the middle leaves nothing half made behind.
    pub fn initialise(
        &self,
        binaries: &Binaries,
        account: Option<&Account>,
        durable: bool,
    ) -> Result<(), EmbeddedPostgresError> {
        let unfinished = self.root.join(UNFINISHED);
        if unfinished.exists() {
            fs::remove_dir_all(&unfinished).map_err(EmbeddedPostgresError::file("could not remove", &unfinished))?;
        }
        let log = self.open_log(account)?;
        let mut command = Command::new(binaries.initdb());
        command.args(["--encoding=UTF8", "--locale=C", "--auth=trust", "--no-instructions"]);
        command.arg(format!("--username={SUPERUSER}")).arg("--pgdata").arg(&unfinished);
        if !durable {
            command.arg("--no-sync");
        }
        supervisor::bare_environment(&mut command);
        Account::apply(account, &mut command);
        let errors = log.try_clone().map_err(EmbeddedPostgresError::file("could not write", self.log()))?;
        command.current_dir(&self.root).stdin(Stdio::null()).stdout(log).stderr(errors);
        let status = command.status().map_err(EmbeddedPostgresError::file("could not run", binaries.initdb()))?;
        if !status.success() {
            return Err(self.start_error());
        }
        let data = self.data();
        fs::rename(&unfinished, &data).map_err(EmbeddedPostgresError::file("could not put in place", data))
    }

    /// The server's log, begun anew for each start so that it does not grow for ever.
    pub fn open_log(&self, account: Option<&Account>) -> Result<File, EmbeddedPostgresError> {
        let path = self.log();
        let file = OpenOptions::new().create(true).write(true).truncate(true).open(&path);
        let file = file.map_err(EmbeddedPostgresError::file("could not write", &path))?;
        give_to(&path, account)?;
        Ok(file)
    }

    /// That the server did not start, with what it says about it itself.
    pub fn start_error(&self) -> EmbeddedPostgresError {
        let log = fs::read(self.log()).unwrap_or_default();
        let text = String::from_utf8_lossy(&log);
        let lines: Vec<&str> = text.lines().collect();
        EmbeddedPostgresError::Start { log: self.log(), tail: lines[lines.len().saturating_sub(12)..].join("\n") }
    }
}

fn take_lock(root: &Path) -> Result<File, EmbeddedPostgresError> {
    let path = root.join("lock");
    let lock = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&path);
    let mut lock = lock.map_err(EmbeddedPostgresError::file("could not open", &path))?;
    if rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err() {
        let mut pid = String::new();
        let _ = lock.read_to_string(&mut pid);
        return Err(EmbeddedPostgresError::InUse { directory: root.to_path_buf(), pid: pid.trim().to_owned() });
    }
    lock.set_len(0)
        .and_then(|()| writeln!(lock, "{}", std::process::id()))
        .map_err(EmbeddedPostgresError::file("could not write", &path))?;
    Ok(lock)
}

/// Postgres walks down to its data directory as `account`: each directory above it must let it pass.
fn check_reachable(root: &Path, account: &Account) -> Result<(), EmbeddedPostgresError> {
    for ancestor in root.ancestors().skip(1) {
        let Ok(metadata) = fs::metadata(ancestor) else { continue };
        let mode = metadata.mode();
        let passes = if metadata.uid() == account.uid {
            mode & 0o100 != 0
        } else if metadata.gid() == account.gid {
            mode & 0o010 != 0
        } else {
            mode & 0o001 != 0
        };
        if !passes {
            let blocked = ancestor.to_path_buf();
            return Err(EmbeddedPostgresError::Unreachable { user: account.name.clone(), blocked });
        }
    }
    Ok(())
}

fn make_private(path: &Path, account: Option<&Account>) -> Result<(), EmbeddedPostgresError> {
    match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            Err(EmbeddedPostgresError::file("could not make", path)(error))
        }
        _ => give_to(path, account),
    }
}

fn give_to(path: &Path, account: Option<&Account>) -> Result<(), EmbeddedPostgresError> {
    let Some(account) = account else { return Ok(()) };
    chown(path, Some(account.uid), Some(account.gid)).map_err(EmbeddedPostgresError::file("could not hand over", path))
}

mod tempfile_directory {
    use std::fs::{self, DirBuilder};
    use std::os::unix::fs::DirBuilderExt as _;
    use std::path::{Path, PathBuf};

    use rand::RngExt as _;

    use super::EmbeddedPostgresError;

    /// A new directory of ours among the system's temporary ones, removed when dropped. It is made with a name that nobody
    /// can know before, and making it fails where there is something already, so that no link can be planted.
    pub struct PrivateDirectory(PathBuf);

    impl PrivateDirectory {
        #[expect(clippy::disallowed_methods, reason = "the name only has to be new")]
        pub fn make() -> Result<Self, EmbeddedPostgresError> {
            let name = format!("heirloom-{:016x}", rand::rng().random::<u64>());
            let path = std::env::temp_dir().join(name);
            let made = DirBuilder::new().mode(0o700).create(&path);
            made.map_err(EmbeddedPostgresError::file("could not make", &path))?;
            Ok(Self(path))
        }

        pub fn path(&self) -> &Path {
            &self.0
        }
    }

    impl Drop for PrivateDirectory {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }
}

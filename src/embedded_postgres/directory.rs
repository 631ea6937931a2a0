//! What a server keeps on disk, and whose it is.
//!
//! ```text
//! <directory>/lock          held by the owning process for as long as it lives
//!             data/         Postgres's own
//!             run/          its socket, unless the path would be too long for one
//!             postgres.log
//! ```
//!
//! Where root starts the server, everything but `data` and `run` stays root's: an unprivileged user who could write beside
//! them could plant links there for root to follow.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::FlockOperation;

use super::account::Account;
use super::binaries::Binaries;
use super::deadline::Deadline;
use super::error::EmbeddedPostgresError;
use super::{SUPERUSER, supervisor};

/// `sockaddr_un` holds 108 bytes with the closing zero.
const SOCKET_PATH_LIMIT: usize = 107;
const SOCKET_NAME: &str = ".s.PGSQL.5432";
const LOCK: &str = "lock";
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
        make_with_parents(root, account).map_err(EmbeddedPostgresError::file("could not make", root))?;
        let root = fs::canonicalize(root).map_err(EmbeddedPostgresError::file("could not find", root))?;
        let mode = if account.is_some() { 0o711 } else { 0o700 };
        let owner = account.map(|_| 0);
        chown(&root, owner, owner)
            .and_then(|()| fs::set_permissions(&root, Permissions::from_mode(mode)))
            .map_err(EmbeddedPostgresError::file("could not close to others", &root))?;
        let mut lock = take_lock(&root)?;
        if let Some(account) = account {
            check_reachable(&root, account)?;
        }
        let inside = root.join("run");
        let sockets = if fits_socket(&inside) {
            make_private(&inside, account)?;
            Sockets::Inside(inside)
        } else {
            let elsewhere = tempfile_directory::PrivateDirectory::make(account)?;
            // For the next owner, should a kill keep us from removing it.
            writeln!(lock, "{}", elsewhere.path().display())
                .map_err(EmbeddedPostgresError::file("could not write", root.join(LOCK)))?;
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
            Ok(text) => match text.trim().split('.').next().and_then(|major| major.parse().ok()) {
                Some(major) => Ok(Some((self.root.clone(), major))),
                None => {
                    Err(EmbeddedPostgresError::file("could not understand", path)(io::ErrorKind::InvalidData.into()))
                }
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
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
        match fs::remove_dir_all(&unfinished) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(EmbeddedPostgresError::file("could not remove", unfinished)(error));
            }
            _ => make_private(&unfinished, account)?,
        }
        let log = self.open_log()?;
        let errors = log.try_clone().map_err(EmbeddedPostgresError::file("could not write", self.log()))?;
        let mut command = supervisor::watched(&binaries.initdb(), account);
        command.args(["--encoding=UTF8", "--locale=C", "--auth=trust", "--no-instructions"]);
        command.arg(format!("--username={SUPERUSER}")).arg("--pgdata").arg(&unfinished);
        if !durable {
            command.arg("--no-sync");
        }
        command.current_dir(&self.root).stdout(log).stderr(errors);
        let could_not_run = || EmbeddedPostgresError::file("could not run", binaries.initdb());
        let mut initdb = command.spawn().map_err(could_not_run())?;
        // Held until the end: closing it means that we are gone.
        let pipe = initdb.stdin.take();
        let status = initdb.wait().map_err(could_not_run())?;
        drop(pipe);
        if !status.success() {
            return Err(self.start_error());
        }
        let data = self.data();
        fs::rename(&unfinished, &data)
            .and_then(|()| if durable { File::open(&self.root)?.sync_all() } else { Ok(()) })
            .map_err(EmbeddedPostgresError::file("could not put in place", data))
    }

    /// The server's log, begun anew for each start so that it does not grow for ever.
    pub fn open_log(&self) -> Result<File, EmbeddedPostgresError> {
        let path = self.log();
        let file = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(&path);
        file.map_err(EmbeddedPostgresError::file("could not write", path))
    }

    /// That the server did not start, with what it says about it itself.
    pub fn start_error(&self) -> EmbeddedPostgresError {
        let log = fs::read(self.log()).unwrap_or_default();
        let text = String::from_utf8_lossy(&log);
        let lines: Vec<&str> = text.lines().collect();
        let tail = match &lines[lines.len().saturating_sub(12)..] {
            [] => "(It is empty. Check that there is room on the disk.)".to_owned(),
            tail => tail.join("\n"),
        };
        EmbeddedPostgresError::Start { log: self.log(), tail }
    }
}

/// Directories that we make for `account` let it pass, whatever our umask. Those that are there stay as they are.
fn make_with_parents(path: &Path, account: Option<&Account>) -> io::Result<()> {
    if path.as_os_str().is_empty() || path.is_dir() {
        return Ok(());
    }
    path.parent().map_or(Ok(()), |parent| make_with_parents(parent, account))?;
    match fs::create_dir(path) {
        Ok(()) if account.is_some() => fs::set_permissions(path, Permissions::from_mode(0o755)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        made => made,
    }
}

/// The lock holds its owner's process id, and in the second line where its sockets are if not inside.
fn take_lock(root: &Path) -> Result<File, EmbeddedPostgresError> {
    let path = root.join(LOCK);
    let lock = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&path);
    let mut lock = lock.map_err(EmbeddedPostgresError::file("could not open", &path))?;
    let is_taken = match rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => false,
        Err(rustix::io::Errno::WOULDBLOCK) => true,
        Err(error) => return Err(EmbeddedPostgresError::file("could not lock", path)(error.into())),
    };
    let mut text = String::new();
    let mut read = || {
        text.clear();
        lock.rewind().and_then(|()| lock.read_to_string(&mut text)).is_ok_and(|_| text.ends_with('\n'))
    };
    if is_taken {
        // Whoever has only just taken it has still to write who it is.
        Deadline::after(Duration::from_millis(500)).wait_until(read);
        let pid = text.lines().next().unwrap_or("(not known)").to_owned();
        return Err(EmbeddedPostgresError::InUse { directory: root.to_path_buf(), pid });
    }
    if read()
        && let Some(sockets) = text.lines().nth(1)
    {
        tempfile_directory::remove_leftover(Path::new(sockets));
    }
    lock.set_len(0)
        .and_then(|()| lock.rewind())
        .and_then(|()| writeln!(lock, "{}", std::process::id()))
        .map_err(EmbeddedPostgresError::file("could not write", &path))?;
    Ok(lock)
}

fn fits_socket(directory: &Path) -> bool {
    directory.join(SOCKET_NAME).as_os_str().len() <= SOCKET_PATH_LIMIT
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
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
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

    use super::{Account, EmbeddedPostgresError, check_reachable, fits_socket};

    const PREFIX: &str = "heirloom-";

    /// A new directory of ours among the system's temporary ones, removed when dropped. It is made with a name that nobody
    /// can know before, and making it fails where there is something already, so that no link can be planted.
    pub struct PrivateDirectory(PathBuf);

    impl PrivateDirectory {
        #[expect(clippy::disallowed_methods, reason = "the name only has to be new")]
        pub fn make(account: Option<&Account>) -> Result<Self, EmbeddedPostgresError> {
            let name = format!("{PREFIX}{:016x}", rand::rng().random::<u64>());
            let configured = std::env::temp_dir().join(&name);
            let is_reachable = account.is_none_or(|account| check_reachable(&configured, account).is_ok());
            let is_usable = fits_socket(&configured) && is_reachable;
            let path = if is_usable { configured } else { Path::new("/tmp").join(name) };
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
            remove_leftover(&self.0);
        }
    }

    /// Removes one that its owner was killed over, and never anything else.
    pub fn remove_leftover(path: &Path) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_absolute() && name.starts_with(PREFIX) {
            let _ = fs::remove_dir_all(path);
        }
    }
}

//! Files and directories that the configuration comes from. Another user who can write to one controls the server.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

const WRITABLE_BY_GROUP: u32 = 0o020;
const WRITABLE_BY_OTHERS: u32 = 0o002;
const READABLE_BY_OTHERS: u32 = 0o004;
/// In such a directory only the owner of a file can rename or remove it.
const STICKY: u32 = 0o1000;

/// The text of a file that no other user can change.
pub struct TrustedFile {
    pub text: String,
    /// Whether every user of the machine can read it.
    pub is_public: bool,
}

/// Why a file or directory is not used. Continues a sentence that starts with its path.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    #[error("cannot be read: {0}")]
    Io(#[from] io::Error),
    #[error("{0}")]
    Untrusted(String),
}

impl FileError {
    /// Whether there is no such file.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Io(error) if error.kind() == io::ErrorKind::NotFound)
    }
}

impl TrustedFile {
    /// Reads the file at `path`. A link is followed if it also belongs to the user or root.
    ///
    /// # Errors
    /// [`FileError::Untrusted`] if it is not a regular file, belongs to another user, or can be written by others.
    pub fn read(path: &Path) -> Result<Self, FileError> {
        check_owner(&fs::symlink_metadata(path)?)?;
        // Opening a named pipe would wait for a writer.
        let no_wait = rustix::fs::OFlags::NONBLOCK.bits();
        let mut file: File = OpenOptions::new().read(true).custom_flags(no_wait.cast_signed()).open(path)?;
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(FileError::Untrusted("is not a regular file".to_owned()));
        }
        check_owner(&metadata)?;
        check_writers(&metadata)?;
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        Ok(Self { text, is_public: metadata.mode() & READABLE_BY_OTHERS != 0 })
    }
}

/// Checks that no other user owns the directory at `path` or can replace what is in it. A missing one passes.
///
/// # Errors
/// [`FileError::Untrusted`] if one can.
pub fn check_directory(path: &Path) -> Result<(), FileError> {
    let metadata = match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        metadata => metadata?,
    };
    check_owner(&metadata)?;
    if metadata.mode() & STICKY == 0 { check_writers(&metadata) } else { Ok(()) }
}

fn check_owner(metadata: &Metadata) -> Result<(), FileError> {
    let (owner, user) = (metadata.uid(), rustix::process::geteuid().as_raw());
    if owner == user || owner == 0 {
        return Ok(());
    }
    let message = format!(
        "belongs to user id {owner}, and Heirloom runs as user id {user}. Only what belongs to that user or to root is \
         trusted: check its content, then change its owner with `chown`"
    );
    Err(FileError::Untrusted(message))
}

/// The group of the process itself may write: on many systems each user has a group of their own, and the mode 664.
fn check_writers(metadata: &Metadata) -> Result<(), FileError> {
    let mode = metadata.mode();
    let by_group = mode & WRITABLE_BY_GROUP != 0 && metadata.gid() != rustix::process::getegid().as_raw();
    if by_group || mode & WRITABLE_BY_OTHERS != 0 {
        let message = "can be written by other users. Check its content, then forbid that with `chmod go-w`";
        return Err(FileError::Untrusted(message.to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt as _, chown, lchown, symlink};
    use std::path::Path;

    use super::{TrustedFile, check_directory};

    const OTHER: u32 = 65_534;

    fn with_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    fn refusal(path: &Path) -> String {
        TrustedFile::read(path).err().expect("it is refused").to_string()
    }

    #[test]
    fn what_other_users_can_write_is_refused_and_what_they_can_read_is_noted() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("secret");
        fs::write(&path, "text\n").unwrap();
        for (mode, is_public) in [(0o600, false), (0o400, false), (0o640, false), (0o644, true), (0o664, true)] {
            with_mode(&path, mode);
            let read = TrustedFile::read(&path).unwrap();
            assert_eq!((read.text.as_str(), read.is_public), ("text\n", is_public), "{mode:o}");
        }
        for mode in [0o602, 0o666, 0o777] {
            with_mode(&path, mode);
            assert!(refusal(&path).contains("chmod go-w"), "{mode:o}");
        }
        assert!(refusal(directory.path()).contains("regular file"));
        assert!(TrustedFile::read(&directory.path().join("missing")).err().unwrap().is_missing());
    }

    #[test]
    fn a_directory_that_others_can_write_is_refused_unless_it_is_sticky() {
        let directory = tempfile::tempdir().unwrap();
        for (mode, is_trusted) in [(0o700, true), (0o755, true), (0o1777, true), (0o777, false), (0o757, false)] {
            with_mode(directory.path(), mode);
            assert_eq!(check_directory(directory.path()).is_ok(), is_trusted, "{mode:o}");
        }
        assert!(check_directory(&directory.path().join("missing")).is_ok());
    }

    /// Only root can give files away.
    #[test]
    fn what_another_user_owns_is_refused_and_so_is_a_link_of_theirs() {
        if !rustix::process::geteuid().is_root() {
            return;
        }
        let directory = tempfile::tempdir().unwrap();
        let [ours, theirs, link] = ["ours", "theirs", "link"].map(|name| directory.path().join(name));
        for path in [&ours, &theirs] {
            fs::write(path, "text").unwrap();
            with_mode(path, 0o600);
        }
        chown(&theirs, Some(OTHER), None).unwrap();
        assert!(refusal(&theirs).contains("belongs to user id 65534"));
        symlink(&ours, &link).unwrap();
        assert!(TrustedFile::read(&link).is_ok());
        lchown(&link, Some(OTHER), None).unwrap();
        assert!(refusal(&link).contains("chown"));
        with_mode(&ours, 0o660);
        chown(&ours, None, Some(OTHER)).unwrap();
        assert!(refusal(&ours).contains("chmod go-w"));
        chown(directory.path(), Some(OTHER), None).unwrap();
        assert!(check_directory(directory.path()).is_err());
    }
}

//! Which user owns what, and who may enter. Where root starts the server, Postgres runs as another user.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _, chown};
use std::path::Path;

use super::account::Account;
use super::error::EmbeddedPostgresError;

/// Creates a directory and its parents so that `account` can pass, whatever our umask is. Existing ones stay unchanged.
pub(super) fn make_with_parents(path: &Path, account: Option<&Account>) -> io::Result<()> {
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

/// Lets no other user into a directory. Root keeps it, and lets `account` pass through.
pub(super) fn close_to_others(path: &Path, account: Option<&Account>) -> io::Result<()> {
    let mode = if account.is_some() { 0o711 } else { 0o700 };
    let owner = account.map(|_| 0);
    chown(path, owner, owner)?;
    fs::set_permissions(path, Permissions::from_mode(mode))
}

/// Creates a directory that only `account` may enter.
pub(super) fn make_private(path: &Path, account: Option<&Account>) -> Result<(), EmbeddedPostgresError> {
    match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            Err(EmbeddedPostgresError::file("could not create", path)(error))
        }
        _ => give_to(path, account),
    }
}

pub(super) fn give_to(path: &Path, account: Option<&Account>) -> Result<(), EmbeddedPostgresError> {
    let Some(account) = account else { return Ok(()) };
    chown(path, Some(account.uid), Some(account.gid))
        .map_err(EmbeddedPostgresError::file("could not change the owner of", path))
}

/// Checks that `account` may enter every directory above `path`. Postgres reaches its data through them.
pub(super) fn check_reachable(path: &Path, account: &Account) -> Result<(), EmbeddedPostgresError> {
    for ancestor in path.ancestors().skip(1) {
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

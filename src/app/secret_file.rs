//! The generated secret of the embedded database, for when none is configured. `heirloom serve` needs no settings, and
//! its sessions survive a restart.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use super::error::StartError;
use crate::config::trusted_file::{FileError, TrustedFile};
use crate::crypto::keys::generate_secret;
use crate::domain::secret::Secret;

const MODE: u32 = 0o600;

/// The secret in `directory`, generated the first time.
pub(super) fn keep(directory: &Path) -> Result<Secret, StartError> {
    let path = directory.join("secret");
    let failed = |error| StartError::SecretFile { path: path.display().to_string(), error };
    // Not `StartError::Secret`, which names a setting that is not set.
    let checked = |text: &str| Secret::new(text).map_err(|error| failed(io::Error::other(format!("it {error}"))));
    match TrustedFile::read(&path) {
        Ok(file) => {
            close_to_others(&path).map_err(failed)?;
            checked(file.text.trim())
        }
        Err(error) if error.is_missing() => {
            let text = generate_secret(&mut rng());
            write(directory, &path, &text).map_err(failed)?;
            tracing::warn!(
                path = %path.display(),
                "HEIRLOOM_SECRET is not set: using a generated secret, kept beside the embedded database. For development only"
            );
            checked(&text)
        }
        Err(FileError::Io(error)) => Err(failed(error)),
        Err(error) => Err(StartError::DataDirectory { path, error }),
    }
}

/// A copy or a restored backup may have wider permissions.
fn close_to_others(path: &Path) -> io::Result<()> {
    if fs::metadata(path)?.permissions().mode() & 0o077 != 0 {
        fs::set_permissions(path, Permissions::from_mode(MODE))?;
        tracing::warn!(
            path = %path.display(),
            "Other users of this machine could read the secret; its permissions are fixed now. If anyone may have read it, remove \
             the file, which ends all sessions"
        );
    }
    Ok(())
}

/// Renames a finished file into place, so a half-written secret is never read. Syncs it to the disk, because losing it
/// ends every session.
fn write(directory: &Path, path: &Path, text: &str) -> io::Result<()> {
    let unfinished = path.with_extension("unfinished");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(MODE).open(&unfinished)?;
    writeln!(file, "{text}")?;
    file.sync_all()?;
    fs::rename(&unfinished, path)?;
    File::open(directory)?.sync_all()
}

#[expect(clippy::disallowed_methods, reason = "the composition root draws the first secret")]
fn rng() -> impl rand::CryptoRng {
    rand::rng()
}

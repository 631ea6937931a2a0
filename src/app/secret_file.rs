//! The secret that belongs to the embedded database where none is configured, so that `heirloom serve` needs no settings
//! and sessions outlive its restarts.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use super::StartError;
use crate::crypto::keys::generate_secret;
use crate::domain::secret::Secret;

const MODE: u32 = 0o600;

/// The secret kept in `directory`, made there at first.
pub(super) fn keep(directory: &Path) -> Result<Secret, StartError> {
    let path = directory.join("secret");
    let failed = |error| StartError::SecretFile { path: path.display().to_string(), error };
    // Not `StartError::Secret`, which sends the reader to a variable that is not set.
    let checked = |text: &str| Secret::new(text).map_err(|error| failed(io::Error::other(format!("it {error}"))));
    match fs::read_to_string(&path) {
        Ok(text) => {
            close_to_others(&path).map_err(failed)?;
            checked(text.trim())
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let text = generate_secret(&mut rng());
            write(directory, &path, &text).map_err(failed)?;
            tracing::warn!(
                path = %path.display(),
                "No HEIRLOOM_SECRET is set: a generated one is kept beside the embedded database, for development"
            );
            checked(&text)
        }
        Err(error) => Err(failed(error)),
    }
}

/// A copy or a restored backup may have come with wider permissions.
fn close_to_others(path: &Path) -> io::Result<()> {
    if fs::metadata(path)?.permissions().mode() & 0o077 != 0 {
        fs::set_permissions(path, Permissions::from_mode(MODE))?;
        tracing::warn!(
            path = %path.display(),
            "The secret could be read by other users of this machine; it is closed to them now. If anyone may have read it, \
             remove the file: all sessions end with it"
        );
    }
    Ok(())
}

/// Written under another name and renamed, so that no half-written secret is ever read; and flushed, since losing it would
/// end every session.
fn write(directory: &Path, path: &Path, text: &str) -> io::Result<()> {
    let unfinished = path.with_extension("unfinished");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(MODE).open(&unfinished)?;
    writeln!(file, "{text}")?;
    file.sync_all()?;
    fs::rename(&unfinished, path)?;
    File::open(directory)?.sync_all()
}

#[expect(clippy::disallowed_methods, reason = "the composition root is where randomness may enter")]
fn rng() -> impl rand::CryptoRng {
    rand::rng()
}

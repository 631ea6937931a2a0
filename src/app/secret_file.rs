//! The secret that belongs to the embedded database where none is configured, so that `heirloom serve` needs no settings
//! and sessions outlive its restarts.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use super::StartError;
use crate::crypto::keys::generate_secret;
use crate::domain::secret::{Secret, SecretError};

/// The secret kept in `directory`, made there at first.
pub(super) fn keep(directory: &Path) -> Result<Secret, StartError> {
    let path = directory.join("secret");
    let failed = |error| StartError::SecretFile { path: path.display().to_string(), error };
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Secret::new(text.trim())?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let text = generate_secret(&mut rng());
            write(&path, &text).map_err(failed)?;
            tracing::warn!(
                path = %path.display(),
                "No HEIRLOOM_SECRET is set: a generated one is kept beside the embedded database, for development"
            );
            Secret::new(&text).map_err(|error: SecretError| error.into())
        }
        Err(error) => Err(failed(error)),
    }
}

/// Written under another name and renamed, so that no half-written secret is ever read.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let unfinished = path.with_extension("unfinished");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
    writeln!(file, "{text}")?;
    file.sync_all()?;
    fs::rename(&unfinished, path)
}

#[expect(clippy::disallowed_methods, reason = "the composition root is where randomness may enter")]
fn rng() -> impl rand::CryptoRng {
    rand::rng()
}

//! Reading `.env` of the working directory, and of no other: a file further up belongs to another project.

use std::path::{Path, PathBuf};

use crate::config::dotenv::{Variable, parse, quoted};
use crate::config::trusted_file::TrustedFile;

use super::libpq_variables::is_for_libpq;

/// A `.env` that was read.
#[derive(Debug)]
pub(super) struct Dotenv {
    pub path: PathBuf,
    /// Those that libpq reads. They are not set until an external database is configured.
    for_libpq: Vec<Variable>,
}

impl Dotenv {
    /// Sets the variables of `./.env` that are not set yet, except those for libpq. `None` without such a file.
    ///
    /// # Errors
    /// A sentence about a file that cannot be read, or that other users can change.
    pub fn load() -> Result<Option<Self>, String> {
        let Ok(path) = std::env::current_dir().map(|directory| directory.join(".env")) else { return Ok(None) };
        // A Python environment may have this name.
        if path.is_dir() {
            return Ok(None);
        }
        let file = match TrustedFile::read(&path) {
            Ok(file) => file,
            Err(error) if error.is_missing() => return Ok(None),
            Err(error) => return Err(format!("{} {error}.", path.display())),
        };
        let variables = parse(&file.text).map_err(|error| format!("{} cannot be read: {error}.", path.display()))?;
        let (for_libpq, others): (Vec<_>, Vec<_>) = variables.into_iter().partition(|(name, _)| is_for_libpq(name));
        set(&others, &path)?;
        Ok(Some(Self { path, for_libpq }))
    }

    /// Sets the variables for libpq that are not set yet.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn set_for_libpq(&self) -> Result<(), String> {
        set(&self.for_libpq, &self.path)
    }
}

fn set(variables: &[Variable], path: &Path) -> Result<(), String> {
    dotenvy::from_read(quoted(variables).as_bytes()).map_err(|_| format!("{} cannot be read.", path.display()))
}

//! Finding the binaries of a Postgres installation.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::command::bare_environment;
use super::error::EmbeddedPostgresError;

/// `initdb` and `postgres` of one installation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Binaries {
    pub directory: PathBuf,
    /// The major version.
    pub version: u32,
}

/// Where to look for installations: first in the user's PATH, then where the packages of common systems put them, newest
/// version first.
pub(super) fn standard_places() -> Vec<PathBuf> {
    let mut places: Vec<PathBuf> =
        env::var_os("PATH").map(|path| env::split_paths(&path).collect()).unwrap_or_default();
    for (parent, prefix, suffix) in [
        ("/usr/lib/postgresql", "", "bin"),
        ("/usr", "pgsql-", "bin"),
        ("/opt/homebrew/opt", "postgresql", "bin"),
        ("/usr/local/opt", "postgresql", "bin"),
    ] {
        let entries = fs::read_dir(parent).into_iter().flatten().flatten();
        let mut found: Vec<PathBuf> = entries
            .filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
            .map(|entry| entry.path().join(suffix))
            .collect();
        found.sort_by_key(|path| std::cmp::Reverse(version_in(&path.to_string_lossy())));
        places.extend(found);
    }
    places
}

/// The path of a program that comes with Postgres, such as `pg_dump`, from the installation that would be started. `None`
/// if there is no installation, or it has no such program.
pub fn program(name: &str) -> Option<PathBuf> {
    let installation = Binaries::all(&standard_places()).ok()?.swap_remove(0);
    Some(installation.directory.join(name)).filter(|path| path.is_file())
}

impl Binaries {
    /// Every installation in `places`, in their order; at least one. Links are followed, because `initdb` is next to the
    /// real `postgres` and not next to a link to it.
    pub fn all(places: &[PathBuf]) -> Result<Vec<Self>, EmbeddedPostgresError> {
        let mut directories: Vec<PathBuf> = Vec::new();
        for postgres in places.iter().filter_map(|place| fs::canonicalize(place.join("postgres")).ok()) {
            if let Some(directory) = postgres.parent().filter(|directory| directory.join("initdb").is_file())
                && !directories.iter().any(|known| known == directory)
            {
                directories.push(directory.to_path_buf());
            }
        }
        let installations: Vec<Self> = directories.into_iter().filter_map(Self::at).collect();
        if installations.is_empty() { Err(EmbeddedPostgresError::NoBinaries) } else { Ok(installations) }
    }

    /// The installation of the data's major version, or the first one if there is no data.
    pub fn choose(mut installations: Vec<Self>, wanted: Option<(PathBuf, u32)>) -> Result<Self, EmbeddedPostgresError> {
        let Some((directory, wanted)) = wanted else { return Ok(installations.swap_remove(0)) };
        match installations.iter().position(|installation| installation.version == wanted) {
            Some(at) => Ok(installations.swap_remove(at)),
            None => {
                let found: Vec<String> = installations.iter().map(|found| found.version.to_string()).collect();
                Err(EmbeddedPostgresError::OtherVersion { directory, wanted, found: found.join(", ") })
            }
        }
    }

    fn at(directory: PathBuf) -> Option<Self> {
        let mut postgres = Command::new(directory.join("postgres"));
        bare_environment(&mut postgres);
        let version = postgres.arg("--version").stdin(Stdio::null()).output().ok()?;
        Some(Self { version: version_in(&String::from_utf8_lossy(&version.stdout))?, directory })
    }

    pub fn initdb(&self) -> PathBuf {
        self.directory.join("initdb")
    }

    pub fn postgres(&self) -> PathBuf {
        self.directory.join("postgres")
    }
}

/// The first whole number in a text: `postgres (PostgreSQL) 15.18` is 15, `/usr/lib/postgresql/9.6/bin` is 9.
fn version_in(text: &str) -> Option<u32> {
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let digits: String = text[start..].chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::version_in;

    #[test]
    fn versions_are_read_from_what_postgres_says_and_from_paths() {
        assert_eq!(version_in("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"), Some(15));
        assert_eq!(version_in("/usr/lib/postgresql/9.6/bin"), Some(9));
        assert_eq!(version_in("/opt/homebrew/opt/postgresql@17/bin"), Some(17));
        assert_eq!(version_in("postgres"), None);
    }
}

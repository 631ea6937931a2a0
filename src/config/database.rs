//! Where the data is, and how it is reached.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use secrecy::SecretString;

use super::database_url::{DatabaseUrl, database_url};
use super::errors::{ConfigError, ConfigWarning};
use super::parsers::{boolean, count, in_range, optional, path};
use super::setting::{Setting, setting};
use super::sources::Sources;

/// Where the data is, and how it is reached.
#[derive(Clone, Debug)]
pub struct DatabaseConfig {
    pub place: DatabasePlace,
    /// At least 1.
    pub connections: u32,
    /// Connections beside the pool that rotate, each many sessions at once.
    pub rotation_workers: NonZeroUsize,
    pub prepare: bool,
    pub listen: bool,
    /// How long a request waits for the database.
    pub timeout: Duration,
}

/// Which Postgres is used.
#[derive(Clone, Debug)]
pub enum DatabasePlace {
    /// The embedded one, with its data in this directory.
    Embedded(PathBuf),
    /// The operator's, at this URL.
    External(SecretString),
}

#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Database")]
pub(super) struct DatabaseSettings {
    /// Postgres, as a URI or a libpq connection string. Without it an embedded database is used
    ///
    /// Every user of the machine can read a command line. With a password, set the variable or a file instead.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL", default_value = "")]
    #[arg(value_parser = setting(optional(database_url)))]
    pub database_url: Setting<Option<DatabaseUrl>>,

    /// File with the value of DATABASE_URL
    ///
    /// It must belong to the user or root, and no other user may write to it.
    #[arg(long, env = "DATABASE_URL_FILE", value_name = "PATH", default_value = "")]
    #[arg(value_parser = setting(optional(path)))]
    pub database_url_file: Setting<Option<PathBuf>>,

    /// Directory of the embedded database and its generated secret [default: heirloom in the platform's data directory]
    #[arg(long, env = "HEIRLOOM_DATA_DIR", value_name = "PATH", default_value = "")]
    #[arg(value_parser = setting(optional(path)))]
    pub data_dir: Setting<Option<PathBuf>>,

    /// Largest number of database connections in the pool
    #[arg(long, env = "HEIRLOOM_DATABASE_POOL", value_name = "COUNT", default_value = "8")]
    #[arg(value_parser = setting(in_range(1..=1_000_u32)))]
    pub database_pool: Setting<u32>,

    /// Number of connections beside the pool that rotate tokens, each for many sessions at once
    #[arg(
        long,
        alias = "rotation-lanes",
        env = "HEIRLOOM_ROTATION_WORKERS",
        value_name = "COUNT",
        default_value = "1"
    )]
    #[arg(value_parser = setting(count::<NonZeroUsize>(64)))]
    pub rotation_workers: Setting<NonZeroUsize>,

    /// Prepare each statement once for each connection; false for a PgBouncer that does not support it
    #[arg(long, env = "HEIRLOOM_DATABASE_PREPARE", value_name = "BOOL", default_value = "true")]
    #[arg(value_parser = setting(boolean))]
    pub database_prepare: Setting<bool>,

    /// Receive notifications of sessions that other processes revoke; false where LISTEN does not work, such as behind
    /// PgBouncer. Each process also polls for them every second
    #[arg(long, env = "HEIRLOOM_DATABASE_LISTEN", value_name = "BOOL", default_value = "true")]
    #[arg(value_parser = setting(boolean))]
    pub database_listen: Setting<bool>,
}

impl DatabaseSettings {
    /// `data_dir` is the platform's data directory, if it has one, and `credentials` the directory of the credentials that
    /// systemd passes.
    pub fn resolve(
        &self,
        errors: &mut Vec<ConfigError>,
        warnings: &mut Vec<ConfigWarning>,
        data_dir: Option<PathBuf>,
        credentials: Option<&Path>,
    ) -> DatabaseConfig {
        DatabaseConfig {
            place: self.place(errors, warnings, data_dir, credentials),
            connections: self.database_pool.value(errors),
            rotation_workers: self.rotation_workers.value(errors),
            prepare: self.database_prepare.value(errors),
            listen: self.database_listen.value(errors),
            timeout: Duration::from_secs(5),
        }
    }

    fn place(
        &self,
        errors: &mut Vec<ConfigError>,
        warnings: &mut Vec<ConfigWarning>,
        data_dir: Option<PathBuf>,
        credentials: Option<&Path>,
    ) -> DatabasePlace {
        let url = self.url(credentials).value(errors, warnings, optional(database_url)).map(|url| {
            let variable = self.database_url.variable();
            warnings.extend(
                url.ignored.into_iter().map(|message| ConfigWarning { variable: variable.to_owned(), message }),
            );
            url.url
        });
        let directory = self.data_dir.value(errors).or(data_dir);
        match (url, directory) {
            (Some(url), _) => DatabasePlace::External(url),
            (None, Some(directory)) => DatabasePlace::Embedded(directory),
            (None, None) => {
                // One mistake is enough: a wrong URL needs no directory.
                if !self.is_external(credentials) {
                    let message = "must be set, because this platform has no default data directory";
                    self.data_dir.refuse(errors, message);
                }
                DatabasePlace::Embedded(PathBuf::new())
            }
        }
    }

    pub fn has_password(&self) -> bool {
        self.database_url.parsed().as_ref().is_some_and(|url| url.has_password)
    }

    /// Whether an external database is asked for, even by a wrong URL.
    pub fn is_external(&self, credentials: Option<&Path>) -> bool {
        self.url(credentials).is_given()
    }

    fn url(&self, credentials: Option<&Path>) -> Sources<'_, Option<DatabaseUrl>> {
        Sources::new(&self.database_url, &self.database_url_file, credentials, "heirloom_database_url")
    }
}

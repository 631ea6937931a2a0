//! Which database there is, and whether it can be used.

use std::path::Path;

use secrecy::SecretString;

use super::{StartError, policy, pool, secret_file};
use crate::config::{Config, DatabasePlace};
use crate::crypto::keys::Keyring;
use crate::db::DbError;
use crate::db::migrations::Migrator;
use crate::domain::clock::Clock;
use crate::domain::secret::Secret;
use crate::embedded_postgres::{EmbeddedPostgres, Options, url_of_running};
use crate::service::Service;

/// The embedded server's database.
const DATABASE: &str = "heirloom";
/// Its place in the data directory.
const POSTGRES: &str = "postgres";

/// A database that is there and migrated, and the secrets that go with it.
pub(super) struct Opened {
    pub url: SecretString,
    pub embedded: Option<EmbeddedPostgres>,
    pub secrets: Vec<Secret>,
}

pub(super) fn open(config: &Config, migrate: bool) -> Result<Opened, StartError> {
    usable(reach(config)?, migrate)
}

fn usable(opened: Opened, migrate: bool) -> Result<Opened, StartError> {
    let mut migrator = connect(&opened.url)?;
    if opened.embedded.is_some() || migrate {
        for name in migrator.run()? {
            tracing::info!(migration = name, "Applied a migration");
        }
    } else if migrator.status()?.iter().any(|migration| !migration.is_applied) {
        return Err(StartError::NotMigrated);
    }
    if opened.secrets.is_empty() {
        return Err(crate::domain::secret::SecretError::Missing.into());
    }
    Ok(opened)
}

/// A migrator for the configured database, with the embedded server that has to outlive it, if that is the one and no
/// other process runs it.
///
/// # Errors
/// [`StartError`].
pub fn migrator(config: &Config) -> Result<(Migrator, Option<EmbeddedPostgres>), StartError> {
    let reached = reach_beside(config)?;
    Ok((connect(&reached.url)?, reached.embedded))
}

/// The use cases over the configured database, for a command that does its work and goes; with the embedded server that
/// has to outlive them, if that is the one and no other process runs it.
///
/// # Errors
/// [`StartError`].
pub fn service(config: &Config) -> Result<(Service, Option<EmbeddedPostgres>), StartError> {
    let opened = usable(reach_beside(config)?, false)?;
    let keyring = Keyring::derive(&opened.secrets)?;
    let service = Service::new(pool(config, opened.url), Clock::system(), &keyring, policy(config))?;
    Ok((service, opened.embedded))
}

/// As [`reach`], but a running embedded server of another process is used and not waited for.
fn reach_beside(config: &Config) -> Result<Opened, StartError> {
    if let DatabasePlace::Embedded(directory) = &config.database.place
        && let Some(url) = url_of_running(&directory.join(POSTGRES), DATABASE)
    {
        return Ok(Opened { url: url.into(), embedded: None, secrets: kept_secrets(config, directory)? });
    }
    reach(config)
}

fn reach(config: &Config) -> Result<Opened, StartError> {
    let directory = match &config.database.place {
        DatabasePlace::External(url) => {
            return Ok(Opened { url: url.clone(), embedded: None, secrets: config.secrets.clone() });
        }
        DatabasePlace::Embedded(directory) => directory,
    };
    tracing::info!(directory = %directory.display(), "Without DATABASE_URL, the embedded database is used");
    let options = Options { directory: directory.join(POSTGRES), durable: true, settings: Vec::new() };
    let embedded = EmbeddedPostgres::start(options)?;
    Migrator::connect(&embedded.database_url("postgres").into())?.create_database(DATABASE)?;
    let secrets = kept_secrets(config, directory)?;
    Ok(Opened { url: embedded.database_url(DATABASE).into(), embedded: Some(embedded), secrets })
}

/// libpq says what it could not understand by quoting it, be it the password; only what it says of a server is passed on.
fn connect(url: &SecretString) -> Result<Migrator, StartError> {
    Migrator::connect(url).map_err(|error| match error {
        DbError::Unavailable(text) if is_about_a_server(&text) => {
            DbError::Unavailable(text.trim_end().to_owned()).into()
        }
        DbError::Unavailable(_) => StartError::DatabaseUrl,
        other => other.into(),
    })
}

fn is_about_a_server(text: &str) -> bool {
    // What follows an @ in a password that is not written as %40 is a host to libpq.
    let host = text.strip_prefix("could not translate host name \"").and_then(|rest| rest.split('"').next());
    let is_connecting = ["connection to server", "could not connect to server"].iter().any(|&it| text.starts_with(it));
    is_connecting || host.is_some_and(|host| !host.contains('@'))
}

fn kept_secrets(config: &Config, directory: &Path) -> Result<Vec<Secret>, StartError> {
    match config.secrets.as_slice() {
        [] => Ok(vec![secret_file::keep(directory)?]),
        configured => Ok(configured.to_vec()),
    }
}

//! Opening the configured database, for a server or for a command.

use std::path::Path;

use secrecy::SecretString;

use super::error::StartError;
use super::messaging::messaging;
use super::options::{policy, pool};
use super::secret_file;
use crate::config::trusted_file::check_directory;
use crate::config::{Config, DatabasePlace};
use crate::crypto::keys::Keyring;
use crate::db::DbError;
use crate::db::migrations::Migrator;
use crate::domain::clock::Clock;
use crate::domain::secret::{Secret, SecretError};
use crate::embedded_postgres::{EmbeddedPostgres, Options, url_of_running};
use crate::service::Components;

/// The name of the embedded server's database.
const DATABASE: &str = "heirloom";
/// The directory of the embedded server, in the data directory.
const POSTGRES: &str = "postgres";

/// A database that responds, and the secrets that belong to it.
pub(super) struct Opened {
    pub url: SecretString,
    pub embedded: Option<EmbeddedPostgres>,
    pub secrets: Vec<Secret>,
}

/// Opens the database and checks its schema; migrates it if it is embedded or `migrate` is set.
pub(super) fn open(config: &Config, migrate: bool) -> Result<Opened, StartError> {
    usable(config, reach(config)?, migrate)
}

fn usable(config: &Config, opened: Opened, migrate: bool) -> Result<Opened, StartError> {
    let mut migrator = connect(&opened.url, config)?;
    if opened.embedded.is_some() || migrate {
        for name in migrator.run()? {
            tracing::info!(migration = name, "Applied a migration");
        }
    } else if migrator.status()?.iter().any(|migration| !migration.is_applied) {
        return Err(match migrator.out_of_reach()? {
            Some(schemas) => StartError::OutOfReach { schemas },
            None => StartError::NotMigrated,
        });
    }
    if config.database.prepare && opened.embedded.is_none() {
        // Behind a pooler that shares sessions, this one finds what the migrator has prepared, and says so.
        connect(&opened.url, config)?;
    }
    if opened.secrets.is_empty() {
        return Err(SecretError::Missing.into());
    }
    Ok(opened)
}

/// A migrator for the configured database. If this call started the embedded server, that is returned too and has to
/// outlive the migrator.
pub fn migrator(config: &Config) -> Result<(Migrator, Option<EmbeddedPostgres>), StartError> {
    let reached = reach_beside(config)?;
    Ok((connect(&reached.url, config)?, reached.embedded))
}

/// The components over the configured database, for a command. If this call started the embedded server, that is
/// returned too and has to outlive the components.
pub fn components(config: &Config) -> Result<(Components, Option<EmbeddedPostgres>), StartError> {
    let opened = usable(config, reach_beside(config)?, false)?;
    let keyring = Keyring::derive(&opened.secrets)?;
    let components = {
        let messaging = messaging(config, &Clock::system())?;
        let pool = pool(config, opened.url, messaging.outgoing());
        Components::new(pool, Clock::system(), &keyring, policy(config, messaging))?
    };
    Ok((components, opened.embedded))
}

/// Checks that no other user can change what is in the data directory, or the server in it.
fn check_data_directory(directory: &Path) -> Result<(), StartError> {
    for path in [directory.to_path_buf(), directory.join(POSTGRES)] {
        check_directory(&path).map_err(|error| StartError::DataDirectory { path, error })?;
    }
    Ok(())
}

/// As [`reach`], but uses an embedded server that another process runs, instead of waiting for it to stop.
fn reach_beside(config: &Config) -> Result<Opened, StartError> {
    if let DatabasePlace::Embedded(directory) = &config.database.place {
        check_data_directory(directory)?;
    }
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
    check_data_directory(directory)?;
    tracing::info!(directory = %directory.display(), "DATABASE_URL is not set: using the embedded database");
    let options = Options { directory: directory.join(POSTGRES), durable: true, settings: Vec::new() };
    let embedded = EmbeddedPostgres::start(options)?;
    let server = embedded.database_url("postgres").into();
    Migrator::connect(&server, config.database.prepare)?.create_database(DATABASE)?;
    let secrets = kept_secrets(config, directory)?;
    Ok(Opened { url: embedded.database_url(DATABASE).into(), embedded: Some(embedded), secrets })
}

/// libpq quotes what it cannot parse, which may be the password. Only its messages about a server are passed on.
fn connect(url: &SecretString, config: &Config) -> Result<Migrator, StartError> {
    Migrator::connect(url, config.database.prepare).map_err(|error| match error {
        DbError::Unavailable(text) if is_about_a_server(&text) => {
            DbError::Unavailable(text.trim_end().to_owned()).into()
        }
        DbError::Unavailable(_) => StartError::DatabaseUrl,
        other => other.into(),
    })
}

fn is_about_a_server(text: &str) -> bool {
    // If an @ in a password is not written as %40, libpq takes the text after it for a host.
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

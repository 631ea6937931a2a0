//! Which database there is, and whether it can be used.

use secrecy::SecretString;

use super::{StartError, secret_file};
use crate::config::{Config, DatabasePlace};
use crate::db::migrations::Migrator;
use crate::domain::secret::Secret;
use crate::embedded_postgres::{EmbeddedPostgres, Options};

/// The embedded server's database.
const DATABASE: &str = "heirloom";

/// A database that is there and migrated, and the secrets that go with it.
pub(super) struct Opened {
    pub url: SecretString,
    pub embedded: Option<EmbeddedPostgres>,
    pub secrets: Vec<Secret>,
}

pub(super) fn open(config: &Config, migrate: bool) -> Result<Opened, StartError> {
    let opened = reach(config)?;
    let mut migrator = Migrator::connect(&opened.url)?;
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

/// A migrator for the configured database, with the embedded server that has to outlive it, if that is the one.
///
/// # Errors
/// [`StartError`].
pub fn migrator(config: &Config) -> Result<(Migrator, Option<EmbeddedPostgres>), StartError> {
    let opened = reach(config)?;
    Ok((Migrator::connect(&opened.url)?, opened.embedded))
}

fn reach(config: &Config) -> Result<Opened, StartError> {
    let directory = match &config.database.place {
        DatabasePlace::External(url) => {
            return Ok(Opened { url: url.clone(), embedded: None, secrets: config.secrets.clone() });
        }
        DatabasePlace::Embedded(directory) => directory,
    };
    let options = Options { directory: directory.join("postgres"), durable: true, settings: Vec::new() };
    let embedded = EmbeddedPostgres::start(options)?;
    Migrator::connect(&embedded.database_url("postgres").into())?.create_database(DATABASE)?;
    let secrets = match config.secrets.as_slice() {
        [] => vec![secret_file::keep(directory)?],
        configured => configured.to_vec(),
    };
    Ok(Opened { url: embedded.database_url(DATABASE).into(), embedded: Some(embedded), secrets })
}

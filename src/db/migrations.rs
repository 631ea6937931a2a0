//! Migrations, embedded in the binary.

use diesel::Connection as _;
use diesel::migration::{Migration, MigrationName, MigrationSource as _, MigrationVersion};
use diesel::pg::{Pg, PgConnection};
use diesel::prelude::*;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness as _, embed_migrations};
use secrecy::SecretString;

use super::canonical_emails;
use super::connector::establish;
use super::error::DbError;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!();

/// A migration that this binary has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MigrationState {
    pub name: String,
    pub is_applied: bool,
}

/// A connection for migrating. No timeout applies, since `CREATE INDEX` can take long.
pub struct Migrator(PgConnection);

impl Migrator {
    /// Connects to the database at `url`.
    ///
    /// # Errors
    /// [`DbError::Unavailable`].
    pub fn connect(url: &SecretString) -> Result<Self, DbError> {
        establish(url).map(Self).map_err(|error| DbError::Unavailable(error.to_string()))
    }

    /// Every migration that this binary has, oldest first.
    ///
    /// # Errors
    /// [`DbError`] if the applied ones cannot be read.
    pub fn status(&mut self) -> Result<Vec<MigrationState>, DbError> {
        states(&mut self.0)
    }

    /// Applies the missing migrations, oldest first, all or none. Several processes can run it at once: one of them
    /// migrates, the others wait and find nothing to do.
    ///
    /// # Errors
    /// [`DbError`] if one fails, or if accounts are found that it cannot keep apart. Nothing has changed then.
    pub fn run(&mut self) -> Result<Vec<String>, DbError> {
        self.0.transaction(|pg| {
            lock_out_other_migrators(pg)?;
            let applied = pg.run_pending_migrations(MIGRATIONS).map_err(failed)?;
            let has_new_table = applied.iter().any(|version| version.to_string() == canonical_emails::MIGRATION);
            let names = names_of(&applied)?;
            if has_new_table {
                canonical_emails::fill(pg)?;
            }
            Ok(names)
        })
    }

    /// Reverts the newest applied migration, and drops the data it introduced.
    ///
    /// # Errors
    /// [`DbError`] if it cannot be reverted. Nothing has changed then.
    pub fn revert(&mut self) -> Result<Option<String>, DbError> {
        self.0.transaction(|pg| {
            lock_out_other_migrators(pg)?;
            if pg.applied_migrations().map_err(failed)?.is_empty() {
                return Ok(None);
            }
            let reverted = pg.revert_last_migration(MIGRATIONS).map_err(failed)?;
            Ok(names_of(&[reverted])?.pop())
        })
    }

    /// Creates the database `name` on this server unless it exists. `name` is quoted but not checked: it never comes
    /// from a user.
    ///
    /// # Errors
    /// [`DbError`] if the server refuses.
    pub fn create_database(&mut self, name: &str) -> Result<(), DbError> {
        diesel::define_sql_function!(fn quote_ident(name: diesel::sql_types::Text) -> diesel::sql_types::Text);
        diesel::table! { pg_database (datname) { datname -> Text, } }
        let found: i64 = pg_database::table.filter(pg_database::datname.eq(name)).count().get_result(&mut self.0)?;
        if found == 0 {
            let quoted: String = diesel::select(quote_ident(name)).get_result(&mut self.0)?;
            diesel::sql_query(format!("CREATE DATABASE {quoted}")).execute(&mut self.0)?;
        }
        Ok(())
    }
}

/// Whether every migration of this binary has been applied. Further ones, of a newer binary, do not matter: migrations
/// expand first and contract one release later. `false` for a database without any migration.
///
/// # Errors
/// [`DbError`] if the applied ones cannot be read.
pub fn is_migrated(pg: &mut PgConnection) -> Result<bool, DbError> {
    Ok(states(pg)?.iter().all(|migration| migration.is_applied))
}

fn states(pg: &mut PgConnection) -> Result<Vec<MigrationState>, DbError> {
    let applied = applied(pg)?;
    let state = |name: &dyn MigrationName| MigrationState {
        name: name.to_string(),
        is_applied: applied.contains(&name.version().to_string()),
    };
    Ok(known()?.iter().map(|migration| state(migration.name())).collect())
}

/// Diesel's own function creates the table if it is missing, which a role without that right cannot do.
fn applied(pg: &mut PgConnection) -> Result<Vec<String>, DbError> {
    diesel::table! { __diesel_schema_migrations (version) { version -> Text, } }
    use __diesel_schema_migrations::dsl::{__diesel_schema_migrations as table, version};
    let missing = |error: &diesel::result::Error| error.to_string().contains("does not exist");
    match table.select(version).load(pg) {
        Err(error) if missing(&error) => Ok(Vec::new()),
        applied => Ok(applied?),
    }
}

fn failed(error: impl std::fmt::Display) -> DbError {
    DbError::Migration(error.to_string())
}

fn names_of(versions: &[MigrationVersion<'_>]) -> Result<Vec<String>, DbError> {
    let known = known()?;
    let names = known.iter().map(|migration| migration.name());
    Ok(names.filter(|name| versions.contains(&name.version())).map(ToString::to_string).collect())
}

fn known() -> Result<Vec<Box<dyn Migration<Pg>>>, DbError> {
    let mut known = MIGRATIONS.migrations().map_err(failed)?;
    known.sort_by(|a, b| a.name().version().cmp(&b.name().version()));
    Ok(known)
}

/// A transaction-level lock, which also works through PgBouncer. The number is arbitrary.
fn lock_out_other_migrators(pg: &mut PgConnection) -> Result<(), DbError> {
    diesel::define_sql_function!(fn pg_advisory_xact_lock(key: diesel::sql_types::BigInt));
    diesel::select(pg_advisory_xact_lock(0x6865_6972_6c6f_6f6d_i64)).execute(pg)?;
    Ok(())
}

//! Migrations, embedded in the binary.

use diesel::ConnectionError;
use diesel::connection::SimpleConnection as _;
use diesel::migration::{Migration, MigrationName, MigrationSource as _, MigrationVersion};
use diesel::pg::{Pg, PgConnection};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use diesel_migrations::MigrationHarness as _;
use secrecy::SecretString;

use super::canonical_emails;
use super::connector::Connector;
use super::error::DbError;
use super::migration_files::SqlMigrations;

/// A migration that this binary has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MigrationState {
    pub name: String,
    pub is_applied: bool,
}

#[derive(QueryableByName)]
struct Condition {
    #[diesel(sql_type = Bool)]
    holds: bool,
}

#[derive(QueryableByName)]
struct Schemas {
    #[diesel(sql_type = Nullable<Text>)]
    names: Option<String>,
}

/// A connection for migrating. No timeout applies, since `CREATE INDEX` can take long.
pub struct Migrator(PgConnection);

impl Migrator {
    /// Connects to the database at `url`. `prepare` as in [`DatabaseOptions`](super::DatabaseOptions).
    ///
    /// # Errors
    /// [`DbError::Unavailable`] with libpq's message, and [`DbError`] if the session cannot be used.
    pub fn connect(url: &SecretString, prepare: bool) -> Result<Self, DbError> {
        match Connector::new(url.clone(), prepare).establish() {
            Ok((pg, _)) => Ok(Self(pg)),
            Err(ConnectionError::CouldntSetupConfiguration(error)) => Err(match error.into() {
                DbError::Unavailable(text) => DbError::Aborted(text),
                other => other,
            }),
            Err(error) => Err(DbError::Unavailable(error.to_string())),
        }
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
        self.0.build_transaction().read_committed().run(|pg| {
            prepare_to_migrate(pg)?;
            let applied = pg.run_pending_migrations(SqlMigrations).map_err(failed)?;
            let has_new_table = applied.iter().any(|version| version.to_string() == canonical_emails::MIGRATION);
            let names = names_of(&applied)?;
            if has_new_table {
                canonical_emails::fill(pg)?;
            }
            Ok(names)
        })
    }

    /// Reverts the newest applied migration that this binary has, and drops the data it introduced. The table of versions may
    /// also have those of another application.
    ///
    /// # Errors
    /// [`DbError`] if it cannot be reverted. Nothing has changed then.
    pub fn revert(&mut self) -> Result<Option<String>, DbError> {
        self.0.build_transaction().read_committed().run(|pg| {
            prepare_to_migrate(pg)?;
            let applied = applied(pg)?;
            let mut ours = known()?;
            ours.retain(|migration| applied.contains(&migration.name().version().to_string()));
            let Some(newest) = ours.pop() else { return Ok(None) };
            pg.revert_migration(newest.as_ref()).map_err(failed)?;
            Ok(Some(newest.name().to_string()))
        })
    }

    /// The schemas that have tables of this program, if `search_path` reaches none of them.
    ///
    /// # Errors
    /// [`DbError`] if the catalogue cannot be read.
    pub fn out_of_reach(&mut self) -> Result<Option<String>, DbError> {
        let sql = "SELECT string_agg(nspname, ', ') AS names FROM pg_class JOIN pg_namespace \
                   ON pg_namespace.oid = relnamespace WHERE relname = 'token_families' AND relkind IN ('r', 'p') \
                   AND to_regclass('token_families') IS NULL";
        Ok(diesel::sql_query(sql).get_result::<Schemas>(&mut self.0)?.names)
    }

    /// Creates the database `name` on this server unless it exists. `name` is quoted but not checked: it never comes
    /// from a user.
    ///
    /// # Errors
    /// [`DbError`] if the server refuses.
    pub fn create_database(&mut self, name: &str) -> Result<(), DbError> {
        diesel::define_sql_function!(fn quote_ident(name: Text) -> Text);
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
    if holds(pg, "to_regclass('__diesel_schema_migrations') IS NULL")? {
        return Ok(Vec::new());
    }
    Ok(table.select(version).load(pg)?)
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
    SqlMigrations.migrations().map_err(failed)
}

/// Takes a transaction-level lock, which also works through PgBouncer, and waits for other migrators without limit: one of
/// them may be building an index. After that `lock_timeout` applies as the operator has set it. The number is arbitrary.
fn prepare_to_migrate(pg: &mut PgConnection) -> Result<(), DbError> {
    diesel::define_sql_function!(fn pg_advisory_xact_lock(key: BigInt));
    check_place(pg)?;
    // Postgres has no `transaction_timeout` before version 17.
    let no_timeouts = "SELECT set_config(name, '0', true) FROM pg_settings WHERE name IN ('lock_timeout', \
                       'statement_timeout', 'transaction_timeout', 'idle_in_transaction_session_timeout')";
    diesel::sql_query(no_timeouts).execute(pg)?;
    diesel::select(pg_advisory_xact_lock(0x6865_6972_6c6f_6f6d_i64)).execute(pg)?;
    pg.batch_execute("SET LOCAL lock_timeout TO DEFAULT")?;
    Ok(())
}

/// Otherwise a migration would fail with the server's error, which does not say what to change.
fn check_place(pg: &mut PgConnection) -> Result<(), DbError> {
    if holds(pg, "current_setting('transaction_read_only') = 'on'")? {
        return Err(DbError::ReadOnly("nothing was migrated".to_owned()));
    }
    if holds(pg, "current_schema() IS NULL")? {
        let advice = "no schema of search_path exists, so the tables have no place. Create one, or change search_path \
                      with ALTER ROLE … SET search_path";
        return Err(failed(advice));
    }
    Ok(())
}

fn holds(pg: &mut PgConnection, condition: &str) -> Result<bool, DbError> {
    Ok(diesel::sql_query(format!("SELECT {condition} AS holds")).get_result::<Condition>(pg)?.holds)
}

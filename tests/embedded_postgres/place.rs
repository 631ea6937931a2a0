//! A directory of its own for each test, and talking to the server in it.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use heirloom::embedded_postgres::{EmbeddedPostgres, EmbeddedPostgresError, Options};
use tempfile::TempDir;

/// A directory for a server, removed with all that is in it.
pub struct Place {
    _parent: TempDir,
    directory: PathBuf,
}

impl Place {
    pub fn new() -> Self {
        Self::named("postgres")
    }

    pub fn named(name: &str) -> Self {
        let parent = tempfile::tempdir().unwrap();
        // As root, Postgres runs as somebody who has to pass through here.
        fs::set_permissions(parent.path(), Permissions::from_mode(0o755)).unwrap();
        let directory = fs::canonicalize(parent.path()).unwrap().join(name);
        Self { _parent: parent, directory }
    }

    pub fn path(&self) -> &Path {
        &self.directory
    }

    pub fn join(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    pub fn try_start(&self) -> Result<EmbeddedPostgres, EmbeddedPostgresError> {
        self.try_start_with(&[])
    }

    pub fn try_start_with(&self, settings: &[(&str, &str)]) -> Result<EmbeddedPostgres, EmbeddedPostgresError> {
        let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        EmbeddedPostgres::start(Options { directory: self.directory.clone(), durable: false, settings })
    }

    pub fn start(&self) -> EmbeddedPostgres {
        self.try_start().unwrap()
    }

    /// Why the server does not start.
    pub fn refusal(&self) -> String {
        self.try_start().err().expect("the server does not start").to_string()
    }
}

pub fn connect(server: &EmbeddedPostgres) -> PgConnection {
    PgConnection::establish(&server.database_url("postgres")).unwrap()
}

pub fn run(connection: &mut PgConnection, sql: &str) {
    diesel::sql_query(sql).execute(connection).unwrap();
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    value: i64,
}

#[derive(QueryableByName)]
struct Words {
    #[diesel(sql_type = Text)]
    value: String,
}

/// The number that `select` calls `value`.
pub fn number(connection: &mut PgConnection, select: &str) -> i64 {
    diesel::sql_query(select).get_result::<Number>(connection).unwrap().value
}

pub fn setting(connection: &mut PgConnection, name: &str) -> String {
    let select = format!("SELECT current_setting('{name}') AS value");
    diesel::sql_query(select).get_result::<Words>(connection).unwrap().value
}

/// Puts something in that must be there later.
pub fn remember(server: &EmbeddedPostgres, values: i64) {
    let connection = &mut connect(server);
    run(connection, "CREATE TABLE remembered (value bigint)");
    run(connection, &format!("INSERT INTO remembered SELECT generate_series(1, {values})"));
}

pub fn remembered(server: &EmbeddedPostgres) -> i64 {
    number(&mut connect(server), "SELECT count(*) AS value FROM remembered")
}

//! One Postgres for the whole run, one database for each test, cloned from a migrated template and gone with the test.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock};

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, PgConnection};
use heirloom::db::migrations::Migrator;
use heirloom::embedded_postgres::{EmbeddedPostgres, Options};
use std::os::unix::fs::PermissionsExt as _;

use super::{layout, statements};

const TEMPLATE: &str = "heirloom_template";

struct Server {
    postgres: EmbeddedPostgres,
    /// Reads from a pipe that the kernel closes when the run ends, whereupon it removes the directory.
    _janitor: Child,
}

fn shared() -> &'static Server {
    static SHARED: OnceLock<Server> = OnceLock::new();
    SHARED.get_or_init(Server::start)
}

impl Server {
    /// A server with a migrated template.
    fn start() -> Self {
        let directory = tempfile::Builder::new().prefix("heirloom-test-").tempdir().unwrap().keep();
        // Run as root, Postgres is another user, who has to get in.
        std::fs::set_permissions(&directory, std::fs::Permissions::from_mode(0o755)).unwrap();
        let janitor = clean_up_afterwards(&directory);
        // A vacuum at a time of its own choosing would make the tests that count what a table does differ from run to run.
        let settings = [("max_connections", "400"), ("autovacuum", "off")];
        let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let options = Options { directory: directory.join("postgres"), durable: false, settings };
        let postgres = EmbeddedPostgres::start(options).expect("the tests need Postgres's binaries");
        Migrator::connect(&postgres.database_url("postgres").into(), true).unwrap().create_database(TEMPLATE).unwrap();
        let url = postgres.database_url(TEMPLATE);
        if layout::is_partitioned() {
            layout::create_schema(&mut PgConnection::establish(&url).unwrap());
        }
        Migrator::connect(&url.clone().into(), true).unwrap().run().unwrap();
        if layout::is_partitioned() {
            layout::partition(&mut PgConnection::establish(&url).unwrap());
        }
        statements::note_all();
        Self { postgres, _janitor: janitor }
    }
}

fn clean_up_afterwards(directory: &Path) -> Child {
    let script = r#"read -r _; while [ -e "$0/postgres/data/postmaster.pid" ]; do sleep 0.1; done; rm -rf "$0""#;
    Command::new("sh").arg("-c").arg(script).arg(directory).stdin(Stdio::piped()).spawn().unwrap()
}

/// A migrated database without rows.
pub struct TestDatabase {
    name: String,
    /// Where it is not on the server that all tests share.
    own_server: Option<Server>,
}

impl TestDatabase {
    pub fn create() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        static CLONING: Mutex<()> = Mutex::new(());
        let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let _one_at_a_time = CLONING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        administer(&format!("CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY file_copy"));
        Self { name, own_server: None }
    }

    /// The only database of a server that nobody else uses.
    pub fn alone() -> Self {
        Self { name: TEMPLATE.to_owned(), own_server: Some(Server::start()) }
    }

    pub fn url(&self) -> String {
        self.own_server.as_ref().unwrap_or_else(|| shared()).postgres.database_url(&self.name)
    }

    pub fn connect(&self) -> PgConnection {
        let mut connection = PgConnection::establish(&self.url()).unwrap();
        statements::leave_out(&mut connection);
        connection
    }

    /// Cuts every connection to this database and lets none in, or lets them in again.
    pub fn set_reachable(&self, reachable: bool) {
        administer(&format!("ALTER DATABASE {} ALLOW_CONNECTIONS {reachable}", self.name));
        if !reachable {
            self.cut_connections();
        }
    }

    /// Lets it be written to, or not.
    pub fn set_read_only(&self, read_only: bool) {
        administer(&format!("ALTER DATABASE {} SET default_transaction_read_only = {read_only}", self.name));
        self.cut_connections();
    }

    /// Ends every connection to this database, as a restart does, and waits until each has ended: until then it would still
    /// take a statement.
    pub fn cut_connections(&self) {
        let name = &self.name;
        administer(&format!("SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity WHERE datname = '{name}'"));
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if self.own_server.is_none() {
            administer(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
        }
    }
}

fn administer(sql: &str) {
    let mut connection = PgConnection::establish(&shared().postgres.database_url("postgres")).unwrap();
    statements::leave_out(&mut connection);
    connection.batch_execute(sql).unwrap();
}

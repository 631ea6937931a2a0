//! A Postgres of the test's own, that can be killed, stopped, followed by a standby, and promoted. Unlike the embedded one it
//! does not come back by itself.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, PgConnection, QueryableByName, RunQueryDsl as _};
use heirloom::embedded_postgres::{Account, program};
use rustix::process::{Pid, Signal};
use tokio::time::{Instant, sleep};

use super::TIMEOUT;

/// What differs from Postgres's defaults. A rotation waits for the disk later than usual, so that a crash has something to
/// lose; segments are small, so that a full disk is met soon.
const SETTINGS: &str = "\
listen_addresses = ''
max_connections = 80
wal_writer_delay = 2s
wal_writer_flush_after = 64MB
min_wal_size = 4MB
max_wal_size = 32MB
wal_keep_size = 8MB
log_checkpoints = off
";

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    value: i64,
}

#[derive(QueryableByName)]
struct Word {
    #[diesel(sql_type = diesel::sql_types::Text)]
    value: String,
}

pub struct Postgres {
    directory: PathBuf,
    child: Option<Child>,
}

impl Postgres {
    /// A new cluster in `directory`, running.
    pub async fn create(directory: &Path) -> Self {
        fs::create_dir(directory).unwrap();
        fs::set_permissions(directory, Permissions::from_mode(0o700)).unwrap();
        owns(directory);
        let arguments = ["--auth=trust", "--username=heirloom", "--encoding=UTF8", "--no-locale", "--wal-segsize=1"];
        run(tool("initdb").args(arguments).arg("-D").arg(directory));
        append(&directory.join("postgresql.conf"), SETTINGS);
        let mut postgres = Self { directory: directory.to_owned(), child: None };
        postgres.start().await;
        postgres.executes("postgres", "CREATE DATABASE heirloom");
        postgres
    }

    /// A standby in `directory` that follows what is behind the relay at `port` as `name`.
    pub async fn follow(directory: &Path, port: u16, name: &str) -> Self {
        let primary = format!("host=127.0.0.1 port={port} user=heirloom application_name={name}");
        run(tool("pg_basebackup").args(["-X", "stream", "-c", "fast", "-R", "-d", &primary, "-D"]).arg(directory));
        let mut standby = Self { directory: directory.to_owned(), child: None };
        standby.start().await;
        standby
    }

    /// Starts the server, and returns when it answers.
    pub async fn start(&mut self) {
        let sockets = self.sockets();
        if !sockets.exists() {
            fs::create_dir(&sockets).unwrap();
            owns(&sockets);
        }
        let timeout = Instant::now() + TIMEOUT;
        loop {
            assert!(Instant::now() < timeout, "Postgres does not start; see {}.log", self.directory.display());
            let is_gone = self.child.as_mut().is_none_or(|child| child.try_wait().unwrap().is_some());
            if is_gone {
                let log =
                    fs::File::options().append(true).create(true).open(self.directory.with_extension("log")).unwrap();
                let mut command = tool("postgres");
                command.arg("-D").arg(&self.directory).arg("-k").arg(self.sockets()).stdin(Stdio::null());
                self.child = Some(command.stdout(Stdio::null()).stderr(log).spawn().unwrap());
            }
            if PgConnection::establish(&self.url("postgres")).is_ok() {
                return;
            }
            sleep(Duration::from_millis(50)).await;
        }
    }

    pub fn kill(&mut self, signal: Signal) {
        let Some(child) = &self.child else { return };
        let pid = Pid::from_raw(child.id().try_into().unwrap()).unwrap();
        rustix::process::kill_process(pid, signal).unwrap();
    }

    /// Until the process has gone that was sent a signal.
    pub fn ended(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.wait().unwrap();
        }
    }

    pub fn socket(&self) -> PathBuf {
        self.sockets().join(".s.PGSQL.5432")
    }

    pub fn connect(&self) -> PgConnection {
        PgConnection::establish(&self.url("heirloom")).unwrap()
    }

    pub fn executes(&self, database: &str, sql: &str) {
        PgConnection::establish(&self.url(database)).unwrap().batch_execute(sql).unwrap();
    }

    /// Says whether it worked.
    pub fn tries(&self, sql: &str) -> bool {
        PgConnection::establish(&self.url("heirloom")).is_ok_and(|mut connection| connection.batch_execute(sql).is_ok())
    }

    /// The number that `select` calls `value`.
    pub fn counts(&self, select: &str) -> i64 {
        diesel::sql_query(select).get_result::<Number>(&mut self.connect()).unwrap().value
    }

    /// The texts that `select` calls `value`.
    pub fn texts(&self, select: &str) -> Vec<String> {
        let rows: Vec<Word> = diesel::sql_query(select).get_results(&mut self.connect()).unwrap();
        rows.into_iter().map(|row| row.value).collect()
    }

    /// Whether commits wait for the standby `name`, or for none.
    pub fn waits_for(&self, name: &str) {
        self.executes("postgres", &format!("ALTER SYSTEM SET synchronous_standby_names = '{name}'"));
        self.executes("postgres", "SELECT pg_reload_conf()");
    }

    /// Makes a standby the primary. Nothing waits for a standby of its own then.
    pub fn is_promoted(&self) {
        self.executes("postgres", "SELECT pg_promote(true, 60)");
        self.waits_for("");
    }

    /// Beside the data, which a standby gets a copy of.
    fn sockets(&self) -> PathBuf {
        self.directory.with_extension("sockets")
    }

    fn url(&self, database: &str) -> String {
        format!("host={} user=heirloom dbname={database}", self.sockets().display())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.kill(Signal::QUIT);
        self.ended();
    }
}

/// One of Postgres's programs, to be run as somebody it lets run it.
fn tool(name: &str) -> Command {
    let mut command = Command::new(program(name).unwrap_or_else(|| panic!("Postgres's {name} is missing")));
    Account::apply(account().as_ref(), &mut command);
    command.current_dir("/");
    command
}

/// Gives a directory to whom Postgres runs as.
pub fn owns(directory: &Path) {
    if let Some(account) = account() {
        chown(directory, Some(account.uid), Some(account.gid)).unwrap();
    }
}

fn account() -> Option<Account> {
    Account::for_server().unwrap()
}

fn run(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn append(path: &Path, text: &str) {
    let old = fs::read_to_string(path).unwrap();
    fs::write(path, old + text).unwrap();
}

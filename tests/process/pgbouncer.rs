//! PgBouncer in transaction mode, in front of somebody's Postgres.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use diesel::{Connection as _, PgConnection};
use heirloom::embedded_postgres::Account;
use rustix::process::Signal;

use super::external_database::Somebodys;
use super::home::Home;
use super::needs::needs;
use super::program::{Program, eventually};

const PORT: u16 = 6432;

pub struct PgBouncer {
    program: Option<Program>,
    directory: PathBuf,
    binary: PathBuf,
}

impl PgBouncer {
    /// `None` where it is not installed.
    pub fn before(somebodys: &Somebodys, home: &Home) -> Option<Self> {
        Self::keeping_statements(0, somebodys, home)
    }

    /// Keeps so many prepared statements of each client, and prepares them again in the session that the client gets. `None`
    /// where no PgBouncer is installed that can.
    pub fn keeping_statements(count: u32, somebodys: &Somebodys, home: &Home) -> Option<Self> {
        let binary = needs("pgbouncer", "pgbouncer")?;
        let keeps = version(&binary) >= (1, 21);
        if count > 0 && !keeps {
            return None;
        }
        let keeping = if keeps { format!("max_prepared_statements = {count}\n") } else { String::new() };
        let directory = home.data().with_file_name("pgbouncer");
        fs::create_dir(&directory).unwrap();
        // It does not run as root, and whom it runs as makes its socket here.
        fs::set_permissions(&directory, Permissions::from_mode(0o777)).unwrap();
        // Fewer sessions than clients, so each gets another's.
        let config = format!(
            "[databases]\nsessions = host={} port=5432 dbname=sessions\n\
             [pgbouncer]\nlisten_addr =\nunix_socket_dir = {directory}\nlisten_port = {PORT}\n\
             auth_type = trust\nauth_file = {directory}/users.txt\n\
             pool_mode = transaction\ndefault_pool_size = 3\nmax_client_conn = 200\n\
             server_login_retry = 1\nquery_wait_timeout = 10\n{keeping}",
            sockets(&somebodys.url("sessions")),
            directory = directory.display(),
        );
        fs::write(directory.join("pgbouncer.ini"), config).unwrap();
        fs::write(directory.join("users.txt"), "\"heirloom\" \"\"\n").unwrap();
        let program = Some(spawn(&binary, &directory));
        let pgbouncer = Self { program, directory, binary };
        pgbouncer.accepts();
        Some(pgbouncer)
    }

    /// Of the database `sessions`.
    pub fn url(&self) -> String {
        format!("host={} port={PORT} user=heirloom dbname=sessions", self.directory.display())
    }

    /// Every client loses its connection.
    pub fn restarts(&mut self) {
        let program = self.program.take().unwrap();
        program.signal(Signal::KILL);
        program.ended();
        let _ = fs::remove_file(self.directory.join(format!(".s.PGSQL.{PORT}")));
        self.program = Some(spawn(&self.binary, &self.directory));
        self.accepts();
    }

    fn accepts(&self) {
        eventually("PgBouncer accepts connections", || PgConnection::establish(&self.url()).is_ok());
    }
}

/// The directory of a URI's `host`.
fn sockets(url: &str) -> String {
    let (_, host) = url.split_once("host=").unwrap();
    host.split('&').next().unwrap().replace("%2F", "/")
}

/// The first line of `pgbouncer --version` is `PgBouncer 1.18.0`.
fn version(binary: &Path) -> (u32, u32) {
    let output = Command::new(binary).arg("--version").output().unwrap().stdout;
    let text = String::from_utf8_lossy(&output);
    let mut numbers = text.split_whitespace().nth(1).unwrap().split('.').map(|number| number.parse().unwrap_or(0));
    (numbers.next().unwrap(), numbers.next().unwrap())
}

fn spawn(binary: &Path, directory: &Path) -> Program {
    let mut command = Command::new(binary);
    command.arg("-q").arg(directory.join("pgbouncer.ini")).current_dir(directory);
    Account::apply(Account::for_server().unwrap().as_ref(), &mut command);
    Program::spawn(&mut command)
}

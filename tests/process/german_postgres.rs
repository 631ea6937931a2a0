//! A Postgres that speaks German.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, PgConnection};
use heirloom::embedded_postgres::{Account, program};
use rustix::process::Signal;

use super::home::Home;
use super::needs::{needs, skip};
use super::program::{Program, eventually};

const LOCALE: &str = "de_DE.UTF-8";

pub struct GermanPostgres {
    server: Option<Program>,
    directory: PathBuf,
}

impl GermanPostgres {
    /// With an empty database `sessions`. `None` where the machine has no German for it.
    pub fn start(home: &Home) -> Option<Self> {
        let localedef = needs("localedef", "libc-bin")?;
        if !Path::new("/usr/share/i18n/locales/de_DE").exists() {
            skip("the sources of locales are missing; on Debian and Ubuntu: sudo apt-get install locales");
            return None;
        }
        let directory = home.data().with_file_name("german");
        for part in ["", "data", "sockets", "locales"] {
            let part = directory.join(part);
            fs::create_dir(&part).unwrap();
            fs::set_permissions(&part, Permissions::from_mode(0o700)).unwrap();
            if let Some(account) = account() {
                chown(&part, Some(account.uid), Some(account.gid)).unwrap();
            }
        }
        run(as_account(Command::new(localedef).args(["-i", "de_DE", "-f", "UTF-8"]))
            .arg(directory.join("locales").join(LOCALE)));
        run(as_account(&mut Command::new(program("initdb").expect("the tests need Postgres's binaries")))
            .args(["--auth=trust", "--username=heirloom", "--encoding=UTF8", "--locale=C", "--no-sync", "-D"])
            .arg(directory.join("data")));
        let mut postgres = Self { server: None, directory };
        postgres.starts();
        postgres.executes("postgres", "CREATE DATABASE sessions");
        let error = postgres.connect("sessions").batch_execute("SELECT 1 / 0").unwrap_err().to_string();
        if !error.contains("durch Null") {
            skip(&format!("this Postgres has no German messages: {error}"));
            return None;
        }
        Some(postgres)
    }

    pub fn starts(&mut self) {
        let mut command = Command::new(program("postgres").unwrap());
        command.arg("-D").arg(self.directory.join("data")).arg("-k").arg(self.directory.join("sockets"));
        for setting in ["listen_addresses=", "fsync=off", "deadlock_timeout=500ms"] {
            command.arg("-c").arg(setting);
        }
        command.arg("-c").arg(format!("lc_messages={LOCALE}")).env("LOCPATH", self.directory.join("locales"));
        self.server = Some(Program::spawn(as_account(&mut command)));
        eventually("Postgres accepts connections", || PgConnection::establish(&self.url("postgres")).is_ok());
    }

    /// Ends every connection, in German.
    pub fn stops(&mut self) {
        if let Some(server) = self.server.take() {
            server.signal(Signal::INT);
            server.ended();
        }
    }

    pub fn url(&self, database: &str) -> String {
        format!("host={} user=heirloom dbname={database}", self.directory.join("sockets").display())
    }

    pub fn locales(&self) -> PathBuf {
        self.directory.join("locales")
    }

    pub fn connect(&self, database: &str) -> PgConnection {
        PgConnection::establish(&self.url(database)).unwrap()
    }

    pub fn executes(&self, database: &str, sql: &str) {
        self.connect(database).batch_execute(sql).unwrap();
    }

    /// Changes a setting of new sessions in the database, and ends those that are there.
    pub fn sets(&self, setting: &str) {
        let end = "SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity WHERE datname = 'sessions'";
        self.executes("postgres", &format!("ALTER DATABASE sessions {setting}"));
        self.executes("postgres", end);
    }
}

impl Drop for GermanPostgres {
    fn drop(&mut self) {
        self.stops();
    }
}

fn account() -> Option<Account> {
    Account::for_server().unwrap()
}

fn as_account(command: &mut Command) -> &mut Command {
    Account::apply(account().as_ref(), command);
    command.current_dir("/")
}

fn run(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

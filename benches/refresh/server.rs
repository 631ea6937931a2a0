//! The server under load: the release binary with its embedded database, as `heirloom serve` starts it.

use std::io::{BufRead as _, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::{fs, thread};

use heirloom::db::migrations::Migrator;
use heirloom::embedded_postgres::{EmbeddedPostgres, Options, url_of_running};
use tempfile::TempDir;

use crate::sessions::SECRET;

const DATABASE: &str = "heirloom";

pub struct Server {
    process: Child,
    pub address: SocketAddr,
    pub database_url: String,
    /// Where it is not the server's own.
    postgres: Option<EmbeddedPostgres>,
    directory: TempDir,
}

impl Server {
    /// Starts it on a database of its own, with every limit for an address turned off.
    pub fn start() -> Self {
        Self::start_binary(Path::new(env!("CARGO_BIN_EXE_heirloom")))
    }

    /// Starts another build of it in the same way.
    pub fn start_binary(binary: &Path) -> Self {
        let directory = directory();
        let command = command_of(binary, directory.path(), None, &["serve"]);
        Self::start_in(directory, command, None)
    }

    /// Starts it with the service API, and returns the address of that too.
    pub fn start_with_service_api() -> (Self, SocketAddr) {
        let admin =
            TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr()).expect("a free port");
        let directory = directory();
        let mut command = command(directory.path(), None, &["serve"]);
        command.env("HEIRLOOM_ADMIN_BIND", admin.to_string());
        (Self::start_in(directory, command, None), admin)
    }

    /// Starts it with so many open files at the most.
    pub fn start_within(files: u32) -> Self {
        let directory = directory();
        let command = command(directory.path(), None, &["serve"]);
        let mut limited = Command::new("sh");
        limited.args(["-c", "ulimit -n $0 && exec \"$@\"", &files.to_string()]);
        limited.arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => limited.env(name, value),
                None => limited.env_remove(name),
            };
        }
        Self::start_in(directory, limited, None)
    }

    /// Starts it on a database with these settings of Postgres, which its operator has chosen for the size of the table.
    pub fn start_on_database(settings: &[(&str, &str)]) -> Self {
        let directory = directory();
        let settings = settings.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        let options = Options { directory: postgres_of(directory.path()), durable: true, settings };
        let postgres = EmbeddedPostgres::start(options).expect("the database starts");
        Migrator::connect(&postgres.database_url("postgres").into(), true)
            .and_then(|mut migrator| migrator.create_database(DATABASE))
            .expect("the database is made");
        Migrator::connect(&postgres.database_url(DATABASE).into(), true)
            .and_then(|mut migrator| migrator.run())
            .expect("its tables are made");
        let command = command(directory.path(), Some(&postgres), &["serve"]);
        Self::start_in(directory, command, Some(postgres))
    }

    fn start_in(directory: TempDir, mut command: Command, postgres: Option<EmbeddedPostgres>) -> Self {
        let mut process = command.stdout(Stdio::piped()).spawn().expect("the binary runs");
        let output = BufReader::new(process.stdout.take().expect("it was piped"));
        let mut lines = output.lines().map_while(Result::ok);
        let url = lines.find_map(|line| line.split_once("http://").map(|(_, rest)| rest.to_owned())).expect("its URL");
        thread::spawn(move || lines.for_each(drop));
        let address = url.split_whitespace().next().and_then(|host| host.parse().ok()).expect("an address");
        let database_url = url_of_running(&postgres_of(directory.path()), DATABASE).expect("its database");
        Self { process, address, database_url, postgres, directory }
    }

    /// Another command of the binary, on the same database.
    pub fn command(&self, arguments: &[&str]) -> Command {
        command(self.directory.path(), self.postgres.as_ref(), arguments)
    }

    /// What the server and its database have used of the processors, in seconds.
    pub fn cpu(&self) -> (f64, f64) {
        let pid_file = postgres_of(self.directory.path()).join("data/postmaster.pid");
        let postmaster: u32 = fs::read_to_string(pid_file)
            .ok()
            .and_then(|text| text.lines().next()?.parse().ok())
            .expect("the database runs");
        let children = processes().into_iter().filter(|process| process.parent == postmaster);
        let own = |pid| processes().into_iter().find(|process| process.pid == pid).map_or(0.0, |process| process.cpu);
        (own(self.process.id()), own(postmaster) + children.map(|child| child.cpu).sum::<f64>())
    }

    /// How many sockets the server has open.
    pub fn sockets(&self) -> usize {
        let files = fs::read_dir(format!("/proc/{}/fd", self.process.id())).expect("Linux").flatten();
        let is_socket = |target: PathBuf| target.to_string_lossy().starts_with("socket:");
        files.filter(|file| fs::read_link(file.path()).is_ok_and(is_socket)).count()
    }

    /// In MiB.
    pub fn resident(&self) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
        line.trim().trim_end_matches(" kB").parse::<f64>().unwrap_or(f64::NAN) / 1024.0
    }
}

fn directory() -> TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    let everyone = fs::Permissions::from_mode(0o755);
    fs::set_permissions(directory.path(), everyone).expect("our own directory");
    directory
}

/// Where the server keeps the database that it starts.
fn postgres_of(directory: &Path) -> PathBuf {
    directory.join("data/postgres")
}

fn command(directory: &Path, postgres: Option<&EmbeddedPostgres>, arguments: &[&str]) -> Command {
    command_of(Path::new(env!("CARGO_BIN_EXE_heirloom")), directory, postgres, arguments)
}

fn command_of(binary: &Path, directory: &Path, postgres: Option<&EmbeddedPostgres>, arguments: &[&str]) -> Command {
    let mut command = Command::new(binary);
    command
        .args(arguments)
        .env_remove("DATABASE_URL")
        .env("HEIRLOOM_DATA_DIR", directory.join("data"))
        .env("HEIRLOOM_SECRET", SECRET)
        .env("HEIRLOOM_BIND", "127.0.0.1:0")
        .env("HEIRLOOM_ADMIN_BIND", "off")
        .env("HEIRLOOM_REFRESH_RATE", "off")
        .env("HEIRLOOM_LOG", "warn");
    if let Some(postgres) = postgres {
        command.env("DATABASE_URL", postgres.database_url(DATABASE));
    }
    command
}

impl Drop for Server {
    fn drop(&mut self) {
        let pid = rustix::process::Pid::from_child(&self.process);
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        let _ = self.process.wait();
    }
}

struct Process {
    pid: u32,
    parent: u32,
    /// Of children that have ended, too.
    cpu: f64,
}

/// Linux's `/proc/<pid>/stat`, whose times are in hundredths of a second.
fn processes() -> Vec<Process> {
    let entries = fs::read_dir(Path::new("/proc")).expect("Linux").flatten();
    entries.filter_map(|entry| process(entry.file_name().to_str()?.parse().ok()?)).collect()
}

fn process(pid: u32) -> Option<Process> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = text.rsplit_once(") ")?.1.split(' ').collect();
    let ticks = |at: usize| fields.get(at)?.parse::<f64>().ok();
    let cpu = (ticks(11)? + ticks(12)? + ticks(13)? + ticks(14)?) / 100.0;
    Some(Process { pid, parent: fields.get(1)?.parse().ok()?, cpu })
}

//! `heirloom serve`, as a process with a clock of its own.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal};

use super::wire::exchange;

/// How servers are started.
#[derive(Clone, Debug)]
pub struct Setup {
    pub binary: PathBuf,
    pub directory: PathBuf,
    /// What is preloaded so that a clock can be shifted; `None` where that cannot be done.
    pub clock: Option<PathBuf>,
    pub settings: Vec<(&'static str, String)>,
    pub secrets: Vec<String>,
}

pub struct Server {
    child: Child,
    pub address: SocketAddr,
}

impl Server {
    pub fn start(setup: &Setup, number: usize, database_url: &str) -> Self {
        let log = setup.directory.join(format!("server-{number}.log"));
        let log = fs::File::options().append(true).create(true).open(log).unwrap();
        let mut command = Command::new(&setup.binary);
        command.arg("serve").current_dir(&setup.directory).env_clear();
        command.env("DATABASE_URL", database_url);
        command.env("HEIRLOOM_BIND", "127.0.0.1:0").env("HEIRLOOM_ADMIN_BIND", "off");
        command.env("HEIRLOOM_SECRET", setup.secrets.join(",")).envs(setup.settings.iter().cloned());
        command.env("HEIRLOOM_TRUSTED_PROXIES", "127.0.0.1/32");
        command.env("HEIRLOOM_LOGIN_RATE", "off").env("HEIRLOOM_REFRESH_RATE", "off");
        if let Some(clock) = &setup.clock {
            command.env("LD_PRELOAD", clock).env("HEIRLOOM_TEST_CLOCK", clock_file(&setup.directory, number));
        }
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        fs::write(setup.directory.join(format!("server-{number}.pid")), child.id().to_string()).unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("Heirloom serves http://").and_then(|address| address.parse().ok());
        let Some(address) = address else {
            let _ = child.kill();
            panic!(
                "server {number} does not start; see {}",
                setup.directory.join(format!("server-{number}.log")).display()
            );
        };
        Self { child, address }
    }

    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.child.id().try_into().unwrap()).unwrap();
        rustix::process::kill_process(pid, signal).unwrap();
    }

    pub fn ended(mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }

    pub async fn is_ready(&self) -> bool {
        let request = "GET /health/ready HTTP/1.1\r\nhost: heirloom.test\r\nconnection: close\r\n\r\n";
        let answer = tokio::time::timeout(Duration::from_secs(10), exchange(self.address, request)).await;
        answer.is_ok_and(|answer| answer.is_ok_and(|answer| answer.starts_with("HTTP/1.1 200")))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn clock_file(directory: &Path, number: usize) -> PathBuf {
    directory.join(format!("clock-{number}"))
}

/// Sets the clock of a server, running or not, so far ahead of the machine's.
pub fn set_clock(directory: &Path, number: usize, micros: i64) {
    use std::os::unix::fs::FileExt as _;
    let file =
        fs::File::options().write(true).create(true).truncate(false).open(clock_file(directory, number)).unwrap();
    file.write_all_at(&micros.to_ne_bytes(), 0).unwrap();
}

/// Builds what shifts a clock. Only Linux lets it be put into a process so.
pub fn build_clock(directory: &Path) -> Option<PathBuf> {
    if !cfg!(target_os = "linux") {
        eprintln!("Clocks are not shifted on this system.");
        return None;
    }
    let (source, library) = (directory.join("clock.c"), directory.join("clock.so"));
    fs::write(&source, include_str!("clock.c")).unwrap();
    let built = Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(&source).status();
    assert!(built.unwrap().success(), "cc builds the shifted clock");
    Some(library)
}

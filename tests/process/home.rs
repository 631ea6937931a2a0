//! Where a user is when they call the program: a directory without `.env`, a data directory of their own, and nothing of
//! ours in the environment.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::program::{Ended, Program, eventually, working_in};

pub struct Home {
    _parent: TempDir,
    root: PathBuf,
}

impl Home {
    pub fn new() -> Self {
        let parent = tempfile::tempdir().unwrap();
        // As root, Postgres runs as somebody who has to pass through here.
        fs::set_permissions(parent.path(), Permissions::from_mode(0o755)).unwrap();
        let root = fs::canonicalize(parent.path()).unwrap();
        fs::create_dir(root.join("here")).unwrap();
        Self { _parent: parent, root }
    }

    pub fn data(&self) -> PathBuf {
        self.root.join("data")
    }

    /// A file of the current directory.
    pub fn here(&self, name: &str) -> PathBuf {
        self.root.join("here").join(name)
    }

    pub fn command(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_heirloom"));
        command.args(arguments).current_dir(self.root.join("here")).env_clear();
        command.env("PATH", inherited("PATH")).env("HOME", &self.root);
        command.env("HEIRLOOM_DATA_DIR", self.data()).env("HEIRLOOM_BIND", "127.0.0.1:0");
        command.env("HEIRLOOM_ADMIN_BIND", "127.0.0.1:0");
        // All these clients share one address.
        command.env("HEIRLOOM_LOGIN_RATE", "off").env("HEIRLOOM_REFRESH_RATE", "off");
        command.envs(environment.iter().copied());
        command
    }

    pub fn begin(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Program {
        Program::spawn(&mut self.command(arguments, environment))
    }

    pub fn run(&self, arguments: &[&str]) -> Ended {
        self.run_with(arguments, &[])
    }

    pub fn run_with(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Ended {
        self.begin(arguments, environment).ended()
    }

    /// The process id of the embedded server.
    pub fn postmaster(&self) -> u32 {
        self.postmaster_if_there().expect("the embedded server runs")
    }

    pub fn postmaster_if_there(&self) -> Option<u32> {
        let text = fs::read_to_string(self.data().join("postgres/data/postmaster.pid")).ok()?;
        text.lines().next()?.parse().ok()
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            // Or the directory could not be removed under a server that is still stopping.
            eventually("nobody works in the data directory", || working_in(&self.data()).is_empty());
        }
    }
}

pub fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[expect(clippy::disallowed_methods, reason = "the program finds Postgres where this test would")]
fn inherited(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}

//! How the server is started.

use std::fs::OpenOptions;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::account::Account;
use super::binaries::Binaries;
use super::command::watched;
use super::directory::Directory;
use super::error::EmbeddedPostgresError;
use super::options::Options;
use super::postmaster;

pub(super) struct ServerCommand {
    postgres: PathBuf,
    root: PathBuf,
    data: PathBuf,
    log: PathBuf,
    account: Option<Account>,
    settings: Vec<(String, String)>,
}

impl ServerCommand {
    pub fn new(binaries: &Binaries, directory: &Directory, account: Option<Account>, options: &Options) -> Self {
        let mut settings = vec![
            ("listen_addresses".to_owned(), String::new()),
            ("unix_socket_directories".to_owned(), directory.socket_directory().to_string_lossy().into_owned()),
            ("shared_buffers".to_owned(), "64MB".to_owned()),
            // Compiling costs more than any of our statements.
            ("jit".to_owned(), "off".to_owned()),
        ];
        if !options.durable {
            // Not `synchronous_commit`: without it even a killed server loses what it had committed.
            for name in ["fsync", "full_page_writes"] {
                settings.push((name.to_owned(), "off".to_owned()));
            }
        }
        settings.extend(options.settings.iter().cloned());
        let (root, data, log) = (directory.root().to_path_buf(), directory.data(), directory.log());
        Self { postgres: binaries.postgres(), root, data, log, account, settings }
    }

    /// The directory of the server.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where the server logs to.
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// Starts the server with an empty log.
    pub fn spawn(&self, directory: &Directory) -> Result<Child, EmbeddedPostgresError> {
        let log = directory.open_log()?;
        let errors = log.try_clone().map_err(EmbeddedPostgresError::file("could not write", &self.log))?;
        self.command(log.into(), errors.into())
            .spawn()
            .map_err(EmbeddedPostgresError::file("could not run", &self.postgres))
    }

    /// Starts the server again, and keeps the log of the one that ended.
    pub fn respawn(&self) -> io::Result<Child> {
        let log = OpenOptions::new().append(true).open(&self.log)?;
        let errors = log.try_clone()?;
        self.command(log.into(), errors.into()).spawn()
    }

    fn command(&self, log: Stdio, errors: Stdio) -> Command {
        let mut command = watched(&self.postgres, self.account.as_ref());
        command.arg("-D").arg(&self.data);
        for (name, value) in &self.settings {
            command.arg("-c").arg(format!("{name}={value}"));
        }
        // Postgres does not start while another process, even ours, has its old process id. After a restart of a container
        // one often does. Postgres ignores a single id: its grandparent's. Removing the file instead would also remove the
        // check that no child of the old server still uses the data.
        if let Some(pid) = postmaster::stale(&self.root) {
            command.env("PG_GRANDPARENT_PID", pid.to_string());
        }
        command.current_dir(&self.data).stdout(log).stderr(errors);
        command
    }
}

//! A running server.

use std::path::PathBuf;

use super::account::Account;
use super::binaries::{self, Binaries};
use super::directory::Directory;
use super::error::EmbeddedPostgresError;
use super::initdb::create_data;
use super::options::Options;
use super::postmaster;
use super::server_command::ServerCommand;
use super::supervisor::Supervisor;
use super::url::database_url;

/// A running server. Dropping it stops the server.
pub struct EmbeddedPostgres {
    supervisor: Supervisor,
    directory: Directory,
}

impl EmbeddedPostgres {
    /// Starts the server of `options.directory`, creating its data if there is none, and returns when it accepts
    /// connections. First waits for a server that a killed process left behind, and stops it if need be.
    ///
    /// # Errors
    /// [`EmbeddedPostgresError`]; each says what to do.
    pub fn start(options: Options) -> Result<Self, EmbeddedPostgresError> {
        Self::start_with(options, &binaries::standard_places())
    }

    fn start_with(options: Options, places: &[PathBuf]) -> Result<Self, EmbeddedPostgresError> {
        let installations = Binaries::all(places)?;
        let account = Account::for_server()?;
        let directory = Directory::claim(&options.directory, account.as_ref())?;
        let binaries = Binaries::choose(installations, directory.data_version()?)?;
        postmaster::stop_leftover(directory.root())?;
        if directory.data_version()?.is_none() {
            create_data(&directory, &binaries, account.as_ref(), options.durable)?;
        }
        let command = ServerCommand::new(&binaries, &directory, account, &options);
        let supervisor = Supervisor::start(command, &directory)?;
        Ok(Self { supervisor, directory })
    }

    /// A connection URI for the database `name` of this server.
    pub fn database_url(&self, name: &str) -> String {
        database_url(name, &self.directory.socket_directory().to_string_lossy())
    }

    /// The process id of the server, if it is running at this moment.
    pub fn postmaster_pid(&self) -> Option<u32> {
        postmaster::running(self.directory.root())
    }

    /// Stops the server and waits until it has ended. Dropping does the same.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for EmbeddedPostgres {
    fn drop(&mut self) {
        self.supervisor.stop();
    }
}

#[cfg(test)]
mod tests {
    use super::{EmbeddedPostgres, EmbeddedPostgresError, Options};

    #[test]
    fn without_binaries_the_error_says_what_to_do() {
        let directory = tempfile::tempdir().unwrap();
        let options = Options { directory: directory.path().join("postgres"), durable: false, settings: Vec::new() };
        let error = EmbeddedPostgres::start_with(options, &[]).err().unwrap();
        assert!(matches!(error, EmbeddedPostgresError::NoBinaries));
        let sentence = error.to_string();
        for remedy in ["apt-get install postgresql", "docker compose up", "DATABASE_URL"] {
            assert!(sentence.contains(remedy), "{sentence}");
        }
    }
}

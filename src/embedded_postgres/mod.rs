//! A private Postgres for development and tests, run from the binaries on the machine. It listens on a Unix socket only,
//! belongs to one process at a time, comes back when it dies, and goes when its owner does, however that ends.

mod account;
mod binaries;
mod deadline;
mod directory;
mod error;
mod postmaster;
mod running;
mod supervisor;

use std::path::PathBuf;

pub use account::Account;
pub use binaries::program;
pub use error::EmbeddedPostgresError;
pub use running::url_of_running;

use binaries::Binaries;
use directory::Directory;
use supervisor::Supervisor;

/// The server's superuser, and the owner of everything in it.
const SUPERUSER: &str = "heirloom";

/// How a server is to be run.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where everything of the server lives. Made if it is not there.
    pub directory: PathBuf,
    /// `false` gives up every promise about crashes of the machine, for speed in tests.
    pub durable: bool,
    /// Further settings of Postgres, which win over ours.
    pub settings: Vec<(String, String)>,
}

/// A running server. It is stopped when this is dropped.
pub struct EmbeddedPostgres {
    supervisor: Supervisor,
    directory: Directory,
}

impl EmbeddedPostgres {
    /// Starts the server of `options.directory`, making its data directory if there is none, and returns when it accepts
    /// connections. A server that a killed process left behind is waited for or stopped first.
    ///
    /// # Errors
    /// [`EmbeddedPostgresError`]; each says what can be done about it.
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
            directory.initialise(&binaries, account.as_ref(), options.durable)?;
        }
        let command = supervisor::ServerCommand::new(&binaries, &directory, account, &options);
        let supervisor = Supervisor::start(command, &directory)?;
        Ok(Self { supervisor, directory })
    }

    /// A connection URI for the database `name` of this server.
    pub fn database_url(&self, name: &str) -> String {
        let host = percent_encoded(&self.directory.socket_directory().to_string_lossy());
        format!("postgresql://{SUPERUSER}@/{}?host={host}", percent_encoded(name))
    }

    /// The process id of the server that runs at this moment, if one does.
    pub fn postmaster_pid(&self) -> Option<u32> {
        postmaster::running(self.directory.root())
    }

    /// Stops the server and waits until it is gone. Dropping does the same.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for EmbeddedPostgres {
    fn drop(&mut self) {
        self.supervisor.stop();
    }
}

fn percent_encoded(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

#[cfg(test)]
mod tests {
    use super::{EmbeddedPostgres, EmbeddedPostgresError, Options, percent_encoded};

    #[test]
    fn a_path_survives_the_uri() {
        assert_eq!(percent_encoded("/tmp/a b%"), "%2Ftmp%2Fa%20b%25");
    }

    #[test]
    fn without_binaries_the_error_names_the_ways_out() {
        let directory = tempfile::tempdir().unwrap();
        let options = Options { directory: directory.path().join("postgres"), durable: false, settings: Vec::new() };
        let error = EmbeddedPostgres::start_with(options, &[]).err().unwrap();
        assert!(matches!(error, EmbeddedPostgresError::NoBinaries));
        let sentence = error.to_string();
        for way_out in ["apt-get install postgresql", "docker compose up", "DATABASE_URL"] {
            assert!(sentence.contains(way_out), "{sentence}");
        }
    }
}

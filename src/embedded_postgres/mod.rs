//! A private Postgres for development and tests, run from the binaries on the machine. It listens on a Unix socket only,
//! belongs to one process at a time, restarts when it dies, and stops when its owner ends, however that happens.

mod account;
mod binaries;
mod command;
mod deadline;
mod directory;
mod error;
mod initdb;
mod lock;
mod options;
mod ownership;
mod postmaster;
mod running;
mod server;
mod server_command;
mod sockets;
mod supervisor;
mod url;

pub use account::Account;
pub use binaries::program;
pub use error::EmbeddedPostgresError;
pub use options::Options;
pub use running::url_of_running;
pub use server::EmbeddedPostgres;

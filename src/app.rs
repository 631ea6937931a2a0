//! The composition root: builds a server from a configuration, bound and ready to run. Tests start the same composition
//! on port 0.

mod application;
mod capacity;
mod composition;
mod database;
mod error;
mod library;
mod messaging;
mod options;
mod secret_file;
mod server;
mod upkeep;

pub use application::{Application, Stopper};
pub use database::{components, migrator};
pub use error::StartError;
pub use library::{Config, ConnectError, Heirloom};
pub use options::check;

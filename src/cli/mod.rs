//! The command line.

mod command;
mod dotenv;
mod error;
mod libpq_variables;
mod migrate;
mod output;
mod password;
mod printable;
mod prune;
mod serve;
mod session;
mod settings;
mod user;

pub use command::run;

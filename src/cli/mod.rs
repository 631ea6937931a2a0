//! The command line.

mod command;
mod confirm;
mod dotenv;
mod error;
mod libpq_variables;
mod manual;
mod migrate;
mod os_user;
mod outbox;
mod output;
mod password;
mod printable;
mod prune;
mod serve;
mod service_key;
mod session;
mod settings;
mod user;

pub use command::run;

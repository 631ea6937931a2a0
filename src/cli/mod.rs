//! The command line.

mod command;
mod confirm;
mod dotenv;
mod error;
mod libpq_variables;
mod lines;
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
mod user_import;

pub use command::run;

//! Postgres through Diesel: the pool, the schema, and the functions that read and write each table. Rows are private to
//! this module. Its functions take and return domain values.

pub mod asynchronous_commit;
mod canonical_emails;
mod connection;
mod connection_string;
mod connector;
pub mod deleted_accounts;
pub mod ended_sessions;
pub mod error;
pub mod events;
pub mod families;
pub mod listener;
pub mod live_sessions;
mod lock_timeout;
pub mod locked_family;
pub mod migrations;
pub mod own_connection;
pub mod pool;
pub mod prune;
pub mod rotation_batch;
mod rows;
pub mod schema;
pub mod throttles;
pub mod users;

pub use connection::Connection;
pub use connection_string::objection;
pub use error::DbError;
pub use own_connection::OwnConnection;
pub use pool::{Database, DatabaseOptions};

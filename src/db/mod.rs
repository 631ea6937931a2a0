//! Postgres through Diesel: the pool, the schema, and the functions that read and write each table. Rows are private to
//! this module. Its functions take and return domain values.
//!
//! # The order of locks
//! A transaction that locks several rows locks accounts first, by id, then families, by their accounts' ids, and then
//! inserts. No two transactions then wait for each other. The families of one account need no order: a transaction that
//! locks several of them has locked the account ([`users::LockedAccount`]), so no other one locks two. It locks the owner
//! of each family that it locks, at least as much as an event of that owner does ([`locked_family::lock`],
//! [`users::lock_with_owner`]): otherwise the insertion of an event would wait for an account that is being deleted, whose
//! deletion waits for the family. Statements that skip locked rows wait for none and need no order.
//! `tests/api/lock_order.rs` runs every pair of such transactions against each other.

pub mod asynchronous_commit;
mod canonical_emails;
mod connection;
mod connection_string;
mod connection_threads;
mod connector;
pub mod deleted_accounts;
mod dial;
pub mod ended_feed;
pub mod ended_sessions;
pub mod error;
pub mod event_feed;
pub mod events;
pub mod families;
mod hosts;
pub mod idempotency_keys;
pub mod listener;
mod listening;
pub mod live_sessions;
mod lock_timeout;
pub mod locked_family;
mod migration_files;
pub mod migrations;
pub mod outbox;
pub mod own_connection;
pub mod pool;
pub mod prune;
pub mod rotation_batch;
mod rows;
pub mod schema;
pub mod service_keys;
mod session;
pub mod session_claims;
pub mod throttles;
mod unlocked_rows;
pub mod user_transfer;
pub mod users;
mod watchdog;

pub use connection::Connection;
pub use connection_string::objection;
pub use error::DbError;
pub use own_connection::{OwnConnection, OwnConnections};
pub use pool::{Database, DatabaseOptions};

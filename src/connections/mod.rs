//! The layer between the sockets and the HTTP server. It limits how long the server waits for a client, and how many
//! connections are open.
//!
//! actix times only the first head of a connection. It waits without limit for the rest of a later head, for the end of a
//! chunked body that no handler reads, and for a client that reads no response. Here every wait for a client has a limit.
//! At the limit of connections, the connection that has waited longest for its client is closed.

mod activity;
mod admission;
pub mod descriptors;
mod lifetime;
mod network;
mod registry;
mod request;
mod socket;

pub use admission::{Connections, Limits};
pub use lifetime::{Timeouts, serve};
pub use request::{HeldBody, end_with_client, respond};
pub use socket::{Socket, note_connection};

//! What stands between a socket and the HTTP server: how long a client may keep its connection waiting, and how many
//! connections there may be.
//!
//! actix times the first head of a connection and nothing else that a client does: it reads an unfinished chunked body
//! without end, waits without end for the rest of a second head, and for a client that does not read. Here every
//! connection waits for its client for a bounded time, and at the limit of connections the one that has waited for
//! longest gives way.

pub mod descriptors;
mod limit;
mod network;
mod request;
mod serve;
mod socket;
mod wait;

use std::time::Duration;

pub use limit::{Connections, Limits};
pub use request::{Held, answer};
pub use serve::serve;
pub use socket::{Socket, note_connection};

/// How long the server waits for a client.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timeouts {
    /// For a whole head: the first from the beginning of the connection, every later one from its first byte.
    pub head: Duration,
    /// For a client to read more of a response.
    pub write: Duration,
    /// For the next request on a connection that is kept alive.
    pub idle: Duration,
    /// For a client to read the response that comes before a close.
    pub linger: Duration,
}

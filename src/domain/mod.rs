//! What Heirloom is about, without I/O: families of refresh tokens, the rule that judges a presented token, accounts and
//! the policy they live under. Knows no database, no HTTP and, outside [`clock`], no time of its own.

pub mod account;
pub mod client;
pub mod clock;
pub mod device;
pub mod event;
pub mod family;
pub mod ids;
pub mod judgment;
pub mod password;
pub mod policy;
pub mod refresh_token;
pub mod revocation;
pub mod rotation;
pub mod secret;
pub mod stored_text;
pub mod throttle;

/// A moment in UTC with the precision that the database keeps: microseconds.
pub type Timestamp = time::OffsetDateTime;

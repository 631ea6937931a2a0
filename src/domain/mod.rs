//! What Heirloom is about, without I/O: families of refresh tokens, the rule that judges a presented token, accounts and
//! the policy they live under. Knows no database, no HTTP and, outside [`clock`], no time of its own.

pub mod account;
pub mod client;
pub mod clock;
pub mod device;
pub mod event;
pub mod family;
pub mod ids;
pub mod password;
pub mod place;
pub mod policy;
pub mod rotation;
pub mod secret;
pub mod throttle;

/// A moment in UTC with the precision that the database keeps: microseconds.
pub type Timestamp = time::OffsetDateTime;

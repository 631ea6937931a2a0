//! The subject of Heirloom, without I/O: families of refresh tokens, the rule that judges a presented token, accounts
//! and policies. It has no database, no HTTP and, outside [`clock`], no time of its own.

pub mod account;
pub mod claims;
pub mod claims_field;
pub mod client;
pub mod clock;
pub mod device;
pub mod email;
pub mod event;
pub mod event_messages;
pub mod family;
pub mod feed;
mod guessable;
pub mod idempotency;
pub mod ids;
pub mod invisible;
pub mod judgment;
pub mod letter;
pub mod link;
pub mod network;
pub mod notice;
pub mod outbox;
pub mod password;
pub mod place;
pub mod policy;
pub mod refresh_token;
pub mod registration;
pub mod revocation;
pub mod rotation;
pub mod secret;
pub mod service_key;
pub mod session_content;
mod signs;
pub mod standing;
pub mod stored_text;
pub mod subject;
pub mod throttle;
pub mod ticket;
pub mod user_line;
mod word_list;

/// A time in UTC, with the precision of the database: microseconds.
pub type Timestamp = time::OffsetDateTime;

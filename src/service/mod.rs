//! The use cases of callers, the operator's commands and the upkeep of the process.
//!
//! - [`Service`] is what a caller can do. Each use case opens a transaction, applies the rule of `domain` and writes
//!   the result; the use cases of one subject share a file. `http` calls them, and knows neither tables nor keys.
//! - [`Operator`] is what the operator can do. `cli` calls it. It requires no password.
//! - [`ServiceKeys`] are the keys of trusted backends.
//! - [`BackgroundWrites`], [`EndedSessions`] and [`Pruner`] keep the process up. Each owns a loop, `run`, which `app`
//!   spawns.
//! - [`Health`] reports how the process is doing.
//! - [`Components`] builds one of each over one database.
//!
//! Where new code goes: a mailer and a webhook sender each get an upkeep loop beside [`Pruner`]. A use case writes a row
//! in its own transaction, and the loop sends it. Code that other programs share, such as a verifier of access tokens, is a crate
//! under `crates/`.

mod account;
mod authentication;
mod begun_elsewhere;
mod catch_up;
mod components;
mod deletion;
mod error;
mod event_feed;
mod event_log;
mod health;
mod legacy_passwords;
mod login;
mod logout;
mod messaging;
mod new_credentials;
mod offer;
mod operator;
mod own_session;
mod passwords;
mod random;
mod recovery;
mod refresh;
mod register;
mod revoke;
mod sandbox;
mod service_keys;
mod session;
mod session_description;
mod session_list;
mod several_tokens;
mod step_up;
mod throttle;
#[cfg(test)]
mod unconnected;
mod upkeep;
mod use_cases;

pub use crate::crypto::access_token::AccessTokenError;
pub use crate::crypto::refresh_token::REFRESH_TOKEN_PREFIX;
pub use account::{NewSession, PasswordOutcome};
pub use authentication::{Authenticated, AuthenticationError};
pub use begun_elsewhere::{IssuedTicket, NotBegun, RedeemOutcome};
pub use components::{Components, Policy};
pub use error::{FieldError, ServiceError};
pub use event_feed::EVENTS_EVERY;
pub use event_log::EventPage;
pub use health::{Health, ProcessStats, Readiness};
pub use legacy_passwords::HOOKS_AT_ONCE;
pub use login::{FromBefore, LoginOutcome, WantedSession};
pub use messaging::Messaging;
pub use offer::Offer;
pub use operator::Operator;
pub use operator::accounts::{OperatorOutcome, UserSearch};
pub use operator::import::{ImportCounts, RefusedLine, UserImport};
pub use operator::service_users::{UserChange, UserDescription, UserOutcome};
pub use recovery::LinkOutcome;
pub use refresh::{RefreshOutcome, Refusal, Renewal};
pub use register::{RegisterOutcome, SelfRegistration};
pub use revoke::Ended;
pub use sandbox::{FamilyView, SandboxOutcome};
pub use service_keys::{Authorization, Backend, ServiceKeys};
pub use session::SessionGrant;
pub use session_description::{SessionDescription, UserOfSession};
pub use session_list::{ListedSession, OtherPlace};
pub use several_tokens::Chosen;
pub use step_up::{FreshAccess, ReauthenticationOutcome};
pub use throttle::{KnownDevice, TooManyAttempts};
pub use upkeep::background_writes::BackgroundWrites;
pub use upkeep::ended_log::{EndedLog, EndedPage};
pub use upkeep::ended_sessions::EndedSessions;
pub use upkeep::ended_set::EndedSet;
pub use upkeep::outbox::Outbox;
pub use upkeep::pruner::{Pruned, Pruner};
pub use use_cases::Service;

//! The use cases of callers, the operator's commands and the upkeep of the process.
//!
//! - [`Service`] is what a caller can do. Each use case opens a transaction, applies the rule of `domain` and writes
//!   the result; the use cases of one subject share a file. `http` calls them, and knows neither tables nor keys.
//! - [`Operator`] is what the operator can do. `cli` calls it. It asks for no password.
//! - [`BackgroundWrites`], [`EndedSessions`] and [`Pruner`] keep the process up. Each owns a loop, `run`, which `app`
//!   spawns.
//! - [`Health`] reports how the process is doing.
//! - [`Components`] builds one of each over one database.
//!
//! Where new parts go: a mailer and a webhook sender are upkeep loops beside [`Pruner`]. The use case that has
//! something to send writes a row in its own transaction, and the loop sends it. An API for other services is use cases
//! beside `login`, with handlers in `http`. What can be built without the server, such as a client library, is a crate
//! under `crates/`.

mod account;
mod authentication;
mod catch_up;
mod components;
mod error;
mod event_log;
mod health;
mod login;
mod logout;
mod operator;
mod passwords;
mod policy;
mod random;
mod refresh;
mod register;
mod revoke;
mod sandbox;
mod session;
mod several_tokens;
mod throttle;
#[cfg(test)]
mod unconnected;
mod upkeep;
mod use_cases;

use random::rng;

pub use crate::crypto::access_token::AccessTokenError;
pub use account::PasswordOutcome;
pub use authentication::{Authenticated, AuthenticationError};
pub use components::Components;
pub use error::{FieldError, ServiceError};
pub use event_log::EventPage;
pub use health::{Health, ProcessStats, Readiness};
pub use login::{FromBefore, LoginOutcome};
pub use operator::Operator;
pub use operator::accounts::OperatorOutcome;
pub use policy::Policy;
pub use refresh::{RefreshOutcome, Refusal, Renewal};
pub use register::RegisterOutcome;
pub use revoke::Ended;
pub use sandbox::FamilyView;
pub use session::SessionGrant;
pub use several_tokens::Chosen;
pub use throttle::{KnownDevice, TooManyAttempts};
pub use upkeep::background_writes::BackgroundWrites;
pub use upkeep::ended_sessions::EndedSessions;
pub use upkeep::ended_set::EndedSet;
pub use upkeep::pruner::{Pruned, Pruner};
pub use use_cases::Service;

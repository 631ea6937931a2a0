//! The use cases. They open transactions, ask the rule, and write what it says; `http/` and `cli/` call them and know
//! neither tables nor keys.

mod account;
mod admin;
mod admin_sessions;
mod authentication;
mod background_writes;
mod ended_sessions;
mod error;
mod event_log;
mod login;
mod logout;
mod process_stats;
mod prune;
mod refresh;
mod register;
mod sandbox;
mod session;
mod several_tokens;
mod throttle;
#[cfg(test)]
mod unconnected;

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Mutex;
use std::time::Duration;

use rand::CryptoRng;

use crate::crypto::access_token::AccessTokens;
use crate::crypto::csrf::CsrfTokens;
use crate::crypto::device_cookie::DeviceCookies;
use crate::crypto::jwk::JwkSet;
use crate::crypto::keys::Keyring;
use crate::crypto::password_hash::{HashingError, PasswordHasher};
use crate::crypto::refresh_token::RefreshTokens;
use crate::crypto::throttle_keys::ThrottleKeys;
use crate::db::{Database, DbError, migrations};
use crate::domain::clock::Clock;
use crate::domain::password::PasswordPolicy;
use crate::domain::policy::{AccessTokenPolicy, HashCost, Lifetimes, RotationPolicy};
use crate::rotation_batcher::RotationBatcher;

pub use crate::crypto::access_token::AccessTokenError;
pub use crate::crypto::refresh_token::REFRESH_TOKEN_PREFIX;
pub use account::PasswordOutcome;
pub use admin::AdminOutcome;
pub use authentication::{Authenticated, AuthenticationError};
pub use ended_sessions::EndedSessions;
pub use error::ServiceError;
pub use event_log::EventPage;
pub use login::{FromBefore, LoginOutcome};
pub use process_stats::ProcessStats;
pub use prune::Pruned;
pub use refresh::{RefreshOutcome, Refusal, Renewal};
pub use register::{FieldError, RegisterOutcome};
pub use sandbox::FamilyView;
pub use session::SessionGrant;
pub use several_tokens::Chosen;
pub use throttle::{KnownDevice, TooManyAttempts};

/// Everything that the use cases work by.
#[derive(Clone, Debug)]
pub struct Policy {
    pub rotation: RotationPolicy,
    pub lifetimes: Lifetimes,
    pub password: PasswordPolicy,
    pub access_token: AccessTokenPolicy,
    pub hash_cost: HashCost,
    /// How many living sessions an account may have; beyond it the one used longest ago ends.
    pub sessions_per_user: NonZeroU32,
    /// How long the security log is kept.
    pub event_retention: Duration,
    /// How many connections rotate, each many sessions at once.
    pub rotation_workers: NonZeroUsize,
    /// How many password hashes are computed at once.
    pub hashes_at_once: NonZeroUsize,
}

/// Heirloom's use cases over one database. One for each process, shared by all its threads.
pub struct Service {
    db: Database,
    rotation_batcher: RotationBatcher,
    clock: Clock,
    refresh_tokens: RefreshTokens,
    access_tokens: AccessTokens,
    csrf_tokens: CsrfTokens,
    throttle_keys: ThrottleKeys,
    device_cookies: DeviceCookies,
    hasher: PasswordHasher,
    rotation: RotationPolicy,
    lifetimes: Lifetimes,
    password: PasswordPolicy,
    sessions_per_user: NonZeroU32,
    event_retention: Duration,
    background_writes: background_writes::BackgroundWrites,
    ended_sessions: ended_sessions::EndedSessions,
    /// By this process, since it began.
    pruned: Mutex<Pruned>,
}

/// Whether requests can be served.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Readiness {
    Ready,
    /// The database answers, but lacks a migration that this binary needs.
    NotMigrated,
    DatabaseUnavailable,
    /// The database answers, and refuses to be written to.
    DatabaseReadOnly,
    /// The database answers again, but this process has yet to learn which sessions have ended in the meantime.
    CatchingUp,
}

impl Service {
    /// A service over `db` with the keys of `keyring`.
    ///
    /// # Errors
    /// [`HashingError::Unusable`] for a cost that Argon2 refuses.
    pub fn new(db: Database, clock: Clock, keyring: &Keyring, policy: Policy) -> Result<Self, HashingError> {
        Ok(Self {
            rotation_batcher: RotationBatcher::start(policy.rotation_workers, &db, policy.lifetimes),
            db,
            clock,
            refresh_tokens: RefreshTokens::new(keyring),
            ended_sessions: ended_sessions::EndedSessions::new(policy.access_token.ttl),
            access_tokens: AccessTokens::new(keyring, policy.access_token),
            csrf_tokens: CsrfTokens::new(keyring),
            throttle_keys: ThrottleKeys::new(keyring),
            device_cookies: DeviceCookies::new(keyring),
            hasher: PasswordHasher::new(policy.hash_cost, policy.hashes_at_once, &mut rng())?,
            rotation: policy.rotation,
            lifetimes: policy.lifetimes,
            password: policy.password,
            sessions_per_user: policy.sessions_per_user,
            event_retention: policy.event_retention,
            background_writes: background_writes::BackgroundWrites::default(),
            pruned: Mutex::default(),
        })
    }

    /// The public keys of the access tokens.
    pub fn jwks(&self) -> JwkSet {
        self.access_tokens.jwks()
    }

    /// Whether the database answers, is migrated and takes writes.
    pub async fn readiness(&self) -> Readiness {
        let asked =
            self.db.run(|connection| Ok((migrations::is_migrated(connection.pg())?, connection.takes_writes()?)));
        match asked.await {
            Ok((false, _)) => Readiness::NotMigrated,
            Ok((true, false)) => Readiness::DatabaseReadOnly,
            Ok((true, true)) if !self.knows_what_has_ended() => Readiness::CatchingUp,
            Ok((true, true)) => Readiness::Ready,
            Err(DbError::Unavailable(_)) => Readiness::DatabaseUnavailable,
            Err(error) => {
                tracing::error!(error = %error, "The database answers, but not to the question whether it is migrated");
                Readiness::NotMigrated
            }
        }
    }
}

/// The one place where randomness enters; everything below is given it.
#[expect(
    clippy::disallowed_methods,
    reason = "the use cases draw for the rooms below them, which take it as a parameter"
)]
fn rng() -> impl CryptoRng {
    rand::rng()
}

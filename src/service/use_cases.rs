//! [`Service`]: the use cases of callers. Their methods are in the other files of this module, by subject.

use std::num::NonZeroU32;
use std::sync::Arc;

use super::legacy_passwords::LegacyPasswords;
use super::messaging::Messaging;
use super::passwords::Passwords;
use super::throttle::LoginThrottle;
use super::upkeep::background_writes::BackgroundWrites;
use super::upkeep::ended_sessions::EndedSessions;
use crate::crypto::access_token::AccessTokens;
use crate::crypto::csrf::CsrfTokens;
use crate::crypto::jwk::JwkSet;
use crate::crypto::links::Links;
use crate::crypto::log_hashes::LogHashes;
use crate::crypto::refresh_token::RefreshTokens;
use crate::crypto::tickets::Tickets;
use crate::db::Database;
use crate::domain::clock::Clock;
use crate::domain::policy::{Lifetimes, RotationPolicy};
use crate::rotation_batcher::RotationBatcher;

/// The use cases of callers over one database. A process has one, and all its threads share it.
pub struct Service {
    pub(super) db: Database,
    pub(super) clock: Clock,
    pub(super) refresh_tokens: RefreshTokens,
    pub(super) access_tokens: AccessTokens,
    pub(super) csrf_tokens: CsrfTokens,
    pub(super) log_hashes: LogHashes,
    pub(super) links: Arc<Links>,
    pub(super) tickets: Tickets,
    pub(super) messaging: Messaging,
    pub(super) passwords: Passwords,
    pub(super) legacy_passwords: Option<LegacyPasswords>,
    pub(super) login_throttle: Arc<LoginThrottle>,
    pub(super) rotation: RotationPolicy,
    pub(super) lifetimes: Lifetimes,
    pub(super) sessions_per_user: NonZeroU32,
    pub(super) rotation_batcher: Arc<RotationBatcher>,
    pub(super) background_writes: Arc<BackgroundWrites>,
    pub(super) ended_sessions: Arc<EndedSessions>,
}

impl Service {
    /// The public keys of the access tokens.
    pub fn jwks(&self) -> JwkSet {
        self.access_tokens.jwks()
    }
}

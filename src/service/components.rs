//! One of everything that a process needs of this module, over one database.

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;
use std::time::Duration;

use rand::RngExt as _;
use tokio::sync::Mutex;

use super::health::Health;
use super::legacy_passwords::LegacyPasswords;
use super::messaging::Messaging;
use super::operator::{Behalf, Operator};
use super::passwords::Passwords;
use super::random::rng;
use super::service_keys::ServiceKeys;
use super::throttle::LoginThrottle;
use super::upkeep::background_writes::BackgroundWrites;
use super::upkeep::ended_log::EndedLog;
use super::upkeep::ended_sessions::EndedSessions;
use super::upkeep::outbox::Outbox;
use super::upkeep::pruner::Pruner;
use super::use_cases::Service;
use crate::crypto::access_token::AccessTokens;
use crate::crypto::csrf::CsrfTokens;
use crate::crypto::keys::Keyring;
use crate::crypto::links::Links;
use crate::crypto::log_hashes::LogHashes;
use crate::crypto::password_hash::HashingError;
use crate::crypto::refresh_token::RefreshTokens;
use crate::crypto::request_digests::RequestDigests;
use crate::crypto::service_key::ServiceKeyTexts;
use crate::crypto::tickets::Tickets;
use crate::db::Database;
use crate::delivery::password_hook::PasswordHook;
use crate::domain::clock::Clock;
use crate::domain::password::PasswordPolicy;
use crate::domain::policy::{AccessTokenPolicy, HashCost, Lifetimes, RotationPolicy};
use crate::rotation_batcher::RotationBatcher;

/// Every policy that the use cases follow.
#[derive(Clone, Debug)]
pub struct Policy {
    pub rotation: RotationPolicy,
    pub lifetimes: Lifetimes,
    pub password: PasswordPolicy,
    pub access_token: AccessTokenPolicy,
    pub hash_cost: HashCost,
    /// How many live sessions an account may have. A login beyond that revokes the least recently used one.
    pub sessions_per_user: NonZeroU32,
    /// How long events are kept.
    pub event_retention: Duration,
    /// How many connections write rotations, each for many sessions at once.
    pub rotation_workers: NonZeroUsize,
    /// How many password hashes are computed at once.
    pub hashes_at_once: NonZeroUsize,
    /// The former system that knows the passwords of users without a hash, if there is one.
    pub password_hook: Option<Arc<PasswordHook>>,
    pub messaging: Messaging,
}

/// The use cases, the operator's commands and the upkeep of one process. They share what has to be one: the login
/// throttle, the bound on password hashes, the sessions known to have ended.
#[derive(Clone)]
pub struct Components {
    pub service: Arc<Service>,
    pub operator: Arc<Operator>,
    pub service_keys: Arc<ServiceKeys>,
    pub health: Arc<Health>,
    pub background_writes: Arc<BackgroundWrites>,
    pub ended_sessions: Arc<EndedSessions>,
    pub ended_log: Arc<EndedLog>,
    pub pruner: Arc<Pruner>,
    pub outbox: Arc<Outbox>,
}

impl Components {
    /// Builds them over `db`, with keys of `keyring`. Nothing runs yet but the threads of the rotation batcher, which
    /// are idle.
    ///
    /// # Errors
    /// [`HashingError::Unusable`] for a cost that Argon2 refuses.
    pub fn new(db: Database, clock: Clock, keyring: &Keyring, policy: Policy) -> Result<Self, HashingError> {
        let names = [policy.access_token.issuer.clone(), policy.access_token.audience.clone(), "heirloom".to_owned()];
        let passwords = Passwords::new(policy.password, names.into(), policy.hash_cost, policy.hashes_at_once)?;
        let login_throttle = Arc::new(LoginThrottle::new(db.clone(), clock.clone(), keyring));
        let token_lifetime = policy.access_token.ttl;
        let ended_sessions = Arc::new(EndedSessions::new(db.clone(), clock.clone(), token_lifetime));
        let pruner = Arc::new(Pruner::new(db.clone(), clock.clone(), policy.event_retention, token_lifetime));
        let rotation_batcher = Arc::new(RotationBatcher::start(policy.rotation_workers, &db, policy.lifetimes));
        let background_writes =
            Arc::new(BackgroundWrites::new(db.clone(), clock.clone(), Arc::clone(&rotation_batcher)));
        let operator = Operator {
            db: db.clone(),
            clock: clock.clone(),
            passwords: passwords.clone(),
            login_throttle: Arc::clone(&login_throttle),
            ended_sessions: Arc::clone(&ended_sessions),
            behalf: Behalf::default(),
        };
        let health = Health {
            db: db.clone(),
            clock: clock.clone(),
            lifetimes: policy.lifetimes,
            passwords: passwords.clone(),
            rotation_batcher: Arc::clone(&rotation_batcher),
            ended_sessions: Arc::clone(&ended_sessions),
            pruner: Arc::clone(&pruner),
        };
        let texts = ServiceKeyTexts::new(keyring);
        let digests = RequestDigests::new(keyring);
        let service_keys =
            ServiceKeys { db: db.clone(), clock: clock.clone(), texts, digests, waiting: Mutex::default() };
        let process = rng().random();
        let ended_log = EndedLog::new(db.clone(), clock.clone(), Arc::clone(&ended_sessions), token_lifetime, process);
        let links = Arc::new(Links::new(keyring));
        let outbox = Arc::new(Outbox::new(db.clone(), clock.clone(), Arc::clone(&links), policy.messaging.clone()));
        let legacy_passwords = policy.password_hook.map(|hook| LegacyPasswords::new(hook, clock.clone()));
        let service = Service {
            db,
            clock,
            refresh_tokens: RefreshTokens::new(keyring),
            access_tokens: AccessTokens::new(keyring, policy.access_token),
            csrf_tokens: CsrfTokens::new(keyring),
            log_hashes: LogHashes::new(keyring),
            links,
            tickets: Tickets::new(keyring),
            messaging: policy.messaging,
            passwords,
            legacy_passwords,
            login_throttle,
            rotation: policy.rotation,
            lifetimes: policy.lifetimes,
            sessions_per_user: policy.sessions_per_user,
            rotation_batcher,
            background_writes: Arc::clone(&background_writes),
            ended_sessions: Arc::clone(&ended_sessions),
        };
        Ok(Self {
            service: Arc::new(service),
            operator: Arc::new(operator),
            service_keys: Arc::new(service_keys),
            health: Arc::new(health),
            background_writes,
            ended_sessions,
            ended_log: Arc::new(ended_log),
            pruner,
            outbox,
        })
    }
}

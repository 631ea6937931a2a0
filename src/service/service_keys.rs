//! Service keys: making them, revoking them, and judging the one of a request.
//!
//! Every request of a backend looks its key up. A revoked key is therefore dead on every process as soon as its revocation
//! has committed, and no cache can be behind. It costs one read by primary key, beside a request that uses the database
//! anyway. A text without a valid tag does not reach the database.
//!
//! The feed of ended sessions is the exception, because it has many consumers, and each sends its next request at the same
//! moment: their key is looked up once for all of them. So is that of requests that wait for news, every half second.

use std::collections::HashMap;
use std::time::Duration;

use secrecy::SecretString;
use tokio::sync::Mutex;
use uuid::Uuid;

use super::error::ServiceError;
use super::random::rng;
use crate::crypto::request_digests::RequestDigests;
use crate::crypto::service_key::ServiceKeyTexts;
use crate::db::{Database, DbError, service_keys};
use crate::domain::clock::Clock;
use crate::domain::idempotency::RequestDigest;
use crate::domain::ids::ServiceKeyId;
use crate::domain::service_key::{KeyName, Scope, Scopes, ServiceKey};

/// The service keys of one database.
pub struct ServiceKeys {
    pub(super) db: Database,
    pub(super) clock: Clock,
    pub(super) texts: ServiceKeyTexts,
    pub(super) digests: RequestDigests,
    /// The scopes of keys of many requests, and when they were read, as [`Clock::elapsed`].
    pub(super) waiting: Mutex<HashMap<ServiceKeyId, (Duration, Option<Scopes>)>>,
}

/// How long the scopes of a key are known, for requests that wait and for the feed of ended sessions.
const KNOWN_FOR: Duration = Duration::from_millis(300);

/// A backend with a valid key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Backend {
    pub key_id: ServiceKeyId,
}

impl Backend {
    /// Logs which backend has changed an account or a session.
    pub fn log(self, done: &str, id: Uuid) {
        tracing::info!(event = "authz_admin", service_key.id = %self.key_id, id = %id, "{done} for a backend");
    }
}

/// The judgment of a presented key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Authorization {
    Granted(Backend),
    /// The text is no key of ours, or the key has been revoked.
    Invalid,
    /// The key is valid and does not have the scope.
    InsufficientScope(ServiceKeyId),
}

impl ServiceKeys {
    /// Creates a key, and returns it with its text. The text is not stored, and no other function returns it.
    pub async fn create(&self, name: KeyName, scopes: Scopes) -> Result<(ServiceKey, SecretString), ServiceError> {
        let created_at = self.clock.now();
        let id = ServiceKeyId::new(created_at, &mut rng());
        let key = ServiceKey { id, name, scopes, created_at, last_used_on: None, revoked_at: None };
        let stored = key.clone();
        self.db.run(move |connection| service_keys::insert(connection, &stored)).await?;
        Ok((key, self.texts.mint(id)))
    }

    /// Every key, the oldest first.
    pub async fn list(&self) -> Result<Vec<ServiceKey>, ServiceError> {
        Ok(self.db.run(service_keys::list).await?)
    }

    /// Revokes a key, on every process at once. `false` if there is none, or it has been revoked before.
    pub async fn revoke(&self, id: ServiceKeyId) -> Result<bool, ServiceError> {
        let now = self.clock.now();
        Ok(self.db.run(move |connection| service_keys::revoke(connection, id, now)).await?)
    }

    /// The digests of a request with an `Idempotency-Key`, by each configured secret.
    pub fn request_digests(&self, path: &str, body: &[u8]) -> Vec<RequestDigest> {
        self.digests.of(path, body)
    }

    /// Whether the key of a request that has waited still permits it.
    pub async fn still_permits(&self, backend: Backend, needed: Scope) -> Result<bool, ServiceError> {
        let scopes = self.shared_scopes(backend.key_id).await?;
        Ok(scopes.is_some_and(|scopes| scopes.contains(needed)))
    }

    /// The scopes of a key, read at most [`KNOWN_FOR`] ago; `None` if it has been revoked. Requests that come meanwhile wait
    /// for this reading.
    async fn shared_scopes(&self, id: ServiceKeyId) -> Result<Option<Scopes>, ServiceError> {
        let mut waiting = self.waiting.lock().await;
        let now = self.clock.elapsed();
        if let Some((read_at, scopes)) = waiting.get(&id)
            && now.saturating_sub(*read_at) < KNOWN_FOR
        {
            return Ok(scopes.clone());
        }
        let scopes = self.used(id).await?.map(|key| key.scopes);
        waiting.insert(id, (now, scopes.clone()));
        Ok(scopes)
    }

    /// Looks a key up, and records the day of its use. `None` if it has been revoked.
    async fn used(&self, id: ServiceKeyId) -> Result<Option<ServiceKey>, ServiceError> {
        let today = self.clock.now().date();
        let found = self.db.run(move |connection| {
            let key = service_keys::find(connection, id)?.filter(|key| key.revoked_at.is_none());
            if key.as_ref().is_some_and(|key| key.last_used_on.is_none_or(|day| day < today)) {
                service_keys::note_use(connection, id, today)?;
            }
            Ok::<_, DbError>(key)
        });
        Ok(found.await?)
    }

    /// Judges a presented key, and records the day of its use.
    pub async fn authorize(&self, presented: &[u8], needed: Scope) -> Result<Authorization, ServiceError> {
        let Ok(id) = self.texts.verify(presented) else { return Ok(Authorization::Invalid) };
        let scopes = match needed {
            Scope::EndedRead => self.shared_scopes(id).await?,
            _ => self.used(id).await?.map(|key| key.scopes),
        };
        Ok(match scopes {
            Some(scopes) if scopes.contains(needed) => Authorization::Granted(Backend { key_id: id }),
            Some(_) => Authorization::InsufficientScope(id),
            None => Authorization::Invalid,
        })
    }
}

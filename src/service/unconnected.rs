//! For tests of `http`: components whose database cannot be reached. A request that gets as far as the database fails
//! there, which shows that nothing rejected it before.

use std::num::{NonZeroU32, NonZeroUsize};
use std::time::Duration;

use secrecy::SecretString;
use uuid::Uuid;

use super::components::{Components, Policy};
use super::random::rng;
use super::use_cases::Service;
use crate::crypto::access_token::AccessGrant;
use crate::crypto::keys::Keyring;
use crate::db::{Database, DatabaseOptions};
use crate::domain::clock::Clock;
use crate::domain::ids::FamilyId;
use crate::domain::outbox::Outgoing;
use crate::domain::password::PasswordPolicy;
use crate::domain::policy::{AccessTokenAlgorithm, AccessTokenPolicy, HashCost, Lifetimes, RotationPolicy};
use crate::domain::rotation::Generation;
use crate::domain::secret::Secret;

impl Components {
    /// Components with one secret and no database.
    pub(crate) fn unconnected(clock: Clock) -> Self {
        let secret = Secret::new("a secret of the tests, of more than thirty-two bytes").unwrap();
        let database = Database::new(&DatabaseOptions {
            url: "postgres://nobody@127.0.0.1:1/nothing".into(),
            connections: 1,
            prepare: false,
            timeout: Duration::from_millis(100),
            outgoing: Outgoing::default(),
        });
        let policy = Policy {
            rotation: RotationPolicy::default(),
            lifetimes: Lifetimes::default(),
            password: PasswordPolicy { min_length: 8 },
            sessions_per_user: NonZeroU32::MIN,
            event_retention: Duration::from_secs(3600),
            access_token: AccessTokenPolicy {
                algorithm: AccessTokenAlgorithm::EdDsa,
                ttl: Duration::from_secs(900),
                issuer: "heirloom".to_owned(),
                audience: "heirloom".to_owned(),
            },
            hash_cost: HashCost { memory: 64, passes: 1, parallelism: 1 },
            rotation_workers: NonZeroUsize::MIN,
            hashes_at_once: NonZeroUsize::MIN,
            password_hook: None,
            messaging: super::messaging::Messaging::none(),
        };
        Self::new(database, clock, &Keyring::derive(&[secret]).unwrap(), policy).unwrap()
    }
}

impl Service {
    /// A valid access token of a session that no database has.
    pub(crate) fn access_token_of(&self, session_id: FamilyId) -> SecretString {
        let now = self.clock.now();
        let grant = AccessGrant {
            user_id: Uuid::nil().into(),
            family_id: session_id,
            generation: Generation::new(1).unwrap(),
            authenticated_at: now,
        };
        self.access_tokens.issue(&grant, now, now + Duration::from_secs(86_400), &mut rng()).token
    }
}

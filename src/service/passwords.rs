//! Choosing, hashing and checking passwords, under one policy and one bound on the work.

use std::num::NonZeroUsize;
use std::sync::Arc;

use secrecy::SecretString;

use super::error::FieldError;
use super::random::rng;
use crate::crypto::password_hash::{HashingError, HashingLoad, PasswordHasher, Verdict};
use crate::domain::account::Email;
use crate::domain::password::{Password, PasswordHash, PasswordPolicy};
use crate::domain::policy::HashCost;
use crate::domain::standing::Standing;

/// A checked password. If it is right, with the hash that it was checked against.
pub(super) enum Judged {
    Wrong,
    Right(PasswordHash),
    /// Right, but hashed at another cost than new hashes.
    RightButOutdated(PasswordHash),
}

/// The password policy and the hasher. Clones share the bound on hashes at once.
#[derive(Clone)]
pub(super) struct Passwords {
    hasher: PasswordHasher,
    policy: PasswordPolicy,
    /// The names of the service, which make no password.
    service: Arc<[String]>,
}

impl Passwords {
    /// Hashes at `cost`, at most `at_once` at a time.
    pub fn new(
        policy: PasswordPolicy,
        service: Arc<[String]>,
        cost: HashCost,
        at_once: NonZeroUsize,
    ) -> Result<Self, HashingError> {
        Ok(Self { hasher: PasswordHasher::new(cost, at_once, &mut rng())?, policy, service })
    }

    /// The least number of characters of a new password.
    pub fn min_length(&self) -> usize {
        self.policy.min_length
    }

    /// A new password for the account `email`, if the policy allows it. `field` is where the user typed it.
    pub fn choose(
        &self,
        field: &'static str,
        typed: &SecretString,
        email: Option<&Email>,
    ) -> Result<Password, FieldError> {
        Password::chosen(typed, email, &self.service, self.policy)
            .map_err(|error| FieldError { field, message: error.to_string() })
    }

    /// A new password in the place of `current`, which the caller has just proved to be the account's. Comparing the two
    /// texts therefore reveals nothing that the caller does not know.
    pub fn choose_instead(
        &self,
        field: &'static str,
        typed: &SecretString,
        current: &SecretString,
        email: Option<&Email>,
    ) -> Result<Password, FieldError> {
        let password = self.choose(field, typed, email)?;
        match password.is_same(&Password::presented(current)) {
            true => Err(FieldError { field, message: "must differ from the current password".to_owned() }),
            false => Ok(password),
        }
    }

    /// The hash to store for a password.
    pub async fn hash(&self, password: Password, standing: Standing) -> Result<PasswordHash, HashingError> {
        self.hasher.hash(password, standing, &mut rng()).await
    }

    /// Checks a password against the hash of an account. Without a hash, because the account does not exist or has no
    /// password, it is wrong after the same time.
    pub async fn judge(
        &self,
        password: Password,
        stored: Option<PasswordHash>,
        standing: Standing,
    ) -> Result<Judged, HashingError> {
        let Some(stored) = stored else {
            self.hasher.verify_decoy(password, standing).await?;
            return Ok(Judged::Wrong);
        };
        Ok(match self.hasher.verify(password, &stored, standing).await? {
            Verdict::Wrong => Judged::Wrong,
            Verdict::Right => Judged::Right(stored),
            Verdict::RightButOutdated => Judged::RightButOutdated(stored),
        })
    }

    /// How much the hasher is used.
    pub fn load(&self) -> HashingLoad {
        self.hasher.load()
    }
}

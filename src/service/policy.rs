//! The policies that the use cases follow.

use std::num::{NonZeroU32, NonZeroUsize};
use std::time::Duration;

use crate::domain::password::PasswordPolicy;
use crate::domain::policy::{AccessTokenPolicy, HashCost, Lifetimes, RotationPolicy};

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
}

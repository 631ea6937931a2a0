//! The rule: what a presented refresh token means. `docs/rotation.md` explains each line.
//!
//! `db::rotation_batch` judges liveness again, in SQL, and `service::refresh` the overlap window of a shared rotation:
//! that is the price of a batch, which reads no family before it rotates. `tests/api/liveness` holds the rule and
//! the SQL to one table.

use super::Timestamp;
use super::place::Place;
use super::policy::RotationPolicy;
use super::revocation::{Revocation, RevocationReason};

/// The place of a token in its family: 1 is given out at login, each rotation adds one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Generation(u32);

impl Generation {
    /// No generation yet: what `confirmed` and `recovered` start from.
    pub const NONE: Self = Self(0);
    /// What a login gives out.
    pub const FIRST: Self = Self(1);
    /// The column is a Postgres `integer`.
    pub const LAST: Self = Self(i32::MAX as u32);

    /// A generation as a token or a row carries it; `None` beyond [`LAST`](Self::LAST).
    pub fn new(number: u32) -> Option<Self> {
        (number <= Self::LAST.0).then_some(Self(number))
    }

    /// The plain number.
    pub fn number(self) -> u32 {
        self.0
    }

    /// The one after this, unless this is the last.
    pub fn next(self) -> Option<Self> {
        Self::new(self.0 + 1)
    }
}

/// The part of a family that the rule judges by. Invariant, held by the table's checks: neither `confirmed` nor
/// `recovered` is above `generation`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FamilyState {
    /// The newest generation issued.
    pub generation: Generation,
    /// When that generation was first issued, or given again after its answer had been lost (`Recover`). A `Replay` does
    /// not move this, so that nobody can hold the overlap open.
    pub rotated_at: Timestamp,
    /// Where the token was presented from that this generation was issued for then.
    pub rotated_from: Place,
    /// The highest generation whose access token has been seen in use.
    pub confirmed: Generation,
    /// The last generation that took from the credit, by `Recover` or `ReplayElsewhere`. It takes no more.
    pub recovered: Generation,
    /// The recovery credit, as the arrival time of a GCRA that counts generations instead of seconds.
    pub recovery_tat: u64,
    pub idle_expires_at: Timestamp,
    /// Never before `idle_expires_at`.
    pub expires_at: Timestamp,
    pub revoked: Option<Revocation>,
}

/// What is to be done about a presented token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Decision {
    /// The family had been ended before.
    Revoked(RevocationReason),
    /// The family has outlived one of its expiries.
    Expired,
    /// The newest token: issue this generation.
    Rotate(Generation),
    /// The database lost a rotation that we had answered: go on after the presented one, with this generation.
    Ahead(Generation),
    /// Two tabs, or a quick retry: answer this generation, the newest, again. Nothing is written.
    Replay(Generation),
    /// The same, but from another place than the rotation: a tab or a retry on another network, or a thief who follows.
    /// Since a thief needs it in every generation, he uses the credit up.
    ReplayElsewhere {
        generation: Generation,
        /// The credit that is left, to be stored along with `recovered = generation`.
        recovery_tat: u64,
    },
    /// The answer that carried this generation, the newest, was lost: give it again.
    Recover {
        generation: Generation,
        /// The credit that is left, to be stored along with `recovered = generation`; `None` if this generation has taken
        /// one before, which makes it free.
        recovery_tat: Option<u64>,
    },
    /// The token was replaced `distance` generations ago and nothing excuses showing it: somebody holds a copy. End the
    /// family.
    Reuse { distance: u32 },
}

/// Judges the token of generation `presented`, whose tag has been verified, against its family's `state` at `now`.
/// Pure; total over every state, and the first line that holds decides.
pub fn decide(
    state: &FamilyState,
    presented: Generation,
    from: Place,
    now: Timestamp,
    policy: &RotationPolicy,
) -> Decision {
    let newest = state.generation;
    if let Some(revocation) = state.revoked {
        return Decision::Revoked(revocation.reason);
    }
    if now >= state.expires_at || now >= state.idle_expires_at {
        return Decision::Expired;
    }
    if presented >= newest {
        return match presented.next() {
            // Two billion rotations are 68 years of one a second: the family has outlived any expiry.
            None => Decision::Expired,
            Some(next) if presented == newest => Decision::Rotate(next),
            Some(next) => Decision::Ahead(next),
        };
    }
    let distance = newest.0 - presented.0;
    if distance == 1 {
        let is_paid_for = state.recovered == newest;
        if policy.is_overlap(state.rotated_at, now) {
            if from == state.rotated_from || is_paid_for {
                return Decision::Replay(newest);
            }
            // Confirmed or not: a thief may come before the confirmation, and some clients never confirm.
            if let Some(left) = take_credit(state, replay_price(policy), policy) {
                return Decision::ReplayElsewhere { generation: newest, recovery_tat: left };
            }
        // Once generation g has been confirmed, its client has it, and whoever still shows g−1 does not. That this client
        // confirms what it gets (it did confirm g−1) is what gives the silence about g a meaning.
        } else if state.confirmed == presented {
            if is_paid_for {
                return Decision::Recover { generation: newest, recovery_tat: None };
            }
            if let Some(left) = take_credit(state, u64::from(policy.recovery_every), policy) {
                return Decision::Recover { generation: newest, recovery_tat: Some(left) };
            }
        }
    }
    Decision::Reuse { distance }
}

/// GCRA with the generation as its clock. Counted in generations and not in hours, since a thief who goes first costs the
/// victim one credit at each of her refreshes, and by the hour she would earn them back faster than he spends them.
fn take_credit(state: &FamilyState, price: u64, policy: &RotationPolicy) -> Option<u64> {
    let now = u64::from(state.generation.0);
    let left = state.recovery_tat.max(now) + price;
    (left - now <= u64::from(policy.recovery_every) * u64::from(policy.recovery_burst)).then_some(left)
}

/// What a `ReplayElsewhere` costs, where a credit is `recovery_every`: two thirds of it. That is more than a generation
/// earns, under any policy. `tests/rule/simulation.rs` has the figures for more and for less.
fn replay_price(policy: &RotationPolicy) -> u64 {
    (2 * u64::from(policy.recovery_every)).div_ceil(3)
}

/// The whole recovery credits that are left. With none, the next lost answer is not made good.
pub fn recovery_credits(state: &FamilyState, policy: &RotationPolicy) -> u32 {
    let newest = u64::from(state.generation.0);
    let every = u64::from(policy.recovery_every);
    let taken = state.recovery_tat.max(newest) - newest;
    let left = (every * u64::from(policy.recovery_burst)).saturating_sub(taken) / every.max(1);
    u32::try_from(left).unwrap_or(u32::MAX)
}

impl FamilyState {
    /// Whether a confirmation of `generation` proves that the row lost a rotation (an access token of that generation was
    /// accepted, so it was issued).
    pub fn is_behind(&self, generation: Generation) -> bool {
        generation > self.generation
    }
}

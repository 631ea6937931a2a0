//! The access tokens that a process rejects although their sessions go on.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use crate::domain::ids::FamilyId;
use crate::domain::rotation::Generation;

/// The generation up to which the access tokens of a session are superseded. Two maps take turns, as the sets of
/// [`EndedSet`](super::ended_set::EndedSet) do.
pub(super) struct SupersededSet {
    held: RwLock<Held>,
    retention: Duration,
}

#[derive(Default)]
struct Held {
    newer: HashMap<FamilyId, Generation>,
    older: HashMap<FamilyId, Generation>,
    /// As [`Clock::elapsed`](crate::domain::clock::Clock::elapsed).
    turned_at: Option<Duration>,
}

impl SupersededSet {
    /// Holds each session for at least `retention`.
    pub fn new(retention: Duration) -> Self {
        Self { held: RwLock::default(), retention }
    }

    /// Whether an access token of this generation is superseded.
    pub fn contains(&self, id: FamilyId, generation: Generation) -> bool {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        [&held.newer, &held.older].iter().any(|map| map.get(&id).is_some_and(|last| generation <= *last))
    }

    /// Holds these from now on.
    pub fn insert(&self, tokens: &[(FamilyId, Generation)]) {
        if tokens.is_empty() {
            return;
        }
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        for &(id, generation) in tokens {
            let last = held.newer.entry(id).or_insert(generation);
            *last = (*last).max(generation);
        }
    }

    /// Forgets the older map if the newer one has been filled for longer than `retention`.
    pub fn turn(&self, now: Duration) {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        if held.turned_at.is_none_or(|at| now.saturating_sub(at) > self.retention) {
            held.turned_at = Some(now);
            held.older = std::mem::take(&mut held.newer);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use uuid::Uuid;

    use super::SupersededSet;
    use crate::domain::rotation::Generation;

    #[test]
    fn tokens_up_to_the_generation_are_superseded_for_at_least_one_retention() {
        let generation = |number| Generation::new(number).unwrap();
        let (id, other) = (Uuid::from_u128(1).into(), Uuid::from_u128(2).into());
        let set = SupersededSet::new(Duration::from_secs(60));
        set.turn(Duration::from_secs(1));
        set.insert(&[(id, generation(3))]);
        set.insert(&[(id, generation(2))]);
        let is_superseded = |number| set.contains(id, generation(number));
        assert!(is_superseded(1) && is_superseded(3) && !is_superseded(4));
        assert!(!set.contains(other, generation(1)));
        set.turn(Duration::from_secs(62));
        assert!(is_superseded(3));
        set.turn(Duration::from_secs(123));
        assert!(!is_superseded(3));
    }
}

//! The ended sessions that a process holds in memory.

use std::collections::HashSet;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use crate::domain::ids::FamilyId;

/// Two sets that take turns: every session is held for at least one `retention` and at most two, and forgetting costs
/// nothing for each of them.
pub struct EndedSet {
    held: RwLock<Held>,
    retention: Duration,
}

#[derive(Default)]
struct Held {
    newer: HashSet<FamilyId>,
    older: HashSet<FamilyId>,
    /// As [`Clock::elapsed`](crate::domain::clock::Clock::elapsed): a clock that is corrected forgets nothing.
    turned_at: Option<Duration>,
}

impl EndedSet {
    /// Holds each session for at least `retention`.
    pub fn new(retention: Duration) -> Self {
        Self { held: RwLock::default(), retention }
    }

    /// Whether a session is held.
    pub fn contains(&self, id: FamilyId) -> bool {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        held.newer.contains(&id) || held.older.contains(&id)
    }

    /// Holds these sessions from now on.
    pub fn insert(&self, ids: &[FamilyId]) {
        if !ids.is_empty() {
            self.held.write().unwrap_or_else(PoisonError::into_inner).newer.extend(ids);
        }
    }

    /// How many sessions are held.
    pub(super) fn len(&self) -> usize {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        held.newer.len() + held.older.len()
    }

    /// Forgets the older set if the newer one has been filled for longer than `retention`.
    pub(super) fn turn(&self, now: Duration) {
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

    use super::EndedSet;

    #[test]
    fn a_session_is_held_for_one_retention_and_forgotten_after_two() {
        let retention = Duration::from_secs(900);
        let (first, second) = (Uuid::from_u128(1).into(), Uuid::from_u128(2).into());
        let ended = EndedSet::new(retention);
        let mut now = Duration::from_secs(17);
        ended.turn(now);
        ended.insert(&[first]);
        now += retention;
        ended.turn(now);
        assert!(ended.contains(first));
        now += Duration::from_secs(1);
        ended.turn(now);
        ended.insert(&[second]);
        assert!(ended.contains(first) && ended.contains(second));
        now += retention + Duration::from_secs(1);
        ended.turn(now);
        assert!(!ended.contains(first) && ended.contains(second));
        assert_eq!(ended.len(), 1);
    }
}

//! The sessions that have ended, as far as their access tokens could still be valid.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{PoisonError, RwLock};

use uuid::Uuid;

/// How often sessions are removed that need not be remembered any more, in seconds.
const CLEANING: i64 = 60;

/// Ended sessions, and until when they are known.
#[derive(Default)]
pub(crate) struct EndedSessions {
    sessions: RwLock<Sessions>,
    /// The time of the latest response of the feed. 0 before the first.
    updated_at: AtomicI64,
}

#[derive(Default)]
struct Sessions {
    /// With the second at which each can be removed.
    until: HashMap<Uuid, i64>,
    cleaned_at: i64,
}

impl EndedSessions {
    pub fn contains(&self, session: Uuid) -> bool {
        self.sessions.read().unwrap_or_else(PoisonError::into_inner).until.contains_key(&session)
    }

    /// Adds what a response of the feed contains.
    pub fn add(&self, ended: impl IntoIterator<Item = Uuid>, keep_for: i64, now: i64) {
        let mut sessions = self.sessions.write().unwrap_or_else(PoisonError::into_inner);
        let until = now.saturating_add(keep_for);
        sessions.until.extend(ended.into_iter().map(|session| (session, until)));
        if now - sessions.cleaned_at >= CLEANING {
            sessions.cleaned_at = now;
            sessions.until.retain(|_, until| *until > now);
        }
        drop(sessions);
        self.updated_at.store(now, Ordering::Release);
    }

    /// The seconds since the latest response of the feed. `None` before the first.
    pub fn age(&self, now: i64) -> Option<i64> {
        match self.updated_at.load(Ordering::Acquire) {
            0 => None,
            updated_at => Some(now - updated_at),
        }
    }

    pub fn count(&self) -> usize {
        self.sessions.read().unwrap_or_else(PoisonError::into_inner).until.len()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::EndedSessions;

    #[test]
    fn a_session_is_remembered_for_as_long_as_the_feed_says() {
        let ended = EndedSessions::default();
        let (early, late) = (Uuid::from_u128(1), Uuid::from_u128(2));
        assert_eq!(ended.age(1_000), None);
        ended.add([early], 900, 1_000);
        ended.add([late, early], 900, 1_500);
        assert!(ended.contains(early) && ended.contains(late));
        ended.add([], 900, 2_399);
        assert_eq!(ended.count(), 2, "the second mention counts");
        ended.add([], 900, 2_500);
        assert_eq!((ended.count(), ended.age(2_503)), (0, Some(3)));
    }
}

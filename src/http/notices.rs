//! What the log says of pages of other origins, for each origin once a minute: a page can repeat its request at any rate.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::domain::clock::Clock;

const MINUTE: Duration = Duration::from_secs(60);

/// Notices in a minute. Anyone can send any origin.
const MOST: usize = 32;

/// Longer than the origins of real pages.
const LONGEST_ORIGIN: usize = 128;

/// What is said of an origin.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Notice {
    Refused,
    CookieNotSent,
}

/// The notices of the current minute.
pub struct Notices {
    clock: Clock,
    minute: Mutex<Minute>,
}

#[derive(Default)]
struct Minute {
    began: Duration,
    given: HashSet<(Notice, String)>,
}

impl Notices {
    pub fn new(clock: &Clock) -> Self {
        Self { clock: clock.clone(), minute: Mutex::default() }
    }

    /// The text of `origin` for the log, if the log has to have `notice` now. Anything but printable ASCII is escaped.
    pub fn due(&self, notice: Notice, origin: &[u8]) -> Option<String> {
        let now = self.clock.elapsed();
        let text = origin[..origin.len().min(LONGEST_ORIGIN)].escape_ascii().to_string();
        let mut minute = self.minute.lock().unwrap_or_else(PoisonError::into_inner);
        if now.saturating_sub(minute.began) >= MINUTE {
            *minute = Minute { began: now, given: HashSet::new() };
        }
        let is_due = minute.given.len() < MOST && minute.given.insert((notice, text.clone()));
        is_due.then_some(text)
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::{Clock, LONGEST_ORIGIN, MINUTE, MOST, Notice, Notices};

    #[test]
    fn an_origin_is_named_once_a_minute_for_each_notice() {
        let clock = Clock::manual(datetime!(2026-03-01 12:00:00 UTC));
        let notices = Notices::new(&clock);
        let due = |notice| notices.due(notice, b"https://app.example").is_some();
        assert!(due(Notice::Refused) && !due(Notice::Refused));
        assert!(due(Notice::CookieNotSent) && !due(Notice::CookieNotSent));
        clock.advance(MINUTE / 2);
        assert!(!due(Notice::Refused));
        clock.advance(MINUTE / 2);
        assert!(due(Notice::Refused) && due(Notice::CookieNotSent));
    }

    #[test]
    fn many_origins_fill_neither_the_log_nor_the_memory() {
        let clock = Clock::manual(datetime!(2026-03-01 12:00:00 UTC));
        let notices = Notices::new(&clock);
        let named = |from: usize| {
            (from..from + 1000).filter(|n| notices.due(Notice::Refused, n.to_string().as_bytes()).is_some()).count()
        };
        assert_eq!((named(0), named(1000)), (MOST, 0));
        clock.advance(MINUTE);
        assert_eq!(named(0), MOST);
        assert_eq!(notices.minute.lock().unwrap().given.len(), MOST);
    }

    #[test]
    fn an_origin_is_printed_cut_and_escaped() {
        let notices = Notices::new(&Clock::system());
        let text = notices.due(Notice::Refused, b"https://a\x1b[31m\r\n\xc3\xbc\"").unwrap();
        assert_eq!(text, r#"https://a\x1b[31m\r\n\xc3\xbc\""#);
        let long = notices.due(Notice::Refused, &[b'a'; 10_000]).unwrap();
        assert_eq!(long.len(), LONGEST_ORIGIN);
    }
}

//! Where this process reads on in the feed of ended sessions.

use std::time::Duration;

use crate::db::ended_sessions::Position;

/// How far each reading overlaps the ones before it at least. A crash of the database can lose transactions that had not
/// been flushed, and counts others anew from there. Postgres flushes within a second.
const OVERLAP: Duration = Duration::from_secs(30);

/// Two positions that take turns, so that the older one is at least [`OVERLAP`] old.
#[derive(Default)]
pub(super) struct Feed(Option<Marks>);

#[derive(Clone, Copy)]
struct Marks {
    older: Position,
    newer: Position,
    newer_at: Duration,
}

impl Feed {
    /// Where the next reading begins; `None` reads everything.
    pub fn since(&self) -> Option<Position> {
        self.0.map(|marks| marks.older)
    }

    /// Takes the position of a reading that began at `at`.
    pub fn advance(&mut self, position: Position, at: Duration) {
        let marks = match self.0 {
            Some(marks) if !position.is_comparable(&marks.newer) => None,
            Some(marks) if at.saturating_sub(marks.newer_at) < OVERLAP => Some(marks),
            Some(marks) => Some(Marks { older: marks.newer, newer: position, newer_at: at }),
            None => None,
        };
        self.0 = Some(marks.unwrap_or(Marks { older: position, newer: position, newer_at: at }));
    }
}

//! Feeds that other services read on in: what a cursor says.
//!
//! A cursor is a text that services keep and send back. It names a transaction of the database, which every process of this
//! server understands, and more that helps only where it came from.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use super::Timestamp;
use super::ids::{EventId, FamilyId, UserId};
use super::revocation::RevocationReason;

/// A place in the order of transactions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TransactionMark {
    /// When the database server started, in microseconds since 1970. After a failover, transactions are counted from where the
    /// standby was.
    pub server_started: i64,
    pub xid: i64,
}

/// Where a service reads on in the security events of all users.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EventCursor {
    /// The transaction of the last event that was read. 0 for events from before transactions were recorded.
    pub mark: TransactionMark,
    /// That event.
    pub event: Uuid,
}

/// Where a service reads on in the feed of ended sessions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EndedCursor {
    /// Every session that has ended in a transaction before this one was read.
    pub mark: TransactionMark,
    /// The process that the cursor is from.
    pub process: u64,
    /// How many sessions of the log of that process were read.
    pub read: u64,
}

/// The text is no cursor of this feed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("must be a cursor of this feed")]
pub struct CursorError;

/// A security event of any user.
#[derive(Clone, Debug)]
pub struct FeedEvent {
    pub user_id: UserId,
    pub event: super::event::RecordedEvent,
}

/// A session that has ended before its time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EndedSession {
    pub session_id: FamilyId,
    /// Unknown if a process of an earlier version has ended it, and the session is gone.
    pub user_id: Option<UserId>,
    /// By the clock of the process that has ended it.
    pub at: Timestamp,
    pub reason: Option<RevocationReason>,
}

impl EventCursor {
    /// Before every event.
    pub fn start(server_started: i64) -> Self {
        Self { mark: TransactionMark { server_started, xid: 0 }, event: Uuid::nil() }
    }

    /// The last event that was read.
    pub fn event_id(&self) -> EventId {
        self.event.into()
    }
}

impl fmt::Display for EventCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TransactionMark { server_started, xid } = self.mark;
        write!(f, "e{server_started:x}.{xid:x}.{}", self.event.simple())
    }
}

impl FromStr for EventCursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, CursorError> {
        let [started, xid, event] = parts(text, 'e')?;
        let mark = TransactionMark { server_started: number(started)?, xid: number(xid)? };
        Ok(Self { mark, event: Uuid::try_parse(event).map_err(|_| CursorError)? })
    }
}

impl fmt::Display for EndedCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TransactionMark { server_started, xid } = self.mark;
        write!(f, "s{server_started:x}.{xid:x}.{:x}.{:x}", self.process, self.read)
    }
}

impl FromStr for EndedCursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, CursorError> {
        let [started, xid, process, read] = parts(text, 's')?;
        let hex = |text| u64::from_str_radix(text, 16).map_err(|_| CursorError);
        let mark = TransactionMark { server_started: number(started)?, xid: number(xid)? };
        Ok(Self { mark, process: hex(process)?, read: hex(read)? })
    }
}

fn parts<const N: usize>(text: &str, kind: char) -> Result<[&str; N], CursorError> {
    let parts: Vec<&str> = text.strip_prefix(kind).ok_or(CursorError)?.split('.').collect();
    parts.try_into().map_err(|_| CursorError)
}

fn number(text: &str) -> Result<i64, CursorError> {
    i64::from_str_radix(text, 16).ok().filter(|number| *number >= 0).ok_or(CursorError)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::{EndedCursor, EventCursor, TransactionMark};

    #[test]
    fn a_cursor_reads_back_and_nothing_else_is_one() {
        let mark = TransactionMark { server_started: 1_700_000_000_000_000, xid: 4711 };
        let event = EventCursor { mark, event: Uuid::from_u128(7) };
        assert_eq!(event.to_string().parse(), Ok(event));
        let ended = EndedCursor { mark, process: u64::MAX, read: 12 };
        assert_eq!(ended.to_string().parse(), Ok(ended));
        assert!(ended.to_string().parse::<EventCursor>().is_err());
        assert!(event.to_string().parse::<EndedCursor>().is_err());
        for text in ["", "e", "s1.2.3", "s1.2.3.4.5", "s-1.2.3.4", "e1.2.x", "s1.ffffffffffffffff.3.4", "1"] {
            assert!(text.parse::<EventCursor>().is_err(), "{text}");
            assert!(text.parse::<EndedCursor>().is_err(), "{text}");
        }
        let is_plain = |text: String| text.chars().all(|c| c.is_ascii_alphanumeric() || c == '.');
        assert!(is_plain(event.to_string()) && is_plain(ended.to_string()));
    }
}

//! The security log: what happened to accounts and sessions. Events are written in the transaction that they report.

use std::net::IpAddr;

use serde_json::{Value, json};

use super::Timestamp;
use super::client::Client;
use super::ids::{EventId, FamilyId, UserId};

/// One entry of the security log.
#[derive(Clone, Debug)]
pub struct Event {
    pub id: EventId,
    pub at: Timestamp,
    pub user_id: UserId,
    pub family_id: Option<FamilyId>,
    pub kind: EventKind,
    pub client: Client,
}

/// What happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EventKind {
    Registered,
    LoginSucceeded,
    Logout,
    /// An old token was shown; the family was ended.
    ReuseDetected {
        presented: u32,
        newest: u32,
        /// The address that the family was last used from before.
        last_ip: Option<IpAddr>,
    },
    /// An answer that got lost was given again, after the overlap.
    AnswerRecovered {
        generation: u32,
    },
    /// The row had lost rotations that clients had been given, and went on after the newest of them.
    RowCaughtUp {
        from: u32,
        to: u32,
    },
}

impl EventKind {
    /// The stable name by which it is stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::LoginSucceeded => "login_succeeded",
            Self::Logout => "logout",
            Self::ReuseDetected { .. } => "reuse_detected",
            Self::AnswerRecovered { .. } => "answer_recovered",
            Self::RowCaughtUp { .. } => "row_caught_up",
        }
    }

    /// What else is known, as a JSON object.
    pub fn detail(self) -> Value {
        match self {
            Self::Registered | Self::LoginSucceeded | Self::Logout => json!({}),
            Self::ReuseDetected { presented, newest, last_ip } => json!({
                "presented": presented,
                "newest": newest,
                "distance": newest.saturating_sub(presented),
                "last_ip": last_ip,
            }),
            Self::AnswerRecovered { generation } => json!({ "generation": generation }),
            Self::RowCaughtUp { from, to } => json!({ "from": from, "to": to }),
        }
    }
}

//! The security log: what happened to accounts and sessions. Events are written in the transaction that they report.

use std::net::IpAddr;

use rand::CryptoRng;
use serde_json::{Value, json};

use super::Timestamp;
use super::client::Client;
use super::ids::{EventId, FamilyId, UserId};
use super::revocation::RevocationReason;

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

/// An entry as it was stored, whose kind may be one of another version.
#[derive(Clone, Debug)]
pub struct RecordedEvent {
    pub id: EventId,
    pub at: Timestamp,
    pub family_id: Option<FamilyId>,
    pub kind: String,
    pub client: Client,
    /// A JSON object.
    pub detail: Value,
}

impl Event {
    /// Something that happened now to one of a user's sessions.
    pub fn of_session(
        now: Timestamp,
        user_id: UserId,
        family_id: FamilyId,
        kind: EventKind,
        client: Client,
        rng: &mut impl CryptoRng,
    ) -> Self {
        Self { family_id: Some(family_id), ..Self::of_account(now, user_id, kind, client, rng) }
    }

    /// Something that happened now to an account.
    pub fn of_account(
        now: Timestamp,
        user_id: UserId,
        kind: EventKind,
        client: Client,
        rng: &mut impl CryptoRng,
    ) -> Self {
        Self { id: EventId::new(now, rng), at: now, user_id, family_id: None, kind, client }
    }
}

/// What happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EventKind {
    Registered,
    LoginSucceeded,
    /// Somebody tried this account with a wrong password.
    LoginFailed,
    Logout,
    /// A session was ended in another way than by its own logout or by reuse.
    SessionRevoked {
        reason: RevocationReason,
    },
    PasswordChanged,
    /// Somebody with a session did not know the present password.
    PasswordChangeFailed,
    /// So many wrong passwords in a row that nobody may try another for a while, in seconds.
    GuessingSlowed {
        wait: u64,
    },
    AccountDisabled,
    AccountEnabled,
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
    /// Somebody began a family to practise on, on a server for development.
    SandboxBegan,
}

impl EventKind {
    /// The stable name by which it is stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::LoginSucceeded => "login_succeeded",
            Self::LoginFailed => "login_failed",
            Self::Logout => "logout",
            Self::SessionRevoked { .. } => "session_revoked",
            Self::PasswordChanged => "password_changed",
            Self::PasswordChangeFailed => "password_change_failed",
            Self::GuessingSlowed { .. } => "guessing_slowed",
            Self::AccountDisabled => "account_disabled",
            Self::AccountEnabled => "account_enabled",
            Self::ReuseDetected { .. } => "reuse_detected",
            Self::AnswerRecovered { .. } => "answer_recovered",
            Self::RowCaughtUp { .. } => "row_caught_up",
            Self::SandboxBegan => "practice_began",
        }
    }

    /// What else is known, as a JSON object.
    pub fn detail(self) -> Value {
        match self {
            Self::Registered
            | Self::LoginSucceeded
            | Self::LoginFailed
            | Self::Logout
            | Self::PasswordChanged
            | Self::PasswordChangeFailed
            | Self::AccountDisabled
            | Self::AccountEnabled
            | Self::SandboxBegan => json!({}),
            Self::GuessingSlowed { wait } => json!({ "wait": wait }),
            Self::SessionRevoked { reason } => json!({ "reason": reason.as_str() }),
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

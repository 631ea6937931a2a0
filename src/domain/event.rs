//! The security log: what happened to accounts and sessions. An event is written in the transaction that it reports.

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

/// A stored entry. Its kind may be one that only another version knows.
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
    /// An event of one of a user's sessions.
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

    /// An event of an account.
    pub fn of_account(
        now: Timestamp,
        user_id: UserId,
        kind: EventKind,
        client: Client,
        rng: &mut impl CryptoRng,
    ) -> Self {
        Self { id: EventId::new(now, rng), at: now, user_id, family_id: None, kind, client }
    }

    /// The details, as a JSON object: those of its kind and, for a command of the operator or a request of a backend, who
    /// caused it.
    pub fn detail(&self) -> Value {
        let mut detail = self.kind.detail();
        if let Some(os_user) = &self.client.os_user {
            detail["by"] = "cli".into();
            detail[OS_USER] = os_user.as_str().into();
        }
        if let Some(key) = self.client.service_key {
            detail["by"] = "service".into();
            detail[SERVICE_KEY] = key.to_string().into();
        }
        if let Some(actor) = &self.client.actor {
            detail["actor"] = actor.as_str().into();
        }
        detail
    }
}

const OS_USER: &str = "os_user";
const SERVICE_KEY: &str = "service_key";

/// Details for the operator only. Users learn that the operator or a service did something, not by which account of the
/// machine or with which key.
pub const NOT_FOR_USERS: [&str; 2] = [OS_USER, SERVICE_KEY];

/// What happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EventKind {
    Registered,
    LoginSucceeded,
    /// A login with a wrong password.
    LoginFailed,
    Logout,
    /// A session was revoked, but not by its own logout and not for reuse.
    SessionRevoked {
        reason: RevocationReason,
    },
    PasswordChanged,
    /// A new password was set with a link from a mail.
    PasswordReset,
    /// The owner has proved to receive mail at the account's address.
    EmailVerified,
    /// A caller asked for another address, which is not confirmed yet.
    EmailChangeRequested,
    EmailChanged,
    /// The former address was restored with a link that was sent to it.
    EmailChangeUndone,
    /// A caller with a session gave a wrong current password.
    PasswordChangeFailed,
    /// After this many wrong passwords in a row the next attempt has to wait, in seconds.
    GuessingSlowed {
        wait: u64,
    },
    AccountDisabled,
    AccountEnabled,
    /// An old token was presented, and the family was revoked.
    ReuseDetected {
        presented: u32,
        newest: u32,
        /// The address of the family's last use before that.
        last_ip: Option<IpAddr>,
    },
    /// A replaced token was presented within the overlap window, from another place than the one that replaced it.
    ReplayedElsewhere {
        generation: u32,
        /// The address that the token was replaced from.
        last_ip: Option<IpAddr>,
    },
    /// A lost response was repeated after the overlap window.
    ResponseRecovered {
        generation: u32,
    },
    /// The row had lost rotations whose tokens clients had received. It continues after the newest of them.
    RowCaughtUp {
        from: u32,
        to: u32,
    },
    /// A sandbox family began, on a development server.
    SandboxBegan,
}

impl EventKind {
    /// The name of [`ReplayedElsewhere`](Self::ReplayedElsewhere).
    pub const REPLAYED_ELSEWHERE: &str = "replayed_elsewhere";

    /// The name that is stored. It never changes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::LoginSucceeded => "login_succeeded",
            Self::LoginFailed => "login_failed",
            Self::Logout => "logout",
            Self::SessionRevoked { .. } => "session_revoked",
            Self::PasswordChanged => "password_changed",
            Self::PasswordReset => "password_reset",
            Self::EmailVerified => "email_verified",
            Self::EmailChangeRequested => "email_change_requested",
            Self::EmailChanged => "email_changed",
            Self::EmailChangeUndone => "email_change_undone",
            Self::PasswordChangeFailed => "password_change_failed",
            Self::GuessingSlowed { .. } => "guessing_slowed",
            Self::AccountDisabled => "account_disabled",
            Self::AccountEnabled => "account_enabled",
            Self::ReuseDetected { .. } => "reuse_detected",
            Self::ReplayedElsewhere { .. } => Self::REPLAYED_ELSEWHERE,
            Self::ResponseRecovered { .. } => "answer_recovered",
            Self::RowCaughtUp { .. } => "row_caught_up",
            Self::SandboxBegan => "practice_began",
        }
    }

    /// The details, as a JSON object.
    pub fn detail(self) -> Value {
        match self {
            Self::Registered
            | Self::LoginSucceeded
            | Self::LoginFailed
            | Self::Logout
            | Self::PasswordChanged
            | Self::PasswordReset
            | Self::EmailVerified
            | Self::EmailChangeRequested
            | Self::EmailChanged
            | Self::EmailChangeUndone
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
            Self::ReplayedElsewhere { generation, last_ip } => {
                json!({ "generation": generation, "last_ip": last_ip })
            }
            Self::ResponseRecovered { generation } => json!({ "generation": generation }),
            Self::RowCaughtUp { from, to } => json!({ "from": from, "to": to }),
        }
    }
}

//! Mails to the owners of accounts, as they wait in the outbox. What a mail says and its link are made when it is sent, so
//! the outbox holds no link.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Timestamp;
use super::ids::{MessageId, UserId};
use super::notice::Notice;
use super::outbox::{Channel, Message};

/// A mail that is to be sent.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "letter", rename_all = "snake_case")]
pub enum Letter {
    /// A new password was requested for this address. Whether it has an account is looked up when the mail is
    /// sent: the request takes the same time for every address.
    ResetPassword {
        email: String,
    },
    /// A registration that takes effect once the address is verified.
    FinishRegistration {
        email: String,
        password_hash: String,
    },
    /// To the owner of an account whose address is not verified.
    VerifyEmail,
    /// To the address that an account is to have.
    ConfirmEmail {
        email: String,
    },
    /// To the address that an account still has.
    EmailChangeRequested {
        email: String,
        place: Occurrence,
    },
    /// To the address that an account had, with a link that undoes the change.
    EmailChanged {
        former: String,
        place: Occurrence,
    },
    /// An old refresh token was presented.
    ReuseDetected {
        place: Occurrence,
        /// The address of the session's last use before that.
        last_ip: Option<IpAddr>,
        /// Earlier versions wrote none.
        #[serde(default)]
        session: Option<Uuid>,
    },
    /// A login from a device that is not known.
    NewDevice {
        place: Occurrence,
    },
    PasswordChanged {
        place: Occurrence,
    },
    AccountDisabled,
}

/// When and where something happened.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Occurrence {
    #[serde(with = "time::serde::rfc3339")]
    pub at: Timestamp,
    pub ip: Option<IpAddr>,
    pub user_agent: Option<String>,
}

impl Letter {
    /// The message that has the letter written and sent. `user_id` is `None` if only an address is known.
    pub fn message(&self, id: MessageId, user_id: Option<UserId>, now: Timestamp) -> Message {
        Message::new(id, Channel::Mail, user_id, now, serde_json::to_value(self).unwrap_or_default())
    }

    /// The notice that it is. `None` for a mail that was requested.
    pub fn notice(&self) -> Option<Notice> {
        match self {
            Self::ResetPassword { .. }
            | Self::FinishRegistration { .. }
            | Self::VerifyEmail
            | Self::ConfirmEmail { .. } => None,
            Self::EmailChangeRequested { .. } => Some(Notice::EmailChangeRequested),
            Self::EmailChanged { .. } => Some(Notice::EmailChanged),
            Self::ReuseDetected { .. } => Some(Notice::ReuseDetected),
            Self::NewDevice { .. } => Some(Notice::NewDevice),
            Self::PasswordChanged { .. } => Some(Notice::PasswordChanged),
            Self::AccountDisabled => Some(Notice::AccountDisabled),
        }
    }

    /// The name of its template, and its type where mails are sent as webhooks.
    pub fn name(&self) -> &'static str {
        match self {
            Self::ResetPassword { .. } => "reset_password",
            Self::FinishRegistration { .. } => "finish_registration",
            Self::VerifyEmail => "verify_email",
            Self::ConfirmEmail { .. } => "confirm_email",
            Self::EmailChangeRequested { .. } => Notice::EmailChangeRequested.as_str(),
            Self::EmailChanged { .. } => Notice::EmailChanged.as_str(),
            Self::ReuseDetected { .. } => Notice::ReuseDetected.as_str(),
            Self::NewDevice { .. } => Notice::NewDevice.as_str(),
            Self::PasswordChanged { .. } => Notice::PasswordChanged.as_str(),
            Self::AccountDisabled => Notice::AccountDisabled.as_str(),
        }
    }
}

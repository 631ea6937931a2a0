//! Mails to the owners of accounts, as they wait in the outbox. What a mail says and its link are made when it is sent, so
//! the outbox holds no link.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::Timestamp;

/// A mail that is to be sent.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "letter", rename_all = "snake_case")]
pub enum Letter {
    /// Somebody has asked for a new password for this address. Whether it has an account is looked up when the mail is
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
        place: PlaceOf,
    },
    /// To the address that an account had, with a link that undoes the change.
    EmailChanged {
        former: String,
        place: PlaceOf,
    },
    /// An old refresh token was presented.
    ReuseDetected {
        place: PlaceOf,
        last_ip: Option<IpAddr>,
    },
    /// A login from a device that is not known.
    NewDevice {
        place: PlaceOf,
    },
    PasswordChanged {
        place: PlaceOf,
    },
    AccountDisabled,
}

/// When and where something happened.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PlaceOf {
    #[serde(with = "time::serde::rfc3339")]
    pub at: Timestamp,
    pub ip: Option<IpAddr>,
    pub user_agent: Option<String>,
}

impl Letter {
    /// The name of its template, and its type where mails are sent as webhooks.
    pub fn name(&self) -> &'static str {
        match self {
            Self::ResetPassword { .. } => "reset_password",
            Self::FinishRegistration { .. } => "finish_registration",
            Self::VerifyEmail => "verify_email",
            Self::ConfirmEmail { .. } => "confirm_email",
            Self::EmailChangeRequested { .. } => "email_change_requested",
            Self::EmailChanged { .. } => "email_changed",
            Self::ReuseDetected { .. } => "reuse_detected",
            Self::NewDevice { .. } => "new_device",
            Self::PasswordChanged { .. } => "password_changed",
            Self::AccountDisabled => "account_disabled",
        }
    }
}

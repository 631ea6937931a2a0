//! What a link in a mail permits. A link is a sealed text, so no table holds it. It works once, because it names the state of
//! the account that using it changes.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::ids::UserId;

/// What a link is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkPurpose {
    ResetPassword,
    VerifyEmail,
    /// Verifies an address and creates its account.
    Register,
    ConfirmEmail,
    UndoEmail,
}

impl LinkPurpose {
    /// How long such a link works.
    pub fn lifetime(self) -> Duration {
        const HOUR: Duration = Duration::from_secs(60 * 60);
        if self == Self::UndoEmail { 7 * 24 * HOUR } else { HOUR }
    }

    /// The page of the app that uses it, below the public URL.
    pub fn path(self) -> &'static str {
        match self {
            Self::ResetPassword => "reset-password",
            Self::VerifyEmail | Self::Register => "verify-email",
            Self::ConfirmEmail => "confirm-email",
            Self::UndoEmail => "undo-email",
        }
    }
}

/// The content of a link.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    pub purpose: LinkPurpose,
    /// Seconds since the Unix epoch.
    pub expires_at: i64,
    /// The account. `None` for a registration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<Uuid>,
    /// The address that the link sets, or registers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// For a registration: the hash of the chosen password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_hash: Option<String>,
    /// A keyed hash of the account's password hash, address and whether that is verified, when the link was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

impl Link {
    /// The account of the link.
    pub fn user_id(&self) -> Option<UserId> {
        self.user.map(UserId::from)
    }
}

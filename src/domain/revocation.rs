//! Revoking a family: when it happened, and why.

use super::Timestamp;
use super::stored_text::stored_as_text;

/// When and why a family was revoked before it expired.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Revocation {
    pub at: Timestamp,
    pub reason: RevocationReason,
}

/// Why a family was revoked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RevocationReason {
    Logout,
    LogoutAll,
    /// An old token was presented, so there is a copy of it.
    Reuse,
    PasswordChange,
    /// The account was disabled.
    Disabled,
    Admin,
    /// The user began more sessions than the policy allows.
    Limit,
}

stored_as_text!(
    RevocationReason,
    "reason for a revocation",
    Logout = "logout",
    LogoutAll = "logout_all",
    Reuse = "reuse",
    PasswordChange = "password_change",
    Disabled = "disabled",
    Admin = "admin",
    Limit = "limit",
);

#[cfg(test)]
mod tests {
    use super::RevocationReason;

    #[test]
    fn every_reason_reads_back_from_its_text() {
        for &reason in RevocationReason::ALL {
            assert_eq!(reason.as_str().parse::<RevocationReason>().unwrap(), reason);
        }
        assert!("stolen".parse::<RevocationReason>().is_err());
    }
}

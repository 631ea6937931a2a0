//! A token family: what one login is, for as long as it lives.

use std::fmt;
use std::net::IpAddr;

use super::Timestamp;
use super::ids::{FamilyId, UserId};
use super::place::Place;
use super::policy::Lifetimes;
use super::rotation::{FamilyState, Generation};

/// A family with everything that is known of it.
#[derive(Clone, Debug)]
pub struct Family {
    pub id: FamilyId,
    pub user_id: UserId,
    /// How its refresh tokens travel; never changes.
    pub delivery: Delivery,
    /// What the rule judges by.
    pub state: FamilyState,
    pub created_at: Timestamp,
    /// When the user last proved who they are (the JWT claim `auth_time`).
    pub authenticated_at: Timestamp,
    /// The address that was last seen, if the peer had one.
    pub ip: Option<IpAddr>,
    pub user_agent: Option<String>,
}

impl Family {
    /// The idle expiry after a use at `now`: never past the absolute one (draft-ietf-oauth-browser-based-apps §6.3.2.3).
    pub fn idle_expiry(now: Timestamp, expires_at: Timestamp, lifetimes: &Lifetimes) -> Timestamp {
        (now + lifetimes.idle).min(expires_at)
    }

    /// A family as it is right after a login at `now`.
    pub fn begin(id: FamilyId, user_id: UserId, delivery: Delivery, now: Timestamp, lifetimes: &Lifetimes) -> Self {
        let expires_at = now + lifetimes.absolute;
        Self {
            id,
            user_id,
            delivery,
            state: FamilyState {
                generation: Generation::FIRST,
                rotated_at: now,
                rotated_from: Place::default(),
                confirmed: Generation::NONE,
                recovered: Generation::NONE,
                recovery_tat: 0,
                idle_expires_at: Self::idle_expiry(now, expires_at, lifetimes),
                expires_at,
                revoked: None,
            },
            created_at: now,
            authenticated_at: now,
            ip: None,
            user_agent: None,
        }
    }
}

/// How a family's refresh tokens travel. A token of one kind is not accepted in the other's place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Delivery {
    /// In an HttpOnly cookie, and nowhere else.
    Cookie,
    /// In JSON bodies, for clients that have no cookies.
    Body,
}

/// That, when and why a family was ended before its time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Revocation {
    pub at: Timestamp,
    pub reason: RevocationReason,
}

/// Why a family was ended before its time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RevocationReason {
    Logout,
    LogoutAll,
    /// An old token was shown: somebody else holds a copy.
    Reuse,
    PasswordChange,
    /// The account was disabled.
    Disabled,
    Admin,
    /// The user began more sessions than the policy allows.
    Limit,
}

/// A stored word that names no value of the type it was read for.
#[derive(Debug, thiserror::Error)]
#[error("the database holds the {kind} {word:?}, which this version does not know")]
pub struct UnknownWord {
    pub kind: &'static str,
    pub word: String,
}

macro_rules! words {
    ($type:ident, $kind:literal, $($variant:ident = $word:literal),+ $(,)?) => {
        impl $type {
            #[cfg(test)]
            pub(crate) const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word by which it is stored and told to clients.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }
        }

        impl std::str::FromStr for $type {
            type Err = UnknownWord;

            fn from_str(word: &str) -> Result<Self, UnknownWord> {
                match word {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(UnknownWord { kind: $kind, word: word.to_owned() }),
                }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

words!(Delivery, "delivery", Cookie = "cookie", Body = "body");
words!(
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
    use super::{Delivery, RevocationReason};

    #[test]
    fn every_word_reads_back() {
        for &reason in RevocationReason::ALL {
            assert_eq!(reason.as_str().parse::<RevocationReason>().unwrap(), reason);
        }
        for &delivery in Delivery::ALL {
            assert_eq!(delivery.as_str().parse::<Delivery>().unwrap(), delivery);
        }
        assert!("stolen".parse::<RevocationReason>().is_err());
    }
}

//! Accounts.

use std::fmt;

use super::Timestamp;
use super::ids::UserId;

/// RFC 5321 §4.5.3.1.3: a path holds 256 octets, two of them brackets.
const EMAIL_LIMIT: usize = 254;

/// An account, with what its owner may see.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct User {
    pub id: UserId,
    pub email: Email,
    /// A disabled account keeps its data but cannot log in or refresh.
    pub is_active: bool,
    pub created_at: Timestamp,
}

/// The email address that names an account: trimmed, with ASCII letters in lower case. Letters beyond ASCII stay as
/// they are, since folding them makes the addresses of different people equal (CVE-2019-19844).
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Email(String);

/// Why a text cannot be the email address of an account.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum EmailError {
    #[error("must be at most {EMAIL_LIMIT} bytes long")]
    TooLong,
    #[error("must be an address like name@example.com")]
    Implausible,
}

impl Email {
    /// Reads an address that a person typed. Only mail can prove an address, so this demands no more than one `@`,
    /// plain characters before it and a plausible domain after it.
    ///
    /// # Errors
    /// [`EmailError`] with a message for the person who typed.
    pub fn parse(typed: &str) -> Result<Self, EmailError> {
        let email = Self::spelling(typed);
        if email.len() > EMAIL_LIMIT {
            return Err(EmailError::TooLong);
        }
        match email.split_once('@') {
            Some((local, domain)) if is_plausible_local(local) && is_plausible_domain(domain) => Ok(Self(email)),
            _ => Err(EmailError::Implausible),
        }
    }

    /// The spelling that all spellings of an address share. `typed` need not be a valid address.
    pub fn spelling(typed: &str) -> String {
        typed.trim().to_ascii_lowercase()
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_plausible_local(local: &str) -> bool {
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && !"@\"(),:;<>[\\]".contains(c);
    (1..=64).contains(&local.len())
        && local.chars().all(plain)
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
}

fn is_plausible_domain(domain: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let top = domain.rsplit('.').next().unwrap_or_default();
    domain.contains('.') && domain.split('.').all(is_label) && !top.chars().all(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::{Email, EmailError};

    #[test]
    fn addresses_are_trimmed_and_their_ascii_letters_lowered() {
        assert_eq!(Email::parse("  Alice@Example.COM\n").unwrap().as_str(), "alice@example.com");
        assert_eq!(Email::parse("o'neil+tag@mail.example.co.uk").unwrap().as_str(), "o'neil+tag@mail.example.co.uk");
    }

    #[test]
    fn look_alikes_stay_different_people() {
        assert_ne!(Email::parse("m\u{131}ke@example.com"), Email::parse("mike@example.com"));
        assert_ne!(Email::parse("\u{212a}elvin@example.com"), Email::parse("kelvin@example.com"));
        assert_ne!(Email::parse("stra\u{df}e@example.com"), Email::parse("strasse@example.com"));
    }

    #[test]
    fn what_cannot_be_an_address_is_refused() {
        for typed in [
            "",
            "@",
            "a@",
            "@example.com",
            "alice",
            "alice@example",
            "alice@@example.com",
            "a@b@example.com",
            "al ice@example.com",
            "alice@-example.com",
            "alice@example..com",
            "alice@.com",
            "alice@example.com.",
            "alice@127.0.0.1",
            ".alice@example.com",
            "al..ice@example.com",
            "alice@exa mple.com",
            "<alice>@example.com",
            "alice\0@example.com",
        ] {
            assert_eq!(Email::parse(typed), Err(EmailError::Implausible), "{typed:?}");
        }
        let long = format!("{}@{}.com", "a".repeat(64), "b".repeat(190));
        assert_eq!(Email::parse(&long), Err(EmailError::TooLong));
    }
}

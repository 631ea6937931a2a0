//! Passwords: what may be chosen as one, and the one form in which they are compared.

use secrecy::{ExposeSecret, SecretString};
use unicode_normalization::UnicodeNormalization;

use super::account::Email;

/// The most common passwords of eight characters or more, sorted by bytes; compiled by Royce Williams, from the list that
/// ships with Django (BSD-3-Clause).
const COMMON: &str = include_str!("common_passwords.txt");

/// The longest password that can be chosen, in code points. NIST SP 800-63B-4 §3.1.1.2 asks for 64 at least.
pub const PASSWORD_MAX_LENGTH: usize = 128;

/// A password as somebody typed it, in normal form C, so that composed and decomposed letters are the same password
/// (NIST SP 800-63B-4 §3.1.1.2). Never printed.
#[derive(Clone, Debug)]
pub struct Password(SecretString);

/// A stored hash: a PHC string with its own cost and salt. Never printed.
#[derive(Clone, Debug)]
pub struct PasswordHash(SecretString);

impl PasswordHash {
    /// A hash as it was stored or computed; judged when a password is checked against it.
    pub fn from_stored(phc: String) -> Self {
        Self(phc.into())
    }

    /// The PHC string, to be stored.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// The rule for new passwords.
#[derive(Clone, Copy, Debug)]
pub struct PasswordPolicy {
    /// In code points after normalisation. 8 at least.
    pub min_length: usize,
}

/// Why a password cannot be chosen.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PasswordError {
    #[error("must have at least {0} characters")]
    TooShort(usize),
    #[error("must have at most {PASSWORD_MAX_LENGTH} characters")]
    TooLong,
    #[error("must not be the email address")]
    IsEmail,
    #[error("is among the most common passwords, which attackers try first; choose another")]
    Common,
}

impl Password {
    /// A password that is shown to log in: no rule applies but normalisation, since rules may have changed since it was
    /// chosen.
    pub fn presented(typed: &SecretString) -> Self {
        Self(typed.expose_secret().nfc().collect::<String>().into())
    }

    /// A password that is chosen for the account `email`, if that is known to be one.
    ///
    /// # Errors
    /// [`PasswordError`]: the first rule that it breaks. There are no rules of composition (NIST SP 800-63B-4 §3.1.1.2).
    pub fn chosen(typed: &SecretString, email: Option<&Email>, policy: PasswordPolicy) -> Result<Self, PasswordError> {
        let password = Self::presented(typed);
        let text = password.0.expose_secret();
        let length = text.chars().count();
        if length < policy.min_length {
            return Err(PasswordError::TooShort(policy.min_length));
        }
        if length > PASSWORD_MAX_LENGTH {
            return Err(PasswordError::TooLong);
        }
        let folded = text.to_lowercase();
        if email.is_some_and(|email| folded == email.as_str().nfc().collect::<String>().to_lowercase()) {
            return Err(PasswordError::IsEmail);
        }
        if is_common(&folded) {
            return Err(PasswordError::Common);
        }
        Ok(password)
    }

    /// The bytes to hash.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.expose_secret().as_bytes()
    }
}

fn is_common(folded: &str) -> bool {
    let list = COMMON.as_bytes();
    let (mut low, mut high) = (0, list.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let start = list[..middle].iter().rposition(|&b| b == b'\n').map_or(0, |at| at + 1);
        let end = list[middle..].iter().position(|&b| b == b'\n').map_or(list.len(), |at| middle + at);
        match list[start..end].cmp(folded.as_bytes()) {
            std::cmp::Ordering::Equal => return true,
            std::cmp::Ordering::Less => low = end + 1,
            std::cmp::Ordering::Greater => high = start,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::{COMMON, Email, Password, PasswordError, PasswordPolicy, is_common};

    fn choose(text: &str) -> Result<Password, PasswordError> {
        let email = Email::parse("alice.long@example.com").unwrap();
        Password::chosen(&text.to_owned().into(), Some(&email), PasswordPolicy { min_length: 8 })
    }

    #[test]
    fn length_is_counted_in_code_points_after_normalisation() {
        assert_eq!(choose("1234567").unwrap_err(), PasswordError::TooShort(8));
        assert!(choose("🦀🦀🦀🦀🦀🦀🦀🦀").is_ok());
        assert_eq!(choose("🦀🦀🦀🦀🦀🦀🦀").unwrap_err(), PasswordError::TooShort(8));
        assert_eq!(choose("e\u{301}e\u{301}e\u{301}e\u{301}").unwrap_err(), PasswordError::TooShort(8));
        assert!(choose(&"x".repeat(128)).is_ok());
        assert_eq!(choose(&"x".repeat(129)).unwrap_err(), PasswordError::TooLong);
    }

    #[test]
    fn composed_and_decomposed_letters_are_one_password() {
        let composed = Password::presented(&"caf\u{e9} au lait".to_owned().into());
        let decomposed = Password::presented(&"cafe\u{301} au lait".to_owned().into());
        assert_eq!(composed.as_bytes(), decomposed.as_bytes());
    }

    #[test]
    fn spaces_count_and_any_character_goes() {
        assert!(choose("        ").is_ok());
        assert!(choose("nul\0inside it").is_ok());
        assert!(choose("alllowercase").is_ok());
        assert_eq!(Password::presented(&" x ".to_owned().into()).as_bytes(), b" x ");
    }

    #[test]
    fn common_passwords_and_the_email_are_refused_whatever_their_case() {
        assert_eq!(choose("PassWord1").unwrap_err(), PasswordError::Common);
        assert_eq!(choose("Alice.Long@example.com").unwrap_err(), PasswordError::IsEmail);
        assert!(choose("my password1 is long").is_ok());
        for (email, password) in
            [("Élodie@example.com", "ÉLODIE@example.com"), ("e\u{301}lodie@example.com", "élodie@example.com")]
        {
            let email = Email::parse(email).unwrap();
            let chosen = Password::chosen(&password.to_owned().into(), Some(&email), PasswordPolicy { min_length: 8 });
            assert_eq!(chosen.unwrap_err(), PasswordError::IsEmail, "{password}");
        }
    }

    #[test]
    fn every_word_of_the_list_is_found_and_its_neighbours_are_not() {
        assert!(COMMON.lines().count() > 8000);
        for word in COMMON.lines() {
            assert!(is_common(word), "{word}");
            assert!(!is_common(&format!("{word}\u{1}")));
        }
    }

    #[test]
    fn a_password_is_never_printed() {
        let debug = format!("{:?}", choose("correct horse battery").unwrap());
        assert!(!debug.contains("horse"), "{debug}");
    }
}

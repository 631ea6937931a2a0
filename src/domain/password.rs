//! Passwords: what may be chosen as one, and the one form in which they are compared.

use secrecy::{ExposeSecret, SecretString};
use unicode_normalization::UnicodeNormalization;

use super::account::Email;
use super::guessable::{Guessable, Names, guessable};
use super::word_list::COMMON;

/// The longest password that can be chosen, in code points. NIST SP 800-63B-4 §3.1.1.2 asks for 64 at least.
pub const PASSWORD_MAX_LENGTH: usize = 128;

/// A password as somebody typed it, in normal form C, so that composed and decomposed letters are the same password
/// (NIST SP 800-63B-4 §3.1.1.2). Never printed.
#[derive(Clone, Debug)]
pub struct Password {
    text: SecretString,
    /// What was typed, if it was in another form.
    typed: Option<SecretString>,
}

/// A stored hash: a text with its own kind, cost and salt. Never printed.
#[derive(Clone, Debug)]
pub struct PasswordHash(SecretString);

impl PasswordHash {
    /// A hash as it was stored or computed; judged when a password is checked against it.
    pub fn from_stored(text: String) -> Self {
        Self(text.into())
    }

    /// The text, to be stored.
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
    #[error("is among the most common passwords, which attackers try first; choose another, such as four random words")]
    Common,
    #[error("is a common word with a few signs, which attackers try early; choose another, such as four random words")]
    CommonWord,
    #[error(
        "is little more than your email address or the name of this service; choose another, such as four random words"
    )]
    Name,
    #[error("is little more than neighbouring keys or a common number; choose another, such as four random words")]
    Keys,
}

impl Password {
    /// A password that is shown to log in: no rule applies but normalisation, since rules may have changed since it was
    /// chosen.
    pub fn presented(typed: &SecretString) -> Self {
        let text: String = typed.expose_secret().nfc().collect();
        let is_other = text != typed.expose_secret();
        Self { text: text.into(), typed: is_other.then(|| typed.clone()) }
    }

    /// A password that is chosen for the account `email`, if that is known to be one, at a service with these names.
    ///
    /// # Errors
    /// [`PasswordError`]: the first rule that it breaks. There are no rules of composition (NIST SP 800-63B-4 §3.1.1.2).
    pub fn chosen(
        typed: &SecretString,
        email: Option<&Email>,
        service: &[String],
        policy: PasswordPolicy,
    ) -> Result<Self, PasswordError> {
        let password = Self::presented(typed);
        let text = password.text.expose_secret();
        let length = text.chars().count();
        if length < policy.min_length {
            return Err(PasswordError::TooShort(policy.min_length));
        }
        if length > PASSWORD_MAX_LENGTH {
            return Err(PasswordError::TooLong);
        }
        let folded = text.to_lowercase();
        if email.is_some_and(|email| folded == email.to_string().nfc().collect::<String>().to_lowercase()) {
            return Err(PasswordError::IsEmail);
        }
        if COMMON.contains(&folded) {
            return Err(PasswordError::Common);
        }
        match guessable(text, &names(email, service)) {
            Some(Guessable::Word) => Err(PasswordError::CommonWord),
            Some(Guessable::Name) => Err(PasswordError::Name),
            Some(Guessable::Signs) => Err(PasswordError::Keys),
            None => Ok(password),
        }
    }

    /// Whether both are one password.
    pub fn is_same(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }

    /// The bytes to hash.
    pub fn as_bytes(&self) -> &[u8] {
        self.text.expose_secret().as_bytes()
    }

    /// What was typed, if that is not in normal form C. Programs that do not normalise have hashed it.
    pub fn otherwise_typed(&self) -> Option<&[u8]> {
        self.typed.as_ref().map(|typed| typed.expose_secret().as_bytes())
    }

    /// What was typed, for another program that judges it.
    pub fn as_typed(&self) -> &SecretString {
        self.typed.as_ref().unwrap_or(&self.text)
    }
}

/// What an attacker knows of the account beforehand.
fn names(email: Option<&Email>, service: &[String]) -> Names {
    let mut names = Names::default();
    service.iter().for_each(|name| names.add(name));
    if let Some((local, domain)) = email.map(ToString::to_string).as_deref().and_then(|email| email.split_once('@')) {
        names.add(local);
        domain.split('.').for_each(|label| names.add(label));
    }
    names
}

#[cfg(test)]
mod tests {
    use super::{COMMON, Email, Password, PasswordError, PasswordPolicy};

    fn choose(text: &str) -> Result<Password, PasswordError> {
        choose_as("alice.long@example.com", text)
    }

    fn choose_as(email: &str, text: &str) -> Result<Password, PasswordError> {
        let email = Email::parse(email).unwrap();
        let service = ["https://accounts.acme.example".to_owned(), "heirloom".to_owned()];
        Password::chosen(&text.to_owned().into(), Some(&email), &service, PasswordPolicy { min_length: 8 })
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
            assert_eq!(choose_as(email, password).unwrap_err(), PasswordError::IsEmail, "{password}");
        }
    }

    #[test]
    fn every_word_of_the_list_is_found_and_its_neighbours_are_not() {
        assert!(COMMON.words().count() > 8000);
        for word in COMMON.words() {
            assert!(COMMON.contains(word), "{word}");
            assert!(!COMMON.contains(&format!("{word}\u{1}")));
        }
    }

    #[test]
    fn the_words_of_the_context_are_refused_with_their_reason() {
        for password in ["example.com1", "Alice2025!", "longalice", "Acme2025!", "accounts.acme", "H3irloom!!"] {
            assert_eq!(choose(password).unwrap_err(), PasswordError::Name, "{password}");
        }
        for password in ["P@ssw0rd1", "Summer2025!"] {
            let error = choose(password).unwrap_err();
            assert!(matches!(error, PasswordError::Common | PasswordError::CommonWord), "{password}: {error:?}");
            assert!(error.to_string().contains("choose another"), "{error}");
        }
        assert_eq!(choose("qwertz2025!").unwrap_err(), PasswordError::Keys);
        assert!(choose("alice keeps four lamps").is_ok());
    }

    #[test]
    fn a_password_is_never_printed() {
        let debug = format!("{:?}", choose("correct horse battery").unwrap());
        assert!(!debug.contains("horse"), "{debug}");
    }
}

//! The configured secret, from which every key is derived.

use secrecy::{ExposeSecret as _, SecretString};

/// The shortest secret, in bytes: the strength of every key derived from it (RFC 8725 §3.5).
pub const SECRET_MIN_BYTES: usize = 32;

/// What `.env.example` shows in the place of a secret. Nobody may run with it.
pub const SECRET_PLACEHOLDER: &str = "change-me-run-heirloom-secret-generate";

/// A configured secret, checked.
#[derive(Clone, Debug)]
pub struct Secret(SecretString);

/// What is wrong with the configured secrets. Says nothing of what they are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SecretError {
    #[error("is empty; make one with `heirloom secret generate`")]
    Missing,
    #[error("holds a secret of {0} bytes, and {SECRET_MIN_BYTES} are needed; make one with `heirloom secret generate`")]
    TooShort(usize),
    #[error("holds a secret that can be guessed; make one with `heirloom secret generate`")]
    Guessable,
    #[error("holds two secrets with the same key id; replace the newer one by another from `heirloom secret generate`")]
    SameKeyId,
}

impl Secret {
    /// The bytes to derive keys from.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.expose_secret().as_bytes()
    }

    /// Checks a secret of at least 32 bytes.
    ///
    /// # Errors
    /// [`SecretError`] for one that is too short, the placeholder of the example settings, or a repetition of a few
    /// characters.
    pub fn new(text: &str) -> Result<Self, SecretError> {
        if text.len() < SECRET_MIN_BYTES {
            return Err(SecretError::TooShort(text.len()));
        }
        let mut seen = [false; 256];
        text.bytes().for_each(|byte| seen[usize::from(byte)] = true);
        if text == SECRET_PLACEHOLDER || seen.iter().filter(|&&seen| seen).count() < 5 {
            return Err(SecretError::Guessable);
        }
        Ok(Self(text.to_owned().into()))
    }
}

#[cfg(test)]
mod tests {
    use super::{SECRET_PLACEHOLDER, Secret, SecretError};

    #[test]
    fn weak_secrets_are_refused() {
        assert_eq!(Secret::new("short").unwrap_err(), SecretError::TooShort(5));
        assert_eq!(Secret::new(&"ab".repeat(20)).unwrap_err(), SecretError::Guessable);
        assert_eq!(Secret::new(SECRET_PLACEHOLDER).unwrap_err(), SecretError::Guessable);
    }
}

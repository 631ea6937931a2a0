//! The configured secret. Every key is derived from it.

use secrecy::{ExposeSecret as _, SecretString};

/// The minimum length of a secret, in bytes. No derived key is stronger than the secret (RFC 8725 §3.5).
pub const SECRET_MIN_BYTES: usize = 32;

/// The placeholder in `.env.example`. It is refused as a secret.
pub const SECRET_PLACEHOLDER: &str = "change-me-run-heirloom-secret-generate";

/// A configured secret that has been checked.
#[derive(Clone, Debug)]
pub struct Secret(SecretString);

/// What is wrong with the configured secrets. Reveals nothing of them.
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
    /// The bytes that keys are derived from.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.expose_secret().as_bytes()
    }

    /// Checks a secret.
    ///
    /// # Errors
    /// [`SecretError`] if it is shorter than 32 bytes, the placeholder of the example settings, or a repetition of a
    /// few characters.
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

//! Requests that may arrive more than once, and take effect once.

use super::ids::ServiceKeyId;

/// The longest key, in bytes.
pub const IDEMPOTENCY_KEY_LIMIT: usize = 255;

/// What a backend calls one of its requests, to recognise it when it is sent again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IdempotencyKey(String);

/// The text cannot be a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("must have 1 to {IDEMPOTENCY_KEY_LIMIT} bytes of visible ASCII")]
pub struct IdempotencyKeyError;

impl IdempotencyKey {
    /// Reads the value of the header `Idempotency-Key`. Keys are compared byte for byte.
    ///
    /// # Errors
    /// [`IdempotencyKeyError`] if it is empty, too long, or has other characters than visible ASCII.
    pub fn parse(value: &[u8]) -> Result<Self, IdempotencyKeyError> {
        let is_key = (1..=IDEMPOTENCY_KEY_LIMIT).contains(&value.len())
            && value.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ');
        let text = is_key.then(|| std::str::from_utf8(value).ok()).flatten();
        text.map(|text| Self(text.to_owned())).ok_or(IdempotencyKeyError)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A keyed hash of a request, which may contain a password.
pub type RequestDigest = [u8; 32];

/// A creation that a backend may send again.
#[derive(Clone, Debug)]
pub struct RepeatableRequest {
    pub service_key: ServiceKeyId,
    pub key: IdempotencyKey,
    /// By each of the configured secrets, newest first: the one that is stored may have been made before the secret was
    /// replaced.
    pub digests: Vec<RequestDigest>,
}

#[cfg(test)]
mod tests {
    use super::IdempotencyKey;

    #[test]
    fn a_key_is_visible_and_short() {
        for good in ["8e03978e-40d5-43dd-bc93-6894a57f9324", "a", "\"quoted\"", "a b", &"k".repeat(255)] {
            assert_eq!(IdempotencyKey::parse(good.as_bytes()).unwrap().as_str(), good);
        }
        for bad in [&b""[..], b"a\tb", b"\xff", "ä".as_bytes(), "k".repeat(256).as_bytes()] {
            assert!(IdempotencyKey::parse(bad).is_err(), "{bad:?}");
        }
    }
}

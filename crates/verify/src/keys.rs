//! The keys that verify access tokens.

use std::fmt;

use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::Value;

/// A key, bound to one algorithm (RFC 8725 §3.1).
#[derive(Clone)]
pub struct VerificationKey {
    pub(crate) kid: String,
    pub(crate) algorithm: Algorithm,
    pub(crate) decoding: DecodingKey,
}

/// Why a key set cannot be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum KeySetError {
    /// It is not a JWK Set.
    #[error("the response is not a JWK Set; is this the URL of Heirloom?")]
    Malformed,
    /// No key is for `EdDSA` or `ES256`.
    #[error("the key set has no key for EdDSA or ES256; with HEIRLOOM_ACCESS_TOKEN_ALG=HS256 only Heirloom can verify")]
    Empty,
}

impl VerificationKey {
    /// An Ed25519 key, by its public half in base64url.
    pub fn ed25519(kid: impl Into<String>, x: &str) -> Option<Self> {
        let decoding = DecodingKey::from_ed_components(x).ok()?;
        Some(Self { kid: kid.into(), algorithm: Algorithm::EdDSA, decoding })
    }

    /// A P-256 key, by its coordinates in base64url.
    pub fn p256(kid: impl Into<String>, x: &str, y: &str) -> Option<Self> {
        let decoding = DecodingKey::from_ec_components(x, y).ok()?;
        Some(Self { kid: kid.into(), algorithm: Algorithm::ES256, decoding })
    }

    /// A secret for HS256. Only Heirloom has it.
    pub fn hs256(kid: impl Into<String>, secret: &[u8]) -> Self {
        Self { kid: kid.into(), algorithm: Algorithm::HS256, decoding: DecodingKey::from_secret(secret) }
    }

    /// `None` for a key of another kind, of another use, or without a name.
    fn from_jwk(jwk: &Value) -> Option<Self> {
        let member = |name: &str| jwk.get(name).and_then(Value::as_str);
        let is_or_absent = |name: &str, expected: &str| jwk.get(name).is_none_or(|value| value == expected);
        let kid = member("kid")?;
        if !is_or_absent("use", "sig") {
            return None;
        }
        match (member("kty")?, member("crv")?) {
            ("OKP", "Ed25519") if is_or_absent("alg", "EdDSA") => Self::ed25519(kid, member("x")?),
            ("EC", "P-256") if is_or_absent("alg", "ES256") => Self::p256(kid, member("x")?, member("y")?),
            _ => None,
        }
    }
}

impl fmt::Debug for VerificationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerificationKey")
            .field("kid", &self.kid)
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

/// The keys of a JWK Set (RFC 7517). Keys that are not for Heirloom's asymmetric algorithms are left out.
///
/// # Errors
/// [`KeySetError`] if the text is no key set, or if no key is left.
pub fn parse_key_set(text: &str) -> Result<Vec<VerificationKey>, KeySetError> {
    let set: Value = serde_json::from_str(text).map_err(|_| KeySetError::Malformed)?;
    let keys = set.get("keys").and_then(Value::as_array).ok_or(KeySetError::Malformed)?;
    let keys: Vec<_> = keys.iter().filter_map(VerificationKey::from_jwk).collect();
    if keys.is_empty() { Err(KeySetError::Empty) } else { Ok(keys) }
}

//! The checks of an access token that need neither a network nor a clock of their own (RFC 8725 §3, RFC 9068 §4).

use std::sync::{Arc, PoisonError, RwLock};

use jsonwebtoken::Validation;

use crate::cache::{Fingerprint, VerifiedTokens};
use crate::claims::Claims;
use crate::keys::VerificationKey;

/// The header `typ` (RFC 9068 §2.1). Anything else is a token for another purpose.
pub const TYP: &str = "at+jwt";

/// How far the clocks of processes may differ, in seconds. Without it a token that has just been issued could seem to come
/// from the future. Expiry has no leeway: for its own client a token lives as long as the response says.
pub const CLOCK_TOLERANCE: i64 = 5;

/// `iat` and `exp` are whole seconds. Without this a token would live up to a second less than the response says.
const ROUNDING: i64 = 1;

/// Longer tokens are rejected unparsed. Heirloom's have about 500 bytes, and at most 2,300 with claims.
pub const MAX_LENGTH: usize = 4096;

/// Why an access token is rejected. `Invalid` deliberately does not say what is wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TokenError {
    /// It was not issued by this Heirloom for this audience, or is not an access token.
    #[error("the access token was not issued by this service")]
    Invalid,
    /// No key has the name that the token states. The token is invalid, unless the keys have changed.
    #[error("the key of the access token is unknown")]
    UnknownKey,
    /// It is valid in every other respect.
    #[error("the access token has expired")]
    Expired,
}

/// Verifies access tokens of one issuer for one audience. Remembers which signatures it has checked.
pub struct TokenVerifier {
    issuer: String,
    audience: String,
    keys: RwLock<Arc<[Key]>>,
    verified: VerifiedTokens<Arc<Claims>>,
}

struct Key {
    key: VerificationKey,
    /// Accepts the algorithm of this key only.
    validation: Validation,
}

impl TokenVerifier {
    /// Accepts tokens of `issuer` for `audience` that one of `keys` has signed.
    pub fn new(issuer: impl Into<String>, audience: impl Into<String>, keys: Vec<VerificationKey>) -> Self {
        let verifier = Self {
            issuer: issuer.into(),
            audience: audience.into(),
            keys: RwLock::new(Arc::new([])),
            verified: VerifiedTokens::default(),
        };
        verifier.replace_keys(keys);
        verifier
    }

    /// Tokens of other keys are invalid from now on.
    pub fn replace_keys(&self, keys: Vec<VerificationKey>) {
        let keys = keys.into_iter().map(|key| Key { validation: self.validation(&key), key }).collect();
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
        self.verified.clear();
    }

    fn validation(&self, key: &VerificationKey) -> Validation {
        let mut validation = Validation::new(key.algorithm);
        // `Validation::new` requires only `exp`, and with `aud` and `iss` set still accepts a token that has neither.
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[&self.audience]);
        // Times are checked below.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation
    }

    /// The claims of a presented token at `now`, in seconds since 1970. Checks algorithm, `typ`, known `kid`, signature, `iss`,
    /// `aud`, the type of every claim, `exp`, `nbf` and `iat`. Neither key nor algorithm is taken from the token's header.
    ///
    /// # Errors
    /// [`TokenError`]; `Expired` only for a token that is valid in every other respect.
    pub fn check(&self, token: &str, now: i64) -> Result<Arc<Claims>, TokenError> {
        if token.len() > MAX_LENGTH {
            return Err(TokenError::Invalid);
        }
        let fingerprint = Fingerprint::of(token);
        let (claims, is_new) = match self.verified.find(fingerprint, now) {
            Some(claims) => (claims, false),
            None => (Arc::new(self.check_signature(token)?), true),
        };
        if claims.not_before.unwrap_or(claims.issued_at).max(claims.issued_at) > now + CLOCK_TOLERANCE {
            return Err(TokenError::Invalid);
        }
        if claims.expires_at.saturating_add(ROUNDING) <= now {
            if !is_new {
                self.verified.forget(fingerprint);
            }
            return Err(TokenError::Expired);
        }
        if is_new {
            self.verified.keep(fingerprint, claims.clone(), now);
        }
        Ok(claims)
    }

    /// Every check that does not depend on the time.
    fn check_signature(&self, token: &str) -> Result<Claims, TokenError> {
        const INVALID: TokenError = TokenError::Invalid;
        let header = jsonwebtoken::decode_header(token).map_err(|_| INVALID)?;
        if header.typ.as_deref() != Some(TYP) || header.crit.is_some() {
            return Err(INVALID);
        }
        let kid = header.kid.ok_or(INVALID)?;
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner).clone();
        let Key { key, validation } = keys.iter().find(|known| known.key.kid == kid).ok_or(TokenError::UnknownKey)?;
        Ok(jsonwebtoken::decode::<Claims>(token, &key.decoding, validation).map_err(|_| INVALID)?.claims)
    }
}

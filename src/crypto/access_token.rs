//! Access tokens: JWTs of minutes that other services verify by themselves. `typ`, claims and checks follow RFC 9068;
//! conformance is not claimed, since that demands RS256.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use rand::{CryptoRng, RngExt as _};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::Timestamp;
use crate::domain::ids::{FamilyId, UserId};
use crate::domain::policy::{AccessTokenAlgorithm, AccessTokenPolicy};
use crate::domain::rotation::Generation;

use super::jwk::{Jwk, JwkSet};
use super::keys::{DerivedKeys, Keyring};

/// RFC 9068 §2.1. Anything else is a token for another purpose.
const TYP: &str = "at+jwt";

/// How far the clocks of processes may lie apart, in seconds.
const LEEWAY: i64 = 5;

/// Ours have about 500 bytes; longer ones are not worth parsing.
const LENGTH_LIMIT: usize = 2048;

/// Whom and what an access token speaks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AccessGrant {
    pub user_id: UserId,
    pub family_id: FamilyId,
    pub generation: Generation,
    pub authenticated_at: Timestamp,
}

/// A fresh access token.
#[derive(Debug)]
pub struct IssuedAccessToken {
    pub token: SecretString,
    /// Seconds until it expires.
    pub expires_in: i64,
}

/// Why an access token is refused. `Invalid` deliberately does not say what is wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AccessTokenError {
    #[error("the access token is not one of this service")]
    Invalid,
    #[error("the access token has expired")]
    Expired,
}

/// Signs and verifies access tokens.
pub struct AccessTokens {
    policy: AccessTokenPolicy,
    /// Newest first.
    keys: Vec<AccessKey>,
    validation: Validation,
}

struct AccessKey {
    kid: String,
    encoding: EncodingKey,
    decoding: DecodingKey,
    public: Option<Jwk>,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: Uuid,
    sid: Uuid,
    #[serde(rename = "gen")]
    generation: u32,
    jti: String,
    iat: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
    exp: i64,
    auth_time: i64,
}

impl AccessTokens {
    /// Signs with the newest secret of `keyring` and verifies with all of them.
    pub fn new(keyring: &Keyring, policy: AccessTokenPolicy) -> Self {
        let keys = keyring.iter().map(|keys| AccessKey::new(keys, policy.algorithm)).collect();
        let mut validation = Validation::new(jwa(policy.algorithm));
        // `Validation::new` requires only `exp`, and with `aud` and `iss` set still accepts a token that has neither.
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.set_issuer(&[&policy.issuer]);
        validation.set_audience(&[&policy.audience]);
        // Times are judged by our own clock, below.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        Self { policy, keys, validation }
    }

    /// A token for `grant`, valid from `now` on, and not beyond `session_end`.
    pub fn issue(
        &self,
        grant: &AccessGrant,
        now: Timestamp,
        session_end: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> IssuedAccessToken {
        let ttl = i64::try_from(self.policy.ttl.as_secs()).unwrap_or(i64::MAX / 4);
        let left = (session_end - now).whole_seconds().max(1);
        let expires_in = (ttl - rng.random_range(0..=ttl / 20)).min(left);
        let iat = now.unix_timestamp();
        let claims = Claims {
            iss: self.policy.issuer.clone(),
            aud: self.policy.audience.clone(),
            sub: grant.user_id.as_uuid(),
            sid: grant.family_id.as_uuid(),
            generation: grant.generation.number(),
            jti: URL_SAFE_NO_PAD.encode(rng.random::<[u8; 16]>()),
            iat,
            nbf: None,
            exp: iat + expires_in,
            auth_time: grant.authenticated_at.unix_timestamp(),
        };
        let key = &self.keys[0];
        let mut header = Header::new(jwa(self.policy.algorithm));
        header.typ = Some(TYP.to_owned());
        header.kid = Some(key.kid.clone());
        let token = jsonwebtoken::encode(&header, &claims, &key.encoding)
            .expect("claims of strings and numbers serialise, and the key was made for the algorithm");
        IssuedAccessToken { token: token.into(), expires_in }
    }

    /// What a presented token speaks for, if it is ours and of this time: algorithm, `typ`, known `kid`, signature,
    /// `iss`, `aud`, shape of every claim, `exp`, `nbf` and `iat` are checked (RFC 8725 §3, RFC 9068 §4). Keys come from
    /// the configuration only, never from the token's header.
    ///
    /// # Errors
    /// [`AccessTokenError`]; `Expired` only for a token that is right in every other respect.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<AccessGrant, AccessTokenError> {
        const INVALID: AccessTokenError = AccessTokenError::Invalid;
        if token.len() > LENGTH_LIMIT {
            return Err(INVALID);
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| INVALID)?;
        if header.typ.as_deref() != Some(TYP) || header.crit.is_some() {
            return Err(INVALID);
        }
        let kid = header.kid.ok_or(INVALID)?;
        let key = self.keys.iter().find(|key| key.kid == kid).ok_or(INVALID)?;
        let claims =
            jsonwebtoken::decode::<Claims>(token, &key.decoding, &self.validation).map_err(|_| INVALID)?.claims;
        let now = now.unix_timestamp();
        if claims.iat > now + LEEWAY || claims.nbf.is_some_and(|nbf| nbf > now + LEEWAY) {
            return Err(INVALID);
        }
        let grant = AccessGrant {
            user_id: claims.sub.into(),
            family_id: claims.sid.into(),
            generation: Generation::new(claims.generation).ok_or(INVALID)?,
            authenticated_at: Timestamp::from_unix_timestamp(claims.auth_time).map_err(|_| INVALID)?,
        };
        if claims.exp.saturating_add(LEEWAY) <= now {
            return Err(AccessTokenError::Expired);
        }
        Ok(grant)
    }

    /// The public keys that verify, newest first.
    pub fn jwks(&self) -> JwkSet {
        JwkSet { keys: self.keys.iter().filter_map(|key| key.public.clone()).collect() }
    }
}

fn jwa(algorithm: AccessTokenAlgorithm) -> Algorithm {
    match algorithm {
        AccessTokenAlgorithm::EdDsa => Algorithm::EdDSA,
        AccessTokenAlgorithm::Hs256 => Algorithm::HS256,
    }
}

impl AccessKey {
    fn new(keys: &DerivedKeys, algorithm: AccessTokenAlgorithm) -> Self {
        match algorithm {
            AccessTokenAlgorithm::EdDsa => Self::ed25519(keys),
            AccessTokenAlgorithm::Hs256 => {
                let secret = keys.access_hs256.expose();
                Self {
                    kid: keys.access_kid.clone(),
                    encoding: EncodingKey::from_secret(secret),
                    decoding: DecodingKey::from_secret(secret),
                    public: None,
                }
            }
        }
    }

    fn ed25519(keys: &DerivedKeys) -> Self {
        const VALID: &str = "every 32 bytes are a seed of an Ed25519 key";
        let pair = Ed25519KeyPair::from_seed_unchecked(keys.access_ed25519.expose()).expect(VALID);
        let x = URL_SAFE_NO_PAD.encode(pair.public_key());
        let kid = keys.access_kid.clone();
        Self {
            encoding: EncodingKey::from_ed_der(pair.to_pkcs8v1().expect(VALID).as_ref()),
            decoding: DecodingKey::from_ed_components(&x).expect(VALID),
            public: Some(Jwk::ed25519(kid.clone(), x)),
            kid,
        }
    }
}

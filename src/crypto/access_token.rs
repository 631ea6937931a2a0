//! Access tokens: short-lived JWTs that other services verify by themselves. `typ`, claims and checks follow RFC 9068. They
//! do not conform to it, because it requires RS256.

use aws_lc_rs::agreement::{ECDH_P256, PrivateKey};
use aws_lc_rs::hmac;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use rand::{CryptoRng, RngExt as _};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::Timestamp;
use crate::domain::clock::TOLERANCE;
use crate::domain::ids::{FamilyId, UserId};
use crate::domain::policy::{AccessTokenAlgorithm, AccessTokenPolicy};
use crate::domain::rotation::Generation;

use super::jwk::{Jwk, JwkSet};
use super::jws::{Signer, SigningKey};
use super::keys::{DerivedKeys, Keyring};
use super::verified_tokens::{Fingerprint, VerifiedTokens};

/// RFC 9068 §2.1. Anything else is a token for another purpose.
const TYP: &str = "at+jwt";

/// For `iat` and `nbf`, in seconds. Expiry has no leeway: for its own client a token lives as long as the response says.
const LEEWAY: i64 = TOLERANCE.as_secs().cast_signed();

/// `iat` and `exp` are whole seconds. Without this a token would live up to a second less than the response says.
const ROUNDING: i64 = 1;

/// Our tokens have about 500 bytes. Longer ones are rejected unparsed.
const LENGTH_LIMIT: usize = 2048;

/// What an access token grants access to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AccessGrant {
    pub user_id: UserId,
    pub family_id: FamilyId,
    pub generation: Generation,
    pub authenticated_at: Timestamp,
}

/// A presented access token that is valid.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AcceptedToken {
    pub grant: AccessGrant,
    pub issued_at: Timestamp,
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
    #[error("the access token was not issued by this service")]
    Invalid,
    #[error("the access token has expired")]
    Expired,
}

/// Signs and verifies access tokens.
pub struct AccessTokens {
    policy: AccessTokenPolicy,
    /// Those of the configured algorithm first, newest first.
    keys: Vec<AccessKey>,
    verified: VerifiedTokens<Verified>,
}

struct AccessKey {
    kid: String,
    signer: Signer,
    decoding: DecodingKey,
    /// Accepts the algorithm of this key only.
    validation: Validation,
    public: Option<Jwk>,
}

#[derive(Serialize)]
struct IssuedClaims<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: Uuid,
    sid: Uuid,
    #[serde(rename = "gen")]
    generation: u32,
    jti: String,
    iat: i64,
    exp: i64,
    auth_time: i64,
}

/// Every claim must exist and have its type. `jsonwebtoken` compares `iss` and `aud` before.
#[derive(Deserialize)]
struct Claims {
    #[serde(rename = "iss")]
    _iss: String,
    #[serde(rename = "aud")]
    _aud: String,
    sub: Uuid,
    sid: Uuid,
    #[serde(rename = "gen")]
    generation: u32,
    #[serde(rename = "jti")]
    _jti: String,
    iat: i64,
    nbf: Option<i64>,
    exp: i64,
    auth_time: i64,
}

/// The content of a token with a valid signature, apart from the present time.
#[derive(Clone, Copy)]
struct Verified {
    accepted: AcceptedToken,
    /// The later of `iat` and `nbf`.
    from: i64,
    until: i64,
}

impl AccessTokens {
    /// Signs with the newest secret of `keyring` and verifies with all of them. With an asymmetric algorithm the keys of
    /// the other one verify too, and are published: other processes and verifiers may change before or after this one.
    pub fn new(keyring: &Keyring, policy: AccessTokenPolicy) -> Self {
        let keys = algorithms(policy.algorithm)
            .iter()
            .flat_map(|&algorithm| keyring.iter().map(move |keys| (keys, algorithm)))
            .map(|(keys, algorithm)| AccessKey::new(keys, algorithm, &policy))
            .collect();
        Self { policy, keys, verified: VerifiedTokens::default() }
    }

    /// What tokens are issued by.
    pub fn policy(&self) -> &AccessTokenPolicy {
        &self.policy
    }

    /// A token for `grant`, valid from `now` and not beyond `session_end`.
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
        let claims = IssuedClaims {
            iss: &self.policy.issuer,
            aud: &self.policy.audience,
            sub: grant.user_id.as_uuid(),
            sid: grant.family_id.as_uuid(),
            generation: grant.generation.number(),
            jti: URL_SAFE_NO_PAD.encode(rng.random::<[u8; 16]>()),
            iat,
            exp: iat + expires_in,
            auth_time: grant.authenticated_at.unix_timestamp(),
        };
        let token = self.keys[0].signer.sign(&claims);
        IssuedAccessToken { token: token.into(), expires_in }
    }

    /// The grant of a presented token that [`accept`](Self::accept) accepts.
    ///
    /// # Errors
    /// As for `accept`.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<AccessGrant, AccessTokenError> {
        Ok(self.accept(token, now)?.grant)
    }

    /// Accepts a presented token or says why not. Checks algorithm, `typ`, known `kid`, signature, `iss`, `aud`, the type of every
    /// claim, `exp`, `nbf` and `iat` (RFC 8725 §3, RFC 9068 §4). Keys come from the configuration only, never from the
    /// token's header.
    ///
    /// # Errors
    /// [`AccessTokenError`]; `Expired` only for a token that is valid in every other respect.
    pub fn accept(&self, token: &str, now: Timestamp) -> Result<AcceptedToken, AccessTokenError> {
        const INVALID: AccessTokenError = AccessTokenError::Invalid;
        if token.len() > LENGTH_LIMIT {
            return Err(INVALID);
        }
        let fingerprint = Fingerprint::of(token);
        let verified = match self.verified.find(fingerprint) {
            Some(verified) => verified,
            None => {
                let verified = self.verify_signature(token).ok_or(INVALID)?;
                self.verified.keep(fingerprint, verified);
                verified
            }
        };
        let now = now.unix_timestamp();
        if verified.from > now + LEEWAY {
            return Err(INVALID);
        }
        if verified.until.saturating_add(ROUNDING) <= now {
            return Err(AccessTokenError::Expired);
        }
        Ok(verified.accepted)
    }

    /// Every check that does not depend on the time.
    fn verify_signature(&self, token: &str) -> Option<Verified> {
        let header = jsonwebtoken::decode_header(token).ok()?;
        if header.typ.as_deref() != Some(TYP) || header.crit.is_some() {
            return None;
        }
        let kid = header.kid?;
        let key = self.keys.iter().find(|key| key.kid == kid)?;
        let claims = jsonwebtoken::decode::<Claims>(token, &key.decoding, &key.validation).ok()?.claims;
        let grant = AccessGrant {
            user_id: claims.sub.into(),
            family_id: claims.sid.into(),
            generation: Generation::new(claims.generation)?,
            authenticated_at: Timestamp::from_unix_timestamp(claims.auth_time).ok()?,
        };
        let accepted = AcceptedToken { grant, issued_at: Timestamp::from_unix_timestamp(claims.iat).ok()? };
        Some(Verified { accepted, from: claims.nbf.unwrap_or(claims.iat).max(claims.iat), until: claims.exp })
    }

    /// The public keys that verify our tokens: those of the configured algorithm first, newest first.
    pub fn jwks(&self) -> JwkSet {
        JwkSet { keys: self.keys.iter().filter_map(|key| key.public.clone()).collect() }
    }
}

/// Whose tokens are accepted, the configured one first. HS256 stays alone: its key verifies nothing that is public.
fn algorithms(configured: AccessTokenAlgorithm) -> &'static [AccessTokenAlgorithm] {
    match configured {
        AccessTokenAlgorithm::EdDsa => &[AccessTokenAlgorithm::EdDsa, AccessTokenAlgorithm::Es256],
        AccessTokenAlgorithm::Es256 => &[AccessTokenAlgorithm::Es256, AccessTokenAlgorithm::EdDsa],
        AccessTokenAlgorithm::Hs256 => &[AccessTokenAlgorithm::Hs256],
    }
}

fn validation(policy: &AccessTokenPolicy, algorithm: AccessTokenAlgorithm) -> Validation {
    let mut validation = Validation::new(jwa(algorithm));
    // `Validation::new` requires only `exp`, and with `aud` and `iss` set still accepts a token that has neither.
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    validation.set_issuer(&[&policy.issuer]);
    validation.set_audience(&[&policy.audience]);
    // Times are checked by our own clock.
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation
}

fn jwa(algorithm: AccessTokenAlgorithm) -> Algorithm {
    match algorithm {
        AccessTokenAlgorithm::EdDsa => Algorithm::EdDSA,
        AccessTokenAlgorithm::Es256 => Algorithm::ES256,
        AccessTokenAlgorithm::Hs256 => Algorithm::HS256,
    }
}

fn header(algorithm: AccessTokenAlgorithm, kid: &str) -> Header {
    let mut header = Header::new(jwa(algorithm));
    header.typ = Some(TYP.to_owned());
    header.kid = Some(kid.to_owned());
    header
}

impl AccessKey {
    fn new(keys: &DerivedKeys, algorithm: AccessTokenAlgorithm, policy: &AccessTokenPolicy) -> Self {
        let kid = match algorithm {
            AccessTokenAlgorithm::EdDsa | AccessTokenAlgorithm::Hs256 => keys.access_kid.clone(),
            AccessTokenAlgorithm::Es256 => keys.access_es256_kid.clone(),
        };
        let (key, decoding, public) = match algorithm {
            AccessTokenAlgorithm::EdDsa => ed25519(keys, &kid),
            AccessTokenAlgorithm::Es256 => p256(keys, &kid),
            AccessTokenAlgorithm::Hs256 => {
                let secret = keys.access_hs256.expose();
                let key = SigningKey::Hs256(Box::new(hmac::Key::new(hmac::HMAC_SHA256, secret)));
                (key, DecodingKey::from_secret(secret), None)
            }
        };
        let signer = Signer::new(&header(algorithm, &kid), key);
        Self { kid, signer, decoding, validation: validation(policy, algorithm), public }
    }
}

fn ed25519(keys: &DerivedKeys, kid: &str) -> (SigningKey, DecodingKey, Option<Jwk>) {
    const VALID: &str = "any 32 bytes are the seed of an Ed25519 key";
    let pair = Ed25519KeyPair::from_seed_unchecked(keys.access_ed25519.expose()).expect(VALID);
    let x = URL_SAFE_NO_PAD.encode(pair.public_key());
    let decoding = DecodingKey::from_ed_components(&x).expect(VALID);
    (SigningKey::Ed25519(pair), decoding, Some(Jwk::ed25519(kid.to_owned(), x)))
}

fn p256(keys: &DerivedKeys, kid: &str) -> (SigningKey, DecodingKey, Option<Jwk>) {
    const VALID: &str = "the derived key is a scalar of P-256";
    let scalar = keys.access_es256.expose();
    let public = PrivateKey::from_private_key(&ECDH_P256, scalar).expect(VALID).compute_public_key().expect(VALID);
    let pair = EcdsaKeyPair::from_private_key_and_public_key(&ECDSA_P256_SHA256_FIXED_SIGNING, scalar, public.as_ref())
        .expect(VALID);
    // The uncompressed point: 4, x, y.
    let (x, y) = public.as_ref()[1..].split_at(32);
    let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
    let decoding = DecodingKey::from_ec_components(&x, &y).expect(VALID);
    (SigningKey::Es256(pair), decoding, Some(Jwk::p256(kid.to_owned(), x, y)))
}

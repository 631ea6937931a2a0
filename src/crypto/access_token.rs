//! Access tokens: short-lived JWTs that other services verify by themselves. `typ`, claims and checks follow RFC 9068. They
//! do not conform to it, because it requires RS256.

use aws_lc_rs::agreement::{ECDH_P256, PrivateKey};
use aws_lc_rs::hmac;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use heirloom_verify::{CLOCK_TOLERANCE, TYP, TokenError, TokenVerifier, VerificationKey};
use rand::{CryptoRng, RngExt as _};
use secrecy::SecretString;
use serde::Serialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::domain::Timestamp;
use crate::domain::clock::TOLERANCE;
use crate::domain::ids::{FamilyId, UserId};
use crate::domain::policy::{AccessTokenAlgorithm, AccessTokenPolicy};
use crate::domain::rotation::Generation;
use crate::domain::session_content::SessionContent;

use super::jwk::{Jwk, JwkSet};
use super::jws::{Signer, SigningKey};
use super::keys::{DerivedKeys, Keyring};

/// Verifiers in other services assume the same difference of clocks.
const _: () = assert!(TOLERANCE.as_secs().cast_signed() == CLOCK_TOLERANCE);

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
    signer: Signer,
    verifier: TokenVerifier,
    public: Vec<Jwk>,
}

/// Signs with one key, and verifies with it.
struct AccessKey {
    signer: Signer,
    verifying: VerificationKey,
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
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    amr: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    acr: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    act: Option<Actor<'a>>,
    #[serde(flatten)]
    claims: Option<&'a Map<String, Value>>,
}

/// Who acts for the user (RFC 8693 §4.1).
#[derive(Serialize)]
struct Actor<'a> {
    sub: &'a str,
}

impl AccessTokens {
    /// Signs with the newest secret of `keyring` and verifies with all of them. With an asymmetric algorithm the keys of
    /// the other one verify too, and are published: other processes and verifiers may change before or after this one.
    pub fn new(keyring: &Keyring, policy: AccessTokenPolicy) -> Self {
        let keys = algorithms(policy.algorithm)
            .iter()
            .flat_map(|&algorithm| keyring.iter().map(move |keys| AccessKey::new(keys, algorithm)));
        let (mut verifying, mut public) = (Vec::new(), Vec::new());
        for key in keys {
            verifying.push(key.verifying);
            public.extend(key.public);
        }
        let signer = AccessKey::new(keyring.newest(), policy.algorithm).signer;
        let verifier = TokenVerifier::new(&*policy.issuer, &*policy.audience, verifying);
        Self { policy, signer, verifier, public }
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
        self.issue_with(grant, None, now, session_end, rng)
    }

    /// The same for a token that also says `content`.
    pub fn issue_with(
        &self,
        grant: &AccessGrant,
        content: Option<&SessionContent>,
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
            amr: content.map_or(&[], |content| &content.proof.amr),
            acr: content.and_then(|content| content.proof.acr.as_deref()),
            act: content.and_then(|content| content.actor.as_deref()).map(|sub| Actor { sub }),
            claims: content.map(|content| content.claims.as_map()),
        };
        let token = self.signer.sign(&claims);
        IssuedAccessToken { token: token.into(), expires_in }
    }

    /// The grant of a presented token that [`accept`](Self::accept) accepts.
    ///
    /// # Errors
    /// As for `accept`.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<AccessGrant, AccessTokenError> {
        Ok(self.accept(token, now)?.grant)
    }

    /// Accepts a presented token or says why not. `heirloom_verify` checks it, as it does in other services.
    ///
    /// # Errors
    /// [`AccessTokenError`]; `Expired` only for a token that is valid in every other respect.
    pub fn accept(&self, token: &str, now: Timestamp) -> Result<AcceptedToken, AccessTokenError> {
        const INVALID: AccessTokenError = AccessTokenError::Invalid;
        let time = |seconds| Timestamp::from_unix_timestamp(seconds).map_err(|_| INVALID);
        let claims = self.verifier.check(token, now.unix_timestamp()).map_err(|error| match error {
            TokenError::Expired => AccessTokenError::Expired,
            TokenError::Invalid | TokenError::UnknownKey => INVALID,
        })?;
        let grant = AccessGrant {
            user_id: claims.user_id.into(),
            family_id: claims.session_id.into(),
            generation: Generation::new(claims.generation).ok_or(INVALID)?,
            authenticated_at: time(claims.authenticated_at)?,
        };
        Ok(AcceptedToken { grant, issued_at: time(claims.issued_at)? })
    }

    /// The public keys that verify our tokens: those of the configured algorithm first, newest first.
    pub fn jwks(&self) -> JwkSet {
        JwkSet { keys: self.public.clone() }
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

impl AccessKey {
    fn new(keys: &DerivedKeys, algorithm: AccessTokenAlgorithm) -> Self {
        match algorithm {
            AccessTokenAlgorithm::EdDsa => ed25519(keys),
            AccessTokenAlgorithm::Es256 => p256(keys),
            AccessTokenAlgorithm::Hs256 => {
                let (kid, secret) = (&keys.access_kid, keys.access_hs256.expose());
                let key = SigningKey::Hs256(Box::new(hmac::Key::new(hmac::HMAC_SHA256, secret)));
                Self { signer: signer("HS256", kid, key), verifying: VerificationKey::hs256(kid, secret), public: None }
            }
        }
    }
}

fn signer(algorithm: &str, kid: &str, key: SigningKey) -> Signer {
    Signer::new(&json!({ "typ": TYP, "alg": algorithm, "kid": kid }), key)
}

fn ed25519(keys: &DerivedKeys) -> AccessKey {
    const VALID: &str = "any 32 bytes are the seed of an Ed25519 key";
    let kid = &keys.access_kid;
    let pair = Ed25519KeyPair::from_seed_unchecked(keys.access_ed25519.expose()).expect(VALID);
    let x = URL_SAFE_NO_PAD.encode(pair.public_key());
    AccessKey {
        signer: signer("EdDSA", kid, SigningKey::Ed25519(pair)),
        verifying: VerificationKey::ed25519(kid, &x).expect(VALID),
        public: Some(Jwk::ed25519(kid.clone(), x)),
    }
}

fn p256(keys: &DerivedKeys) -> AccessKey {
    const VALID: &str = "the derived key is a scalar of P-256";
    let (kid, scalar) = (&keys.access_es256_kid, keys.access_es256.expose());
    let public = PrivateKey::from_private_key(&ECDH_P256, scalar).expect(VALID).compute_public_key().expect(VALID);
    let pair = EcdsaKeyPair::from_private_key_and_public_key(&ECDSA_P256_SHA256_FIXED_SIGNING, scalar, public.as_ref())
        .expect(VALID);
    // The uncompressed point: 4, x, y.
    let (x, y) = public.as_ref()[1..].split_at(32);
    let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
    AccessKey {
        signer: signer("ES256", kid, SigningKey::Es256(pair)),
        verifying: VerificationKey::p256(kid, &x, &y).expect(VALID),
        public: Some(Jwk::p256(kid.clone(), x, y)),
    }
}

//! The forger: he can sign any text as a token, with the right keys too. Every forgery starts from a token that verifies,
//! so that only what is changed about it can be why it is refused.

use std::time::Duration;

use aws_lc_rs::agreement::{ECDH_P256, PrivateKey};
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use heirloom::crypto::access_token::{AccessGrant, AccessTokenError, AccessTokens};
use heirloom::crypto::keys::Keyring;
use heirloom::domain::Timestamp;
use heirloom::domain::policy::{AccessTokenAlgorithm, AccessTokenPolicy};
use heirloom::domain::rotation::Generation;
use heirloom::domain::secret::Secret;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use secrecy::ExposeSecret as _;
use serde_json::{Map, Value, json};
use time::macros::datetime;
use uuid::Uuid;

pub const NOW: Timestamp = datetime!(2026-03-01 12:00:00 UTC);
pub const FAR: Timestamp = datetime!(2026-04-01 12:00:00 UTC);
pub const OLD: &str = "an old secret of more than thirty-two bytes";
pub const NEW: &str = "a newer secret of more than thirty-two bytes";
pub const TTL: i64 = 900;

pub fn keyring(secrets: &[&str]) -> Keyring {
    let secrets: Vec<Secret> = secrets.iter().map(|text| Secret::new(text).unwrap()).collect();
    Keyring::derive(&secrets).unwrap()
}

pub fn tokens(algorithm: AccessTokenAlgorithm, secrets: &[&str]) -> AccessTokens {
    with_ttl(algorithm, secrets, TTL.unsigned_abs())
}

pub fn with_ttl(algorithm: AccessTokenAlgorithm, secrets: &[&str], seconds: u64) -> AccessTokens {
    let policy = AccessTokenPolicy {
        algorithm,
        ttl: Duration::from_secs(seconds),
        issuer: "https://issuer.example".to_owned(),
        audience: "the-api".to_owned(),
    };
    AccessTokens::new(&keyring(secrets), policy)
}

pub fn grant() -> AccessGrant {
    AccessGrant {
        user_id: Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0001).into(),
        family_id: Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0002).into(),
        generation: Generation::new(7).unwrap(),
        authenticated_at: datetime!(2026-02-28 09:00:00 UTC),
    }
}

pub fn rng() -> StdRng {
    StdRng::seed_from_u64(7)
}

pub fn issue(tokens: &AccessTokens) -> String {
    tokens.issue(&grant(), NOW, FAR, &mut rng()).token.expose_secret().to_owned()
}

pub fn header(algorithm: &str, secret: &str) -> Value {
    json!({ "typ": "at+jwt", "alg": algorithm, "kid": keyring(&[secret]).newest().access_kid })
}

pub fn p256_header(secret: &str) -> Value {
    json!({ "typ": "at+jwt", "alg": "ES256", "kid": keyring(&[secret]).newest().access_es256_kid })
}

pub fn claims() -> Map<String, Value> {
    let now = NOW.unix_timestamp();
    let claims = json!({
        "iss": "https://issuer.example",
        "aud": "the-api",
        "sub": grant().user_id.as_uuid(),
        "sid": grant().family_id.as_uuid(),
        "gen": 7,
        "jti": "c29tZXRoaW5nIHJhbmRvbQ",
        "iat": now,
        "exp": now + TTL,
        "auth_time": grant().authenticated_at.unix_timestamp(),
    });
    claims.as_object().unwrap().clone()
}

pub fn with(claim: &str, value: Value) -> Map<String, Value> {
    let mut claims = claims();
    claims.insert(claim.to_owned(), value);
    claims
}

pub fn text(claims: Map<String, Value>) -> String {
    Value::Object(claims).to_string()
}

/// A JWS in compact form of any two texts and any signature over them.
pub fn jws(header: &str, claims: &str, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let signature = URL_SAFE_NO_PAD.encode(sign(message.as_bytes()));
    format!("{message}.{signature}")
}

pub fn pair(secret: &str) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(keyring(&[secret]).newest().access_ed25519.expose()).unwrap()
}

pub fn ed25519(secret: &str) -> impl Fn(&[u8]) -> Vec<u8> {
    let pair = pair(secret);
    move |message| pair.sign(message).as_ref().to_vec()
}

pub fn p256(secret: &str) -> EcdsaKeyPair {
    let keyring = keyring(&[secret]);
    let scalar = keyring.newest().access_es256.expose();
    let public = PrivateKey::from_private_key(&ECDH_P256, scalar).unwrap().compute_public_key().unwrap();
    EcdsaKeyPair::from_private_key_and_public_key(&ECDSA_P256_SHA256_FIXED_SIGNING, scalar, public.as_ref()).unwrap()
}

pub fn es256(secret: &str) -> impl Fn(&[u8]) -> Vec<u8> {
    let pair = p256(secret);
    move |message| pair.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec()
}

pub fn hs256(key: &[u8]) -> impl Fn(&[u8]) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    move |message| hmac::sign(&key, message).as_ref().to_vec()
}

/// A token with these claims, signed with the right key.
pub fn signed(claims: &str) -> String {
    jws(&header("EdDSA", OLD).to_string(), claims, ed25519(OLD))
}

/// A token with this header and the right claims, signed with the right key.
pub fn headed(header: &Value) -> String {
    jws(&header.to_string(), &text(claims()), ed25519(OLD))
}

#[track_caller]
pub fn assert_invalid(token: &str, why: &str) {
    let verdict = tokens(AccessTokenAlgorithm::EdDsa, &[OLD]).verify(token, NOW);
    assert_eq!(verdict, Err(AccessTokenError::Invalid), "{why}");
}

pub fn part(token: &str, at: usize) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(at).unwrap()).unwrap()).unwrap()
}

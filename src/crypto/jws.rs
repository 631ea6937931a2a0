//! Signing in the compact serialization of RFC 7515 §7.1. `jsonwebtoken` could sign too, but it parses the key for each token,
//! which costs as much as the signature.

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{EcdsaKeyPair, Ed25519KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;

/// A key and the header of all its tokens.
pub(super) struct Signer {
    /// Encoded, with the dot that follows.
    header: String,
    key: SigningKey,
}

/// A parsed key.
pub(super) enum SigningKey {
    Ed25519(Ed25519KeyPair),
    Es256(EcdsaKeyPair),
    Hs256(Box<hmac::Key>),
}

/// Strings and numbers serialise.
const PLAIN: &str = "header and claims are strings and numbers";

/// With a valid key, only the system's source of randomness could fail, and AWS-LC aborts the process then.
const SIGNS: &str = "a valid P-256 key signs";

impl Signer {
    /// Signs with `key` under `header`, which must name the algorithm of `key`.
    pub fn new(header: &impl Serialize, key: SigningKey) -> Self {
        let mut encoded = URL_SAFE_NO_PAD.encode(serde_json::to_vec(header).expect(PLAIN));
        encoded.push('.');
        Self { header: encoded, key }
    }

    /// The token of these claims.
    pub fn sign(&self, claims: &impl Serialize) -> String {
        let claims = serde_json::to_vec(claims).expect(PLAIN);
        // Base64 makes the claims a third longer. The signature has a dot and 86 characters.
        let mut token = String::with_capacity(self.header.len() + claims.len() * 4 / 3 + 96);
        token.push_str(&self.header);
        URL_SAFE_NO_PAD.encode_string(claims, &mut token);
        match &self.key {
            SigningKey::Ed25519(key) => append(&mut token, |input| key.sign(input)),
            SigningKey::Es256(key) => append(&mut token, |input| key.sign(&SystemRandom::new(), input).expect(SIGNS)),
            SigningKey::Hs256(key) => append(&mut token, |input| hmac::sign(key, input)),
        }
        token
    }
}

fn append<S: AsRef<[u8]>>(token: &mut String, sign: impl FnOnce(&[u8]) -> S) {
    let signature = sign(token.as_bytes());
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, token);
}

//! The public keys for services that verify access tokens (RFC 7517, RFC 7518 §6.2, RFC 8037).

use serde::Serialize;

/// A JSON Web Key Set. Empty with HS256, whose keys are secret.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct JwkSet {
    pub keys: Vec<Jwk>,
}

/// The public half of an Ed25519 or P-256 key.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Jwk {
    pub kty: &'static str,
    pub crv: &'static str,
    #[serde(rename = "use")]
    pub usage: &'static str,
    pub alg: &'static str,
    pub kid: String,
    /// base64url of 32 bytes: the Ed25519 key, or the first coordinate of the P-256 key.
    pub x: String,
    /// The second coordinate of the P-256 key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub y: Option<String>,
}

impl Jwk {
    /// The key `kid` with the public point `x` in base64url.
    pub fn ed25519(kid: String, x: String) -> Self {
        Self { kty: "OKP", crv: "Ed25519", usage: "sig", alg: "EdDSA", kid, x, y: None }
    }

    /// The key `kid` with the public coordinates `x` and `y` in base64url.
    pub fn p256(kid: String, x: String, y: String) -> Self {
        Self { kty: "EC", crv: "P-256", usage: "sig", alg: "ES256", kid, x, y: Some(y) }
    }
}

//! The public keys for services that verify access tokens (RFC 7517, RFC 8037).

use serde::Serialize;

/// A JSON Web Key Set. Empty with HS256, whose keys are secret.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct JwkSet {
    pub keys: Vec<Jwk>,
}

/// The public half of an Ed25519 key.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Jwk {
    pub kty: &'static str,
    pub crv: &'static str,
    #[serde(rename = "use")]
    pub usage: &'static str,
    pub alg: &'static str,
    pub kid: String,
    /// base64url of the 32 bytes.
    pub x: String,
}

impl Jwk {
    /// The key `kid` with the public point `x` in base64url.
    pub fn ed25519(kid: String, x: String) -> Self {
        Self { kty: "OKP", crv: "Ed25519", usage: "sig", alg: "EdDSA", kid, x }
    }
}

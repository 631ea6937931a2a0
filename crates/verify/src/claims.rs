//! The claims of an access token.

use serde::Deserialize;
use serde_json::{Map, Value};
use uuid::Uuid;

/// The claims of a valid access token. Times are seconds since 1970.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[non_exhaustive]
pub struct Claims {
    /// `sub`
    #[serde(rename = "sub")]
    pub user_id: Uuid,
    /// `sid`
    #[serde(rename = "sid")]
    pub session_id: Uuid,
    /// `gen`: how often the session has been refreshed, and 1.
    #[serde(rename = "gen", deserialize_with = "generation")]
    pub generation: u32,
    /// `jti`
    #[serde(rename = "jti")]
    pub token_id: Box<str>,
    /// `iat`
    #[serde(rename = "iat")]
    pub issued_at: i64,
    /// `nbf`
    #[serde(rename = "nbf")]
    pub not_before: Option<i64>,
    /// `exp`
    #[serde(rename = "exp")]
    pub expires_at: i64,
    /// `auth_time`: when the user last proved who they are.
    #[serde(rename = "auth_time")]
    pub authenticated_at: i64,
    /// How the user proved it (RFC 8176), as far as Heirloom knows.
    #[serde(default)]
    pub amr: Option<Vec<String>>,
    /// How strong the proof was.
    #[serde(default)]
    pub acr: Option<String>,
    /// Who acts for the user, for example a member of support (RFC 8693 §4.1).
    #[serde(default)]
    pub act: Option<Actor>,
    // Checked for their type here, compared by `jsonwebtoken`, and not kept.
    #[serde(rename = "iss", deserialize_with = "text")]
    _issuer: (),
    #[serde(rename = "aud", deserialize_with = "text")]
    _audience: (),
    /// All other claims: those of the user and of the session.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

/// Who acts for the user.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[non_exhaustive]
pub struct Actor {
    /// Their id in your service.
    pub sub: String,
}

impl Claims {
    /// Whether the claim `name` is `expected`, or a list that contains it.
    pub fn has<T: ?Sized>(&self, name: &str, expected: &T) -> bool
    where
        Value: PartialEq<T>,
    {
        match self.more.get(name) {
            Some(Value::Array(list)) => list.iter().any(|item| item == expected),
            Some(value) => value == expected,
            None => false,
        }
    }
}

/// Heirloom stores 31 bits.
fn generation<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let number = u32::deserialize(deserializer)?;
    if number <= i32::MAX.unsigned_abs() { Ok(number) } else { Err(serde::de::Error::custom("not a generation")) }
}

fn text<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<(), D::Error> {
    String::deserialize(deserializer).map(drop)
}

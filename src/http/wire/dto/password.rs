//! Passwords that are checked.

use secrecy::{ExposeSecret as _, SecretString};
use serde::de::Error as _;
use serde::{Deserialize as _, Deserializer};

/// What [`json`](crate::http::wire::json) recognises an empty text by.
pub const EMPTY: &str = "empty text";

/// Reads a password that the account may have. No account has an empty one, so it is a mistake and not a guess.
pub fn not_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SecretString, D::Error> {
    let password = SecretString::deserialize(deserializer)?;
    if password.expose_secret().is_empty() { Err(D::Error::custom(EMPTY)) } else { Ok(password) }
}

/// The same for a field that may be absent.
pub fn not_empty_if_present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SecretString>, D::Error> {
    let password = Option::<SecretString>::deserialize(deserializer)?;
    match password {
        Some(password) if password.expose_secret().is_empty() => Err(D::Error::custom(EMPTY)),
        password => Ok(password),
    }
}

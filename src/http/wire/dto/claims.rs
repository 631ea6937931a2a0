//! Claims in a request.

use serde::{Deserialize, Deserializer};

pub use crate::domain::claims_field::ClaimsField;

/// Tells a field that is `null` from one that is absent, with `#[serde(default)]`.
pub fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

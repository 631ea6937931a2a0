//! Claims as they come: an object in JSON, whose names are judged while it is read.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::claims::{Claims, ClaimsError};

/// An object of claims, which are valid or not. Its names are judged here: a map would lose one that occurs twice.
#[derive(Clone)]
pub struct ClaimsField(pub Result<Claims, ClaimsError>);

impl<'de> Deserialize<'de> for ClaimsField {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields)
    }
}

struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = ClaimsField;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ClaimsField, A::Error> {
        let mut fields: Vec<(String, Value)> = Vec::new();
        while let Some(field) = map.next_entry()? {
            fields.push(field);
        }
        Ok(ClaimsField(Claims::new(fields)))
    }
}

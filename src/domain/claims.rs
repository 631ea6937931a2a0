//! Claims that a backend puts into the access tokens of its users.

use serde_json::{Map, Value};

/// The longest claims, as compact JSON in bytes.
pub const CLAIMS_LIMIT: usize = 1024;

/// Names that access tokens use themselves, or that RFC 7519, RFC 9068 and their kin give a meaning to.
const RESERVED: [&str; 17] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "nbf",
    "iat",
    "jti",
    "sid",
    "gen",
    "auth_time",
    "amr",
    "acr",
    "act",
    "azp",
    "client_id",
    "scope",
    "cnf",
];

/// How much of a name an error repeats.
const NAME_SHOWN: usize = 64;

/// A JSON object of claims. None of them is one that the server sets.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Claims(Map<String, Value>);

/// Why an object cannot be the claims of a user.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ClaimsError {
    #[error("must not contain `{0}`, which is a registered name or one that access tokens use themselves")]
    Reserved(&'static str),
    #[error("contains `{0}` twice")]
    Repeated(String),
    #[error("must have at most {CLAIMS_LIMIT} bytes as compact JSON")]
    TooLong,
}

impl Claims {
    /// Reads the fields of an object, in their order.
    ///
    /// # Errors
    /// [`ClaimsError`] for a name that is reserved or occurs twice, and if they are too long together.
    pub fn new(fields: impl IntoIterator<Item = (String, Value)>) -> Result<Self, ClaimsError> {
        let mut claims = Map::new();
        for (name, value) in fields {
            if let Some(reserved) = RESERVED.into_iter().find(|reserved| *reserved == name) {
                return Err(ClaimsError::Reserved(reserved));
            }
            if claims.contains_key(&name) {
                let shown = name.chars().filter(|c| !c.is_control()).take(NAME_SHOWN);
                return Err(ClaimsError::Repeated(shown.collect()));
            }
            claims.insert(name, value);
        }
        let claims = Self(claims);
        if claims.to_json().len() > CLAIMS_LIMIT { Err(ClaimsError::TooLong) } else { Ok(claims) }
    }

    /// Claims that were read before they were stored. An earlier version may have reserved fewer names: those are dropped, since
    /// an access token would say them twice.
    ///
    /// # Errors
    /// [`serde_json::Error`] for text that is no JSON object.
    pub fn from_stored(text: &str) -> Result<Self, serde_json::Error> {
        let mut claims: Map<String, Value> = serde_json::from_str(text)?;
        claims.retain(|name, _| !RESERVED.contains(&name.as_str()));
        Ok(Self(claims))
    }

    /// Claims that were read before they were put into a ticket.
    pub fn of_session(fields: &Map<String, Value>) -> Self {
        Self(fields.clone())
    }

    /// These claims, and those of `base` whose names they lack.
    ///
    /// # Errors
    /// [`ClaimsError::TooLong`] if they are too long together.
    pub fn merged_over(&self, base: &Self) -> Result<Self, ClaimsError> {
        if self.is_empty() {
            return Ok(base.clone());
        }
        let mut claims = base.0.clone();
        claims.extend(self.0.clone());
        let claims = Self(claims);
        if claims.to_json().len() > CLAIMS_LIMIT { Err(ClaimsError::TooLong) } else { Ok(claims) }
    }

    /// Compact JSON, as it is stored.
    pub fn to_json(&self) -> String {
        serde_json::to_string(&self.0).unwrap_or_default()
    }

    /// The claims by name.
    pub fn as_map(&self) -> &Map<String, Value> {
        &self.0
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{CLAIMS_LIMIT, Claims, ClaimsError, RESERVED};

    fn claims(fields: &[(&str, Value)]) -> Result<Claims, ClaimsError> {
        Claims::new(fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())))
    }

    #[test]
    fn claims_read_back_as_they_were_stored() {
        let stored = claims(&[("plan", json!("pro")), ("roles", json!(["a", { "b": 1.5 }])), ("none", Value::Null)]);
        let stored = stored.unwrap();
        assert_eq!(Claims::from_stored(&stored.to_json()).unwrap(), stored);
        assert!(Claims::from_stored("[1]").is_err());
        assert_eq!(claims(&[]).unwrap().to_json(), "{}");
    }

    #[test]
    fn claims_of_a_session_are_over_those_of_the_user_and_share_the_limit() {
        let user = claims(&[("plan", json!("pro")), ("team", json!(1))]).unwrap();
        let session = claims(&[("plan", json!("trial")), ("device", json!("tv"))]).unwrap();
        let both = claims(&[("plan", json!("trial")), ("team", json!(1)), ("device", json!("tv"))]).unwrap();
        assert_eq!(session.merged_over(&user).unwrap(), both);
        assert_eq!(Claims::default().merged_over(&user).unwrap(), user);
        let long = claims(&[("long", json!("a".repeat(CLAIMS_LIMIT - 20)))]).unwrap();
        assert_eq!(long.merged_over(&user), Err(ClaimsError::TooLong));
        assert!(Claims::from_stored("{\"sub\":1}").unwrap().is_empty());
    }

    #[test]
    fn names_that_the_server_sets_are_refused_and_named() {
        for name in RESERVED {
            let error = claims(&[("plan", json!(1)), (name, json!(1))]).unwrap_err();
            assert_eq!(error, ClaimsError::Reserved(name));
            assert!(error.to_string().contains(&format!("`{name}`")));
        }
        assert!(claims(&[("Sub", json!(1)), ("subject", json!(1))]).is_ok(), "names are case-sensitive");
    }

    #[test]
    fn a_name_that_occurs_twice_is_refused() {
        let error = claims(&[("a\u{1b}[31m", json!(1)), ("a\u{1b}[31m", json!(2))]).unwrap_err();
        assert_eq!(error, ClaimsError::Repeated("a[31m".to_owned()));
    }

    #[test]
    fn the_limit_counts_bytes_of_compact_json() {
        let value = "ä".repeat((CLAIMS_LIMIT - 8) / 2);
        let longest = claims(&[("a", json!(value))]).unwrap();
        assert_eq!(longest.to_json().len(), CLAIMS_LIMIT);
        assert_eq!(claims(&[("ab", json!(value))]), Err(ClaimsError::TooLong));
    }
}

//! A user as one line of JSON: what is imported and exported.

use serde::Deserialize;
use serde_json::error::Category;
use serde_json::{Map, Value};
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

use super::Timestamp;
use super::account::{Email, User};
use super::claims::Claims;
use super::claims_field::ClaimsField;
use super::ids::UserId;
use super::password::PasswordHash;
use super::subject::Subject;

/// The longest line, in bytes. The longest user that can be stored fits in 8 KiB.
pub const LINE_LIMIT: usize = 64 * 1024;

/// A user that a line describes. Its hash is text that nobody has judged.
#[derive(Clone, Debug)]
pub struct UserLine {
    pub email: Option<Email>,
    pub email_verified: bool,
    pub subject: Option<Subject>,
    pub password_hash: Option<PasswordHash>,
    pub claims: Claims,
    pub is_active: bool,
    pub created_at: Option<Timestamp>,
}

/// Why a line describes no user. It repeats no value of the line.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum LineError {
    #[error("is longer than {LINE_LIMIT} bytes")]
    TooLong,
    #[error("is not valid UTF-8")]
    NoText,
    #[error("is not JSON: look at column {0}")]
    NoJson(usize),
    #[error("is not a JSON object")]
    NoObject,
    #[error("`{name}` {message}")]
    Field { name: String, message: String },
    #[error("has neither `email` nor `subject`, so the import could not find the user again")]
    Nameless,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    email: Option<String>,
    email_verified: Option<bool>,
    subject: Option<String>,
    password_hash: Option<String>,
    claims: Option<ClaimsField>,
    is_active: Option<bool>,
    created_at: Option<String>,
}

/// How much of a name an error repeats.
const NAME_SHOWN: usize = 64;

fn wrong(name: &str, message: impl Into<String>) -> LineError {
    LineError::Field { name: name.to_owned(), message: message.into() }
}

impl UserLine {
    /// Reads a line, with or without the signs that end it.
    ///
    /// # Errors
    /// [`LineError`] for what is no object with the fields of a user, and for fields that no user can have.
    pub fn parse(line: &[u8], now: Timestamp) -> Result<Self, LineError> {
        if line.len() > LINE_LIMIT {
            return Err(LineError::TooLong);
        }
        let text = std::str::from_utf8(line).map_err(|_| LineError::NoText)?;
        let fields = fields(text)?;
        let email = parsed("email", fields.email.as_deref(), Email::parse)?;
        let subject = parsed("subject", fields.subject.as_deref(), Subject::parse)?;
        let email_verified = fields.email_verified.unwrap_or(false);
        if email.is_none() && subject.is_none() {
            return Err(LineError::Nameless);
        }
        if email_verified && email.is_none() {
            return Err(wrong("email_verified", "must not be true without an email"));
        }
        let claims = fields.claims.map_or(Ok(Claims::default()), |claims| claims.0);
        Ok(Self {
            email,
            email_verified,
            subject,
            password_hash: fields.password_hash.map(PasswordHash::from_stored),
            claims: claims.map_err(|error| wrong("claims", error.to_string()))?,
            is_active: fields.is_active.unwrap_or(true),
            created_at: fields.created_at.map(|text| moment(&text, now)).transpose()?,
        })
    }

    /// The line of a stored user.
    pub fn of(user: &User, password_hash: Option<PasswordHash>) -> Self {
        let User { email, email_verified, subject, claims, is_active, created_at, .. } = user.clone();
        Self { email, email_verified, subject, password_hash, claims, is_active, created_at: Some(created_at) }
    }

    /// The user that it describes, without the hash.
    pub fn into_user(self, id: UserId, now: Timestamp) -> (User, Option<PasswordHash>) {
        let user = User {
            id,
            email: self.email,
            email_verified: self.email_verified,
            subject: self.subject,
            has_password: self.password_hash.is_some(),
            claims: self.claims,
            is_active: self.is_active,
            created_at: self.created_at.unwrap_or(now),
        };
        (user, self.password_hash)
    }

    /// The object that [`parse`](Self::parse) reads.
    pub fn to_json(&self) -> Value {
        let mut fields = Map::new();
        if let Some(email) = &self.email {
            fields.insert("email".to_owned(), email.as_str().into());
            fields.insert("email_verified".to_owned(), self.email_verified.into());
        }
        let text = |text: &str| Value::from(text);
        fields.extend(self.subject.as_ref().map(|subject| ("subject".to_owned(), text(subject.as_str()))));
        fields.extend(self.password_hash.as_ref().map(|hash| ("password_hash".to_owned(), text(hash.expose()))));
        if !self.claims.is_empty() {
            fields.insert("claims".to_owned(), self.claims.as_map().clone().into());
        }
        fields.insert("is_active".to_owned(), self.is_active.into());
        let created_at = self.created_at.and_then(|at| at.format(&Rfc3339).ok());
        fields.extend(created_at.map(|at| ("created_at".to_owned(), at.into())));
        fields.into()
    }
}

/// serde's own words may repeat values.
fn fields(text: &str) -> Result<Fields, LineError> {
    // A derived `Deserialize` accepts an array of the fields' values in their order.
    if !text.trim_start().starts_with('{') {
        let parsed = serde_json::from_str::<serde::de::IgnoredAny>(text);
        return Err(parsed.map_or_else(|error| LineError::NoJson(error.column()), |_| LineError::NoObject));
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let fields = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let (path, error) = (error.path().to_string(), error.into_inner());
        match error.classify() {
            Category::Data => mistake(&path, &error.to_string()),
            Category::Syntax | Category::Eof | Category::Io => LineError::NoJson(error.column()),
        }
    })?;
    deserializer.end().map_err(|error| LineError::NoJson(error.column()))?;
    Ok(fields)
}

fn mistake(path: &str, message: &str) -> LineError {
    let named = message.split('`').nth(1).unwrap_or_default();
    let name = if path == "." { named } else { path };
    let name: String = name.chars().filter(|c| !c.is_control()).take(NAME_SHOWN).collect();
    if message.starts_with("unknown field") {
        wrong(&name, "is no field of a user")
    } else if message.starts_with("duplicate field") {
        wrong(&name, "occurs twice")
    } else {
        wrong(&name, "has the wrong type")
    }
}

fn parsed<T, E: std::fmt::Display>(
    name: &str,
    text: Option<&str>,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Result<Option<T>, LineError> {
    text.map(|text| parse(text).map_err(|error| wrong(name, error.to_string()))).transpose()
}

/// Cut to microseconds, as Postgres stores it.
fn moment(text: &str, now: Timestamp) -> Result<Timestamp, LineError> {
    let parsed = OffsetDateTime::parse(text, &Rfc3339).ok().and_then(|at| at.checked_to_offset(UtcOffset::UTC));
    let at = parsed.and_then(|at| at.replace_nanosecond(at.nanosecond() / 1_000 * 1_000).ok());
    match at.filter(|at| (1..=9999).contains(&at.year())) {
        None => Err(wrong("created_at", "must be a time of RFC 3339 such as 2024-01-31T12:00:00Z")),
        Some(at) if at > now => Err(wrong("created_at", "is in the future")),
        Some(at) => Ok(at),
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::{LINE_LIMIT, LineError, Timestamp, UserLine};

    const NOW: Timestamp = datetime!(2026-03-01 12:00:00 UTC);

    fn refusal(line: &str) -> String {
        UserLine::parse(line.as_bytes(), NOW).unwrap_err().to_string()
    }

    #[test]
    fn a_line_is_written_as_it_was_read() {
        for line in [
            r#"{"claims":{"plan":"pro"},"created_at":"2020-05-17T08:30:00.123456Z","email":"alice@example.com","email_verified":true,"is_active":false,"password_hash":"$2b$…","subject":"auth0|42"}"#,
            r#"{"created_at":"2020-05-17T08:30:00Z","is_active":true,"subject":"42"}"#,
        ] {
            let user = UserLine::parse(format!("{line}\r\n").as_bytes(), NOW).unwrap();
            assert_eq!(user.to_json().to_string(), line);
        }
        let user = UserLine::parse(br#"{"email":" Alice@B\u00fccher.example","claims":null}"#, NOW).unwrap();
        assert_eq!(
            user.to_json().to_string(),
            r#"{"email":"alice@xn--bcher-kva.example","email_verified":false,"is_active":true}"#
        );
    }

    #[test]
    fn every_mistake_has_its_reason_and_no_value_is_repeated() {
        for (line, reason) in [
            ("", "is not JSON: look at column 0"),
            ("{\"email\":\"a@example.com\"", "is not JSON: look at column 24"),
            ("{\"email\":\"a@example.com\"} {}", "is not JSON: look at column 27"),
            ("[\"a@example.com\"]", "is not a JSON object"),
            ("null", "is not a JSON object"),
            ("{}", "has neither `email` nor `subject`, so the import could not find the user again"),
            ("{\"subject\":\"a\",\"mail\":\"canary\"}", "`mail` is no field of a user"),
            ("{\"subject\":\"a\",\"subject\":\"canary\"}", "`subject` occurs twice"),
            ("{\"subject\":5}", "`subject` has the wrong type"),
            ("{\"subject\":\"a\",\"is_active\":\"canary\"}", "`is_active` has the wrong type"),
            ("{\"subject\":\"a\",\"claims\":[\"canary\"]}", "`claims` has the wrong type"),
            ("{\"subject\":\"\"}", "`subject` must have 1 to 255 bytes and no control characters"),
            ("{\"email\":\"canary\"}", "`email` must be an address like name@example.com"),
            ("{\"subject\":\"a\",\"email_verified\":true}", "`email_verified` must not be true without an email"),
            (
                "{\"subject\":\"a\",\"created_at\":\"canary\"}",
                "`created_at` must be a time of RFC 3339 such as 2024-01-31T12:00:00Z",
            ),
            ("{\"subject\":\"a\",\"created_at\":\"2026-03-01T12:00:01Z\"}", "`created_at` is in the future"),
            (
                "{\"subject\":\"a\",\"claims\":{\"sub\":1}}",
                "`claims` must not contain `sub`, which is a registered name or one that access tokens use themselves",
            ),
            ("{\"subject\":\"a\",\"claims\":{\"a\":1,\"a\":2}}", "`claims` contains `a` twice"),
        ] {
            assert_eq!(refusal(line), reason, "{line}");
        }
        let long = format!("{{\"subject\":\"{}\"}}", "s".repeat(256));
        assert_eq!(refusal(&long), "`subject` must have 1 to 255 bytes and no control characters");
        let deep = format!("{{\"subject\":\"a\",\"claims\":{{\"a\":{}", "[".repeat(10_000));
        assert!(refusal(&deep).starts_with("is not JSON"), "{}", refusal(&deep));
        assert_eq!(UserLine::parse(b"{\"subject\":\"\xff\"}", NOW).unwrap_err(), LineError::NoText);
        assert_eq!(UserLine::parse(&vec![b' '; LINE_LIMIT + 1], NOW).unwrap_err(), LineError::TooLong);
    }
}

//! Service keys: the credentials with which trusted backends use the service API.

use time::Date;

use super::Timestamp;
use super::ids::ServiceKeyId;
use super::invisible::is_invisible;
use super::stored_text::stored_as_text;

/// The longest name, in bytes.
const NAME_LIMIT: usize = 100;

/// What a service key permits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Scope {
    UsersRead,
    UsersWrite,
    SessionsRead,
    SessionsWrite,
    EventsRead,
    EndedRead,
}

stored_as_text!(
    Scope,
    "scope",
    UsersRead = "users:read",
    UsersWrite = "users:write",
    SessionsRead = "sessions:read",
    SessionsWrite = "sessions:write",
    EventsRead = "events:read",
    EndedRead = "ended:read",
);

impl Scope {
    /// Every scope.
    pub const EVERY: [Self; 6] =
        [Self::UsersRead, Self::UsersWrite, Self::SessionsRead, Self::SessionsWrite, Self::EventsRead, Self::EndedRead];
}

/// The scopes of a key, each once.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Scopes(Vec<Scope>);

impl Scopes {
    /// Reads scopes separated by spaces. One that only a newer version knows permits nothing here.
    pub fn from_stored(text: &str) -> Self {
        text.split(' ').filter_map(|scope| scope.parse().ok()).collect()
    }

    /// Whether `scope` is among them.
    pub fn contains(&self, scope: Scope) -> bool {
        self.0.contains(&scope)
    }

    /// The scopes, in a fixed order.
    pub fn iter(&self) -> impl Iterator<Item = Scope> {
        self.0.iter().copied()
    }

    /// The scopes, separated by spaces (RFC 6749 §3.3).
    pub fn to_stored(&self) -> String {
        let names: Vec<&str> = self.iter().map(Scope::as_str).collect();
        names.join(" ")
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<T: IntoIterator<Item = Scope>>(scopes: T) -> Self {
        let mut scopes: Vec<Scope> = scopes.into_iter().collect();
        scopes.sort_unstable();
        scopes.dedup();
        Self(scopes)
    }
}

/// What the operator calls a key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyName(String);

/// The text cannot be the name of a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the name must have 1 to {NAME_LIMIT} bytes and no control characters")]
pub struct KeyNameError;

impl KeyName {
    /// Reads a name that the operator typed.
    ///
    /// # Errors
    /// [`KeyNameError`] if it is empty, too long, or has characters that cannot be seen.
    pub fn parse(typed: &str) -> Result<Self, KeyNameError> {
        let name = typed.trim();
        let is_name = (1..=NAME_LIMIT).contains(&name.len()) && !name.chars().any(is_invisible);
        if is_name { Ok(Self(name.to_owned())) } else { Err(KeyNameError) }
    }

    /// A name that was read before it was stored.
    pub fn from_stored(name: String) -> Self {
        Self(name)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A key, without the text that proves it.
#[derive(Clone, Debug)]
pub struct ServiceKey {
    pub id: ServiceKeyId,
    pub name: KeyName,
    pub scopes: Scopes,
    pub created_at: Timestamp,
    /// The day of its last use, in UTC.
    pub last_used_on: Option<Date>,
    /// A revoked key permits nothing, for good.
    pub revoked_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::{KeyName, KeyNameError, Scope, Scopes};

    #[test]
    fn every_scope_is_listed_and_reads_back() {
        assert_eq!(Scope::EVERY, Scope::ALL);
        for scope in Scope::EVERY {
            assert_eq!(scope.as_str().parse::<Scope>().unwrap(), scope);
        }
        assert!("users".parse::<Scope>().is_err());
    }

    #[test]
    fn scopes_have_one_order_and_unknown_ones_permit_nothing() {
        let scopes: Scopes = [Scope::EndedRead, Scope::UsersRead, Scope::EndedRead].into_iter().collect();
        assert_eq!(scopes.to_stored(), "users:read ended:read");
        assert_eq!(Scopes::from_stored("ended:read tickets:write users:read"), scopes);
        assert!(!Scopes::from_stored("users:write").contains(Scope::UsersRead));
        assert_eq!(Scopes::from_stored("").iter().count(), 0);
    }

    #[test]
    fn a_name_can_be_seen_and_is_short() {
        assert_eq!(KeyName::parse("  billing backend ").unwrap().as_str(), "billing backend");
        for bad in ["", " ", "a\u{1b}[31m", "a\u{202e}b", "a\nb", &"n".repeat(101)] {
            assert_eq!(KeyName::parse(bad), Err(KeyNameError), "{bad:?}");
        }
    }
}

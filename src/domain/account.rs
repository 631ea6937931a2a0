//! Accounts.

use super::Timestamp;
use super::claims::Claims;
use super::ids::UserId;
use super::stored_text::stored_as_text;
use super::subject::Subject;

pub use super::email::{Email, EmailError, EmailLookup};

/// An account, with what its owner may see.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct User {
    pub id: UserId,
    /// Absent only for an account that another service has created.
    pub email: Option<Email>,
    /// Whether the owner has proved to receive mail there.
    pub email_verified: bool,
    /// The name that another service has for the owner.
    pub subject: Option<Subject>,
    /// An account without a password can be logged in to by another service only.
    pub has_password: bool,
    /// What its access tokens say beside what the server says.
    pub claims: Claims,
    /// A disabled account keeps its data but cannot log in or refresh.
    pub is_active: bool,
    pub created_at: Timestamp,
}

impl User {
    /// A new account with an email address and a password.
    pub fn registered(id: UserId, email: Email, created_at: Timestamp) -> Self {
        Self {
            id,
            email: Some(email),
            email_verified: false,
            subject: None,
            has_password: true,
            claims: Claims::default(),
            is_active: true,
            created_at,
        }
    }

    /// What names the account where an email address usually does: the address, or the id of an account without one. No
    /// address is an id.
    pub fn login_name(&self) -> String {
        self.email.as_ref().map_or_else(|| self.id.to_string(), |email| email.as_str().to_owned())
    }

    /// The same for people, with the domain of the address in letters.
    pub fn display_name(&self) -> String {
        self.email.as_ref().map_or_else(|| self.id.to_string(), Email::to_string)
    }
}

/// On whose behalf an account was deleted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DeletedBy {
    /// Its owner.
    User,
    /// The operator, at the command line.
    Operator,
    /// Another service, by the service API.
    Service,
}

stored_as_text!(DeletedBy, "author of a deletion", User = "user", Operator = "operator", Service = "service");

/// The deletion of an account. This is all that is kept of the account, beside its id.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Deletion {
    pub at: Timestamp,
    pub by: DeletedBy,
}

#[cfg(test)]
mod tests {
    use super::DeletedBy;

    #[test]
    fn the_author_of_a_deletion_is_read_as_it_is_stored() {
        for by in DeletedBy::ALL {
            assert_eq!(by.as_str().parse::<DeletedBy>().ok(), Some(*by));
        }
    }
}

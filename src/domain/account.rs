//! Accounts.

use super::Timestamp;
use super::ids::UserId;
use super::stored_text::stored_as_text;

pub use super::email::{Email, EmailError, EmailLookup};

/// An account, with what its owner may see.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct User {
    pub id: UserId,
    pub email: Email,
    /// A disabled account keeps its data but cannot log in or refresh.
    pub is_active: bool,
    pub created_at: Timestamp,
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

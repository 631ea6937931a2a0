//! What can go wrong between us and Postgres. Absence is never an error here: it is `None`.

use diesel::result::{DatabaseErrorKind, Error as DieselError};

/// A database operation that did not happen.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// Out of reach, overloaded or too slow: nothing is known to have changed, and it may work again in a moment.
    #[error("the database is out of reach: {0}")]
    Unavailable(String),
    /// The named constraint refused a write.
    #[error("constraint {0} refused the write")]
    Constraint(String),
    /// A row contradicts itself, or holds what this version does not know.
    #[error("a stored row makes no sense: {0}")]
    Corrupt(String),
    /// A migration cannot be applied, taken back or looked up.
    #[error("migrations failed: {0}")]
    Migration(String),
    /// Anything else; a defect of ours or of the schema.
    #[error("database error: {0}")]
    Other(DieselError),
}

impl DbError {
    /// Whether the write was refused by the constraint `name`.
    pub fn is_constraint(&self, name: &str) -> bool {
        matches!(self, Self::Constraint(refused) if refused == name)
    }

    pub(super) fn corrupt(error: impl std::fmt::Display) -> Self {
        Self::Corrupt(error.to_string())
    }
}

impl From<DieselError> for DbError {
    fn from(error: DieselError) -> Self {
        match &error {
            DieselError::DatabaseError(DatabaseErrorKind::ClosedConnection, info) => {
                Self::Unavailable(info.message().to_owned())
            }
            DieselError::BrokenTransactionManager => Self::Unavailable("the transaction was cut off".to_owned()),
            DieselError::DatabaseError(
                DatabaseErrorKind::UniqueViolation
                | DatabaseErrorKind::ForeignKeyViolation
                | DatabaseErrorKind::CheckViolation,
                info,
            ) if info.constraint_name().is_some() => {
                Self::Constraint(info.constraint_name().unwrap_or_default().to_owned())
            }
            DieselError::DatabaseError(_, info) if is_passing(info.message()) => {
                Self::Unavailable(info.message().to_owned())
            }
            _ => Self::Other(error),
        }
    }
}

/// Diesel does not pass the SQLSTATE on, so that conditions which pass by themselves are known by their message. Where a
/// server says them in another language they are told as a defect, and still nobody is logged out.
fn is_passing(message: &str) -> bool {
    const PASSING: [&str; 16] = [
        "terminating connection",
        "the database system is",
        "server closed the connection",
        "connection to server",
        "could not connect",
        "could not receive data",
        "could not send data",
        "no connection to the server",
        "too many clients",
        "remaining connection slots",
        "canceling statement due to",
        "deadlock detected",
        "could not serialize access",
        "cannot execute",
        "No space left on device",
        "SSL connection has been closed",
    ];
    PASSING.iter().any(|passing| message.contains(passing))
}

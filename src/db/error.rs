//! Errors of the database. A missing row is no error: it is `None`.

use diesel::result::{DatabaseErrorKind, Error as DieselError};

/// Why a database operation failed.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// Unreachable, overloaded or too slow. It is unknown whether anything changed, and a retry may succeed.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// The named constraint refused a write.
    #[error("constraint {0} refused the write")]
    Constraint(String),
    /// A row contradicts itself, or has a value that this version does not know.
    #[error("corrupt row: {0}")]
    Corrupt(String),
    /// A migration could not be applied, reverted or looked up.
    #[error("migrations failed: {0}")]
    Migration(String),
    /// Anything else: a defect of the program or the schema.
    #[error("database error: {0}")]
    Other(DieselError),
}

impl DbError {
    /// Whether the constraint `name` refused the write.
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
            DieselError::BrokenTransactionManager => Self::Unavailable("the transaction was interrupted".to_owned()),
            DieselError::DatabaseError(
                DatabaseErrorKind::UniqueViolation
                | DatabaseErrorKind::ForeignKeyViolation
                | DatabaseErrorKind::CheckViolation,
                info,
            ) if info.constraint_name().is_some() => {
                Self::Constraint(info.constraint_name().unwrap_or_default().to_owned())
            }
            DieselError::DatabaseError(_, info) if is_transient(info.message()) => {
                Self::Unavailable(info.message().to_owned())
            }
            _ => Self::Other(error),
        }
    }
}

/// Diesel hides the SQLSTATE, so transient conditions are recognised by their message. A server with messages in
/// another language gets them reported as defects, which still logs no one out.
fn is_transient(message: &str) -> bool {
    const TRANSIENT: [&str; 16] = [
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
    TRANSIENT.iter().any(|transient| message.contains(transient))
}

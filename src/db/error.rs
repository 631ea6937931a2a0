//! Errors of the database. A missing row is no error: it is `None`.

use diesel::result::{DatabaseErrorKind, Error as DieselError};

/// Why a database operation failed.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// There is no connection, or it broke, or it was too slow. It is unknown whether anything changed, and a retry may
    /// succeed.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// The server is a standby, or it was set to read-only. Nothing changed, and a retry may succeed.
    #[error("the database is read-only: it is a standby, or default_transaction_read_only is on ({0})")]
    ReadOnly(String),
    /// The server did not carry out a statement: a timeout, a deadlock, a conflict, a full disk, a missing right. A retry
    /// may succeed.
    #[error("the database aborted the operation: {0}")]
    Aborted(String),
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

    /// Whether the fault is the database's, and a retry may succeed.
    pub fn is_temporary(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::ReadOnly(_) | Self::Aborted(_))
    }

    pub(super) fn corrupt(error: impl std::fmt::Display) -> Self {
        Self::Corrupt(error.to_string())
    }
}

/// Decides by what Diesel makes of the SQLSTATE, never by a text, which the server writes in the language of `lc_messages`.
/// Diesel knows few SQLSTATEs and shows none. It calls timeouts, deadlocks, full disks and missing tables alike `Unknown`.
impl From<DieselError> for DbError {
    fn from(error: DieselError) -> Self {
        use DatabaseErrorKind as Kind;
        match error {
            DieselError::DatabaseError(kind, info) => {
                let message = info.message().to_owned();
                match (kind, info.constraint_name()) {
                    // libpq could not send. The statements have fewer parameters than the protocol allows.
                    (Kind::ClosedConnection | Kind::UnableToSendCommand, _) => Self::Unavailable(message),
                    (Kind::ReadOnlyTransaction, _) => Self::ReadOnly(message),
                    (
                        Kind::UniqueViolation
                        | Kind::ForeignKeyViolation
                        | Kind::CheckViolation
                        | Kind::ExclusionViolation
                        | Kind::RestrictViolation,
                        Some(name),
                    ) => Self::Constraint(name.to_owned()),
                    (Kind::NotNullViolation, _) => Self::Other(DieselError::DatabaseError(kind, info)),
                    _ => Self::Aborted(message),
                }
            }
            DieselError::BrokenTransactionManager => Self::Unavailable("the transaction was interrupted".to_owned()),
            DieselError::RollbackErrorOnCommit { commit_error, .. } => Self::from(*commit_error),
            _ => Self::Other(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind as Kind, Error as DieselError};

    use super::DbError;

    struct Told {
        message: &'static str,
        constraint: Option<&'static str>,
    }

    impl DatabaseErrorInformation for Told {
        fn message(&self) -> &str {
            self.message
        }
        fn details(&self) -> Option<&str> {
            None
        }
        fn hint(&self) -> Option<&str> {
            None
        }
        fn table_name(&self) -> Option<&str> {
            None
        }
        fn column_name(&self) -> Option<&str> {
            None
        }
        fn constraint_name(&self) -> Option<&str> {
            self.constraint
        }
        fn statement_position(&self) -> Option<i32> {
            None
        }
    }

    fn told(kind: Kind, message: &'static str, constraint: Option<&'static str>) -> DbError {
        DieselError::DatabaseError(kind, Box::new(Told { message, constraint })).into()
    }

    #[test]
    fn the_kind_decides_and_the_text_does_not() {
        for message in
            ["storniere Anfrage wegen Zeitüberschreitung einer Sperre", "terminating connection", "", "日本語"]
        {
            let error = |kind| told(kind, message, None);
            assert!(matches!(error(Kind::ClosedConnection), DbError::Unavailable(_)));
            assert!(matches!(error(Kind::UnableToSendCommand), DbError::Unavailable(_)));
            assert!(matches!(error(Kind::ReadOnlyTransaction), DbError::ReadOnly(_)));
            assert!(matches!(error(Kind::SerializationFailure), DbError::Aborted(_)));
            assert!(matches!(error(Kind::Unknown), DbError::Aborted(_)));
            assert!(matches!(error(Kind::NotNullViolation), DbError::Other(_)));
            let refused = told(Kind::UniqueViolation, message, Some("users_email_key"));
            assert!(refused.is_constraint("users_email_key") && !refused.is_temporary());
        }
    }

    #[test]
    fn a_failed_commit_counts_for_its_own_error() {
        let commit_error = DieselError::DatabaseError(Kind::ClosedConnection, Box::new("gone".to_owned()));
        let rollback_error = Box::new(DieselError::BrokenTransactionManager);
        let error = DieselError::RollbackErrorOnCommit { rollback_error, commit_error: Box::new(commit_error) };
        assert!(matches!(DbError::from(error), DbError::Unavailable(_)));
        assert!(!DbError::from(DieselError::NotFound).is_temporary());
    }
}

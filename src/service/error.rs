//! Why a use case did not come to an outcome. Refusals are outcomes, not errors.

use crate::crypto::password_hash::HashingError;
use crate::db::DbError;
use crate::rotation_batcher::BatcherError;

/// The request was not decided; nothing about the caller or the session is known to have changed.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The database cannot be used at the moment.
    #[error("{0}")]
    Unavailable(String),
    /// More work of one kind is being done and waited for than its bound allows.
    #[error("too much is being done at the moment")]
    Overloaded,
    /// A defect of ours, or a row that makes no sense.
    #[error("{0}")]
    Internal(String),
}

impl From<DbError> for ServiceError {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Unavailable(_) => Self::Unavailable(error.to_string()),
            DbError::Constraint(_) | DbError::Corrupt(_) | DbError::Migration(_) | DbError::Other(_) => {
                Self::Internal(error.to_string())
            }
        }
    }
}

impl From<BatcherError> for ServiceError {
    fn from(error: BatcherError) -> Self {
        match error {
            BatcherError::Full => Self::Overloaded,
            BatcherError::Database(error) => error.into(),
        }
    }
}

impl From<HashingError> for ServiceError {
    fn from(error: HashingError) -> Self {
        match error {
            HashingError::Overloaded => Self::Overloaded,
            HashingError::Unusable => Self::Internal(error.to_string()),
        }
    }
}

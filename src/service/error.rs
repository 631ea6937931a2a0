//! Why a use case has no outcome. Refusals are outcomes, not errors.

use crate::crypto::password_hash::HashingError;
use crate::db::DbError;
use crate::rotation_batcher::BatcherError;

/// The request was not decided. As far as is known, the caller and the session are unchanged.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The database cannot be used at the moment.
    #[error("{0}")]
    Unavailable(String),
    /// More work of one kind is running and waiting than its bound allows.
    #[error("the server is overloaded")]
    Overloaded,
    /// The former system that knows the password did not say whether it is right.
    #[error("{0}")]
    LegacyUnavailable(String),
    /// A bug, or a corrupt row.
    #[error("{0}")]
    Internal(String),
}

/// What is wrong with one field of a request, in words for the person who typed it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FieldError {
    pub field: &'static str,
    pub message: String,
}

impl From<DbError> for ServiceError {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Unavailable(_) | DbError::ReadOnly(_) | DbError::Aborted(_) => {
                Self::Unavailable(error.to_string())
            }
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

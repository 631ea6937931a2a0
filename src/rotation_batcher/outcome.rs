//! What callers of the batcher get: outcomes, errors and load.

use crate::db::DbError;
use crate::domain::Timestamp;
use crate::domain::refresh_token::IssuedGeneration;

/// What became of a presented token.
#[derive(Clone, Debug)]
pub enum BatchOutcome {
    /// It was the newest token of a living family, and its next generation is on record.
    Rotated(IssuedGeneration),
    /// Another request presented the same token from the same place at `rotated_at` and got the rotation, which issued
    /// this generation. Whether this request is within the overlap window is for the caller to judge.
    Shared { issued: IssuedGeneration, rotated_at: Timestamp },
    /// Nothing was changed: the token may not be the newest, or its row is locked.
    Unmatched,
    /// The connection failed during the statement. The rotation may be on record.
    Unknown,
}

/// Why there is no outcome.
#[derive(Debug, thiserror::Error)]
pub enum BatcherError {
    /// The queue is full.
    #[error("too many sessions are being refreshed at the moment")]
    Full,
    #[error(transparent)]
    Database(#[from] DbError),
}

/// How busy the workers are.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct BatcherLoad {
    /// Rotations and confirmations in the queues now.
    pub waiting: usize,
    /// Statements so far.
    pub batches: u64,
    /// Rotations and confirmations in those statements.
    pub taken: u64,
}

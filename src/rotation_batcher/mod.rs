//! Rotations and confirmations of many sessions, taken together.
//!
//! A worker is a thread with a database connection of its own. It takes whatever waits, and does it in one statement; an
//! idle worker takes a single request at once, so that nobody waits for company. A family always goes to the same worker of a
//! process, so that a worker's own rows never meet themselves.

mod batch;
mod worker;

use std::num::NonZeroUsize;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::db::families::{Presented, Rotated};
use crate::db::{Database, DbError};
use crate::domain::Timestamp;
use crate::domain::ids::FamilyId;
use crate::domain::policy::Lifetimes;
use crate::domain::rotation::Generation;

use worker::{Work, Worker};

/// What a worker made of a presented token.
#[derive(Clone, Copy, Debug)]
pub enum BatchOutcome {
    /// It was the newest of a live family, and its next generation is on record.
    Rotated(Rotated),
    /// So it was, but another request showed it too, at this time, and that one got the rotation. To this one the next
    /// generation was issued then already.
    Shared { rotated: Rotated, rotated_at: Timestamp },
    /// Nothing is known, and nothing was changed: it may not be the newest, or its row is locked.
    Unmatched,
    /// The statement failed half-way. The rotation may be on record.
    Unknown,
}

/// Why a worker gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum BatcherError {
    /// As many requests wait as may.
    #[error("too many sessions are being refreshed at the moment")]
    Full,
    #[error(transparent)]
    Database(#[from] DbError),
}

/// How much the workers are used.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct BatcherLoad {
    /// Rotations and confirmations that wait at the moment.
    pub waiting: usize,
    /// Statements so far.
    pub batches: u64,
    /// What was taken up by them.
    pub taken: u64,
}

/// The workers of a process.
pub struct RotationBatcher {
    workers: Vec<Worker>,
    timeout: Duration,
}

impl RotationBatcher {
    /// Workers that connect when they are first needed.
    pub fn start(count: NonZeroUsize, database: &Database, lifetimes: Lifetimes) -> Self {
        let workers = (0..count.get()).map(|_| Worker::start(database.own_connection(), lifetimes)).collect();
        Self { workers, timeout: database.timeout() }
    }

    /// Rotates a family, if `presented` is its newest token.
    ///
    /// # Errors
    /// [`BatcherError`]; with one of the database, it is unknown whether the rotation happened.
    pub async fn rotate(&self, presented: Presented) -> Result<BatchOutcome, BatcherError> {
        let (answer, answered) = oneshot::channel();
        self.take(presented.family_id, Work::Rotate(presented, answer), answered).await
    }

    /// Notes that a generation's access token is in use; `false` if that could not be told at once to be news, or if the
    /// statement failed.
    ///
    /// # Errors
    /// [`BatcherError`].
    pub async fn confirm(&self, family_id: FamilyId, generation: Generation) -> Result<bool, BatcherError> {
        let (answer, answered) = oneshot::channel();
        self.take(family_id, Work::Confirm(family_id, generation, answer), answered).await
    }

    /// How much the workers are used at the moment.
    pub fn load(&self) -> BatcherLoad {
        self.workers.iter().map(Worker::load).fold(BatcherLoad::default(), |sum, worker| BatcherLoad {
            waiting: sum.waiting + worker.waiting,
            batches: sum.batches + worker.batches,
            taken: sum.taken + worker.taken,
        })
    }

    async fn take<T>(
        &self,
        family_id: FamilyId,
        work: Work,
        answered: oneshot::Receiver<T>,
    ) -> Result<T, BatcherError> {
        self.worker_of(family_id).send(work)?;
        let unavailable = |reason: &str| BatcherError::Database(DbError::Unavailable(reason.to_owned()));
        match timeout(self.timeout, answered).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(_)) => Err(unavailable("the worker has ended")),
            Err(_) => Err(unavailable("the operation took too long")),
        }
    }

    /// By the last bytes of the id, which are drawn; the first ones are a time.
    fn worker_of(&self, family_id: FamilyId) -> &Worker {
        let drawn = family_id.as_uuid().as_u128() & u128::from(u32::MAX);
        let at = usize::try_from(drawn).unwrap_or_default() % self.workers.len();
        &self.workers[at]
    }
}

//! Rotations and confirmations of many sessions, batched.
//!
//! A worker is a thread with its own database connection. It takes everything in its queue and runs it as one
//! statement. An idle worker runs a single request at once. Only one that is busy waits a little for others to join. All requests of a
//! family go to the same worker of a process, so two batches of one process never compete for a row.

mod batch;
mod outcome;
mod worker;

use std::num::NonZeroUsize;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use crate::db::{Database, DbError};
use crate::domain::ids::FamilyId;
use crate::domain::policy::Lifetimes;
use crate::domain::refresh_token::PresentedToken;
use crate::domain::rotation::Generation;

pub use outcome::{BatchOutcome, BatcherError, BatcherLoad};
use worker::{Work, Worker};

/// The pause before a full queue is tried again.
const FULL_FOR: Duration = Duration::from_millis(20);

/// The workers of a process.
pub struct RotationBatcher {
    workers: Vec<Worker>,
    timeout: Duration,
}

impl RotationBatcher {
    /// Starts `count` workers. Each connects when it is first needed.
    pub fn start(count: NonZeroUsize, database: &Database, lifetimes: Lifetimes) -> Self {
        let workers = (0..count.get()).map(|_| Worker::start(database.own_connections(), lifetimes)).collect();
        Self { workers, timeout: database.timeout() }
    }

    /// Rotates a family if `presented` is its newest token.
    ///
    /// # Errors
    /// [`BatcherError::Full`] if nothing was tried, [`BatcherError::Database`] if the rotation may have happened.
    pub async fn rotate(&self, presented: PresentedToken) -> Result<BatchOutcome, BatcherError> {
        let (reply, replied) = oneshot::channel();
        self.run(presented.family_id, Work::Rotate(presented, reply), replied).await
    }

    /// Stores that a generation's access token is in use. `false` if the row did not change, which may have reasons
    /// that one batched statement cannot find.
    ///
    /// # Errors
    /// [`BatcherError::Full`] if nothing was tried, [`BatcherError::Database`] if the confirmation may have been
    /// stored.
    pub async fn confirm(&self, family_id: FamilyId, generation: Generation) -> Result<bool, BatcherError> {
        let (reply, replied) = oneshot::channel();
        self.run(family_id, Work::Confirm(family_id, generation, reply), replied).await
    }

    /// Whether each worker carries out `probe` before `limit`, in a statement of its own.
    pub async fn is_working(&self, probe: &PresentedToken, limit: Duration) -> bool {
        let is_working = async |worker: &Worker| {
            loop {
                let (reply, replied) = oneshot::channel();
                match worker.send(Work::Probe(probe.clone(), reply)) {
                    // Overload. The queue moves, or the limit ends this.
                    Err(_) => sleep(FULL_FOR).await,
                    Ok(()) => return replied.await.unwrap_or(false),
                }
            }
        };
        // A connection that has just broken is replaced for the second attempt.
        let twice = async |worker| is_working(worker).await || is_working(worker).await;
        let all = timeout(limit, join_all(self.workers.iter().map(twice))).await;
        all.is_ok_and(|all| all.into_iter().all(|is_working| is_working))
    }

    /// How busy all workers are together.
    pub fn load(&self) -> BatcherLoad {
        self.workers.iter().map(Worker::load).fold(BatcherLoad::default(), |sum, worker| BatcherLoad {
            waiting: sum.waiting + worker.waiting,
            batches: sum.batches + worker.batches,
            taken: sum.taken + worker.taken,
        })
    }

    async fn run<T>(&self, family_id: FamilyId, work: Work, replied: oneshot::Receiver<T>) -> Result<T, BatcherError> {
        self.worker_of(family_id).send(work)?;
        let unavailable = |reason: &str| BatcherError::Database(DbError::Unavailable(reason.to_owned()));
        match timeout(self.timeout, replied).await {
            Ok(Ok(outcome)) => Ok(outcome),
            Ok(Err(_)) => Err(unavailable("the worker has ended")),
            Err(_) => Err(unavailable("the operation took too long")),
        }
    }

    /// By the last bytes of the id, which are random. The first ones are a time.
    fn worker_of(&self, family_id: FamilyId) -> &Worker {
        let random = family_id.as_uuid().as_u128() & u128::from(u32::MAX);
        let at = usize::try_from(random).unwrap_or_default() % self.workers.len();
        &self.workers[at]
    }
}

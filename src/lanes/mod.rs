//! Rotations and confirmations of many sessions, taken together.
//!
//! A lane is a thread with a database connection of its own. It takes whatever waits, and does it in one statement; an
//! idle lane takes a single request at once, so that nobody waits for company. A family always goes to the same lane of a
//! process, so that a lane's own rows never meet themselves.

mod batch;
mod lane;

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

use lane::{Lane, Work};

/// What a lane made of a presented token.
#[derive(Clone, Copy, Debug)]
pub enum Turn {
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

/// Why a lane gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum LaneError {
    /// As many requests wait as may.
    #[error("too many sessions are being refreshed at the moment")]
    Full,
    #[error(transparent)]
    Database(#[from] DbError),
}

/// How much the lanes are used.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct LaneLoad {
    /// Rotations and confirmations that wait at the moment.
    pub waiting: usize,
    /// Statements so far.
    pub batches: u64,
    /// What was taken up by them.
    pub taken: u64,
}

/// The lanes of a process.
pub struct RotationLanes {
    lanes: Vec<Lane>,
    patience: Duration,
}

impl RotationLanes {
    /// Lanes that connect when they are first needed.
    pub fn start(count: NonZeroUsize, database: &Database, lifetimes: Lifetimes) -> Self {
        let lanes = (0..count.get()).map(|_| Lane::start(database.own_connection(), lifetimes)).collect();
        Self { lanes, patience: database.patience() }
    }

    /// Rotates a family, if `presented` is its newest token.
    ///
    /// # Errors
    /// [`LaneError`]; with one of the database, it is unknown whether the rotation happened.
    pub async fn rotate(&self, presented: Presented) -> Result<Turn, LaneError> {
        let (answer, answered) = oneshot::channel();
        self.take(presented.family_id, Work::Rotate(presented, answer), answered).await
    }

    /// Notes that a generation's access token is in use; `false` if that could not be told at once to be news, or if the
    /// statement failed.
    ///
    /// # Errors
    /// [`LaneError`].
    pub async fn confirm(&self, family_id: FamilyId, generation: Generation) -> Result<bool, LaneError> {
        let (answer, answered) = oneshot::channel();
        self.take(family_id, Work::Confirm(family_id, generation, answer), answered).await
    }

    /// How much the lanes are used at the moment.
    pub fn load(&self) -> LaneLoad {
        self.lanes.iter().map(Lane::load).fold(LaneLoad::default(), |sum, lane| LaneLoad {
            waiting: sum.waiting + lane.waiting,
            batches: sum.batches + lane.batches,
            taken: sum.taken + lane.taken,
        })
    }

    async fn take<T>(&self, family_id: FamilyId, work: Work, answered: oneshot::Receiver<T>) -> Result<T, LaneError> {
        self.lane_of(family_id).send(work)?;
        let unavailable = |reason: &str| LaneError::Database(DbError::Unavailable(reason.to_owned()));
        match timeout(self.patience, answered).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(_)) => Err(unavailable("the lane has ended")),
            Err(_) => Err(unavailable("the operation took too long")),
        }
    }

    /// By the last bytes of the id, which are drawn; the first ones are a time.
    fn lane_of(&self, family_id: FamilyId) -> &Lane {
        let drawn = family_id.as_uuid().as_u128() & u128::from(u32::MAX);
        let at = usize::try_from(drawn).unwrap_or_default() % self.lanes.len();
        &self.lanes[at]
    }
}

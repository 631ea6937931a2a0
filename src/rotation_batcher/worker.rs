//! One worker: its queue, its thread and its statements.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use crate::db::{OwnConnection, rotation_batch};
use crate::domain::ids::FamilyId;
use crate::domain::policy::Lifetimes;
use crate::domain::refresh_token::PresentedToken;
use crate::domain::rotation::Generation;

use super::batch::{Confirmations, Reply, Rotations};
use super::outcome::{BatchOutcome, BatcherError, BatcherLoad};

/// The most requests in one statement. Twice as many would not make a row faster, but all of them later.
const LARGEST_BATCH: usize = 64;

/// The longest queue: what a worker does in about 50 ms. A request beyond it is refused at once.
const MOST_WAITING: usize = 1024;

pub(super) enum Work {
    Rotate(PresentedToken, Reply<BatchOutcome>),
    Confirm(FamilyId, Generation, Reply<bool>),
}

impl Work {
    /// The request has ended without waiting for the reply.
    fn is_abandoned(&self) -> bool {
        match self {
            Self::Rotate(_, reply) => reply.is_closed(),
            Self::Confirm(_, _, reply) => reply.is_closed(),
        }
    }
}

/// When this is dropped, the worker's thread empties its queue and ends.
pub(super) struct Worker {
    queue: SyncSender<Work>,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    waiting: AtomicUsize,
    batches: AtomicU64,
    taken: AtomicU64,
}

impl Worker {
    pub fn start(connection: OwnConnection, lifetimes: Lifetimes) -> Self {
        let (queue, waiting) = sync_channel(MOST_WAITING);
        let counts = Arc::new(Counts::default());
        let thread = Thread { waiting, connection, lifetimes, counts: Arc::clone(&counts) };
        thread::Builder::new()
            .name("rotation-worker".to_owned())
            .spawn(move || thread.run())
            .expect("a process that cannot start a thread cannot serve");
        Self { queue, counts }
    }

    pub fn send(&self, work: Work) -> Result<(), BatcherError> {
        self.counts.waiting.fetch_add(1, Ordering::Relaxed);
        self.queue.try_send(work).map_err(|_| {
            self.counts.waiting.fetch_sub(1, Ordering::Relaxed);
            BatcherError::Full
        })
    }

    pub fn load(&self) -> BatcherLoad {
        BatcherLoad {
            waiting: self.counts.waiting.load(Ordering::Relaxed),
            batches: self.counts.batches.load(Ordering::Relaxed),
            taken: self.counts.taken.load(Ordering::Relaxed),
        }
    }
}

struct Thread {
    waiting: Receiver<Work>,
    connection: OwnConnection,
    lifetimes: Lifetimes,
    counts: Arc<Counts>,
}

impl Thread {
    fn run(mut self) {
        while let Ok(first) = self.waiting.recv() {
            let (mut rotations, mut confirmations) = (Rotations::default(), Confirmations::default());
            let mut taken = 0;
            for work in std::iter::once(first).chain(self.waiting.try_iter()).take(LARGEST_BATCH) {
                taken += 1;
                match work {
                    work if work.is_abandoned() => {}
                    Work::Rotate(presented, reply) => rotations.add(presented, reply),
                    Work::Confirm(family_id, generation, reply) => confirmations.add(family_id, generation, reply),
                }
            }
            self.counts.waiting.fetch_sub(taken, Ordering::Relaxed);
            self.rotate(rotations);
            self.confirm(confirmations);
        }
    }

    fn rotate(&mut self, rotations: Rotations) {
        let batch = rotations.presented();
        if batch.is_empty() {
            return;
        }
        self.count(batch.len());
        let lifetimes = &self.lifetimes;
        match self.connection.run(|connection| rotation_batch::rotate(connection, &batch, lifetimes)) {
            Ok(rotated) => rotations.reply(&rotated),
            Err(error) => rotations.fail(&error),
        }
    }

    fn confirm(&mut self, confirmations: Confirmations) {
        let batch = confirmations.seen();
        if batch.is_empty() {
            return;
        }
        self.count(batch.len());
        match self.connection.run(|connection| rotation_batch::confirm(connection, &batch)) {
            Ok(confirmed) => confirmations.reply(&confirmed),
            Err(error) => confirmations.fail(&error),
        }
    }

    fn count(&self, taken: usize) {
        self.counts.batches.fetch_add(1, Ordering::Relaxed);
        self.counts.taken.fetch_add(taken as u64, Ordering::Relaxed);
    }
}

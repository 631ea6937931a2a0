//! One worker: its queue, its thread and its statements.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::db::{OwnConnection, OwnConnections, rotation_batch};
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

/// The longest wait for company.
const LONGEST_GATHERING: Duration = Duration::from_millis(2);

pub(super) enum Work {
    Rotate(PresentedToken, Reply<BatchOutcome>),
    Confirm(FamilyId, Generation, Reply<bool>),
    /// Rotates a family that does not exist, in a statement of its own.
    Probe(PresentedToken, Reply<bool>),
}

impl Work {
    /// The request has ended without waiting for the reply.
    fn is_abandoned(&self) -> bool {
        match self {
            Self::Rotate(_, reply) => reply.is_closed(),
            Self::Confirm(_, _, reply) => reply.is_closed(),
            Self::Probe(_, reply) => reply.is_closed(),
        }
    }
}

/// When this is dropped, the worker's thread empties its queue and ends. If the database does not respond, the thread is
/// abandoned with its connection and its batch, and another one takes the queue over.
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
    pub fn start(connections: OwnConnections, lifetimes: Lifetimes) -> Self {
        let (queue, waiting) = sync_channel(MOST_WAITING);
        let counts = Arc::new(Counts::default());
        let waiting = Arc::new(Mutex::new(waiting));
        let shift = Shift { waiting, connections, lifetimes, counts: Arc::clone(&counts), first: Arc::default() };
        shift.start();
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

/// What one thread needs, and what the next one takes over.
#[derive(Clone)]
struct Shift {
    /// Only the thread that is not abandoned waits here.
    waiting: Arc<Mutex<Receiver<Work>>>,
    connections: OwnConnections,
    lifetimes: Lifetimes,
    counts: Arc<Counts>,
    /// Work that was taken from the queue before the connection was known to respond.
    first: Arc<Mutex<Option<Work>>>,
}

impl Shift {
    fn start(self) {
        thread::Builder::new()
            .name("rotation-worker".to_owned())
            .spawn(move || {
                let next = self.clone();
                let connection = self.connections.of_this_thread(move || next.start());
                Thread { shift: self, connection }.run();
            })
            .expect("a process that cannot start a thread cannot serve");
    }

    /// Waits for work, and leaves it where the next thread finds it. `false` if there will be none.
    fn wait(&self) -> bool {
        let mut first = lock(&self.first);
        if first.is_none() {
            *first = lock(&self.waiting).recv().ok();
        }
        first.is_some()
    }

    /// What has been waited for and what else is in the queue.
    fn take(&self) -> Vec<Work> {
        let waiting = lock(&self.waiting);
        let first = lock(&self.first).take().into_iter();
        let taken: Vec<Work> = first.chain(waiting.try_iter()).take(LARGEST_BATCH).collect();
        self.counts.waiting.fetch_sub(taken.len(), Ordering::Relaxed);
        taken
    }

    /// Waits for company for as long as the last batch took, if requests arrived during it and do not fill the next one.
    /// More rows share a statement and its transaction id then. An idle worker never waits.
    #[expect(
        clippy::disallowed_methods,
        reason = "this thread has nothing else to do, and the requests wait for it anyway"
    )]
    fn gather(&self, batch: Duration) {
        if (1..LARGEST_BATCH).contains(&self.counts.waiting.load(Ordering::Relaxed)) {
            thread::sleep(batch.min(LONGEST_GATHERING));
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Thread {
    shift: Shift,
    connection: OwnConnection,
}

impl Thread {
    #[expect(
        clippy::disallowed_methods,
        reason = "how long a batch takes is measured on this machine and never stored"
    )]
    fn run(mut self) {
        while self.shift.wait() && self.connection.prepare() {
            let (mut rotations, mut confirmations) = (Rotations::default(), Confirmations::default());
            let mut probes = Vec::new();
            for work in self.shift.take() {
                match work {
                    work if work.is_abandoned() => {}
                    Work::Rotate(presented, reply) => rotations.add(presented, reply),
                    Work::Confirm(family_id, generation, reply) => confirmations.add(family_id, generation, reply),
                    Work::Probe(presented, reply) => probes.push((presented, reply)),
                }
            }
            let begun = Instant::now();
            self.rotate(rotations);
            self.confirm(confirmations);
            self.probe(probes);
            if self.connection.is_abandoned() {
                return;
            }
            self.shift.gather(begun.elapsed());
        }
    }

    /// Once for everything that wants to know.
    fn probe(&mut self, mut probes: Vec<(PresentedToken, Reply<bool>)>) {
        let Some((presented, reply)) = probes.pop() else { return };
        let lifetimes = &self.shift.lifetimes;
        let result = self.connection.run(|connection| rotation_batch::rotate(connection, &[&presented], lifetimes));
        for reply in probes.into_iter().map(|(_, reply)| reply).chain([reply]) {
            let _ = reply.send(result.is_ok());
        }
    }

    fn rotate(&mut self, rotations: Rotations) {
        let batch = rotations.presented();
        if batch.is_empty() {
            return;
        }
        self.count(batch.len());
        let lifetimes = &self.shift.lifetimes;
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
        self.shift.counts.batches.fetch_add(1, Ordering::Relaxed);
        self.shift.counts.taken.fetch_add(taken as u64, Ordering::Relaxed);
    }
}

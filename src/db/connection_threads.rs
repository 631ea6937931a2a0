//! The connections of the pool. Each lives on a thread of its own, which is abandoned with it if the database does not respond.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use std::{mem, thread};

use tokio::sync::OwnedSemaphorePermit;

use super::connection::{Connection, late, monotonic_now};
use super::connector::Connector;
use super::error::DbError;
use super::watchdog::Watch;

/// How long the test of an idle connection may take.
const TEST_LIMIT: Duration = Duration::from_secs(2);

/// Longer than libpq takes to give up. It does not limit the first queries of a new connection.
pub(super) const CONNECT_LIMIT: Duration = Duration::from_secs(12);

/// How long an operation waits for a connection.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// The pause before the next attempt to get one.
const RETRY_AFTER: Duration = Duration::from_millis(20);

/// An unused connection is closed after this time.
const IDLE_FOR: Duration = Duration::from_secs(600);

/// Sends the result to the caller.
pub(super) type Reply = Box<dyn FnOnce() + Send>;

/// What runs on a connection, or learns why there is none.
type Work = Box<dyn FnOnce(Result<&mut Connection, DbError>) -> Reply + Send>;

/// Work, and the right to a connection.
pub(super) struct Job {
    pub permit: OwnedSemaphorePermit,
    pub work: Work,
}

impl Job {
    fn refuse(self, error: DbError) {
        let reply = (self.work)(Err(error));
        drop(self.permit);
        reply();
    }
}

/// The threads. The permits of their jobs limit how many there are, beside the abandoned ones.
#[derive(Clone)]
pub(super) struct ConnectionThreads(Arc<Shared>);

struct Shared {
    connector: Connector,
    /// How long a job may take.
    limit: Duration,
    idle: Mutex<Vec<Idle>>,
    open: Arc<AtomicU32>,
}

/// A thread that waits for a job. It ends when this is dropped.
struct Idle {
    jobs: Sender<Job>,
    /// By which the thread is found here.
    seat: Arc<Mutex<Seat>>,
}

/// What is taken from a thread that is abandoned.
#[derive(Default)]
struct Seat {
    /// Not begun yet: another thread can do it.
    job: Option<Job>,
    permit: Option<OwnedSemaphorePermit>,
    open: Option<Open>,
}

impl ConnectionThreads {
    pub fn new(connector: Connector, limit: Duration) -> Self {
        Self(Arc::new(Shared { connector, limit, idle: Mutex::default(), open: Arc::default() }))
    }

    /// Runs a job on an idle connection, or on a new one.
    pub fn run(&self, job: Job) {
        if let Some(job) = self.0.pass_on(job) {
            self.0.start(job);
        }
    }

    /// How many connections are open, and how many of them are idle.
    pub fn count(&self) -> (u32, u32) {
        let idle = lock(&self.0.idle).len();
        (self.0.open.load(Ordering::Relaxed), u32::try_from(idle).unwrap_or(u32::MAX))
    }
}

impl Shared {
    /// Passes a job to an idle thread. Returns it if there is none.
    fn pass_on(&self, mut job: Job) -> Option<Job> {
        loop {
            let Some(idle) = lock(&self.idle).pop() else { return Some(job) };
            match idle.jobs.send(job) {
                Ok(()) => return None,
                Err(refused) => job = refused.0,
            }
        }
    }

    fn start(self: &Arc<Self>, job: Job) {
        let (shared, seat) = (Arc::downgrade(self), Arc::new(Mutex::new(Seat { job: Some(job), ..Seat::default() })));
        let (missed, missed_seat) = (shared.clone(), Arc::clone(&seat));
        let watch = self.connector.watchdog.watch(move || {
            // Dropped at the end, when the connection is no longer idle.
            let mut seat = mem::take(&mut *lock(&missed_seat));
            if let Some(shared) = missed.upgrade() {
                shared.replace(seat.job.take());
            }
        });
        let (connector, limit) = (self.connector.clone(), self.limit);
        let thread = Thread { shared, connector, limit, seat: Arc::clone(&seat), watch, connection: None };
        let spawned = thread::Builder::new().name("db-connection".to_owned()).spawn(move || thread.run());
        if let Err(error) = spawned
            && let Some(job) = lock(&seat).job.take()
        {
            job.refuse(DbError::Unavailable(error.to_string()));
        }
    }

    /// A thread does not respond: its job, if it was not begun, goes to another one. Idle connections probably have the same
    /// server.
    fn replace(self: &Arc<Self>, job: Option<Job>) {
        self.connector.outages.note();
        lock(&self.idle).clear();
        if let Some(job) = job {
            self.start(job);
        }
    }
}

/// One thread and its connection.
struct Thread {
    shared: Weak<Shared>,
    connector: Connector,
    limit: Duration,
    seat: Arc<Mutex<Seat>>,
    watch: Arc<Watch>,
    connection: Option<Connection>,
}

impl Thread {
    /// Runs the job in the seat, and then those that arrive.
    fn run(mut self) {
        while let Some((result, job)) = self.prepare() {
            lock(&self.seat).permit = Some(job.permit);
            let reply = match result {
                Ok(()) => (job.work)(self.connection.as_mut().ok_or_else(late)),
                Err(error) => (job.work)(Err(error)),
            };
            let Some(jobs) = self.hand_in(reply) else { return };
            let Some(job) = self.wait(&jobs) else { return };
            lock(&self.seat).job = Some(job);
        }
    }

    /// Makes sure of a connection, as far as there is one, and takes the job. `None` if another thread has the job.
    fn prepare(&mut self) -> Option<(Result<(), DbError>, Job)> {
        if let Some(connection) = &mut self.connection {
            self.watch.expect_end_within(TEST_LIMIT);
            if !connection.is_usable() {
                self.connection = None;
                lock(&self.seat).open = None;
            }
        }
        let result = if self.connection.is_some() { Ok(()) } else { self.connect()? };
        let job = lock(&self.seat).job.take()?;
        if !self.watch.expect_end_within(self.limit) {
            job.refuse(late());
            return None;
        }
        Some((result, job))
    }

    /// `None` if another thread has the job.
    #[expect(clippy::disallowed_methods, reason = "this thread has nothing else to do")]
    fn connect(&mut self) -> Option<Result<(), DbError>> {
        let end = monotonic_now() + LONGEST_WAIT.min(self.limit);
        loop {
            if !self.watch.expect_end_within(CONNECT_LIMIT) {
                return None;
            }
            let error = match self.connector.connect() {
                Ok(connection) => {
                    self.connection = Some(connection.watched_by(&self.watch));
                    let shared = self.shared.upgrade()?;
                    lock(&self.seat).open = Some(Open::new(&shared.open));
                    return Some(Ok(()));
                }
                Err(error) => error,
            };
            if monotonic_now() >= end {
                return Some(Err(error));
            }
            // The server may accept no more connections than there are.
            let job = lock(&self.seat).job.take()?;
            lock(&self.seat).job = Some(self.shared.upgrade()?.pass_on(job)?);
            thread::sleep(RETRY_AFTER);
        }
    }

    /// Makes the connection available, then the permit, and then replies: the caller's next operation finds both. `None` if
    /// the thread has to end.
    fn hand_in(&mut self, reply: Reply) -> Option<Receiver<Job>> {
        if !self.watch.end() {
            return None;
        }
        let shared = self.shared.upgrade();
        let is_kept = shared.is_some() && self.connection.as_mut().is_some_and(|connection| !connection.is_broken());
        if !is_kept {
            self.connection = None;
            lock(&self.seat).open = None;
        }
        let (sender, jobs) = channel();
        if let Some(shared) = shared.filter(|_| is_kept) {
            lock(&shared.idle).push(Idle { jobs: sender, seat: Arc::clone(&self.seat) });
        }
        drop(lock(&self.seat).permit.take());
        reply();
        is_kept.then_some(jobs)
    }

    /// The next job. `None` if there has been none for a long time, or the pool is gone.
    fn wait(&self, jobs: &Receiver<Job>) -> Option<Job> {
        match jobs.recv_timeout(IDLE_FOR) {
            Err(RecvTimeoutError::Timeout) => {
                let shared = self.shared.upgrade()?;
                lock(&shared.idle).retain(|idle| !Arc::ptr_eq(&idle.seat, &self.seat));
                // A job that was sent before that is here.
                jobs.try_recv().ok()
            }
            received => received.ok(),
        }
    }
}

/// Counts a connection as open.
struct Open(Arc<AtomicU32>);

impl Open {
    fn new(open: &Arc<AtomicU32>) -> Self {
        open.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(open))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What is locked here is only moved, so a panic leaves it whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

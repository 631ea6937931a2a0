//! Deadlines of threads that block in libpq. It waits for a server without limit as long as that machine's kernel responds: a
//! stopped process or a stalled disk never breaks a connection. No thread can be interrupted there. One that misses its
//! deadline is abandoned together with its connection, and ends when the server responds or the connection breaks.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;
use std::time::Duration;

/// How often the deadlines are checked. Time is counted in these steps, so a process that was suspended misses no deadline
/// by that.
const STEP: Duration = Duration::from_millis(50);

/// With so many abandoned threads, no further connections are made.
const MOST_ABANDONED: usize = 64;

const IDLE: u64 = 0;
const MISSED: u64 = u64::MAX;

/// Watches threads from another one, which is started with the first of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Watchdog(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    is_started: AtomicBool,
    steps: AtomicU64,
    watches: Mutex<Vec<Weak<Watch>>>,
    abandoned: AtomicUsize,
}

/// The deadline of one thread.
pub(super) struct Watch {
    shared: Arc<Shared>,
    /// A number of steps, [`IDLE`] or [`MISSED`].
    deadline: AtomicU64,
    when_missed: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

impl Watchdog {
    /// Calls `when_missed` from the watchdog's thread, which it must not block, if the owner misses a deadline. The owner
    /// then has to end and must not use its connection any more.
    pub fn watch(&self, when_missed: impl FnOnce() + Send + 'static) -> Arc<Watch> {
        if !self.0.is_started.swap(true, Ordering::Relaxed) {
            start(&self.0);
        }
        let watch = Arc::new(Watch {
            shared: Arc::clone(&self.0),
            deadline: AtomicU64::new(IDLE),
            when_missed: Mutex::new(Some(Box::new(when_missed))),
        });
        self.0.watches.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(&watch));
        watch
    }

    /// Whether so many abandoned threads have not ended that no connection can be risked.
    pub fn has_too_many(&self) -> bool {
        self.0.abandoned.load(Ordering::Relaxed) >= MOST_ABANDONED
    }
}

impl Watch {
    /// Sets the deadline, or another one. `false` if one was missed.
    pub fn expect_end_within(&self, limit: Duration) -> bool {
        let steps = u64::try_from(limit.as_millis() / STEP.as_millis()).unwrap_or(MISSED / 2);
        // The step that is under way does not count.
        self.set(self.shared.steps.load(Ordering::Relaxed).saturating_add(steps + 1))
    }

    /// Ends what had a deadline. `false` if it was missed.
    pub fn end(&self) -> bool {
        self.set(IDLE)
    }

    pub fn is_missed(&self) -> bool {
        self.deadline.load(Ordering::Acquire) == MISSED
    }

    fn set(&self, to: u64) -> bool {
        self.deadline.fetch_update(Ordering::AcqRel, Ordering::Acquire, |old| (old != MISSED).then_some(to)).is_ok()
    }

    fn check(&self, now: u64) {
        let deadline = self.deadline.load(Ordering::Acquire);
        if deadline == IDLE || deadline == MISSED || now <= deadline {
            return;
        }
        if self.deadline.compare_exchange(deadline, MISSED, Ordering::AcqRel, Ordering::Acquire).is_ok() {
            let abandoned = self.shared.abandoned.fetch_add(1, Ordering::Relaxed) + 1;
            tracing::warn!(abandoned, "The database does not respond; a connection is abandoned");
            let when_missed = self.when_missed.lock().unwrap_or_else(PoisonError::into_inner).take();
            when_missed.into_iter().for_each(|when_missed| when_missed());
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if self.is_missed() {
            self.shared.abandoned.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this thread has nothing else to do")]
fn start(shared: &Arc<Shared>) {
    let shared = Arc::downgrade(shared);
    let run = move || {
        while let Some(shared) = shared.upgrade() {
            let now = shared.steps.fetch_add(1, Ordering::Relaxed) + 1;
            let mut watches = Vec::new();
            shared.watches.lock().unwrap_or_else(PoisonError::into_inner).retain(|watch| {
                let living = watch.upgrade();
                let is_alive = living.is_some();
                watches.extend(living);
                is_alive
            });
            watches.iter().for_each(|watch| watch.check(now));
            drop((watches, shared));
            thread::sleep(STEP);
        }
    };
    thread::Builder::new()
        .name("db-watchdog".to_owned())
        .spawn(run)
        .expect("a process that cannot start a thread cannot serve");
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::time::Duration;

    use super::Watchdog;

    #[test]
    fn a_deadline_that_is_missed_is_noticed_once_and_for_good() {
        let watchdog = Watchdog::default();
        let (missed, is_missed) = channel();
        let watch = watchdog.watch(move || missed.send(()).unwrap());
        assert!(watch.expect_end_within(Duration::from_secs(3600)) && watch.end());
        assert!(watch.expect_end_within(Duration::ZERO));
        is_missed.recv().unwrap();
        assert!(watch.is_missed() && !watch.end() && !watch.expect_end_within(Duration::from_secs(1)));
        assert!(is_missed.recv().is_err(), "what is called is dropped afterwards");
    }

    #[test]
    fn abandoned_threads_count_until_they_end() {
        let watchdog = Watchdog::default();
        let watches: Vec<_> = (0..super::MOST_ABANDONED)
            .map(|_| {
                let (missed, is_missed) = channel();
                let watch = watchdog.watch(move || missed.send(()).unwrap());
                assert!(!watchdog.has_too_many());
                watch.expect_end_within(Duration::ZERO);
                (watch, is_missed)
            })
            .collect();
        watches.iter().for_each(|(_, is_missed)| is_missed.recv().unwrap());
        assert!(watchdog.has_too_many());
        drop(watches);
        // The watchdog may be looking at one of them.
        while watchdog.has_too_many() {
            std::thread::yield_now();
        }
    }
}

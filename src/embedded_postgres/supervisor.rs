//! Keeps the server running, and stops it.

use std::path::Path;
use std::process::{Child, ChildStdin};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::process::Signal;

use super::deadline::Deadline;
use super::directory::Directory;
use super::error::EmbeddedPostgresError;
use super::postmaster;
use super::server_command::ServerCommand;

/// A server that crashed replays its log first, which can take long.
const START_TIMEOUT: Duration = Duration::from_secs(120);
const STOP_TIMEOUT: Duration = Duration::from_secs(20);
const KILL_TIMEOUT: Duration = Duration::from_secs(10);
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Watches the server from a thread of its own, and restarts it when it ends.
pub(super) struct Supervisor {
    state: Arc<(Mutex<State>, Condvar)>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct State {
    /// Closing it stops the server.
    pipe: Option<ChildStdin>,
    is_stopping: bool,
}

impl Supervisor {
    /// Starts the server and waits until it accepts connections.
    pub fn start(command: ServerCommand, directory: &Directory) -> Result<Self, EmbeddedPostgresError> {
        let mut child = command.spawn(directory)?;
        let pipe = child.stdin.take();
        let mut has_ended = false;
        let is_settled = || {
            has_ended = !matches!(child.try_wait(), Ok(None));
            has_ended || postmaster::accepts(directory)
        };
        if !Deadline::after(START_TIMEOUT).wait_until(is_settled) || has_ended {
            drop(pipe);
            end(&mut child, directory.root());
            return Err(directory.start_error());
        }
        let state = Arc::new((Mutex::new(State { pipe, is_stopping: false }), Condvar::new()));
        let shared = Arc::clone(&state);
        let thread = thread::spawn(move || supervise(&command, child, &shared));
        Ok(Self { state, thread: Some(thread) })
    }

    /// Stops the server and waits until it has ended.
    pub fn stop(&mut self) {
        {
            let mut state = locked(&self.state.0);
            state.is_stopping = true;
            state.pipe = None;
            self.state.1.notify_all();
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn supervise(command: &ServerCommand, mut child: Child, state: &(Mutex<State>, Condvar)) {
    let mut pause = FIRST_PAUSE;
    loop {
        let healthy_after = Deadline::after(Duration::from_secs(60));
        wait_or_stop(&mut child, command.root(), state);
        if locked(&state.0).is_stopping {
            return;
        }
        if healthy_after.has_passed() {
            pause = FIRST_PAUSE;
        }
        tracing::error!(log = %command.log().display(), "The embedded database ended unexpectedly; restarting it");
        loop {
            let guard = locked(&state.0);
            let (mut guard, _) = state
                .1
                .wait_timeout_while(guard, pause, |state| !state.is_stopping)
                .unwrap_or_else(PoisonError::into_inner);
            if guard.is_stopping {
                return;
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
            match command.respawn() {
                Ok(mut next) => {
                    guard.pipe = next.stdin.take();
                    child = next;
                    break;
                }
                Err(error) => tracing::error!(error = %error, "Could not restart the embedded database; trying again"),
            }
        }
    }
}

/// Waits for the child to end by itself, or for a stop to begin and then for the end.
fn wait_or_stop(child: &mut Child, root: &Path, state: &(Mutex<State>, Condvar)) {
    while let Ok(None) = child.try_wait() {
        let guard = locked(&state.0);
        let pause = Duration::from_millis(50);
        let waited = state.1.wait_timeout_while(guard, pause, |state| !state.is_stopping);
        let (guard, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if guard.is_stopping {
            drop(guard);
            return end(child, root);
        }
    }
}

/// Waits with a timeout for a server that is stopping, then sends it a stronger signal each time.
fn end(child: &mut Child, root: &Path) {
    let mut has_ended = || !matches!(child.try_wait(), Ok(None));
    let mut timeout = STOP_TIMEOUT;
    for signal in [Signal::QUIT, Signal::KILL] {
        if Deadline::after(timeout).wait_until(&mut has_ended) {
            return;
        }
        tracing::error!("The embedded database does not stop; killing it");
        postmaster::signal_all(root, signal);
        timeout = KILL_TIMEOUT;
    }
    Deadline::after(timeout).wait_until(has_ended);
}

fn locked(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

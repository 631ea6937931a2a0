//! Keeping the server alive for as long as we live, and no longer.
//!
//! Our child is a shell that holds the reading end of a pipe from us and has Postgres as its own child. The kernel closes
//! the pipe when we end, however that happens; then the shell asks Postgres to stop. When Postgres ends, so does the shell,
//! which is how we notice. No signal handler and no `unsafe` is needed for either.

use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use std::os::unix::process::CommandExt as _;

use rustix::process::Signal;

use super::Options;
use super::account::Account;
use super::binaries::Binaries;
use super::deadline::Deadline;
use super::directory::Directory;
use super::error::EmbeddedPostgresError;
use super::postmaster;

/// A background job of a shell reads from /dev/null, hence the detour over descriptor 3, which Postgres must not inherit.
/// It also ignores SIGINT until it sets up a handler, so that SIGTERM goes first, which ends it before it has one and means
/// less than SIGINT afterwards. The watcher ends with Postgres: `kill` of a finished watcher is harmless.
const SCRIPT: &str = r#"
exec 3<&0 </dev/null
"$@" 3<&- &
server=$!
{ read -r _ <&3; kill -TERM "$server"; kill -INT "$server"; } >/dev/null 2>&1 &
watcher=$!
exec 3<&-
wait "$server"
status=$?
kill "$watcher" 2>/dev/null
wait "$watcher" 2>/dev/null
exit "$status"
"#;

/// Recovery after a crash replays the log first, which can take its time.
const START_TIMEOUT: Duration = Duration::from_secs(120);
const STOP_TIMEOUT: Duration = Duration::from_secs(20);
const KILL_TIMEOUT: Duration = Duration::from_secs(10);
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How to start the server.
pub(super) struct ServerCommand {
    postgres: PathBuf,
    root: PathBuf,
    data: PathBuf,
    log: PathBuf,
    account: Option<Account>,
    settings: Vec<(String, String)>,
}

impl ServerCommand {
    pub fn new(binaries: &Binaries, directory: &Directory, account: Option<Account>, options: &Options) -> Self {
        let mut settings = vec![
            ("listen_addresses".to_owned(), String::new()),
            ("unix_socket_directories".to_owned(), directory.socket_directory().to_string_lossy().into_owned()),
            ("shared_buffers".to_owned(), "64MB".to_owned()),
            // Compiling costs more than any of our statements.
            ("jit".to_owned(), "off".to_owned()),
        ];
        if !options.durable {
            // Not `synchronous_commit`: without it even a killed server forgets what it had committed.
            for name in ["fsync", "full_page_writes"] {
                settings.push((name.to_owned(), "off".to_owned()));
            }
        }
        settings.extend(options.settings.iter().cloned());
        let (root, data, log) = (directory.root().to_path_buf(), directory.data(), directory.log());
        Self { postgres: binaries.postgres(), root, data, log, account, settings }
    }

    fn spawn(&self, directory: &Directory) -> Result<Child, EmbeddedPostgresError> {
        let log = directory.open_log()?;
        let errors = log.try_clone().map_err(EmbeddedPostgresError::file("could not write", &self.log))?;
        self.command(log.into(), errors.into())
            .spawn()
            .map_err(EmbeddedPostgresError::file("could not run", &self.postgres))
    }

    fn respawn(&self) -> std::io::Result<Child> {
        let log = std::fs::OpenOptions::new().append(true).open(&self.log)?;
        let errors = log.try_clone()?;
        self.command(log.into(), errors.into()).spawn()
    }

    fn command(&self, log: Stdio, errors: Stdio) -> Command {
        let mut command = watched(&self.postgres, self.account.as_ref());
        command.arg("-D").arg(&self.data);
        for (name, value) in &self.settings {
            command.arg("-c").arg(format!("{name}={value}"));
        }
        // Postgres does not start while its old process id is somebody's, be it ours: after a restart of a container it
        // often is. The one id that it overlooks is its grandparent's. Removing the file instead would also remove the check
        // that no child of the old server still uses the data.
        if let Some(pid) = postmaster::stale(&self.root) {
            command.env("PG_GRANDPARENT_PID", pid.to_string());
        }
        command.current_dir(&self.data).stdout(log).stderr(errors);
        command
    }
}

/// A command that runs `program` as `account` for as long as the other end of its standard input is open.
pub(super) fn watched(program: &Path, account: Option<&Account>) -> Command {
    let mut command = Command::new("/bin/sh");
    command.arg("-c").arg(SCRIPT).arg("heirloom-postgres").arg(program);
    bare_environment(&mut command);
    Account::apply(account, &mut command);
    // A group of its own: Ctrl-C in a terminal is for us, and we stop Postgres when our requests are answered.
    command.process_group(0).stdin(Stdio::piped());
    command
}

/// Nothing of our environment, which may hold secrets, reaches Postgres.
pub(super) fn bare_environment(command: &mut Command) {
    command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").env("LC_ALL", "C").env("TZ", "UTC");
}

/// Watches over the server from a thread of its own, and starts it again when it dies.
pub(super) struct Supervisor {
    state: Arc<(Mutex<State>, Condvar)>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct State {
    /// Closing it asks the server to stop.
    pipe: Option<ChildStdin>,
    is_stopping: bool,
}

impl Supervisor {
    /// Starts the server and waits until it takes connections.
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

    /// Stops the server and waits until it is gone.
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
        wait_or_stop(&mut child, &command.root, state);
        if locked(&state.0).is_stopping {
            return;
        }
        if healthy_after.has_passed() {
            pause = FIRST_PAUSE;
        }
        tracing::error!(log = %command.log.display(), "The embedded database ended unexpectedly; starting it again");
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
                Err(error) => {
                    tracing::error!(error = %error, "The embedded database could not be started; trying again")
                }
            }
        }
    }
}

/// Waits for the child to end by itself, or for stopping to begin and then for its end.
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

/// Waits with a bound for a server that has been asked to stop, then tells it less and less politely.
fn end(child: &mut Child, root: &Path) {
    let mut has_ended = || !matches!(child.try_wait(), Ok(None));
    let mut timeout = STOP_TIMEOUT;
    for signal in [Signal::QUIT, Signal::KILL] {
        if Deadline::after(timeout).wait_until(&mut has_ended) {
            return;
        }
        tracing::error!("The embedded database does not stop; ending it");
        postmaster::signal_all(root, signal);
        timeout = KILL_TIMEOUT;
    }
    Deadline::after(timeout).wait_until(has_ended);
}

fn locked(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

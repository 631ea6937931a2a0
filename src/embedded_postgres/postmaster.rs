//! What `postmaster.pid` tells of a server, and getting rid of one that a killed process left behind.

use std::fs;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use super::deadline::Deadline;
use super::directory::Directory;
use super::error::EmbeddedPostgresError;

/// A server as its `postmaster.pid` describes it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Postmaster {
    pub pid: u32,
    /// It says itself that it takes connections.
    pub is_ready: bool,
}

/// What is known of the server of `directory`, if one says that it runs.
pub(super) fn read(directory: &Directory) -> Option<Postmaster> {
    parse(&fs::read_to_string(directory.data().join("postmaster.pid")).ok()?)
}

/// Lines: pid, data directory, start time, port, socket directory, listen address, shared memory, status.
fn parse(text: &str) -> Option<Postmaster> {
    let mut lines = text.lines();
    let pid = lines.next()?.trim().parse().ok().filter(|&pid| pid > 1)?;
    Some(Postmaster { pid, is_ready: lines.nth(6).is_some_and(|status| status.trim() == "ready") })
}

/// Whether the server of `directory` takes connections.
pub(super) fn accepts(directory: &Directory) -> bool {
    read(directory).is_some_and(|postmaster| postmaster.is_ready) && UnixStream::connect(directory.socket()).is_ok()
}

/// Waits for a server that a killed process left behind, and asks it to stop if it does not go by itself. We hold the
/// directory's lock, so that it can be nobody else's.
pub(super) fn stop_leftover(directory: &Directory) -> Result<(), EmbeddedPostgresError> {
    let Some(Postmaster { pid, .. }) = read(directory) else { return Ok(()) };
    let data = directory.data();
    if !is_postgres_of(pid, &data) {
        return Ok(());
    }
    let is_gone = || !is_postgres_of(pid, &data);
    let patience = Duration::from_secs(10);
    if Deadline::after(Duration::from_secs(1)).wait_until(is_gone) {
        return Ok(());
    }
    for signal in [Signal::INT, Signal::QUIT] {
        if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
            let _ = kill_process(pid, signal);
        }
        if Deadline::after(patience).wait_until(is_gone) {
            return Ok(());
        }
    }
    Err(EmbeddedPostgresError::LeftoverStays { directory: directory.root().to_path_buf(), pid })
}

/// Process ids are used again, so that one which lives need not be the server that the file speaks of.
fn is_postgres_of(pid: u32, data: &Path) -> bool {
    match fs::read(format!("/proc/{pid}/cmdline")) {
        Ok(command) => {
            let mut words = command.split(|&byte| byte == 0);
            words.any(|word| word == data.as_os_str().as_encoded_bytes())
        }
        Err(_) if Path::new("/proc/self").exists() => false,
        // No /proc: believe the file, as Postgres itself does.
        Err(_) => i32::try_from(pid).ok().and_then(Pid::from_raw).is_some_and(|pid| test_kill_process(pid).is_ok()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Postmaster, parse};

    #[test]
    fn the_file_is_read_in_every_state() {
        let ready = "4242\n/data\n1700000000\n5432\n/run\n\n  1234  56\nready   \n";
        assert_eq!(parse(ready), Some(Postmaster { pid: 4242, is_ready: true }));
        let starting = ready.replace("ready   ", "starting");
        assert_eq!(parse(&starting), Some(Postmaster { pid: 4242, is_ready: false }));
        assert_eq!(parse("4242\n/data\n"), Some(Postmaster { pid: 4242, is_ready: false }));
        assert_eq!(parse(""), None);
        assert_eq!(parse("-1\n"), None);
        assert_eq!(parse("1\n"), None);
    }
}

//! Reading `postmaster.pid`, and stopping a server that a killed process left behind.

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
struct Postmaster {
    pid: u32,
    /// Whether it reports that it accepts connections.
    is_ready: bool,
}

/// The server of the directory `root`, if its file says that there is one.
fn read(root: &Path) -> Option<Postmaster> {
    parse(&fs::read_to_string(root.join("data/postmaster.pid")).ok()?)
}

/// Lines: pid, data directory, start time, port, socket directory, listen address, shared memory, status.
fn parse(text: &str) -> Option<Postmaster> {
    let mut lines = text.lines();
    let pid = lines.next()?.trim().parse().ok().filter(|&pid| pid > 1)?;
    Some(Postmaster { pid, is_ready: lines.nth(6).is_some_and(|status| status.trim() == "ready") })
}

/// Whether the server of `directory` accepts connections.
pub(super) fn accepts(directory: &Directory) -> bool {
    read(directory.root()).is_some_and(|postmaster| postmaster.is_ready)
        && UnixStream::connect(directory.socket()).is_ok()
}

/// The process id of the server of `root`, if it is running: a killed one leaves its file behind.
pub(super) fn running(root: &Path) -> Option<u32> {
    read(root).map(|postmaster| postmaster.pid).filter(|&pid| living_in(root).contains(&pid))
}

/// The process id that a killed server of `root` left in its file. Another process may have it by now.
pub(super) fn stale(root: &Path) -> Option<u32> {
    read(root).map(|postmaster| postmaster.pid).filter(|pid| !living_in(root).contains(pid))
}

/// Waits for what a killed process left running in `root`, and stops it if it does not stop by itself. We hold the
/// directory's lock, so no other process can need it.
pub(super) fn stop_leftover(root: &Path) -> Result<(), EmbeddedPostgresError> {
    let is_gone = || living_in(root).is_empty();
    if Deadline::after(Duration::from_secs(1)).wait_until(is_gone) {
        return Ok(());
    }
    for signal in [Signal::INT, Signal::QUIT] {
        signal_all(root, signal);
        if Deadline::after(Duration::from_secs(10)).wait_until(is_gone) {
            return Ok(());
        }
    }
    match living_in(root).first() {
        Some(&pid) => Err(EmbeddedPostgresError::LeftoverStays { directory: root.to_path_buf(), pid }),
        None => Ok(()),
    }
}

/// SIGINT is a fast shutdown and SIGQUIT an immediate one, for the server and for its children.
pub(super) fn signal_all(root: &Path, signal: Signal) {
    for pid in living_in(root).into_iter().filter_map(as_pid) {
        let _ = kill_process(pid, signal);
    }
}

/// The processes of Postgres that work in `root`: a server and its children, which can outlive it, or an `initdb`. A process
/// id alone does not identify them, because the system reuses ids.
fn living_in(root: &Path) -> Vec<u32> {
    let (Ok(_), Ok(processes)) = (fs::read_link("/proc/self/cwd"), fs::read_dir("/proc")) else {
        // No /proc, or an empty one: trust the file, as Postgres itself does.
        let pid = read(root).map(|postmaster| postmaster.pid);
        return pid.filter(|&pid| as_pid(pid).is_some_and(|pid| test_kill_process(pid).is_ok())).into_iter().collect();
    };
    let is_ours = |pid: &u32| {
        let process = Path::new("/proc").join(pid.to_string());
        fs::read_link(process.join("cwd")).is_ok_and(|directory| directory.starts_with(root))
            && fs::read_to_string(process.join("comm"))
                .is_ok_and(|name| name.contains("postgres") || name.contains("initdb"))
    };
    processes.flatten().filter_map(|process| process.file_name().to_str()?.parse().ok()).filter(is_ours).collect()
}

fn as_pid(pid: u32) -> Option<Pid> {
    i32::try_from(pid).ok().and_then(Pid::from_raw)
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

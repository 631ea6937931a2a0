//! What runs on this machine, read from `/proc`, and waiting for it to change.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};

/// Longer than anything here takes on a busy machine; a test that fails waits it out.
pub const TIMEOUT: Duration = Duration::from_secs(30);

/// Waits until `is_so`, and fails with `what` when it does not come to be.
#[expect(clippy::disallowed_methods, reason = "processes are waited for on the machine's clock, with a bound")]
pub fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + TIMEOUT;
    while !is_so() {
        assert!(Instant::now() < deadline, "still not so: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Every process that names `directory` in its command line or works in it: servers, their children, shells, `initdb`.
pub fn living_in(directory: &Path) -> Vec<String> {
    let text = directory.to_str().unwrap();
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        let command = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let command = String::from_utf8_lossy(&command).replace('\0', " ");
        let works_there = fs::read_link(entry.path().join("cwd")).is_ok_and(|cwd| cwd.starts_with(directory));
        if works_there || command.contains(text) {
            found.push(format!("{pid}: {command}"));
        }
    }
    found
}

pub fn wait_until_nobody_lives_in(directory: &Path) {
    let mut left = Vec::new();
    eventually("nobody is left in the directory", || {
        left = living_in(directory);
        left.is_empty()
    });
}

/// Whether `pid` runs, or has died and its parent does not know yet.
pub fn exists(pid: u32) -> bool {
    Path::new("/proc").join(pid.to_string()).exists()
}

/// The process group of `pid`: the fifth field of its `stat`, counted after the name, which may hold spaces.
pub fn group_of(pid: u32) -> u32 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let (_, after_name) = stat.rsplit_once(')').unwrap();
    after_name.split_whitespace().nth(2).unwrap().parse().unwrap()
}

pub fn parent_of(pid: u32) -> u32 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let (_, after_name) = stat.rsplit_once(')').unwrap();
    after_name.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// `kill -9`.
pub fn kill(pid: u32) {
    let pid = Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    rustix::process::kill_process(pid, Signal::KILL).unwrap();
}

//! Processes of Postgres that stop and go on, as on a machine that is suspended. Its kernel keeps every connection.

use std::fs;

use rustix::process::{Pid, Signal, kill_process};

use super::postgres::TestDatabase;

/// They go on when this is dropped.
pub struct Frozen(Vec<Pid>);

impl TestDatabase {
    /// Stops the whole server, which has to be this database's alone.
    pub fn freezes(&self) -> Frozen {
        assert!(self.is_alone(), "other tests use this server");
        let pid = "SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1) AS word";
        let postmaster: i32 = self.reads(pid)[0].parse().unwrap();
        Frozen::these([postmaster].into_iter().chain(children_of(postmaster)))
    }

    /// Stops the processes that serve connections. The server accepts others. It has to be this database's alone too: a process
    /// may stop with a lock that concerns all databases.
    pub fn freezes_connections(&self) -> Frozen {
        assert!(self.is_alone(), "other tests use this server");
        let serving = "SELECT pid::text AS word FROM pg_stat_activity \
                       WHERE datname = current_database() AND pid <> pg_backend_pid()";
        Frozen::these(self.reads(serving).into_iter().map(|pid| pid.parse().unwrap()))
    }
}

impl Frozen {
    fn these(pids: impl Iterator<Item = i32>) -> Self {
        let pids: Vec<Pid> = pids.map(|pid| Pid::from_raw(pid).unwrap()).collect();
        // One that has ended needs no signal.
        for &pid in &pids {
            let _ = kill_process(pid, Signal::STOP);
        }
        Self(pids)
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        for &pid in &self.0 {
            let _ = kill_process(pid, Signal::CONT);
        }
    }
}

fn children_of(postmaster: i32) -> Vec<i32> {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let child = |entry: fs::DirEntry| {
        let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
        // The name before it may have any character.
        let parent: i32 = stat.rsplit(") ").next()?.split(' ').nth(1)?.parse().ok()?;
        (parent == postmaster).then(|| entry.file_name().to_str()?.parse().ok())?
    };
    entries.filter_map(child).collect()
}

//! How many files, and so connections, the process may have open.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Some systems set no hard limit. Programs that we start may go through all numbers up to the soft one.
const ENOUGH: u64 = 1 << 20;

/// Raises the soft limit of open files to the hard one, and returns what holds then.
pub fn raise_limit() -> u64 {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = maximum.unwrap_or(ENOUGH).min(ENOUGH);
    // Without a number there is no limit.
    let Some(current) = current.filter(|&current| current < wanted) else { return current.unwrap_or(ENOUGH) };
    match setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum }) {
        Ok(()) => wanted,
        Err(error) => {
            tracing::warn!(%error, current, wanted, "Could not raise the limit of open files");
            current
        }
    }
}

//! The limit of open files, which is also a limit of connections.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// The most that is used if the system has no hard limit. Some programs close all descriptors up to the soft limit when
/// they start.
const MOST: u64 = 1 << 20;

/// Raises the soft limit of open files to the hard limit. Returns the limit that then applies.
pub fn raise_limit() -> u64 {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = maximum.unwrap_or(MOST).min(MOST);
    // `None` is no limit.
    let Some(current) = current.filter(|&current| current < wanted) else { return current.unwrap_or(MOST) };
    match setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum }) {
        Ok(()) => wanted,
        Err(error) => {
            tracing::warn!(%error, current, wanted, "Could not raise the limit of open files");
            current
        }
    }
}

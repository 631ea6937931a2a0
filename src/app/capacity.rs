//! How many connections the limit of open files leaves room for.

use std::thread::available_parallelism;

use super::StartError;
use crate::config::Config;
use crate::connections::{Connections, Limits, descriptors};

/// What a process without clients has open: standard streams, listening sockets, the log, what is read from `/proc`.
const OWN: usize = 48;

/// An event loop with what wakes it.
const OF_A_WORKER: usize = 8;

/// Of the admin address: a few monitors, each with a connection that is kept alive.
const ADMIN: usize = 32;

/// Without the setting there are no more connections than this, however many files may be open: each takes memory.
const MOST_BY_DEFAULT: usize = 10_000;

/// With fewer, some would be refused before anybody attacks.
const FEWEST: usize = 16;

/// As many workers as there are cores; the framework takes no more.
const MOST_WORKERS: usize = 512;

/// What a process has room for.
pub(super) struct Capacity {
    pub workers: usize,
    pub public: Limits,
    pub admin: Limits,
}

impl Capacity {
    /// Raises the limit of open files as far as it may be, and shares them out.
    ///
    /// # Errors
    /// [`StartError::TooManyConnections`] if the setting asks for more than that.
    pub(super) fn of(config: &Config) -> Result<Self, StartError> {
        let workers = available_parallelism().map_or(1, usize::from).min(MOST_WORKERS);
        let files = descriptors::raise_limit();
        let database = config.database.connections as usize + config.database.rotation_workers.get() + 2;
        let reserved = OWN + database + (workers + 1) * OF_A_WORKER + Connections::sockets(ADMIN);
        let left = usize::try_from(files).unwrap_or(usize::MAX).saturating_sub(reserved);
        let most = Connections::limit_of(left).max(FEWEST);
        let all = match config.connections.max {
            Some(wanted) if wanted.get() > most => {
                return Err(StartError::TooManyConnections { wanted: wanted.get(), files, most });
            }
            Some(wanted) => wanted.get(),
            None => most.min(MOST_BY_DEFAULT),
        };
        // A quarter, so that four clients are needed to have them all.
        let per_address = config.connections.max_per_address.map_or((all / 4).max(FEWEST), usize::from).min(all);
        let trusted_proxies = config.throttle.trusted_proxies.clone();
        Ok(Self {
            workers,
            public: Limits { all, per_address, trusted_proxies },
            admin: Limits { all: ADMIN, per_address: ADMIN, trusted_proxies: Vec::new() },
        })
    }
}

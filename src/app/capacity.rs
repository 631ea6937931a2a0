//! How many connections the limit of open files allows.

use std::thread::available_parallelism;

use super::error::StartError;
use crate::config::Config;
use crate::connections::{Connections, Limits, descriptors};
use crate::domain::policy::ServiceApi;

/// Files that a process without clients has open: standard streams, listening sockets, `/proc`.
const PROCESS: usize = 48;

/// The event loop of a worker, and what wakes it.
const WORKER: usize = 8;

/// Connections of the database beside the pool and the rotation batcher: notifications, and one that replaces another.
const DATABASE: usize = 2;

/// Connections of the admin address where monitoring is its only client.
const ADMIN: usize = 32;

/// The same where backends use the service API there. Each consumer of a feed holds one.
const MOST_OF_BACKENDS: usize = 2_048;

/// Limits the memory for connections where the limit of open files is high.
const MOST_BY_DEFAULT: usize = 10_000;

/// Used even if the limit of open files does not allow it.
const LEAST: usize = 16;

/// actix starts no more workers.
const MOST_WORKERS: usize = 512;

/// What this process can serve at a time.
pub(super) struct Capacity {
    pub workers: usize,
    pub public: Limits,
    pub admin: Limits,
}

impl Capacity {
    /// Raises the limit of open files, and divides it.
    ///
    /// # Errors
    /// [`StartError::TooManyConnections`] if the limit does not allow the number in the settings.
    pub(super) fn of(config: &Config) -> Result<Self, StartError> {
        let workers = available_parallelism().map_or(1, usize::from).min(MOST_WORKERS);
        let files = descriptors::raise_limit();
        let database = config.database.connections as usize + config.database.rotation_workers.get() + DATABASE;
        let reserved = PROCESS + database + (workers + 1) * WORKER;
        let left = usize::try_from(files).unwrap_or(usize::MAX).saturating_sub(reserved);
        let admin = match config.service_api {
            ServiceApi::Admin => Connections::limit_for(left / 8).clamp(ADMIN, MOST_OF_BACKENDS),
            ServiceApi::Public | ServiceApi::Off => ADMIN,
        };
        let left = left.saturating_sub(Connections::sockets(admin));
        let most = Connections::limit_for(left).max(LEAST);
        let all = match config.connections.max {
            Some(wanted) if wanted.get() > most => {
                return Err(StartError::TooManyConnections { wanted: wanted.get(), files, most });
            }
            Some(wanted) => wanted.get(),
            None => most.min(MOST_BY_DEFAULT),
        };
        let per_address = config.connections.max_per_address.map_or((all / 4).max(LEAST), usize::from).min(all);
        let trusted_proxies = config.throttle.trusted_proxies.clone();
        Ok(Self {
            workers,
            public: Limits { all, per_address, trusted_proxies },
            admin: Limits { all: admin, per_address: admin, trusted_proxies: Vec::new() },
        })
    }
}

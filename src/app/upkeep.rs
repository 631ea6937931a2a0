//! The loops of the upkeep, as tasks.

use std::sync::Arc;

use tokio::task::JoinHandle;

use crate::service::Components;

/// The tasks run until this is dropped.
pub(super) struct Upkeep(Vec<JoinHandle<()>>);

impl Upkeep {
    /// Starts every loop, on the runtime of the caller.
    pub fn start(components: &Components) -> Self {
        let background_writes = Arc::clone(&components.background_writes);
        let ended_sessions = Arc::clone(&components.ended_sessions);
        let pruner = Arc::clone(&components.pruner);
        let outbox = Arc::clone(&components.outbox);
        Self(vec![
            tokio::spawn(async move { background_writes.run().await }),
            tokio::spawn(async move { ended_sessions.run().await }),
            tokio::spawn(async move { pruner.run().await }),
            tokio::spawn(async move { outbox.run().await }),
        ])
    }
}

impl Drop for Upkeep {
    fn drop(&mut self) {
        self.0.iter().for_each(JoinHandle::abort);
    }
}

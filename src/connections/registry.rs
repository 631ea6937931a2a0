//! The open connections, and since when each has waited for its client.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::Waker;

use futures_util::task::AtomicWaker;

use super::network::Network;

/// The connection does not wait for its client.
const BUSY: u64 = u64::MAX;

/// What other threads can see of a connection.
pub(super) struct Slot {
    network: Option<Network>,
    /// In milliseconds since the server started, or [`BUSY`].
    waits_since: AtomicU64,
    has_to_close: AtomicBool,
    waker: AtomicWaker,
}

impl Slot {
    /// Of a client that counts for `network`, if it counts for any.
    pub(super) fn new(network: Option<Network>) -> Arc<Self> {
        let (waits_since, has_to_close) = (AtomicU64::new(BUSY), AtomicBool::new(false));
        Arc::new(Self { network, waits_since, has_to_close, waker: AtomicWaker::new() })
    }

    pub(super) fn waits_since(&self, milliseconds: u64) {
        self.waits_since.store(milliseconds.min(BUSY - 1), Ordering::Relaxed);
    }

    pub(super) fn is_busy(&self) {
        self.waits_since.store(BUSY, Ordering::Relaxed);
    }

    pub(super) fn register(&self, waker: &Waker) {
        self.waker.register(waker);
    }

    pub(super) fn has_to_close(&self) -> bool {
        self.has_to_close.load(Ordering::Acquire)
    }

    /// Withdraws the request to close. Returns whether there was one.
    pub(super) fn stays_open(&self) -> bool {
        self.has_to_close.swap(false, Ordering::AcqRel)
    }

    fn close(&self) {
        self.has_to_close.store(true, Ordering::Release);
        self.waker.wake();
    }
}

/// The connections that stay open. One that has to close is no longer counted.
#[derive(Default)]
pub(super) struct Registry {
    slots: HashMap<u64, Arc<Slot>>,
    by_network: HashMap<Network, usize>,
    next_id: u64,
}

impl Registry {
    pub(super) fn count(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn count_of(&self, network: Option<Network>) -> usize {
        network.and_then(|network| self.by_network.get(&network)).copied().unwrap_or_default()
    }

    /// Adds a connection. Returns its id.
    pub(super) fn add(&mut self, slot: &Arc<Slot>) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        self.insert(id, slot);
        id
    }

    pub(super) fn insert(&mut self, id: u64, slot: &Arc<Slot>) {
        if self.slots.insert(id, Arc::clone(slot)).is_none()
            && let Some(network) = slot.network
        {
            *self.by_network.entry(network).or_default() += 1;
        }
    }

    pub(super) fn remove(&mut self, id: u64) -> Option<Arc<Slot>> {
        let slot = self.slots.remove(&id)?;
        if let Some(network) = slot.network
            && let Some(count) = self.by_network.get_mut(&network)
        {
            *count -= 1;
            if *count == 0 {
                self.by_network.remove(&network);
            }
        }
        Some(slot)
    }

    /// Closes up to `count` connections, those that have waited longest for their client: of `network`, or with `None` of
    /// all. Returns whether it closed any.
    pub(super) fn close_longest_waiting(&mut self, count: usize, network: Option<Network>) -> bool {
        let is_meant = |slot: &Slot| network.is_none() || slot.network == network;
        let meant = self.slots.iter().filter(|(_, slot)| is_meant(slot));
        let times = meant.map(|(id, slot)| (slot.waits_since.load(Ordering::Relaxed), *id));
        let mut waiting: Vec<(u64, u64)> = times.filter(|(since, _)| *since != BUSY).collect();
        let count = count.min(waiting.len());
        if count == 0 {
            return false;
        }
        waiting.select_nth_unstable(count - 1);
        for (_, id) in &waiting[..count] {
            if let Some(slot) = self.remove(*id) {
                slot.close();
            }
        }
        true
    }
}

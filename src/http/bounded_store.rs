//! Where the limits of addresses are kept: in memory, and in bounded memory whoever floods it with addresses.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use governor::nanos::Nanos;
use governor::state::StateStore;

const SHARDS: usize = 16;

/// Addresses held in each shard at most, at some 70 bytes each: 5 MB in all.
const SHARD_LIMIT: usize = 4_096;

/// For each address the time at which it will have used up nothing. When a shard is full, the half of its addresses that
/// have used up the least makes room: most of them nothing any more. An address that has used up much is forgotten only
/// where thousands of others have used up as much.
pub(super) struct BoundedStore {
    shards: [Mutex<HashMap<IpAddr, Nanos>>; SHARDS],
    hasher: RandomState,
}

impl Default for BoundedStore {
    fn default() -> Self {
        Self { shards: Default::default(), hasher: RandomState::new() }
    }
}

impl StateStore for BoundedStore {
    type Key = IpAddr;

    fn measure_and_replace<T, F, E>(&self, address: &IpAddr, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let at = usize::try_from(self.hasher.hash_one(address) % SHARDS as u64).unwrap_or(0);
        let mut shard = self.shards[at].lock().unwrap_or_else(PoisonError::into_inner);
        let known = shard.get(address).copied();
        let (outcome, next) = measure(known)?;
        if known.is_none() && shard.len() >= SHARD_LIMIT {
            make_room(&mut shard);
        }
        shard.insert(*address, next);
        Ok(outcome)
    }
}

fn make_room(shard: &mut HashMap<IpAddr, Nanos>) {
    let mut times: Vec<Nanos> = shard.values().copied().collect();
    let middle = times.len() / 2;
    let (_, &mut median, _) = times.select_nth_unstable(middle);
    shard.retain(|_, time| *time > median);
}

#[cfg(test)]
impl BoundedStore {
    pub const LIMIT: usize = SHARDS * SHARD_LIMIT;

    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().unwrap().len()).sum()
    }

    pub fn capacity(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().unwrap().capacity()).sum()
    }
}

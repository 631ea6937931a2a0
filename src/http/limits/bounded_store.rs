//! The memory of the rate limits. It is bounded, however many addresses send requests.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use governor::nanos::Nanos;
use governor::state::StateStore;

const SHARDS: usize = 16;

/// Each shard holds at most this many addresses of about 70 bytes: 5 MB in all.
const SHARD_LIMIT: usize = 4_096;

/// For each address, the time at which its whole quota is free again. When a shard is full, it forgets the half of its
/// addresses that have used the least, most of which have their whole quota again. It forgets an address that has used
/// much only when thousands of others have used as much.
pub struct BoundedStore {
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

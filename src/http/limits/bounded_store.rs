//! The memory of a rate limit. It is bounded, however many addresses send requests.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::quota::Quota;
use crate::domain::network::Network;

const SHARDS: usize = 16;

/// Each shard holds at most this many networks of about 70 bytes: 5 MB in all.
const SHARD_LIMIT: usize = 4_096;

/// For each network, the time at which its whole quota is free again. When a shard is full, it forgets the half of its
/// networks that have used the least of their quota, most of which have the whole again. It forgets a network that has used
/// much only when thousands of others have used as much.
pub struct BoundedStore {
    shards: [Mutex<HashMap<Network, Duration>>; SHARDS],
    hasher: RandomState,
}

impl Default for BoundedStore {
    fn default() -> Self {
        Self { shards: Default::default(), hasher: RandomState::new() }
    }
}

impl BoundedStore {
    /// Takes one request from the quota of each of these networks, or from none of them if one has too little. They are the
    /// networks of one address, widest last: all networks that may be named together are in one shard.
    ///
    /// # Errors
    /// How long to wait until every quota has a request again.
    pub fn take(&self, networks: &[(Network, Quota)], now: Duration) -> Result<(), Duration> {
        let Some((widest, _)) = networks.last() else { return Ok(()) };
        let at = usize::try_from(self.hasher.hash_one(widest) % SHARDS as u64).unwrap_or(0);
        let mut shard = self.shards[at].lock().unwrap_or_else(PoisonError::into_inner);
        let taken = networks.iter().map(|(network, quota)| quota.take(shard.get(network).copied(), now));
        let taken: Vec<Result<Duration, Duration>> = taken.collect();
        if let Some(wait) = taken.iter().filter_map(|taken| taken.err()).max() {
            return Err(wait);
        }
        if shard.len() + networks.len() > SHARD_LIMIT {
            make_room(&mut shard);
        }
        shard.extend(networks.iter().zip(taken).filter_map(|((network, _), taken)| Some((*network, taken.ok()?))));
        Ok(())
    }
}

fn make_room(shard: &mut HashMap<Network, Duration>) {
    let mut times: Vec<Duration> = shard.values().copied().collect();
    let middle = times.len() / 2;
    let (_, &mut median, _) = times.select_nth_unstable(middle);
    // A new table: the old one, full of deleted entries, would soon grow.
    *shard = std::mem::take(shard).into_iter().filter(|(_, time)| *time > median).collect();
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

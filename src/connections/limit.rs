//! How many connections there may be, and who gives way at the limit: the client that has been waited for the longest.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Duration;

use futures_util::task::AtomicWaker;
use ipnet::IpNet;
use tokio::time::Instant;

use super::network::Network;
use crate::metrics::{ConnectionMetrics, Cut};

/// At the limit this share of it gives way at once, so that not every new connection looks at all others.
const SHARE: usize = 32;

/// What is logged about a limit is logged once in so long.
const LOG_INTERVAL: Duration = Duration::from_secs(60);

/// How many connections there may be.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Of all clients. At least 1.
    pub all: usize,
    /// From one IPv4 address or IPv6 /64. At least 1.
    pub per_address: usize,
    /// Their connections are those of many clients, and only the limit of all holds for them.
    pub trusted_proxies: Vec<IpNet>,
}

/// The connections of one listening socket.
pub struct Connections {
    limits: Limits,
    metrics: ConnectionMetrics,
    began: Instant,
    open: Mutex<Open>,
}

/// Those that stay: who has been asked to give way is no longer counted.
#[derive(Default)]
struct Open {
    slots: HashMap<u64, Arc<Slot>>,
    by_network: HashMap<Network, usize>,
    next_id: u64,
    /// When which limit was last logged.
    logged: [Option<Instant>; 2],
}

/// What others may know of a connection.
struct Slot {
    network: Option<Network>,
    /// In milliseconds since the server began, or [`SERVED`].
    waits_since: AtomicU64,
    gives_way: AtomicBool,
    waker: AtomicWaker,
}

/// The client is not waited for.
const SERVED: u64 = u64::MAX;

#[derive(Clone, Copy)]
enum Limit {
    All,
    Address,
}

/// The right to be connected.
pub(super) struct Place {
    connections: Arc<Connections>,
    id: u64,
    slot: Arc<Slot>,
}

impl Connections {
    pub fn new(limits: Limits, metrics: ConnectionMetrics) -> Arc<Self> {
        metrics.limit(limits.all);
        Arc::new(Self { limits, metrics, began: Instant::now(), open: Mutex::default() })
    }

    /// How many sockets there may be at a time. Those that are being closed have to have room beside those that replace
    /// them.
    pub fn sockets(limit: usize) -> usize {
        limit + limit / 4 + 1
    }

    /// The limit that needs so many sockets at the most.
    pub fn limit_of(sockets: usize) -> usize {
        sockets.saturating_sub(1) / 5 * 4
    }

    /// What each of so many workers has at the most.
    pub fn sockets_of_a_worker(&self, workers: usize) -> usize {
        Self::sockets(self.limits.all).div_ceil(workers)
    }

    /// `None` where a limit is reached and nobody is waited for who could give way.
    pub(super) fn admit(self: &Arc<Self>, address: Option<IpAddr>) -> Option<Place> {
        let network =
            address.map(|address| address.to_canonical()).filter(|address| !self.is_trusted(*address)).map(Network::of);
        let mut open = self.open();
        let has_room = open.count(network) < self.limits.per_address || self.makes_room(&mut open, network);
        if !has_room || open.slots.len() >= self.limits.all && !self.makes_room(&mut open, None) {
            self.metrics.refused();
            return None;
        }
        let id = open.next_id;
        open.next_id += 1;
        let slot = Arc::new(Slot {
            network,
            waits_since: AtomicU64::new(SERVED),
            gives_way: AtomicBool::new(false),
            waker: AtomicWaker::new(),
        });
        open.insert(id, &slot);
        self.metrics.opened();
        Some(Place { connections: Arc::clone(self), id, slot })
    }

    fn is_trusted(&self, address: IpAddr) -> bool {
        self.limits.trusted_proxies.iter().any(|network| network.contains(&address))
    }

    /// Asks those that have been waited for the longest to give way, of one network or of all.
    fn makes_room(&self, open: &mut Open, network: Option<Network>) -> bool {
        let (limit, most) = match network {
            Some(_) => (Limit::Address, self.limits.per_address),
            None => (Limit::All, self.limits.all),
        };
        self.log(open, limit, most);
        let mut waiting: Vec<(u64, u64)> = open
            .slots
            .iter()
            .filter(|(_, slot)| network.is_none() || slot.network == network)
            .map(|(id, slot)| (slot.waits_since.load(Ordering::Relaxed), *id))
            .filter(|(since, _)| *since != SERVED)
            .collect();
        let count = waiting.len().min(1 + most / SHARE);
        if count == 0 {
            return false;
        }
        waiting.select_nth_unstable(count - 1);
        for (_, id) in &waiting[..count] {
            if let Some(slot) = open.remove(*id) {
                slot.gives_way.store(true, Ordering::Release);
                slot.waker.wake();
            }
        }
        true
    }

    fn log(&self, open: &mut Open, limit: Limit, most: usize) {
        let (last, now) = (&mut open.logged[limit as usize], Instant::now());
        if last.is_some_and(|last| now.duration_since(last) < LOG_INTERVAL) {
            return;
        }
        *last = Some(now);
        match limit {
            Limit::All => tracing::warn!(
                limit = most,
                "There are as many connections as HEIRLOOM_MAX_CONNECTIONS allows; those that waited longest for their \
                 client are closed"
            ),
            Limit::Address => tracing::warn!(
                limit = most,
                "An address has as many connections as HEIRLOOM_MAX_CONNECTIONS_PER_ADDRESS allows; those of them that \
                 waited longest are closed. If it is a proxy, list it in HEIRLOOM_TRUSTED_PROXIES"
            ),
        }
    }

    pub(super) fn cut(&self, reason: Cut) {
        self.metrics.cut(reason);
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn count(&self, network: Option<Network>) -> usize {
        network.and_then(|network| self.by_network.get(&network)).copied().unwrap_or_default()
    }

    fn insert(&mut self, id: u64, slot: &Arc<Slot>) {
        self.slots.insert(id, Arc::clone(slot));
        if let Some(network) = slot.network {
            *self.by_network.entry(network).or_default() += 1;
        }
    }

    fn remove(&mut self, id: u64) -> Option<Arc<Slot>> {
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
}

impl Place {
    pub(super) fn connections(&self) -> &Connections {
        &self.connections
    }

    /// Who is woken when this place is wanted.
    pub(super) fn register(&self, waker: &Waker) {
        self.slot.waker.register(waker);
    }

    pub(super) fn is_wanted(&self) -> bool {
        self.slot.gives_way.load(Ordering::Acquire)
    }

    /// The client has been waited for since then.
    pub(super) fn waits(&self, since: Instant) {
        let since = since.saturating_duration_since(self.connections.began).as_millis();
        self.slot.waits_since.store(u64::try_from(since).unwrap_or(SERVED - 1), Ordering::Relaxed);
    }

    /// A request is being served, so that this place is not given away.
    pub(super) fn is_used(&self) {
        self.slot.waits_since.store(SERVED, Ordering::Relaxed);
        // It was wanted while the request was on its way.
        if self.slot.gives_way.swap(false, Ordering::AcqRel) {
            self.connections.open().insert(self.id, &self.slot);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.connections.open().remove(self.id);
        self.connections.metrics.closed();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::{Connections, Limits, Place};
    use crate::metrics::Metrics;

    fn connections(all: usize, per_address: usize) -> Arc<Connections> {
        let trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
        Connections::new(Limits { all, per_address, trusted_proxies }, Metrics::new().connections("public"))
    }

    /// A connection from `address` whose client has been waited for since then.
    fn waiting(connections: &Arc<Connections>, address: &str, since: u64) -> Place {
        let place = used(connections, address).unwrap();
        place.waits(connections.began + Duration::from_secs(since));
        place
    }

    fn used(connections: &Arc<Connections>, address: &str) -> Option<Place> {
        connections.admit(Some(address.parse().unwrap()))
    }

    #[test]
    fn at_the_limit_the_client_that_was_waited_for_longest_gives_way() {
        let connections = connections(3, 3);
        let places = [3, 1, 2].map(|since| waiting(&connections, &format!("192.0.2.{since}"), since));
        assert!(used(&connections, "192.0.2.9").is_some());
        assert_eq!(places.each_ref().map(Place::is_wanted), [false, true, false]);
        // The newcomer is gone again, and the one that gives way need not be waited for.
        let _other = waiting(&connections, "192.0.2.9", 9);
        assert_eq!(places.each_ref().map(Place::is_wanted), [false, true, false]);
        let _another = waiting(&connections, "192.0.2.9", 9);
        assert_eq!(places.each_ref().map(Place::is_wanted), [false, true, true]);
    }

    #[test]
    fn who_is_served_does_not_give_way_and_then_others_are_refused() {
        let connections = connections(2, 2);
        let one = waiting(&connections, "192.0.2.1", 1);
        let _two = used(&connections, "192.0.2.2");
        let three = used(&connections, "192.0.2.3").unwrap();
        assert!(one.is_wanted());
        assert!(used(&connections, "192.0.2.4").is_none());
        // Its request was on its way. It stays, over the limit.
        one.is_used();
        assert!(!one.is_wanted());
        drop(three);
        assert!(used(&connections, "192.0.2.4").is_none());
        drop(one);
        assert!(used(&connections, "192.0.2.4").is_some());
    }

    #[test]
    fn one_client_has_its_share_and_takes_it_from_itself() {
        let connections = connections(10, 2);
        let other = waiting(&connections, "2001:db8:0:1::1", 1);
        let first = waiting(&connections, "2001:db8::1", 2);
        let second = waiting(&connections, "2001:db8::2", 3);
        let third = waiting(&connections, "2001:db8::3", 4);
        let is_wanted = [&other, &first, &second, &third].map(Place::is_wanted);
        assert_eq!(is_wanted, [false, true, false, false]);
        second.is_used();
        third.is_used();
        assert!(used(&connections, "2001:db8::4").is_none());
        assert!(used(&connections, "2001:db8:0:1::1").is_some());
    }

    #[test]
    fn a_trusted_proxy_has_no_share_of_its_own() {
        let connections = connections(3, 1);
        let places: Vec<_> = (0..3).filter_map(|_| used(&connections, "::ffff:10.0.0.1")).collect();
        assert_eq!(places.len(), 3);
        assert!(used(&connections, "10.0.0.1").is_none(), "the limit of all holds for it too");
    }

    #[test]
    fn the_limit_and_what_it_needs_belong_together() {
        for sockets in [1, 2, 5, 6, 7, 40, 1_000, 19_871] {
            assert!(Connections::sockets(Connections::limit_of(sockets)) <= sockets, "{sockets}");
        }
        assert_eq!(Connections::limit_of(1_001), 800);
    }
}

//! How many connections are open at a time, and which of them closes at the limit.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use ipnet::IpNet;
use tokio::time::Instant;

use super::network::Network;
use super::registry::{Registry, Slot};
use crate::metrics::{CloseReason, ConnectionMetrics};

/// At the limit this fraction of the connections closes at once. Otherwise every new connection would search all others.
const FRACTION: usize = 32;

/// A limit is logged once in this time.
const LOG_INTERVAL: Duration = Duration::from_secs(60);

/// The most connections that are open at a time.
#[derive(Clone, Debug)]
pub struct Limits {
    /// At least 1.
    pub all: usize,
    /// From one IPv4 address or IPv6 /64. At least 1.
    pub per_address: usize,
    /// A proxy forwards the requests of many clients, and only `all` applies to it.
    pub trusted_proxies: Vec<IpNet>,
}

/// The connections of one listening socket.
pub struct Connections {
    limits: Limits,
    metrics: ConnectionMetrics,
    started: Instant,
    registry: Mutex<Registry>,
    /// When each limit was last logged.
    logged: Mutex<[Option<Instant>; 2]>,
}

#[derive(Clone, Copy)]
enum Limit {
    All,
    Address,
}

/// An open connection. It counts until this is dropped, or until it has to close.
pub(super) struct Place {
    connections: Arc<Connections>,
    id: u64,
    slot: Arc<Slot>,
}

impl Connections {
    pub fn new(limits: Limits, metrics: ConnectionMetrics) -> Arc<Self> {
        metrics.limit(limits.all);
        let (registry, logged) = (Mutex::default(), Mutex::default());
        Arc::new(Self { limits, metrics, started: Instant::now(), registry, logged })
    }

    /// The sockets that are needed for a limit: connections that are closing overlap with those that replace them.
    pub fn sockets(limit: usize) -> usize {
        limit + limit / 4 + 1
    }

    /// The highest limit for which so many sockets are enough.
    pub fn limit_for(sockets: usize) -> usize {
        sockets.saturating_sub(1) / 5 * 4
    }

    /// The most sockets of each worker.
    pub fn sockets_per_worker(&self, workers: usize) -> usize {
        Self::sockets(self.limits.all).div_ceil(workers)
    }

    /// Counts a new connection. At a limit, the connections that have waited longest for their client close. `None` if
    /// no connection waits for its client.
    pub(super) fn admit(self: &Arc<Self>, address: Option<IpAddr>) -> Option<Place> {
        let network = address.filter(|address| !self.is_trusted(*address)).map(Network::of);
        let slot = Slot::new(network);
        let mut registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        let is_admitted =
            self.has_room(Limit::Address, &mut registry, network) && self.has_room(Limit::All, &mut registry, None);
        if !is_admitted {
            self.metrics.refused();
            return None;
        }
        self.metrics.opened();
        Some(Place { connections: Arc::clone(self), id: registry.add(&slot), slot })
    }

    fn is_trusted(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.limits.trusted_proxies.iter().any(|network| network.contains(&address))
    }

    fn has_room(&self, limit: Limit, registry: &mut Registry, network: Option<Network>) -> bool {
        let (count, most) = match limit {
            Limit::All => (registry.count(), self.limits.all),
            Limit::Address => (registry.count_of(network), self.limits.per_address),
        };
        count < most || {
            self.log(limit, most);
            registry.close_longest_waiting(1 + most / FRACTION, network)
        }
    }

    fn log(&self, limit: Limit, most: usize) {
        let now = Instant::now();
        let last = self.logged.lock().unwrap_or_else(PoisonError::into_inner)[limit as usize].replace(now);
        if last.is_some_and(|last| now.duration_since(last) < LOG_INTERVAL) {
            return;
        }
        match limit {
            Limit::All => tracing::warn!(
                limit = most,
                "HEIRLOOM_MAX_CONNECTIONS is reached. For each new connection the one that has waited longest for its \
                 client is closed"
            ),
            Limit::Address => tracing::warn!(
                limit = most,
                "HEIRLOOM_MAX_CONNECTIONS_PER_ADDRESS is reached by an address. For each new connection from it the one \
                 that has waited longest is closed. If it is a proxy, list it in HEIRLOOM_TRUSTED_PROXIES"
            ),
        }
    }
}

impl Place {
    /// The connection has waited for its client since then.
    pub(super) fn waits(&self, since: Instant) {
        let since = since.saturating_duration_since(self.connections.started).as_millis();
        self.slot.waits_since(u64::try_from(since).unwrap_or(u64::MAX));
    }

    /// A request is handled, and the connection does not close before its response.
    pub(super) fn is_busy(&self) {
        self.slot.is_busy();
        // The request arrived when the connection already had to close.
        if self.slot.stays_open() {
            let mut registry = self.connections.registry.lock().unwrap_or_else(PoisonError::into_inner);
            registry.insert(self.id, &self.slot);
        }
    }

    /// Ready when the connection has to close.
    pub(super) fn poll_has_to_close(&self, context: &mut Context<'_>) -> Poll<()> {
        self.slot.register(context.waker());
        if self.slot.has_to_close() { Poll::Ready(()) } else { Poll::Pending }
    }

    /// The server closes the connection.
    pub(super) fn closes(&self, reason: CloseReason) {
        self.connections.metrics.closes(reason);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.connections.registry.lock().unwrap_or_else(PoisonError::into_inner).remove(self.id);
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

    fn busy(connections: &Arc<Connections>, address: &str) -> Option<Place> {
        connections.admit(Some(address.parse().unwrap()))
    }

    /// A connection that has waited for its client since so many seconds after the start.
    fn waiting(connections: &Arc<Connections>, address: &str, since: u64) -> Place {
        let place = busy(connections, address).unwrap();
        place.waits(connections.started + Duration::from_secs(since));
        place
    }

    fn have_to_close<const N: usize>(places: [&Place; N]) -> [bool; N] {
        places.map(|place| place.slot.has_to_close())
    }

    #[test]
    fn at_the_limit_the_connection_that_has_waited_longest_closes() {
        let connections = connections(3, 3);
        let [a, b, c] = [3, 1, 2].map(|since| waiting(&connections, &format!("192.0.2.{since}"), since));
        assert!(busy(&connections, "192.0.2.9").is_some());
        assert_eq!(have_to_close([&a, &b, &c]), [false, true, false]);
        // The new connection is gone again. The closing one does not count, though it is still there.
        let _new = waiting(&connections, "192.0.2.9", 9);
        assert_eq!(have_to_close([&a, &b, &c]), [false, true, false]);
        let _newer = waiting(&connections, "192.0.2.9", 9);
        assert_eq!(have_to_close([&a, &b, &c]), [false, true, true]);
    }

    #[test]
    fn a_busy_connection_stays_open_and_new_ones_are_refused() {
        let connections = connections(2, 2);
        let a = waiting(&connections, "192.0.2.1", 1);
        let _b = busy(&connections, "192.0.2.2");
        let c = busy(&connections, "192.0.2.3").unwrap();
        assert_eq!(have_to_close([&a]), [true]);
        assert!(busy(&connections, "192.0.2.4").is_none());
        // A request of it had arrived already. It stays open and counts again.
        a.is_busy();
        assert_eq!(have_to_close([&a]), [false]);
        drop(c);
        assert!(busy(&connections, "192.0.2.4").is_none());
        drop(a);
        assert!(busy(&connections, "192.0.2.4").is_some());
    }

    #[test]
    fn an_address_at_its_limit_closes_its_own_connections_only() {
        let connections = connections(10, 2);
        let other = waiting(&connections, "2001:db8:0:1::1", 1);
        let [a, b, c] = [2, 3, 4].map(|since| waiting(&connections, &format!("2001:db8::{since}"), since));
        assert_eq!(have_to_close([&other, &a, &b, &c]), [false, true, false, false]);
        b.is_busy();
        c.is_busy();
        assert!(busy(&connections, "2001:db8::5").is_none());
        assert!(busy(&connections, "2001:db8:0:1::1").is_some());
    }

    #[test]
    fn only_the_limit_of_all_applies_to_a_trusted_proxy() {
        let connections = connections(3, 1);
        let places: Vec<_> = (0..3).filter_map(|_| busy(&connections, "::ffff:10.0.0.1")).collect();
        assert_eq!(places.len(), 3);
        assert!(busy(&connections, "10.0.0.1").is_none());
    }

    #[test]
    fn the_highest_limit_for_some_sockets_needs_no_more_of_them() {
        for sockets in [1, 2, 5, 6, 7, 40, 1_000, 19_871] {
            assert!(Connections::sockets(Connections::limit_for(sockets)) <= sockets, "{sockets}");
        }
        assert_eq!(Connections::limit_for(1_001), 800);
    }
}

//! How many requests one address may send, counted in this process's memory.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use super::bounded_store::BoundedStore;
use super::quota::Quota;
use crate::domain::clock::Clock;
use crate::domain::network::Network;
use crate::domain::throttle::Rate;

/// The limits that hold for every address. `None` is a limit that is turned off.
pub struct RateLimits {
    login: Option<Limit>,
    refresh: Option<Limit>,
}

impl RateLimits {
    /// A limit for logins and registrations together, and a limit for refreshes.
    pub fn new(login: Option<Rate>, refresh: Option<Rate>, clock: &Clock) -> Self {
        let limit = |rate| Limit::new(rate, clock);
        Self { login: login.map(limit), refresh: refresh.map(limit) }
    }

    /// Counts a login or a registration.
    ///
    /// # Errors
    /// How long to wait, when the address is at its limit.
    pub(crate) fn admit_login(&self, address: Option<IpAddr>) -> Result<(), Duration> {
        self.login.as_ref().map_or(Ok(()), |limit| limit.admit(address))
    }

    /// Counts a refresh.
    ///
    /// # Errors
    /// How long to wait, when the address is at its limit.
    pub(crate) fn admit_refresh(&self, address: Option<IpAddr>) -> Result<(), Duration> {
        self.refresh.as_ref().map_or(Ok(()), |limit| limit.admit(address))
    }
}

struct Limit {
    rate: Rate,
    store: BoundedStore,
    clock: Clock,
}

impl Limit {
    fn new(rate: Rate, clock: &Clock) -> Self {
        Self { rate, store: BoundedStore::default(), clock: clock.clone() }
    }

    fn admit(&self, address: Option<IpAddr>) -> Result<(), Duration> {
        let address = address.unwrap_or(Ipv4Addr::UNSPECIFIED.into());
        let networks = Network::all_of(address).map(|(network, share)| (network, Quota::new(self.rate, share)));
        self.store.take(&networks.collect::<Vec<_>>(), self.clock.elapsed())
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
    use std::num::NonZeroU32;
    use std::time::Duration;

    use time::macros::datetime;

    use super::Limit;
    use crate::domain::clock::Clock;
    use crate::domain::throttle::Rate;
    use crate::http::limits::bounded_store::BoundedStore;

    fn limit(count: u32, clock: &Clock) -> Limit {
        let rate = Rate { count: NonZeroU32::new(count).unwrap(), period: Duration::from_secs(60) };
        Limit::new(rate, clock)
    }

    fn still() -> Clock {
        Clock::manual(datetime!(2026-01-02 03:04:05 UTC))
    }

    #[test]
    fn the_burst_is_the_number_and_comes_back_bit_by_bit() {
        let clock = still();
        let limit = limit(20, &clock);
        let address: Option<IpAddr> = Some(Ipv4Addr::new(203, 0, 113, 7).into());
        for _ in 0..20 {
            assert_eq!(limit.admit(address), Ok(()));
        }
        assert_eq!(limit.admit(address), Err(Duration::from_secs(3)));
        assert_eq!(limit.admit(Some(Ipv4Addr::new(203, 0, 113, 8).into())), Ok(()));
        clock.advance(Duration::from_millis(2_999));
        assert_eq!(limit.admit(address), Err(Duration::from_millis(1)));
        clock.advance(Duration::from_millis(1));
        assert_eq!(limit.admit(address), Ok(()));
        assert_eq!(limit.admit(address), Err(Duration::from_secs(3)));
        clock.advance(Duration::from_secs(1_000_000));
        for _ in 0..20 {
            assert_eq!(limit.admit(address), Ok(()));
        }
        assert!(limit.admit(address).is_err(), "an idle address saves up more than its burst");
    }

    /// How many of `count` requests are admitted, each from an address of its own.
    fn admitted(limit: &Limit, count: u128, address: impl Fn(u128) -> u128) -> usize {
        (0..count).filter(|&n| limit.admit(Some(Ipv6Addr::from_bits(address(n)).into())).is_ok()).count()
    }

    const SITE: u128 = 0x2001_0db8_0001 << 80;

    #[test]
    fn the_addresses_of_a_network_share_its_limit() {
        let clock = still();
        let limit = limit(20, &clock);
        assert_eq!(admitted(&limit, 10_000, |n| SITE + n), 20, "a /64");
        assert_eq!(admitted(&limit, 256, |n| SITE + (n << 64)), 60, "the rest of its /56");
        assert_eq!(admitted(&limit, 65_536, |n| SITE + (n << 64)), 240, "the rest of its /48");
        assert_eq!(admitted(&limit, 40, |n| SITE + (1 << 80) + n), 20, "another /48");
        clock.advance(Duration::from_secs(3));
        assert_eq!(admitted(&limit, 65_536, |n| SITE + (n << 64)), 16);
        assert_eq!(admitted(&limit, 1, |n| SITE + n), 0, "the /48 has nothing left, though the /64 has");
    }

    #[test]
    fn a_refused_request_is_not_counted() {
        let clock = still();
        let limit = limit(20, &clock);
        for _ in 0..1_000 {
            // Of the first /64. Its neighbours would have nothing left if these counted.
            let _ = limit.admit(Some(Ipv6Addr::from_bits(SITE).into()));
        }
        assert_eq!(admitted(&limit, 255, |n| SITE + ((1 + n) << 64)), 60);
        let wait = limit.admit(Some(Ipv6Addr::from_bits(SITE + (9 << 64)).into())).unwrap_err();
        assert_eq!(wait, Duration::from_millis(750));
        clock.advance(wait);
        assert_eq!(
            limit.admit(Some(Ipv6Addr::from_bits(SITE + (9 << 64)).into())),
            Ok(()),
            "it may go on when it was told"
        );
    }

    #[test]
    fn networks_that_differ_in_one_bit_of_an_ipv4_address_share_nothing() {
        let limit = limit(1, &still());
        for n in 0..256u32 {
            assert_eq!(limit.admit(Some(Ipv4Addr::from_bits(0xc000_0200 + n).into())), Ok(()));
        }
    }

    #[test]
    fn a_million_addresses_neither_fill_the_memory_nor_reset_the_one_that_is_hot() {
        let clock = still();
        let limit = limit(20, &clock);
        let hot: Option<IpAddr> = Some(Ipv4Addr::new(203, 0, 113, 7).into());
        while limit.admit(hot).is_ok() {}
        for n in 0..1_000_000u128 {
            assert_eq!(limit.admit(Some(Ipv6Addr::from_bits((0x2001 << 112) + (n << 80)).into())), Ok(()));
            // The flood takes half a minute, so some of its addresses are fresh and some are old.
            if n % 1_000 == 0 {
                clock.advance(Duration::from_millis(30));
                while limit.admit(hot).is_ok() {}
            }
            assert!(n % 10_000 != 0 || limit.admit(hot).is_err(), "the flood reset the hot address after {n}");
        }
        assert!(limit.admit(hot).is_err());
        let store = &limit.store;
        assert!((1..=BoundedStore::LIMIT).contains(&store.len()), "{}", store.len());
        assert!(store.capacity() <= 2 * BoundedStore::LIMIT, "{}", store.capacity());
    }

    #[test]
    fn a_flood_at_one_moment_is_bounded_too() {
        let clock = still();
        let limit = limit(20, &clock);
        let hot: Option<IpAddr> = Some(Ipv4Addr::new(203, 0, 113, 7).into());
        while limit.admit(hot).is_ok() {}
        for n in 0..1_000_000u32 {
            assert_eq!(limit.admit(Some(Ipv4Addr::from_bits(n).into())), Ok(()));
        }
        assert!(limit.admit(hot).is_err());
        assert!(limit.store.len() <= BoundedStore::LIMIT);
    }
}

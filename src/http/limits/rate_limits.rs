//! How many requests one address may send, counted in this process's memory.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use governor::middleware::NoOpMiddleware;
use governor::{Quota, RateLimiter};

use super::bounded_store::BoundedStore;
use crate::domain::clock::Clock;
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

struct Limit(RateLimiter<IpAddr, BoundedStore, ElapsedTime, NoOpMiddleware<Duration>>);

/// The library counts by our clock, which tests can move.
struct ElapsedTime(Clock);

impl governor::clock::Clock for ElapsedTime {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

impl Limit {
    fn new(rate: Rate, clock: &Clock) -> Self {
        let interval = (rate.period / rate.count.get()).max(Duration::from_nanos(1));
        let quota = Quota::with_period(interval).expect("an interval is longer than nothing").allow_burst(rate.count);
        Self(RateLimiter::new(quota, BoundedStore::default(), ElapsedTime(clock.clone())))
    }

    fn admit(&self, address: Option<IpAddr>) -> Result<(), Duration> {
        use governor::clock::Clock as _;
        let counted_as = counted_as(address.unwrap_or(Ipv4Addr::UNSPECIFIED.into()));
        self.0.check_key(&counted_as).map_err(|refused| refused.wait_time_from(self.0.clock().now()))
    }
}

/// A client with one IPv6 address usually has a whole /64 of them, so a /64 counts as one address.
fn counted_as(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
    use std::num::NonZeroU32;
    use std::time::Duration;

    use time::macros::datetime;

    use super::{Limit, counted_as};
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

    #[test]
    fn a_64_is_one_address() {
        let of = |text: &str| counted_as(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff:ffff:ffff:ffff"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }

    #[test]
    fn a_million_addresses_neither_fill_the_memory_nor_reset_the_one_that_is_hot() {
        let clock = still();
        let limit = limit(20, &clock);
        let hot: Option<IpAddr> = Some(Ipv4Addr::new(203, 0, 113, 7).into());
        while limit.admit(hot).is_ok() {}
        for n in 0..1_000_000u128 {
            assert_eq!(limit.admit(Some(Ipv6Addr::from_bits((0x2001_0db8 << 96) + (n << 64)).into())), Ok(()));
            // The flood takes half a minute, so some of its addresses are fresh and some are old.
            if n % 1_000 == 0 {
                clock.advance(Duration::from_millis(30));
                while limit.admit(hot).is_ok() {}
            }
            assert!(n % 10_000 != 0 || limit.admit(hot).is_err(), "the flood reset the hot address after {n}");
        }
        assert!(limit.admit(hot).is_err());
        let store = limit.0.into_state_store();
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
        assert!(limit.0.into_state_store().len() <= BoundedStore::LIMIT);
    }
}

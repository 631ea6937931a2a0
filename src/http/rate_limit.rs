//! How many requests one address may send, counted in the memory of this process.

use std::future::{Ready, ready};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use governor::middleware::NoOpMiddleware;
use governor::{Quota, RateLimiter};

use super::bounded_store::BoundedStore;
use super::client_address::client_address;
use super::problem::Problem;
use super::state::HttpState;
use crate::domain::clock::Clock;
use crate::domain::throttle::{Rate, retry_after};

/// The limits of every address. `None` where one is turned off.
pub struct RateLimits {
    login: Option<Limit>,
    refresh: Option<Limit>,
}

impl RateLimits {
    /// Limits by `clock`, for logins and registrations together, and for refreshes.
    pub fn new(login: Option<Rate>, refresh: Option<Rate>, clock: &Clock) -> Self {
        let limit = |rate| Limit::new(rate, clock);
        Self { login: login.map(limit), refresh: refresh.map(limit) }
    }
}

struct Limit(RateLimiter<IpAddr, BoundedStore, ElapsedTime, NoOpMiddleware<Duration>>);

/// The library is given our clock, so that tests can move it.
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

    /// Counts a request; how long to wait is the error.
    fn admit(&self, address: Option<IpAddr>) -> Result<(), Duration> {
        use governor::clock::Clock as _;
        let counted_as = counted_as(address.unwrap_or(Ipv4Addr::UNSPECIFIED.into()));
        self.0.check_key(&counted_as).map_err(|refused| refused.wait_time_from(self.0.clock().now()))
    }
}

/// Whoever has one IPv6 address has 2^64 of them: all of a /64 are one.
fn counted_as(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
    }
}

/// A request to log in or register whose address is within its limit. Stands first among a handler's parameters, so that
/// a refused request's body is not waited for.
pub(super) struct WithinLoginRate;

/// A refresh whose address is within its limit.
pub(super) struct WithinRefreshRate;

impl FromRequest for WithinLoginRate {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(admit(request, |limits| limits.login.as_ref()).map(|()| Self))
    }
}

impl FromRequest for WithinRefreshRate {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(admit(request, |limits| limits.refresh.as_ref()).map(|()| Self))
    }
}

fn admit(request: &HttpRequest, choose: impl FnOnce(&RateLimits) -> Option<&Limit>) -> Result<(), Problem> {
    let Some(limit) = choose(&HttpState::of(request).rate_limits) else { return Ok(()) };
    limit.admit(client_address(request)).map_err(|wait| {
        tracing::warn!(event = "excess_rate_limit_exceeded", "An address sent more requests than its limit allows");
        Problem::too_many_attempts(retry_after(wait))
    })
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
    use std::num::NonZeroU32;
    use std::time::Duration;

    use time::macros::datetime;

    use super::super::bounded_store::BoundedStore;
    use super::{Limit, counted_as};
    use crate::domain::clock::Clock;
    use crate::domain::throttle::Rate;

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
            // Half a minute goes by meanwhile, so that some of the flood is fresh and some is old.
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

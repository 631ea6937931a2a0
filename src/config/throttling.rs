//! How many requests an address may send, and how the address of a client is known.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use clap::Args;
use ipnet::IpNet;

use super::errors::ConfigError;
use super::parsers::list;
use super::setting::{Setting, setting};
use crate::domain::throttle::Rate;

/// The limits by address, and the proxies that are trusted to name it.
#[derive(Clone, Debug)]
pub struct ThrottleConfig {
    /// Of logins and registrations together. `None` is unlimited.
    pub login_rate: Option<Rate>,
    /// Of refreshes. `None` is unlimited.
    pub refresh_rate: Option<Rate>,
    pub trusted_proxies: Vec<IpNet>,
}

#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Throttling")]
pub(super) struct ThrottleSettings {
    /// Logins and registrations that an address may send; off disables the limit
    #[arg(long, env = "HEIRLOOM_LOGIN_RATE", value_name = "RATE", default_value = "20/m")]
    #[arg(value_parser = setting(rate_or_off))]
    pub login_rate: Setting<Option<Rate>>,

    /// Refreshes that an address may send; off disables the limit
    #[arg(long, env = "HEIRLOOM_REFRESH_RATE", value_name = "RATE", default_value = "300/m")]
    #[arg(value_parser = setting(rate_or_off))]
    pub refresh_rate: Setting<Option<Rate>>,

    /// Addresses and networks of the proxies whose X-Forwarded-For is trusted, separated by commas
    #[arg(long, env = "HEIRLOOM_TRUSTED_PROXIES", value_name = "NETWORKS", default_value = "")]
    #[arg(value_parser = setting(list(trusted_proxy)))]
    pub trusted_proxies: Setting<Vec<IpNet>>,
}

impl ThrottleSettings {
    pub fn resolve(&self, errors: &mut Vec<ConfigError>) -> ThrottleConfig {
        ThrottleConfig {
            login_rate: self.login_rate.value(errors),
            refresh_rate: self.refresh_rate.value(errors),
            trusted_proxies: self.trusted_proxies.value(errors),
        }
    }
}

fn rate_or_off(text: &str) -> Result<Option<Rate>, String> {
    if text.eq_ignore_ascii_case("off") {
        return Ok(None);
    }
    parse_rate(text).map(Some).ok_or_else(|| format!("is {text:?} but must be a rate such as 20/m, or off"))
}

fn parse_rate(text: &str) -> Option<Rate> {
    const MOST: u32 = 1_000_000;
    let (count, unit) = text.split_once('/')?;
    let period = match unit.trim() {
        "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        _ => return None,
    };
    let count: NonZeroU32 = count.trim().parse().ok()?;
    (count.get() <= MOST).then_some(Rate { count, period: Duration::from_secs(period) })
}

fn trusted_proxy(text: &str) -> Result<IpNet, String> {
    match parse_network(text) {
        Some(network) if network.prefix_len() == 0 => Err(format!(
            "contains {text}, which is every address: any client could then claim any address; name your proxies instead"
        )),
        Some(network) => Ok(network),
        None => Err(format!("contains {text:?}, which must be an address, or a network such as 10.0.0.0/8")),
    }
}

/// Turns an IPv4 network that is written as IPv6 into the form that client addresses have.
fn parse_network(text: &str) -> Option<IpNet> {
    let network = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)).ok()?;
    match (network.addr().to_canonical(), network.prefix_len().checked_sub(96)) {
        (IpAddr::V4(address), Some(prefix)) if network.addr().is_ipv6() => IpNet::new(address.into(), prefix).ok(),
        _ => Some(network),
    }
}

#[cfg(test)]
mod tests {
    use super::{parse_network, parse_rate};

    #[test]
    fn a_rate_is_a_number_per_second_minute_or_hour() {
        let read = |text| parse_rate(text).map(|rate| (rate.count.get(), rate.period.as_secs()));
        assert_eq!(read("20/m"), Some((20, 60)));
        assert_eq!(read("1 / s"), Some((1, 1)));
        assert_eq!(read("1000000/h"), Some((1_000_000, 3600)));
        for bad in ["", "20", "/m", "0/m", "-1/m", "20/d", "20/M", "20/min", "1000001/s", "1.5/s", "20/m/m", "2٠/m"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn proxies_are_addresses_and_networks() {
        let read = |text| parse_network(text).map(|network| network.to_string());
        assert_eq!(read("127.0.0.1").as_deref(), Some("127.0.0.1/32"));
        assert_eq!(read("10.0.0.0/8").as_deref(), Some("10.0.0.0/8"));
        assert_eq!(read("::1").as_deref(), Some("::1/128"));
        assert_eq!(read("::ffff:10.0.0.0/104").as_deref(), Some("10.0.0.0/8"));
        assert_eq!(read("::ffff:10.0.0.1").as_deref(), Some("10.0.0.1/32"));
        for bad in ["", "proxy.internal", "10.0.0.0/33", "10.0.0", "10.0.0.1:80", "[::1]", "*"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}

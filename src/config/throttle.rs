//! How much an address may send, and how addresses are known.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use ipnet::IpNet;

use super::reader::Reader;
use super::settings::Settings;
use crate::domain::throttle::Rate;

/// What is limited by address, and whose word is taken for what an address is.
#[derive(Clone, Debug)]
pub struct ThrottleConfig {
    /// Of logins and registrations together; `None`: unlimited.
    pub login_rate: Option<Rate>,
    /// Of refreshes; `None`: unlimited.
    pub refresh_rate: Option<Rate>,
    pub trusted_proxies: Vec<IpNet>,
}

pub(super) fn resolve(read: &mut Reader, settings: &Settings) -> ThrottleConfig {
    ThrottleConfig {
        login_rate: rate(read, "HEIRLOOM_LOGIN_RATE", &settings.login_rate, "20/m"),
        refresh_rate: rate(read, "HEIRLOOM_REFRESH_RATE", &settings.refresh_rate, "300/m"),
        trusted_proxies: trusted_proxies(read, settings),
    }
}

fn rate(read: &mut Reader, variable: &'static str, typed: &Option<String>, default: &str) -> Option<Rate> {
    let text = Reader::given(typed).unwrap_or(default);
    if text.eq_ignore_ascii_case("off") {
        return None;
    }
    let parsed = parse_rate(text);
    if parsed.is_none() {
        read.refuse(variable, format!("is {text:?}, which is neither a rate such as {default} nor off"));
    }
    parsed
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

fn trusted_proxies(read: &mut Reader, settings: &Settings) -> Vec<IpNet> {
    const VARIABLE: &str = "HEIRLOOM_TRUSTED_PROXIES";
    let typed = Reader::given(&settings.trusted_proxies).unwrap_or_default();
    let mut networks = Vec::new();
    for text in typed.split(',').map(str::trim).filter(|text| !text.is_empty()) {
        match parse_network(text) {
            Some(network) if network.prefix_len() == 0 => read.refuse(
                VARIABLE,
                format!("holds {text}, which is everybody: whoever connects could then pass for any address; name your proxies"),
            ),
            Some(network) => networks.push(network),
            None => read.refuse(
                VARIABLE,
                format!("holds {text:?}, which is neither an address nor a network such as 10.0.0.0/8"),
            ),
        }
    }
    networks
}

/// An IPv4 network that is written as IPv6 is brought into the form in which addresses are compared with it.
fn parse_network(text: &str) -> Option<IpNet> {
    let network = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)).ok()?;
    match (network.addr().to_canonical(), network.prefix_len().checked_sub(96)) {
        (IpAddr::V4(address), Some(prefix)) if network.addr().is_ipv6() => IpNet::new(address.into(), prefix).ok(),
        _ => Some(network),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::Config;
    use super::{Settings, parse_network, parse_rate};

    #[test]
    fn a_rate_is_a_number_by_second_minute_or_hour() {
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

    #[test]
    fn what_cannot_be_right_is_refused_by_name() {
        let resolve = |change: fn(&mut Settings)| {
            let mut settings = Settings { data_dir: Some("/tmp/x".to_owned()), ..Settings::default() };
            change(&mut settings);
            Config::resolve(&settings, None).map(|config| config.throttle)
        };
        let default = resolve(|_| {}).unwrap();
        assert_eq!(default.login_rate.map(|rate| (rate.count.get(), rate.period)), Some((20, Duration::from_secs(60))));
        assert_eq!(default.refresh_rate.map(|rate| rate.count.get()), Some(300));
        assert!(default.trusted_proxies.is_empty());
        let off = resolve(|settings| {
            settings.login_rate = Some("off".to_owned());
            settings.refresh_rate = Some("OFF".to_owned());
        });
        assert!(off.is_ok_and(|off| off.login_rate.is_none() && off.refresh_rate.is_none()));
        let errors = resolve(|settings| {
            settings.login_rate = Some("often".to_owned());
            settings.refresh_rate = Some("0/s".to_owned());
            settings.trusted_proxies = Some("10.0.0.0/8, nginx, 0.0.0.0/0".to_owned());
        });
        let text = errors.unwrap_err().to_string();
        for named in [
            "HEIRLOOM_LOGIN_RATE is \"often\"",
            "HEIRLOOM_REFRESH_RATE is \"0/s\"",
            "holds \"nginx\"",
            "holds 0.0.0.0/0",
        ] {
            assert!(text.contains(named), "{named}: {text}");
        }
    }
}

//! The address of a client behind proxies. Anyone can send forwarded headers, so only what a trusted proxy has appended is
//! believed: `X-Forwarded-For` is read from its right end, where the nearest proxy writes, up to the first address that is
//! not a trusted proxy. No other such header is read.

use std::net::{IpAddr, SocketAddr};

use actix_web::http::header::{HeaderMap, X_FORWARDED_FOR};
use ipnet::IpNet;

/// The client's address. Each trusted hop vouches for the address to its left. Unreadable text ends the chain at the hop
/// that passed it on.
pub fn behind_proxies(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut address = peer.to_canonical();
    if !is_trusted(&address) {
        return address;
    }
    let lines: Vec<&[u8]> = headers.get_all(X_FORWARDED_FOR).map(|value| value.as_bytes()).collect();
    let hops = lines.iter().rev().flat_map(|line| line.rsplit(|&byte| byte == b','));
    // RFC 9110 §5.6.1: empty elements of a list are ignored.
    for hop in hops.map(<[u8]>::trim_ascii).filter(|hop| !hop.is_empty()) {
        match parse(hop) {
            Some(hop) => address = hop,
            None => break,
        }
        if !is_trusted(&address) {
            break;
        }
    }
    address
}

/// An address as proxies write it: bare, with a port, in brackets, or IPv4 mapped into IPv6.
fn parse(hop: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(hop).ok()?;
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().or_else(|_| text.parse().map(|with_port: SocketAddr| with_port.ip()));
    address.ok().map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue, X_FORWARDED_FOR};

    use super::behind_proxies;

    fn seen(peer: &str, lines: &[&[u8]], trusted: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(X_FORWARDED_FOR, HeaderValue::from_bytes(line).unwrap());
        }
        for believed_by_others in ["forwarded", "x-real-ip", "cf-connecting-ip", "true-client-ip", "x-client-ip"] {
            headers.append(HeaderName::from_static(believed_by_others), HeaderValue::from_static("6.6.6.6"));
        }
        let trusted: Vec<_> = trusted.iter().map(|network| network.parse().unwrap()).collect();
        behind_proxies(peer.parse::<IpAddr>().unwrap(), &headers, &trusted).to_string()
    }

    const PROXIES: [&str; 2] = ["10.0.0.0/8", "2001:db8:f::/48"];

    #[test]
    fn a_peer_that_is_no_trusted_proxy_is_the_client_whatever_it_says() {
        assert_eq!(seen("203.0.113.7", &[b"1.1.1.1"], &[]), "203.0.113.7");
        assert_eq!(seen("203.0.113.7", &[b"1.1.1.1, 10.0.0.1"], &PROXIES), "203.0.113.7");
        assert_eq!(seen("::ffff:203.0.113.7", &[b"1.1.1.1"], &PROXIES), "203.0.113.7");
        assert_eq!(seen("10.0.0.1", &[], &PROXIES), "10.0.0.1");
    }

    #[test]
    fn the_right_most_hop_that_is_not_trusted_is_the_client() {
        for (lines, client) in [
            (&[&b"1.1.1.1"[..]][..], "1.1.1.1"),
            (&[b"6.6.6.6, 1.1.1.1"], "1.1.1.1"),
            (&[b"6.6.6.6,1.1.1.1 ,10.9.9.9,\t10.0.0.2"], "1.1.1.1"),
            (&[b"6.6.6.6, 1.1.1.1", b"10.0.0.2"], "1.1.1.1"),
            (&[b"1.1.1.1", b"6.6.6.6, 2.2.2.2"], "2.2.2.2"),
            (&[b"10.0.0.3, 10.0.0.2"], "10.0.0.3"),
            (&[b"1.1.1.1, , ", b""], "1.1.1.1"),
            (&[b"1.1.1.1:443"], "1.1.1.1"),
            (&[b"::ffff:1.1.1.1"], "1.1.1.1"),
            (&[b"[::ffff:1.1.1.1]:80"], "1.1.1.1"),
            (&[b"2001:db8::1"], "2001:db8::1"),
            (&[b"[2001:db8::1]"], "2001:db8::1"),
            (&[b"[2001:db8::1]:443, 2001:db8:f::2"], "2001:db8::1"),
        ] {
            assert_eq!(seen("10.0.0.1", lines, &PROXIES), client, "{lines:?}");
            assert_eq!(seen("::ffff:10.0.0.1", lines, &PROXIES), client, "{lines:?}");
        }
    }

    #[test]
    fn garbage_ends_the_chain_at_the_hop_that_passed_it_on() {
        for garbage in [
            &b"unknown"[..],
            b"_hidden",
            b"1.1.1",
            b"1.1.1.1.1",
            b"01.1.1.1",
            b"1.1.1.1:99999",
            b"1.1.1.1/32",
            b"[1.1.1.1",
            b"[]",
            b"[]:80",
            b"]",
            b"[",
            b":80",
            b"fe80::1%eth0",
            b"\"[::1]:80\"",
            b"for=1.1.1.1",
            b"\xff\xfe",
            "١.١.١.١".as_bytes(),
            &[b'1'; 60_000],
        ] {
            assert_eq!(seen("10.0.0.1", &[garbage], &PROXIES), "10.0.0.1", "{garbage:?}");
            let chain = [b"1.1.1.1, ", garbage, b", 10.0.0.2"].concat();
            assert_eq!(seen("10.0.0.1", &[&chain], &PROXIES), "10.0.0.2", "{garbage:?}");
            let appended = [garbage, b", 1.1.1.1"].concat();
            assert_eq!(seen("10.0.0.1", &[&appended], &PROXIES), "1.1.1.1", "{garbage:?}");
        }
    }
}

//! The part of an address that identifies a client.

use std::net::IpAddr;

/// An IPv4 address, or the smallest IPv6 network that one customer has.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Network {
    V4([u8; 4]),
    /// The first 64 bits.
    V6([u8; 8]),
}

impl Network {
    pub(super) fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address.octets()),
            IpAddr::V6(address) => {
                let [a, b, c, d, e, f, g, h, ..] = address.octets();
                Self::V6([a, b, c, d, e, f, g, h])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Network;

    #[test]
    fn an_ipv6_network_of_64_bits_is_one_client_and_an_ipv4_address_is_one() {
        let is_one = |one: &str, other: &str| Network::of(one.parse().unwrap()) == Network::of(other.parse().unwrap());
        assert!(is_one("2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff"));
        assert!(!is_one("2001:db8::1", "2001:db8:0:1::1"));
        assert!(!is_one("192.0.2.1", "192.0.2.2"));
        assert!(is_one("192.0.2.1", "::ffff:192.0.2.1"));
        assert!(!is_one("::ffff:192.0.2.1", "::ffff:192.0.2.2"));
    }
}

//! The networks that one client may have, and by which it is counted.

use std::net::{IpAddr, Ipv6Addr};

/// The lengths of the IPv6 prefixes that are given to one customer, longest first: a /64 to a phone or a machine, a /56 to a
/// home, a /48 to a company. The second number is how many times as much such a network may do as a /64. It grows more
/// slowly than the network, because honest clients of a large network are seldom active at once.
const IPV6_PREFIXES: [(u8, u32); 3] = [(64, 1), (56, 4), (48, 16)];

/// All addresses that begin with the same bits. An IPv4 address is a network by itself. Its neighbours usually belong to
/// other customers, and a line seldom has more than one of them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Network {
    first: IpAddr,
    prefix_length: u8,
}

impl Network {
    /// The networks of an address, narrowest first, each with how many times the limit of an address it has.
    pub fn all_of(address: IpAddr) -> impl Iterator<Item = (Self, u32)> {
        let prefixes = match address.to_canonical() {
            IpAddr::V4(_) => &[(32, 1)][..],
            IpAddr::V6(_) => &IPV6_PREFIXES[..],
        };
        prefixes.iter().map(move |&(length, share)| (Self::new(address, length), share))
    }

    /// The widest of them.
    pub fn widest_of(address: IpAddr) -> Self {
        Self::new(address, if address.to_canonical().is_ipv4() { 32 } else { 48 })
    }

    /// The bytes that only this network has.
    pub fn to_bytes(self) -> [u8; 17] {
        let first = match self.first {
            IpAddr::V4(first) => first.to_ipv6_mapped(),
            IpAddr::V6(first) => first,
        };
        let mut bytes = [self.prefix_length; 17];
        bytes[..16].copy_from_slice(&first.octets());
        bytes
    }

    fn new(address: IpAddr, prefix_length: u8) -> Self {
        let first = match address.to_canonical() {
            IpAddr::V4(address) => address.into(),
            IpAddr::V6(address) => {
                let rest = 128 - u32::from(prefix_length);
                Ipv6Addr::from_bits(address.to_bits() >> rest << rest).into()
            }
        };
        Self { first, prefix_length }
    }
}

#[cfg(test)]
mod tests {
    use super::Network;

    fn all(address: &str) -> Vec<(Network, u32)> {
        Network::all_of(address.parse().unwrap()).collect()
    }

    /// How many of the networks of two addresses are the same, from the widest on.
    fn shared(one: &str, other: &str) -> usize {
        let (one, other) = (all(one), all(other));
        one.iter().rev().zip(other.iter().rev()).take_while(|(one, other)| one == other).count()
    }

    #[test]
    fn an_ipv6_address_is_counted_by_three_networks() {
        assert_eq!(all("2001:db8:1:2::1").iter().map(|(_, share)| *share).collect::<Vec<_>>(), [1, 4, 16]);
        assert_eq!(shared("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff"), 3);
        assert_eq!(shared("2001:db8:1:2::1", "2001:db8:1:ff::1"), 2);
        assert_eq!(shared("2001:db8:1:2::1", "2001:db8:1:ffff::1"), 1);
        assert_eq!(shared("2001:db8:1:2::1", "2001:db8:2:2::1"), 0);
    }

    #[test]
    fn an_ipv4_address_is_counted_by_itself_however_it_is_written() {
        assert_eq!(all("192.0.2.1").len(), 1);
        assert_eq!(shared("192.0.2.1", "::ffff:192.0.2.1"), 1);
        assert_eq!(shared("192.0.2.1", "192.0.2.2"), 0);
        assert_eq!(shared("0.0.0.0", "::"), 0);
    }

    #[test]
    fn the_widest_network_is_the_last() {
        for address in ["192.0.2.1", "::ffff:192.0.2.1", "2001:db8:1:2::1", "::"] {
            assert_eq!(Network::widest_of(address.parse().unwrap()), all(address).last().unwrap().0, "{address}");
        }
    }

    #[test]
    fn no_two_networks_have_the_same_bytes() {
        let networks = ["0.0.0.0", "192.0.2.1", "::", "1::", "2001:db8::", "2001:db8:0:1::", "2001:db8:1::"];
        let networks: std::collections::HashSet<Network> =
            networks.iter().flat_map(|address| all(address)).map(|(network, _)| network).collect();
        let bytes: std::collections::HashSet<[u8; 17]> = networks.iter().map(|network| network.to_bytes()).collect();
        assert_eq!(bytes.len(), networks.len());
    }
}

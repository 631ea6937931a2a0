//! Where a token is presented from.

use std::net::{IpAddr, Ipv6Addr};

use super::client::Client;

/// The network and the browser behind a request. The tabs of a browser share it, and a copied token seldom comes from it.
/// A thief on the same network who sends the same user agent gets around it, so it never makes a token good.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub struct Place {
    network: Option<IpAddr>,
    /// A hash; 0 if there is no user agent.
    user_agent: u64,
}

impl Place {
    /// The address of an IPv4 client, the /64 of an IPv6 client (a device changes its address within it, RFC 8981), and the
    /// user agent.
    pub fn of(client: &Client) -> Self {
        Self { network: client.ip.map(network), user_agent: client.user_agent.as_deref().map_or(0, fnv1a) }
    }

    /// The place of a client whose address and [hash](Self::user_agent_hash) were stored.
    pub fn stored(ip: Option<IpAddr>, user_agent_hash: u64) -> Self {
        Self { network: ip.map(network), user_agent: user_agent_hash }
    }

    /// What is stored of the user agent.
    pub fn user_agent_hash(self) -> u64 {
        self.user_agent
    }
}

fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        address => address,
    }
}

/// FNV-1a of 64 bits. It has to be short and the same in each process. It need not be hard to invert, since every client
/// can send any user agent.
fn fnv1a(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::{Client, Place, fnv1a};

    fn place(ip: &str, user_agent: Option<&str>) -> Place {
        Place::of(&Client::new(Some(ip.parse().unwrap()), user_agent))
    }

    #[test]
    fn another_address_or_another_user_agent_is_another_place() {
        let home = place("203.0.113.7", Some("Firefox"));
        assert_eq!(home, place("203.0.113.7", Some("Firefox")));
        assert_eq!(home, place("::ffff:203.0.113.7", Some("Firefox")));
        for elsewhere in [
            place("203.0.113.8", Some("Firefox")),
            place("::203.0.113.7", Some("Firefox")),
            place("203.0.113.7", Some("Firefox/2")),
            place("203.0.113.7", None),
            Place::of(&Client::new(None, Some("Firefox"))),
        ] {
            assert_ne!(home, elsewhere);
        }
    }

    #[test]
    fn a_place_is_the_same_after_it_was_stored() {
        for client in [
            Client::new(Some("203.0.113.7".parse().unwrap()), Some("Firefox")),
            Client::new(Some("2001:db8:1:2:3::4".parse().unwrap()), None),
            Client::default(),
        ] {
            let place = Place::of(&client);
            assert_eq!(Place::stored(client.ip, place.user_agent_hash()), place);
        }
        assert_eq!(Place::of(&Client::default()), Place::default());
    }

    #[test]
    fn an_ipv6_client_is_known_by_its_network() {
        let home = place("2001:db8:1:2:3::4", None);
        assert_eq!(home, place("2001:db8:1:2:ffff:ffff:ffff:ffff", None));
        assert_ne!(home, place("2001:db8:1:3:3::4", None));
    }

    /// The values of draft-eastlake-fnv, since processes of several versions compare them.
    #[test]
    fn the_hash_is_the_one_that_other_processes_compute() {
        assert_eq!(fnv1a(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a("a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv1a("foobar"), 0x8594_4171_f739_67e8);
    }
}

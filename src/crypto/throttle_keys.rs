//! The keys under which login attempts are counted. They are keyed hashes: without the key, the table that stores them does
//! not reveal which email addresses were tried, and none can be looked up.

use aws_lc_rs::hmac;

use super::keys::Keyring;
use crate::domain::Timestamp;
use crate::domain::account::Email;
use crate::domain::network::Network;
use crate::domain::throttle::{DeviceId, ThrottleKey};

/// Computes throttle keys with the newest secret. A new secret resets every count.
pub struct ThrottleKeys(hmac::Key);

impl ThrottleKeys {
    /// Uses the newest throttle key of `keyring`.
    pub fn new(keyring: &Keyring) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, keyring.newest().throttle.expose()))
    }

    /// The key of all unknown devices at an account, whether or not the account exists.
    pub fn of_strangers(&self, email: &str) -> ThrottleKey {
        self.key(&[b"strangers|", Email::spelling(email).as_bytes()])
    }

    /// The key of a device that has logged in to an account before.
    pub fn of_device(&self, email: &str, device: DeviceId) -> ThrottleKey {
        self.key(&[b"device|", &device.0, Email::spelling(email).as_bytes()])
    }

    /// The key of the sessions that one login has begun, for password checks within them.
    pub fn of_login(&self, email: &str, at: Timestamp) -> ThrottleKey {
        self.key(&[b"login|", &at.unix_timestamp().to_be_bytes(), Email::spelling(email).as_bytes()])
    }

    /// The key of the mails that requests of strangers cause to an address, whether or not it has an account.
    pub fn of_mails(&self, email: &str) -> ThrottleKey {
        self.key(&[b"mails|", Email::spelling(email).as_bytes()])
    }

    /// The key of a network whose unknown devices guess at an account.
    pub fn of_network(&self, email: &str, network: Network) -> ThrottleKey {
        self.key(&[b"network|", &network.to_bytes(), Email::spelling(email).as_bytes()])
    }

    fn key(&self, parts: &[&[u8]]) -> ThrottleKey {
        let mut context = hmac::Context::with_key(&self.0);
        parts.iter().for_each(|part| context.update(part));
        let mut hash = [0; 32];
        hash.copy_from_slice(context.sign().as_ref());
        ThrottleKey::from_hash(hash)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use time::macros::datetime;

    use super::super::keys::Keyring;
    use super::ThrottleKeys;
    use crate::domain::network::Network;
    use crate::domain::secret::Secret;
    use crate::domain::throttle::DeviceId;

    fn keys(secret: &str) -> ThrottleKeys {
        ThrottleKeys::new(&Keyring::derive(&[Secret::new(secret).unwrap()]).unwrap())
    }

    #[test]
    fn every_spelling_of_an_email_has_one_key_and_every_device_another() {
        let keys = keys("a secret of more than thirty-two bytes");
        let strangers = keys.of_strangers("alice@example.com");
        assert_eq!(strangers, keys.of_strangers("  Alice@Example.COM\n"));
        assert_ne!(strangers, keys.of_strangers("alice@example.org"));
        assert_ne!(strangers, keys.of_strangers(""));
        let device = keys.of_device("alice@example.com", DeviceId([1; 16]));
        assert_eq!(device, keys.of_device("ALICE@example.com", DeviceId([1; 16])));
        let network = Network::widest_of(Ipv4Addr::new(192, 0, 2, 1).into());
        for other in [
            strangers,
            keys.of_login("alice@example.com", datetime!(2026-01-02 03:04:05 UTC)),
            keys.of_network("alice@example.com", network),
            keys.of_device("alice@example.com", DeviceId([2; 16])),
            keys.of_device("bob@example.com", DeviceId([1; 16])),
        ] {
            assert_ne!(device, other);
        }
    }

    #[test]
    fn another_secret_gives_other_keys() {
        let one = keys("a secret of more than thirty-two bytes").of_strangers("alice@example.com");
        assert_ne!(one, keys("another secret of more than thirty-two bytes").of_strangers("alice@example.com"));
    }
}

//! The names under which tries to log in are counted. They are keyed hashes: the table that holds them neither tells
//! which addresses were tried nor lets anybody look one up who has not the key.

use aws_lc_rs::hmac;

use super::keys::Keyring;
use crate::domain::account::Email;
use crate::domain::throttle::{DeviceId, Lane};

/// Names lanes, with the newest secret's key: a new secret begins every count anew.
pub struct LoginLanes(hmac::Key);

impl LoginLanes {
    /// Names lanes with a key of `keyring`.
    pub fn new(keyring: &Keyring) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, keyring.newest().throttle.expose()))
    }

    /// The lane of all strangers to an account, whether or not there is one of that name.
    pub fn of_strangers(&self, email: &str) -> Lane {
        self.name(&[b"strangers|", Email::spelling(email).as_bytes()])
    }

    /// The lane of a device that has logged in to an account before.
    pub fn of_device(&self, email: &str, device: DeviceId) -> Lane {
        self.name(&[b"device|", &device.0, Email::spelling(email).as_bytes()])
    }

    fn name(&self, parts: &[&[u8]]) -> Lane {
        let mut context = hmac::Context::with_key(&self.0);
        parts.iter().for_each(|part| context.update(part));
        let mut hash = [0; 32];
        hash.copy_from_slice(context.sign().as_ref());
        Lane::from_hash(hash)
    }
}

#[cfg(test)]
mod tests {
    use super::super::keys::Keyring;
    use super::LoginLanes;
    use crate::domain::secret::Secret;
    use crate::domain::throttle::DeviceId;

    fn lanes(secret: &str) -> LoginLanes {
        LoginLanes::new(&Keyring::derive(&[Secret::new(secret).unwrap()]).unwrap())
    }

    #[test]
    fn every_spelling_of_an_address_is_one_lane_and_every_device_another() {
        let lanes = lanes("a secret of more than thirty-two bytes");
        let strangers = lanes.of_strangers("alice@example.com");
        assert_eq!(strangers, lanes.of_strangers("  Alice@Example.COM\n"));
        assert_ne!(strangers, lanes.of_strangers("alice@example.org"));
        assert_ne!(strangers, lanes.of_strangers(""));
        let device = lanes.of_device("alice@example.com", DeviceId([1; 16]));
        assert_eq!(device, lanes.of_device("ALICE@example.com", DeviceId([1; 16])));
        for other in [
            strangers,
            lanes.of_device("alice@example.com", DeviceId([2; 16])),
            lanes.of_device("bob@example.com", DeviceId([1; 16])),
        ] {
            assert_ne!(device, other);
        }
    }

    #[test]
    fn without_the_key_nobody_can_name_a_lane() {
        let one = lanes("a secret of more than thirty-two bytes").of_strangers("alice@example.com");
        assert_ne!(one, lanes("another secret of more than thirty-two bytes").of_strangers("alice@example.com"));
    }
}

//! What the log has instead of an email address without an account: a keyed hash. Lines about one address can be found
//! together, and only the holder of the key can test which address it is.

use aws_lc_rs::hmac;

use super::keys::Keyring;
use crate::domain::account::Email;

/// Hashes email addresses for the log, with the newest secret.
pub struct LogHashes(hmac::Key);

impl LogHashes {
    /// Uses the newest log key of `keyring`.
    pub fn new(keyring: &Keyring) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, keyring.newest().log.expose()))
    }

    /// The first 64 bits of the hash, in hexadecimal. They are the same for every spelling of an address.
    pub fn of_email(&self, typed: &str) -> String {
        let tag = hmac::sign(&self.0, Email::spelling(typed).as_bytes());
        tag.as_ref()[..8].iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::keys::Keyring;
    use super::LogHashes;
    use crate::domain::secret::Secret;

    #[test]
    fn every_spelling_has_one_hash_and_every_secret_others() {
        let hashes = |secret: &str| LogHashes::new(&Keyring::derive(&[Secret::new(secret).unwrap()]).unwrap());
        let one = hashes("a secret of more than thirty-two bytes");
        let hash = one.of_email("alice@b\u{fc}cher.example");
        assert_eq!(hash.len(), 16);
        assert_eq!(hash, one.of_email(" ALICE@xn--bcher-kva.example\n"));
        assert_ne!(hash, one.of_email("bob@b\u{fc}cher.example"));
        let other = hashes("another secret of more than thirty-two bytes");
        assert_ne!(hash, other.of_email("alice@b\u{fc}cher.example"));
    }
}

//! Keyed hashes of requests with an `Idempotency-Key`. Whoever reads the table cannot test passwords against them.

use aws_lc_rs::hmac;

use super::keys::Keyring;
use crate::domain::idempotency::RequestDigest;

/// Makes the digests.
pub struct RequestDigests {
    /// Newest first.
    keys: Vec<hmac::Key>,
}

impl RequestDigests {
    /// Uses the digest keys of `keyring`.
    pub fn new(keyring: &Keyring) -> Self {
        Self { keys: keyring.iter().map(|keys| hmac::Key::new(hmac::HMAC_SHA256, keys.digest.expose())).collect() }
    }

    /// The digests of a request to `path` by each configured secret, newest first.
    pub fn of(&self, path: &str, body: &[u8]) -> Vec<RequestDigest> {
        let digest = |key: &hmac::Key| {
            let mut context = hmac::Context::with_key(key);
            context.update(&(path.len() as u64).to_be_bytes());
            context.update(path.as_bytes());
            context.update(body);
            let mut digest = [0; 32];
            digest.copy_from_slice(context.sign().as_ref());
            digest
        };
        self.keys.iter().map(digest).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::keys::Keyring;
    use super::RequestDigests;
    use crate::domain::secret::Secret;

    const OLD: &str = "an old secret of more than thirty-two bytes";
    const NEW: &str = "a newer secret of more than thirty-two bytes";

    fn digests(secrets: &[&str]) -> RequestDigests {
        let secrets: Vec<Secret> = secrets.iter().map(|text| Secret::new(text).unwrap()).collect();
        RequestDigests::new(&Keyring::derive(&secrets).unwrap())
    }

    #[test]
    fn a_digest_is_of_the_path_the_body_and_the_secret() {
        let old = digests(&[OLD]);
        assert_eq!(old.of("/a", b"b"), old.of("/a", b"b"));
        assert_ne!(old.of("/a", b"b"), old.of("/ab", b""));
        assert_ne!(old.of("/a", b"b"), old.of("/a", b"c"));
        let both = digests(&[NEW, OLD]).of("/a", b"b");
        assert_eq!(both, [digests(&[NEW]).of("/a", b"b")[0], old.of("/a", b"b")[0]]);
    }
}

//! The keys derived from the configured secrets, one for each purpose. HKDF-SHA-256 separates them by label, so nothing made
//! for one purpose verifies for another (RFC 8725 §3.12).

use std::fmt;

use aws_lc_rs::agreement::{ECDH_P256, PrivateKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::CryptoRng;
use secrecy::{ExposeSecret, SecretBox, zeroize::Zeroize};

use crate::domain::secret::{Secret, SecretError};

/// Names the secret that made a token. Every refresh token contains it in the clear.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct KeyId(pub u8);

/// The keys derived from one secret.
pub struct DerivedKeys {
    pub id: KeyId,
    /// HMAC-SHA-256 key of the refresh tokens.
    pub refresh: Key,
    /// HMAC-SHA-256 key of the CSRF values.
    pub csrf: Key,
    /// HMAC key, Ed25519 seed or P-256 scalar of the access tokens, depending on the algorithm.
    pub access_hs256: Key,
    pub access_ed25519: Key,
    pub access_es256: Key,
    /// Names the access-token key to services that verify. Longer than the key id, so a new key never has the name under
    /// which a verifier has cached an earlier one.
    pub access_kid: String,
    /// The same for the P-256 key. Its own name: under that of the Ed25519 key a verifier has cached another key.
    pub access_es256_kid: String,
    /// HMAC-SHA-256 key of the hashes under which login attempts are counted.
    pub throttle: Key,
    /// HMAC-SHA-256 key of the device cookies.
    pub device: Key,
    /// HMAC-SHA-256 key of the hashes of email addresses in the log.
    pub log: Key,
    /// AES-256-GCM key of the links in mails, and HMAC-SHA-256 key of the states that they name.
    pub link: Key,
    /// HMAC-SHA-256 key of the service keys.
    pub service: Key,
    /// AES-256-GCM key of the tickets.
    pub ticket: Key,
    /// HMAC-SHA-256 key of the hashes of requests that may be sent again.
    pub digest: Key,
}

/// 32 secret bytes, wiped when dropped.
pub struct Key(SecretBox<[u8; 32]>);

impl Key {
    /// The bytes.
    pub fn expose(&self) -> &[u8; 32] {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key([REDACTED])")
    }
}

/// The keys of every configured secret, newest first: the first makes tokens, all verify them.
pub struct Keyring(Vec<DerivedKeys>);

impl Keyring {
    /// Derives the keys of `secrets`, newest first.
    ///
    /// # Errors
    /// [`SecretError::Missing`] if there is none. [`SecretError::SameKeyId`] if two of them have the same key id (one pair in
    /// 256).
    pub fn derive(secrets: &[Secret]) -> Result<Self, SecretError> {
        let keys: Vec<DerivedKeys> = secrets.iter().map(DerivedKeys::derive).collect();
        if keys.is_empty() {
            return Err(SecretError::Missing);
        }
        let repeats = |(at, key): (usize, &DerivedKeys)| keys[..at].iter().any(|earlier| earlier.id == key.id);
        if keys.iter().enumerate().any(repeats) {
            return Err(SecretError::SameKeyId);
        }
        Ok(Self(keys))
    }

    /// The keys that make new tokens.
    pub fn newest(&self) -> &DerivedKeys {
        &self.0[0]
    }

    /// All keys, newest first.
    pub fn iter(&self) -> impl Iterator<Item = &DerivedKeys> {
        self.0.iter()
    }
}

impl DerivedKeys {
    /// NEVER CHANGE A LABEL: that revokes every session, or every service key.
    fn derive(secret: &Secret) -> Self {
        let expand = |label: &str| expand(secret.as_bytes(), label);
        Self {
            id: KeyId(expand("heirloom/key-id/v1").expose()[0]),
            refresh: expand("heirloom/refresh/v1"),
            csrf: expand("heirloom/csrf/v1"),
            access_hs256: expand("heirloom/access/hs256/v1"),
            access_ed25519: expand("heirloom/access/ed25519/v1"),
            access_es256: p256_scalar(&expand),
            access_kid: URL_SAFE_NO_PAD.encode(&expand("heirloom/access/kid/v1").expose()[..9]),
            access_es256_kid: URL_SAFE_NO_PAD.encode(&expand("heirloom/access/es256-kid/v1").expose()[..9]),
            throttle: expand("heirloom/throttle/v1"),
            device: expand("heirloom/device/v1"),
            log: expand("heirloom/log/v1"),
            link: expand("heirloom/link/v1"),
            service: expand("heirloom/service-key/v1"),
            ticket: expand("heirloom/ticket/v1"),
            digest: expand("heirloom/request-digest/v1"),
        }
    }
}

/// A new secret for the configuration: 32 random bytes in base64url.
pub fn generate_secret(rng: &mut impl CryptoRng) -> String {
    let mut bytes = [0; 32];
    rng.fill_bytes(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The first of a series of candidates that is a scalar of P-256 (FIPS 186-5 A.2.2). One in four billion is not.
fn p256_scalar(expand: &impl Fn(&str) -> Key) -> Key {
    let mut candidate = expand("heirloom/access/es256/v1");
    let mut number = 1;
    while PrivateKey::from_private_key(&ECDH_P256, candidate.expose()).is_err() {
        number += 1;
        candidate = expand(&format!("heirloom/access/es256/v1/{number}"));
    }
    candidate
}

struct ThirtyTwoBytes;

impl KeyType for ThirtyTwoBytes {
    fn len(&self) -> usize {
        32
    }
}

fn expand(secret: &[u8], label: &str) -> Key {
    let prk = Salt::new(HKDF_SHA256, b"heirloom").extract(secret);
    let mut bytes = [0; 32];
    prk.expand(&[label.as_bytes()], ThirtyTwoBytes)
        .and_then(|okm| okm.fill(&mut bytes))
        .expect("HKDF-SHA-256 can give 32 bytes");
    let key = Key(SecretBox::new(Box::new(bytes)));
    bytes.zeroize();
    key
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{Key, Keyring, Secret, SecretError};

    const A: &str = "an old secret of more than thirty-two bytes";

    #[test]
    fn no_secret_makes_no_keyring() {
        assert_eq!(Keyring::derive(&[]).err(), Some(SecretError::Missing));
    }

    #[test]
    fn two_secrets_with_the_same_key_id_are_refused() {
        let first = Secret::new(A).unwrap();
        assert_eq!(Keyring::derive(&[first.clone(), first.clone()]).err(), Some(SecretError::SameKeyId));
        let id = |text: &str| Keyring::derive(&[Secret::new(text).unwrap()]).unwrap().newest().id;
        let colliding = (0..100_000).map(|n| format!("{A}{n}")).find(|text| id(text) == id(A)).unwrap();
        let pair = [first, Secret::new(&colliding).unwrap()];
        assert_eq!(Keyring::derive(&pair).err(), Some(SecretError::SameKeyId));
    }

    #[test]
    fn keys_differ_by_purpose_and_stay_the_same_for_ever() {
        let ring = Keyring::derive(&[Secret::new(A).unwrap()]).unwrap();
        let keys = ring.newest();
        let access = [&keys.access_hs256, &keys.access_ed25519, &keys.access_es256];
        let others = [&keys.refresh, &keys.csrf, &keys.throttle, &keys.device, &keys.log, &keys.link];
        let of_services = [&keys.service, &keys.ticket, &keys.digest];
        let all: Vec<_> = access.into_iter().chain(others).chain(of_services).map(Key::expose).collect();
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len());
        assert_eq!(keys.refresh.expose()[..4], KNOWN_START, "a changed derivation revokes every session");
        assert_eq!(format!("{:?}", keys.refresh), "Key([REDACTED])");
    }

    /// Computed by another implementation of RFC 5869.
    const KNOWN_START: [u8; 4] = [73, 69, 64, 204];
}

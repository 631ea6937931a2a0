//! The text of a service key: it names the key's row, and its tag proves that we issued it. It is stored nowhere, because it
//! can be computed again. Without the secret, a copy of the database contains no key.
//!
//! ```text
//! hls_<base64url( key id (1) | service key id (16) | tag (32) )>
//! tag = HMAC-SHA-256(service key, "heirloom/service-key/v1" | key id | service key id)
//! ```

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::SecretString;
use uuid::Uuid;

use crate::domain::ids::ServiceKeyId;

use super::keys::{KeyId, Keyring};

/// Every service key starts with it. Secret scanners find a leaked key by it.
/// NEVER CHANGE IT: that revokes every service key.
pub const SERVICE_KEY_PREFIX: &str = "hls_";

const CONTEXT: &[u8] = b"heirloom/service-key/v1";
const CLAIM_LEN: usize = 1 + 16;
const TAG_LEN: usize = 32;
const ENCODED_LEN: usize = (CLAIM_LEN + TAG_LEN).div_ceil(3) * 4 - 2;

/// Makes and reads the texts of service keys.
pub struct ServiceKeyTexts {
    /// Newest first.
    keys: Vec<(KeyId, hmac::Key)>,
}

/// The text is no service key of ours: wrong length, alphabet, key or tag. It deliberately does not say which.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a service key of this service")]
pub struct NoServiceKey;

impl ServiceKeyTexts {
    /// Uses the service keys of `keyring`.
    pub fn new(keyring: &Keyring) -> Self {
        let key = |bytes: &[u8; 32]| hmac::Key::new(hmac::HMAC_SHA256, bytes);
        Self { keys: keyring.iter().map(|keys| (keys.id, key(keys.service.expose()))).collect() }
    }

    /// The text of a key, made with the newest secret.
    pub fn mint(&self, id: ServiceKeyId) -> SecretString {
        let (key_id, key) = &self.keys[0];
        let mut bytes = [0; CLAIM_LEN + TAG_LEN];
        bytes[0] = key_id.0;
        bytes[1..CLAIM_LEN].copy_from_slice(id.as_uuid().as_bytes());
        let tag = hmac::sign(key, &hmac_input(&bytes[..CLAIM_LEN]));
        bytes[CLAIM_LEN..].copy_from_slice(tag.as_ref());
        let mut text = String::with_capacity(SERVICE_KEY_PREFIX.len() + ENCODED_LEN);
        text.push_str(SERVICE_KEY_PREFIX);
        URL_SAFE_NO_PAD.encode_string(bytes, &mut text);
        text.into()
    }

    /// Reads a presented text. Compares the tag in constant time.
    ///
    /// # Errors
    /// [`NoServiceKey`] for everything that [`mint`](Self::mint) did not make with one of the configured secrets. Each key
    /// has exactly one spelling for each secret (no padding, no stray bits).
    pub fn verify(&self, presented: &[u8]) -> Result<ServiceKeyId, NoServiceKey> {
        let encoded = presented.strip_prefix(SERVICE_KEY_PREFIX.as_bytes()).ok_or(NoServiceKey)?;
        if encoded.len() != ENCODED_LEN {
            return Err(NoServiceKey);
        }
        let mut bytes = [0; CLAIM_LEN + TAG_LEN];
        let length = URL_SAFE_NO_PAD.decode_slice(encoded, &mut bytes).map_err(|_| NoServiceKey)?;
        if length != bytes.len() {
            return Err(NoServiceKey);
        }
        let (claim, tag) = bytes.split_at(CLAIM_LEN);
        let (_, key) = self.keys.iter().find(|(id, _)| id.0 == claim[0]).ok_or(NoServiceKey)?;
        hmac::verify(key, &hmac_input(claim), tag).map_err(|_| NoServiceKey)?;
        Ok(Uuid::from_slice(&claim[1..]).map_err(|_| NoServiceKey)?.into())
    }
}

fn hmac_input(claim: &[u8]) -> [u8; CONTEXT.len() + CLAIM_LEN] {
    let mut input = [0; CONTEXT.len() + CLAIM_LEN];
    input[..CONTEXT.len()].copy_from_slice(CONTEXT);
    input[CONTEXT.len()..].copy_from_slice(claim);
    input
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;
    use uuid::Uuid;

    use super::super::keys::Keyring;
    use super::super::refresh_token::RefreshTokens;
    use super::{NoServiceKey, ServiceKeyTexts};
    use crate::domain::ids::ServiceKeyId;
    use crate::domain::rotation::Generation;
    use crate::domain::secret::Secret;

    const OLD: &str = "an old secret of more than thirty-two bytes";
    const NEW: &str = "a newer secret of more than thirty-two bytes";

    fn keyring(secrets: &[&str]) -> Keyring {
        let secrets: Vec<Secret> = secrets.iter().map(|text| Secret::new(text).unwrap()).collect();
        Keyring::derive(&secrets).unwrap()
    }

    fn texts(secrets: &[&str]) -> ServiceKeyTexts {
        ServiceKeyTexts::new(&keyring(secrets))
    }

    fn id() -> ServiceKeyId {
        Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0001).into()
    }

    #[test]
    fn what_is_minted_reads_back_and_is_the_same_each_time() {
        let texts = texts(&[OLD]);
        let text = texts.mint(id());
        assert_eq!(text.expose_secret(), texts.mint(id()).expose_secret());
        assert_eq!(text.expose_secret().len(), 70);
        assert_eq!(texts.verify(text.expose_secret().as_bytes()), Ok(id()));
    }

    #[test]
    fn every_flipped_bit_every_cut_and_every_addition_is_refused() {
        let texts = texts(&[OLD]);
        let text = texts.mint(id()).expose_secret().as_bytes().to_vec();
        for at in 0..text.len() {
            for bit in 0..8 {
                let mut flipped = text.clone();
                flipped[at] ^= 1 << bit;
                assert_eq!(texts.verify(&flipped), Err(NoServiceKey), "byte {at}, bit {bit}");
            }
            assert_eq!(texts.verify(&text[..at]), Err(NoServiceKey));
        }
        for addition in ["=", "A", " ", "\n", "%20"] {
            assert_eq!(texts.verify(&[&text[..], addition.as_bytes()].concat()), Err(NoServiceKey));
            assert_eq!(texts.verify(&[addition.as_bytes(), &text[..]].concat()), Err(NoServiceKey));
        }
        assert_eq!(texts.verify(&[0xff; 70]), Err(NoServiceKey));
    }

    #[test]
    fn a_new_secret_signs_and_the_old_one_verifies_until_it_is_removed() {
        let old = texts(&[OLD]).mint(id());
        let both = texts(&[NEW, OLD]);
        assert_eq!(both.verify(old.expose_secret().as_bytes()), Ok(id()));
        let new = both.mint(id());
        assert_eq!(texts(&[NEW]).verify(new.expose_secret().as_bytes()), Ok(id()));
        assert_eq!(texts(&[NEW]).verify(old.expose_secret().as_bytes()), Err(NoServiceKey));
    }

    #[test]
    fn a_refresh_token_is_no_service_key_and_a_service_key_no_refresh_token() {
        let (keyring, id) = (keyring(&[OLD]), id());
        let tokens = RefreshTokens::new(&keyring);
        let token = tokens.mint(id.as_uuid().into(), Generation::new(1).unwrap());
        let renamed = token.expose_secret().replacen("hl_", "hls_", 1);
        let texts = ServiceKeyTexts::new(&keyring);
        assert_eq!(texts.verify(renamed.as_bytes()), Err(NoServiceKey));
        assert_eq!(texts.verify(token.expose_secret().as_bytes()), Err(NoServiceKey));
        assert!(tokens.verify(texts.mint(id).expose_secret().as_bytes()).is_err());
    }
}

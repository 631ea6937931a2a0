//! The refresh token: it names a generation of a family, and its tag proves that we issued it. It is stored nowhere, because
//! it can be computed again.
//!
//! ```text
//! hl_<base64url( key id (1) | family id (16) | generation (u32 BE) | tag (32) )>
//! tag = HMAC-SHA-256(refresh key, "heirloom/refresh/v1" | key id | family id | generation)
//! ```

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::SecretString;
use uuid::Uuid;

use crate::domain::ids::FamilyId;
use crate::domain::rotation::Generation;

use super::keys::{KeyId, Keyring};

/// Every refresh token starts with it. Secret scanners find a leaked token by it.
/// NEVER CHANGE IT: that revokes every session.
pub const REFRESH_TOKEN_PREFIX: &str = "hl_";

const CONTEXT: &[u8] = b"heirloom/refresh/v1";
const CLAIM_LEN: usize = 1 + 16 + 4;
const TAG_LEN: usize = 32;
const ENCODED_LEN: usize = (CLAIM_LEN + TAG_LEN).div_ceil(3) * 4 - 1;

/// Makes and reads refresh tokens.
pub struct RefreshTokens {
    /// Newest first.
    keys: Vec<(KeyId, hmac::Key)>,
}

/// The content of a token whose tag is valid.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RefreshClaim {
    pub family_id: FamilyId,
    pub generation: Generation,
}

/// The text is no refresh token of ours: wrong length, alphabet, key or tag. It deliberately does not say which.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a refresh token of this service")]
pub struct NotOurs;

impl RefreshTokens {
    /// Uses the refresh keys of `keyring`.
    pub fn new(keyring: &Keyring) -> Self {
        let key = |bytes: &[u8; 32]| hmac::Key::new(hmac::HMAC_SHA256, bytes);
        Self { keys: keyring.iter().map(|keys| (keys.id, key(keys.refresh.expose()))).collect() }
    }

    /// The token of a family's generation, made with the newest key. The same input gives the same token.
    pub fn mint(&self, family_id: FamilyId, generation: Generation) -> SecretString {
        let (id, key) = &self.keys[0];
        let mut bytes = [0; CLAIM_LEN + TAG_LEN];
        bytes[0] = id.0;
        bytes[1..17].copy_from_slice(family_id.as_uuid().as_bytes());
        bytes[17..CLAIM_LEN].copy_from_slice(&generation.number().to_be_bytes());
        let tag = hmac::sign(key, &hmac_input(&bytes[..CLAIM_LEN]));
        bytes[CLAIM_LEN..].copy_from_slice(tag.as_ref());
        let mut token = String::with_capacity(REFRESH_TOKEN_PREFIX.len() + ENCODED_LEN);
        token.push_str(REFRESH_TOKEN_PREFIX);
        URL_SAFE_NO_PAD.encode_string(bytes, &mut token);
        token.into()
    }

    /// Reads a presented token. Compares the tag in constant time.
    ///
    /// # Errors
    /// [`NotOurs`] for everything that [`mint`](Self::mint) did not make with one of the configured secrets. Each token has
    /// exactly one spelling (no padding, no stray bits).
    pub fn verify(&self, presented: &[u8]) -> Result<RefreshClaim, NotOurs> {
        let encoded = presented.strip_prefix(REFRESH_TOKEN_PREFIX.as_bytes()).ok_or(NotOurs)?;
        if encoded.len() != ENCODED_LEN {
            return Err(NotOurs);
        }
        let mut bytes = [0; CLAIM_LEN + TAG_LEN];
        let length = URL_SAFE_NO_PAD.decode_slice(encoded, &mut bytes).map_err(|_| NotOurs)?;
        if length != bytes.len() {
            return Err(NotOurs);
        }
        let (claim, tag) = bytes.split_at(CLAIM_LEN);
        let (_, key) = self.keys.iter().find(|(id, _)| id.0 == claim[0]).ok_or(NotOurs)?;
        hmac::verify(key, &hmac_input(claim), tag).map_err(|_| NotOurs)?;
        let family = Uuid::from_slice(&claim[1..17]).map_err(|_| NotOurs)?;
        let number = u32::from_be_bytes([claim[17], claim[18], claim[19], claim[20]]);
        let generation = Generation::new(number).ok_or(NotOurs)?;
        Ok(RefreshClaim { family_id: family.into(), generation })
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
    use std::collections::HashSet;

    use secrecy::ExposeSecret as _;
    use uuid::Uuid;

    use super::super::keys::Keyring;
    use super::{NotOurs, RefreshClaim, RefreshTokens};
    use crate::domain::ids::FamilyId;
    use crate::domain::rotation::Generation;
    use crate::domain::secret::Secret;

    const OLD: &str = "an old secret of more than thirty-two bytes";
    const NEW: &str = "a newer secret of more than thirty-two bytes";

    fn tokens(secrets: &[&str]) -> RefreshTokens {
        let secrets: Vec<Secret> = secrets.iter().map(|text| Secret::new(text).unwrap()).collect();
        RefreshTokens::new(&Keyring::derive(&secrets).unwrap())
    }

    fn family() -> FamilyId {
        Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0001).into()
    }

    fn generation(number: u32) -> Generation {
        Generation::new(number).unwrap()
    }

    #[test]
    fn what_is_minted_reads_back_and_is_the_same_each_time() {
        let codec = tokens(&[OLD]);
        let token = codec.mint(family(), generation(7));
        assert_eq!(token.expose_secret(), codec.mint(family(), generation(7)).expose_secret());
        assert_eq!(token.expose_secret().len(), 74);
        let read = codec.verify(token.expose_secret().as_bytes());
        assert_eq!(read, Ok(RefreshClaim { family_id: family(), generation: generation(7) }));
    }

    #[test]
    fn every_flipped_bit_every_cut_and_every_addition_is_refused() {
        let codec = tokens(&[OLD]);
        let token = codec.mint(family(), generation(7)).expose_secret().as_bytes().to_vec();
        for at in 0..token.len() {
            for bit in 0..8 {
                let mut flipped = token.clone();
                flipped[at] ^= 1 << bit;
                assert_eq!(codec.verify(&flipped), Err(NotOurs), "byte {at}, bit {bit}");
            }
            assert_eq!(codec.verify(&token[..at]), Err(NotOurs));
        }
        for addition in ["=", "A", " ", "\n", "%20", ";"] {
            assert_eq!(codec.verify(&[&token[..], addition.as_bytes()].concat()), Err(NotOurs));
            assert_eq!(codec.verify(&[addition.as_bytes(), &token[..]].concat()), Err(NotOurs));
        }
        assert_eq!(codec.verify(&token.repeat(2)), Err(NotOurs));
        assert_eq!(codec.verify(b""), Err(NotOurs));
        assert_eq!(codec.verify(&[0xff; 74]), Err(NotOurs));
    }

    #[test]
    fn a_new_secret_signs_and_the_old_one_verifies_until_it_is_removed() {
        let old = tokens(&[OLD]).mint(family(), generation(1));
        let both = tokens(&[NEW, OLD]);
        assert!(both.verify(old.expose_secret().as_bytes()).is_ok());
        let new = both.mint(family(), generation(2));
        assert!(tokens(&[NEW]).verify(new.expose_secret().as_bytes()).is_ok());
        assert_eq!(tokens(&[NEW]).verify(old.expose_secret().as_bytes()), Err(NotOurs));
        assert_eq!(tokens(&[OLD]).verify(new.expose_secret().as_bytes()), Err(NotOurs));
    }

    #[test]
    fn ten_thousand_tokens_differ_and_their_bits_are_balanced() {
        let codec = tokens(&[OLD]);
        let mut seen = HashSet::new();
        let mut ones = [0u32; 256];
        for n in 1..=10_000 {
            let token = codec.mint(family(), generation(n));
            let bytes =
                base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, &token.expose_secret()[3..])
                    .unwrap();
            for (bit, count) in ones.iter_mut().enumerate() {
                *count += u32::from(bytes[21 + bit / 8] >> (bit % 8) & 1);
            }
            assert!(seen.insert(token.expose_secret().to_owned()));
        }
        for (bit, count) in ones.iter().enumerate() {
            assert!((4_800..=5_200).contains(count), "bit {bit} of the tag is set {count} times in 10,000");
        }
    }
}

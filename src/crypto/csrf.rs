//! The CSRF value: a page repeats it in a header when its access token is in a cookie. Another site can make a browser send
//! the cookie, but cannot read this value. If it plants a value of its own session, that value verifies for that session
//! only.
//!
//! ```text
//! base64url( random (16) | tag (32) )
//! tag = HMAC-SHA-256(CSRF key, "heirloom/csrf/v1" | family id (16) | random (16))
//! ```
//!
//! Every part has a fixed length, so no two inputs give the same bytes.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::CryptoRng;
use secrecy::SecretString;

use crate::domain::ids::FamilyId;

use super::keys::Keyring;

const CONTEXT: &[u8] = b"heirloom/csrf/v1";
const RANDOM_LEN: usize = 16;
const TAG_LEN: usize = 32;
const ENCODED_LEN: usize = (RANDOM_LEN + TAG_LEN) / 3 * 4;

/// Makes and verifies CSRF values. None is stored: every value of a session is valid as long as the session, so tabs do not
/// have to agree on the latest one.
pub struct CsrfTokens {
    /// Newest first.
    keys: Vec<hmac::Key>,
}

impl CsrfTokens {
    /// Uses the CSRF keys of `keyring`.
    pub fn new(keyring: &Keyring) -> Self {
        Self { keys: keyring.iter().map(|keys| hmac::Key::new(hmac::HMAC_SHA256, keys.csrf.expose())).collect() }
    }

    /// A value for a session, made with the newest key. Each one is different, so an attacker cannot learn it from how well
    /// a response that contains it and a guess compresses.
    pub fn mint(&self, family_id: FamilyId, rng: &mut impl CryptoRng) -> SecretString {
        let mut bytes = [0; RANDOM_LEN + TAG_LEN];
        let (random, tag) = bytes.split_at_mut(RANDOM_LEN);
        rng.fill_bytes(random);
        tag.copy_from_slice(hmac::sign(&self.keys[0], &hmac_input(family_id, random)).as_ref());
        URL_SAFE_NO_PAD.encode(bytes).into()
    }

    /// Whether [`mint`](Self::mint) made `presented` for this session, with any of the configured secrets. Compares the tag
    /// in constant time.
    pub fn verify(&self, presented: &[u8], family_id: FamilyId) -> bool {
        if presented.len() != ENCODED_LEN {
            return false;
        }
        let mut bytes = [0; RANDOM_LEN + TAG_LEN];
        if URL_SAFE_NO_PAD.decode_slice(presented, &mut bytes) != Ok(bytes.len()) {
            return false;
        }
        let (random, tag) = bytes.split_at(RANDOM_LEN);
        let input = hmac_input(family_id, random);
        self.keys.iter().any(|key| hmac::verify(key, &input, tag).is_ok())
    }
}

fn hmac_input(family_id: FamilyId, random: &[u8]) -> [u8; CONTEXT.len() + 16 + RANDOM_LEN] {
    let mut input = [0; CONTEXT.len() + 16 + RANDOM_LEN];
    let (context, rest) = input.split_at_mut(CONTEXT.len());
    let (family, drawn) = rest.split_at_mut(16);
    context.copy_from_slice(CONTEXT);
    family.copy_from_slice(family_id.as_uuid().as_bytes());
    drawn.copy_from_slice(random);
    input
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test draws for itself")]
mod tests {
    use secrecy::ExposeSecret as _;
    use uuid::Uuid;

    use super::super::keys::Keyring;
    use super::super::refresh_token::RefreshTokens;
    use super::CsrfTokens;
    use crate::domain::ids::FamilyId;
    use crate::domain::rotation::Generation;
    use crate::domain::secret::Secret;

    const OLD: &str = "an old secret of more than thirty-two bytes";
    const NEW: &str = "a newer secret of more than thirty-two bytes";

    fn keyring(secrets: &[&str]) -> Keyring {
        let secrets: Vec<Secret> = secrets.iter().map(|text| Secret::new(text).unwrap()).collect();
        Keyring::derive(&secrets).unwrap()
    }

    fn codec(secrets: &[&str]) -> CsrfTokens {
        CsrfTokens::new(&keyring(secrets))
    }

    fn family(number: u128) -> FamilyId {
        Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0000 + number).into()
    }

    fn minted(codec: &CsrfTokens, family_id: FamilyId) -> Vec<u8> {
        codec.mint(family_id, &mut rand::rng()).expose_secret().as_bytes().to_vec()
    }

    #[test]
    fn a_value_is_good_for_its_session_and_differs_each_time() {
        let codec = codec(&[OLD]);
        let (first, second) = (minted(&codec, family(1)), minted(&codec, family(1)));
        assert_ne!(first, second);
        assert!(codec.verify(&first, family(1)) && codec.verify(&second, family(1)));
        assert!(!codec.verify(&first, family(2)), "another session's value was accepted");
        assert!(first.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(byte)), "it goes into a cookie");
    }

    #[test]
    fn every_flipped_bit_every_cut_and_every_addition_is_refused() {
        let codec = codec(&[OLD]);
        let value = minted(&codec, family(1));
        for at in 0..value.len() {
            for bit in 0..8 {
                let mut flipped = value.clone();
                flipped[at] ^= 1 << bit;
                assert!(!codec.verify(&flipped, family(1)), "byte {at}, bit {bit}");
            }
            assert!(!codec.verify(&value[..at], family(1)));
        }
        for addition in ["=", "A", " ", "\n", "%20", ";"] {
            assert!(!codec.verify(&[&value[..], addition.as_bytes()].concat(), family(1)));
            assert!(!codec.verify(&[addition.as_bytes(), &value[..]].concat(), family(1)));
        }
        for garbage in [&b""[..], &[0xff; 64], &[b'A'; 64], &value.repeat(2)] {
            assert!(!codec.verify(garbage, family(1)));
        }
        for bit in 0..128 {
            assert!(!codec.verify(&value, family(1 ^ (1 << bit))), "bit {bit} of the session");
        }
    }

    #[test]
    fn a_new_secret_makes_values_and_the_old_one_verifies_until_it_is_removed() {
        let old = minted(&codec(&[OLD]), family(1));
        let both = codec(&[NEW, OLD]);
        assert!(both.verify(&old, family(1)));
        let new = minted(&both, family(1));
        assert!(codec(&[NEW]).verify(&new, family(1)));
        assert!(codec(&[OLD, NEW]).verify(&new, family(1)));
        assert!(!codec(&[NEW]).verify(&old, family(1)));
        assert!(!codec(&[OLD]).verify(&new, family(1)));
    }

    #[test]
    fn a_tag_of_a_refresh_token_is_no_tag_of_a_csrf_value() {
        use base64::Engine as _;
        use base64::engine::general_purpose::URL_SAFE_NO_PAD;
        let token = RefreshTokens::new(&keyring(&[OLD])).mint(family(1), Generation::new(1).unwrap());
        let token = URL_SAFE_NO_PAD.decode(&token.expose_secret()[3..]).unwrap();
        let disguised = URL_SAFE_NO_PAD.encode([&token[1..17], &token[21..]].concat());
        assert!(!codec(&[OLD]).verify(disguised.as_bytes(), family(1)));
        assert!(RefreshTokens::new(&keyring(&[OLD])).verify(&minted(&codec(&[OLD]), family(1))).is_err());
    }
}

//! The device cookie (OWASP's "device cookies"): proves that this browser has logged in to this account before. It grants no
//! access. Login attempts with it are counted apart from those of unknown devices. Clients without cookies have the same
//! proof as a device token, which begins with [`TOKEN_PREFIX`].
//!
//! ```text
//! base64url( version (1) | key id (1) | device id (16) | day of issue (u32 BE) | tag (32) )
//! tag = HMAC-SHA-256(device key, version | key id | device id | day of issue | account)
//! ```
//!
//! The account is part of the tag only, so the cookie does not reveal whose it is.

use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::CryptoRng;
use secrecy::SecretString;

use super::keys::{KeyId, Keyring};
use crate::domain::Timestamp;
use crate::domain::account::Email;
use crate::domain::throttle::DeviceId;

/// What a device token begins with, for scanners that search for leaked tokens. A device cookie does not.
pub const TOKEN_PREFIX: &str = "hld_";

const DAY: i64 = 24 * 60 * 60;
const VALID_DAYS: u32 = 180;

/// How long a device is remembered after its last login. Browsers keep no cookie for longer than 400 days.
pub const REMEMBERED_FOR: Duration = Duration::from_secs(VALID_DAYS as u64 * DAY.unsigned_abs());

const VERSION: u8 = 1;
const CLAIM_LEN: usize = 1 + 1 + 16 + 4;
const LEN: usize = CLAIM_LEN + 32;
const ENCODED_LEN: usize = LEN / 3 * 4;

/// Makes and reads device cookies.
pub struct DeviceCookies {
    /// Newest first.
    keys: Vec<(KeyId, hmac::Key)>,
}

impl DeviceCookies {
    /// Uses the device keys of `keyring`.
    pub fn new(keyring: &Keyring) -> Self {
        let key = |bytes: &[u8; 32]| hmac::Key::new(hmac::HMAC_SHA256, bytes);
        Self { keys: keyring.iter().map(|keys| (keys.id, key(keys.device.expose()))).collect() }
    }

    /// A cookie for a browser that has just logged in to the account `email`. Each login draws another device id, so the
    /// holder of an older copy is counted apart from its owner.
    pub fn mint(&self, email: &str, now: Timestamp, rng: &mut impl CryptoRng) -> SecretString {
        let (id, key) = &self.keys[0];
        let mut bytes = [0; LEN];
        bytes[0] = VERSION;
        bytes[1] = id.0;
        rng.fill_bytes(&mut bytes[2..18]);
        bytes[18..CLAIM_LEN].copy_from_slice(&day(now).to_be_bytes());
        let tag = hmac::sign(key, &tag_input(&bytes[..CLAIM_LEN], email));
        bytes[CLAIM_LEN..].copy_from_slice(tag.as_ref());
        URL_SAFE_NO_PAD.encode(bytes).into()
    }

    /// The device, if [`mint`](Self::mint) made `presented` for this account with one of the configured secrets, and it has
    /// not expired.
    pub fn verify(&self, presented: &[u8], email: &str, now: Timestamp) -> Option<DeviceId> {
        if presented.len() != ENCODED_LEN {
            return None;
        }
        let mut bytes = [0; LEN];
        URL_SAFE_NO_PAD.decode_slice(presented, &mut bytes).ok().filter(|&length| length == LEN)?;
        let (claim, tag) = bytes.split_at(CLAIM_LEN);
        let (_, key) = self.keys.iter().find(|(id, _)| id.0 == claim[1] && claim[0] == VERSION)?;
        hmac::verify(key, &tag_input(claim, email), tag).ok()?;
        let issued = u32::from_be_bytes([claim[18], claim[19], claim[20], claim[21]]);
        let is_recent = day(now).saturating_sub(issued) < VALID_DAYS;
        is_recent.then(|| DeviceId(std::array::from_fn(|at| claim[2 + at])))
    }
}

/// The account comes last and everything before it has a fixed length, so no two inputs give the same bytes.
fn tag_input(claim: &[u8], email: &str) -> Vec<u8> {
    [claim, Email::spelling(email).as_bytes()].concat()
}

fn day(now: Timestamp) -> u32 {
    u32::try_from(now.unix_timestamp() / DAY).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;
    use time::macros::datetime;

    use super::super::keys::Keyring;
    use super::{DAY, DeviceCookies, REMEMBERED_FOR};
    use crate::domain::Timestamp;
    use crate::domain::secret::Secret;

    const OLD: &str = "an old secret of more than thirty-two bytes";
    const NEW: &str = "a newer secret of more than thirty-two bytes";
    const NOW: Timestamp = datetime!(2026-01-02 03:04:05 UTC);

    fn cookies(secrets: &[&str]) -> DeviceCookies {
        let secrets: Vec<Secret> = secrets.iter().map(|text| Secret::new(text).unwrap()).collect();
        DeviceCookies::new(&Keyring::derive(&secrets).unwrap())
    }

    #[expect(clippy::disallowed_methods, reason = "a test draws for itself")]
    fn minted(codec: &DeviceCookies, email: &str) -> Vec<u8> {
        codec.mint(email, NOW, &mut rand::rng()).expose_secret().as_bytes().to_vec()
    }

    #[test]
    fn a_cookie_verifies_for_its_account_in_any_spelling_and_for_no_other() {
        let codec = cookies(&[OLD]);
        let cookie = minted(&codec, "alice@example.com");
        assert!(codec.verify(&cookie, " Alice@Example.com", NOW).is_some());
        for other in ["bob@example.com", "", "alice@example.co", "xalice@example.com"] {
            assert_eq!(codec.verify(&cookie, other, NOW), None, "{other}");
        }
        assert_ne!(cookie, minted(&codec, "alice@example.com"), "two logins, two devices");
    }

    #[test]
    fn every_flipped_bit_every_cut_and_every_addition_is_refused() {
        let codec = cookies(&[OLD]);
        let cookie = minted(&codec, "alice@example.com");
        for at in 0..cookie.len() {
            for bit in 0..8 {
                let mut flipped = cookie.clone();
                flipped[at] ^= 1 << bit;
                assert_eq!(codec.verify(&flipped, "alice@example.com", NOW), None, "byte {at}, bit {bit}");
            }
            assert_eq!(codec.verify(&cookie[..at], "alice@example.com", NOW), None);
        }
        for garbage in [&[&cookie[..], b"="].concat()[..], &cookie.repeat(2), &[0xff; 72], b""] {
            assert_eq!(codec.verify(garbage, "alice@example.com", NOW), None);
        }
    }

    #[test]
    fn a_cookie_outlives_a_change_of_secrets_and_expires() {
        let cookie = minted(&cookies(&[OLD]), "alice@example.com");
        assert!(cookies(&[NEW, OLD]).verify(&cookie, "alice@example.com", NOW).is_some());
        assert_eq!(cookies(&[NEW]).verify(&cookie, "alice@example.com", NOW), None);
        let codec = cookies(&[OLD]);
        let last_day = NOW + REMEMBERED_FOR - time::Duration::seconds(DAY);
        assert!(codec.verify(&cookie, "alice@example.com", last_day).is_some());
        assert_eq!(codec.verify(&cookie, "alice@example.com", NOW + REMEMBERED_FOR), None);
        assert!(REMEMBERED_FOR.as_secs() <= 400 * DAY.unsigned_abs());
    }
}

//! bcrypt hashes from elsewhere.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::Engine as _;
use base64::alphabet::BCRYPT;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use secrecy::zeroize::Zeroizing;

use super::verdict::HashObjection;

/// Prefixes of hashes that differ only in which defects of old programs they rule out. `$2x$` is missing: it is the hash of
/// another password.
pub(super) const PREFIXES: [&str; 3] = ["$2a$", "$2b$", "$2y$"];

/// The logarithm of the rounds. Fourteen take about a second.
const COSTS: std::ops::RangeInclusive<u32> = 4..=14;

/// bcrypt reads no more of a password.
const LONGEST: usize = 72;

/// Some programs made salts whose last two bits are not zero. bcrypt ignores them.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &BCRYPT,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

/// A stored bcrypt hash whose cost is acceptable.
pub(super) struct StoredBcrypt {
    cost: u32,
    salt: [u8; 16],
    expected: [u8; 23],
}

impl StoredBcrypt {
    /// Reads `$2b$12$` and 53 characters.
    pub fn parse(text: &str) -> Result<Self, HashObjection> {
        let broken = HashObjection::Broken("bcrypt");
        let rest = PREFIXES.iter().find_map(|prefix| text.strip_prefix(prefix)).ok_or(broken)?;
        let (cost, encoded) = rest.split_once('$').ok_or(broken)?;
        let is_number = cost.len() == 2 && cost.bytes().all(|byte| byte.is_ascii_digit());
        let cost = cost.parse().ok().filter(|_| is_number).ok_or(broken)?;
        if encoded.len() != 53 || !encoded.is_ascii() {
            return Err(broken);
        }
        let (salt, expected) = encoded.split_at(22);
        let decode = |text: &str| BASE64.decode(text).map_err(|_| broken);
        let salt = decode(salt)?.try_into().map_err(|_| broken)?;
        let expected = decode(expected)?.try_into().map_err(|_| broken)?;
        match COSTS.contains(&cost) {
            true => Ok(Self { cost, salt, expected }),
            false if cost < *COSTS.start() => Err(broken),
            false => Err(HashObjection::TooCostly("a bcrypt cost of at most 14")),
        }
    }

    /// Whether it is the hash of `password`.
    pub fn is_of(&self, password: &[u8]) -> bool {
        // The zero that ends a text belongs to it, unless the password is cut.
        let mut key = Zeroizing::new([0; LONGEST]);
        let length = password.len().min(LONGEST);
        key[..length].copy_from_slice(&password[..length]);
        let output = bcrypt::bcrypt(self.cost, self.salt, &key[..(length + 1).min(LONGEST)]);
        verify_slices_are_equal(&output[..self.expected.len()], &self.expected).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::{HashObjection, StoredBcrypt};

    /// From the tests of jBCrypt, and of OpenBSD's for a long password.
    const KNOWN: [(&str, &str); 6] = [
        ("", "$2a$06$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s."),
        ("a", "$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe"),
        ("abc", "$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i"),
        ("~!@#$%^&*()      ~!@#$%^&*()PNBFRD", "$2a$06$fPIsBO8qRqkjj273rfaOI.HtSV9jLDpTbZn782DC6/t7qT67P6FfO"),
        ("U*U*U", "$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a"),
        (
            "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789chars after 72 are ignored",
            "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui",
        ),
    ];

    #[test]
    fn known_hashes_are_right_under_each_prefix() {
        for (password, hash) in KNOWN {
            for prefix in super::PREFIXES {
                let stored = StoredBcrypt::parse(&hash.replacen("$2a$", prefix, 1)).unwrap();
                assert!(stored.is_of(password.as_bytes()), "{hash}");
                assert!(!stored.is_of(b"another") && !stored.is_of(format!("{password:.71}x").as_bytes()), "{hash}");
            }
        }
    }

    #[test]
    fn what_is_no_hash_or_takes_long_is_refused() {
        let hash = KNOWN[1].1;
        for broken in [
            &hash[..59],
            &format!("{hash}e"),
            &hash.replacen("$06$", "$6$", 1),
            &hash.replacen("$06$", "$+6$", 1),
            &hash.replacen("$06$", "$03$", 1),
            &hash.replacen("$2a$", "$2x$", 1),
            &hash.replacen('m', "!", 1),
            &hash.replacen("m0", "\u{e9}", 1),
        ] {
            let refused = StoredBcrypt::parse(broken).err();
            assert_eq!(refused, Some(HashObjection::Broken("bcrypt")), "{broken}");
        }
        for cost in ["15", "31", "99"] {
            let refused = StoredBcrypt::parse(&hash.replacen("$06$", &format!("${cost}$"), 1)).err();
            assert!(matches!(refused, Some(HashObjection::TooCostly(_))), "{cost}");
        }
    }
}

//! PBKDF2 hashes from elsewhere.

use std::num::NonZeroU32;

use aws_lc_rs::digest::{SHA256_OUTPUT_LEN, SHA512_OUTPUT_LEN};
use aws_lc_rs::pbkdf2::{self, Algorithm, PBKDF2_HMAC_SHA256, PBKDF2_HMAC_SHA512};

use super::hash_text::{decode, is_output, is_salt, parameter};
use super::verdict::HashObjection;

/// The prefixes of PHC and passlib, and those of Django.
const PHC: [(&str, &Algorithm); 2] =
    [("$pbkdf2-sha256$", &PBKDF2_HMAC_SHA256), ("$pbkdf2-sha512$", &PBKDF2_HMAC_SHA512)];
const DJANGO: [(&str, &Algorithm); 2] =
    [("pbkdf2_sha256$", &PBKDF2_HMAC_SHA256), ("pbkdf2_sha512$", &PBKDF2_HMAC_SHA512)];

/// Iterations times blocks of output. The most takes about a second. An iteration of SHA-512 takes twice as long.
const WORK_LIMIT_SHA256: u64 = 4_000_000;
const WORK_LIMIT_SHA512: u64 = 2_000_000;

/// A stored PBKDF2 hash whose cost is acceptable.
pub(super) struct StoredPbkdf2 {
    algorithm: &'static Algorithm,
    iterations: NonZeroU32,
    salt: Vec<u8>,
    expected: Vec<u8>,
}

impl StoredPbkdf2 {
    /// Whether `text` begins like one.
    pub fn is_one(text: &str) -> bool {
        PHC.iter().chain(&DJANGO).any(|(prefix, _)| text.starts_with(prefix))
    }

    /// Reads `$pbkdf2-sha256$i=310000,l=32$salt$hash` (PHC), `$pbkdf2-sha256$29000$salt$hash` (passlib) or
    /// `pbkdf2_sha256$1000000$salt$hash` (Django, whose salt is plain text).
    pub fn parse(text: &str) -> Result<Self, HashObjection> {
        let broken = HashObjection::Broken("PBKDF2");
        let after = |prefixes: [(&str, &'static Algorithm); 2]| {
            prefixes.into_iter().find_map(|(prefix, algorithm)| Some((text.strip_prefix(prefix)?, algorithm)))
        };
        let (found, is_django) = match after(PHC) {
            Some(found) => (Some(found), false),
            None => (after(DJANGO), true),
        };
        let (rest, algorithm) = found.ok_or(broken)?;
        let [parameters, salt, expected] = rest.split('$').collect::<Vec<_>>()[..] else { return Err(broken) };
        let salt = if is_django { Some(salt.as_bytes().to_vec()) } else { decode(salt) };
        let salt = salt.filter(|salt| is_salt(salt)).ok_or(broken)?;
        let expected = decode(expected).filter(|output| is_output(output)).ok_or(broken)?;
        let iterations = match parameters.starts_with("i=") {
            true if !is_django => Self::iterations_of(parameters, expected.len()),
            _ => parameter(&format!("i={parameters}"), "i"),
        };
        let iterations = iterations.ok_or(broken)?;
        let (block, limit) = match algorithm == &PBKDF2_HMAC_SHA256 {
            true => (SHA256_OUTPUT_LEN, WORK_LIMIT_SHA256),
            false => (SHA512_OUTPUT_LEN, WORK_LIMIT_SHA512),
        };
        let blocks = expected.len().div_ceil(block) as u64;
        if iterations.saturating_mul(blocks) > limit {
            return Err(HashObjection::TooCostly("4000000 iterations of SHA-256, or 2000000 of SHA-512,"));
        }
        let iterations = u32::try_from(iterations).ok().and_then(NonZeroU32::new).ok_or(broken)?;
        Ok(Self { algorithm, iterations, salt, expected })
    }

    /// Of `i=310000` or `i=310000,l=32`.
    fn iterations_of(parameters: &str, length: usize) -> Option<u64> {
        match parameters.split_once(',') {
            None => parameter(parameters, "i"),
            Some(_) => parameter(parameters, "l").filter(|l| *l == length as u64).and(parameter(parameters, "i")),
        }
    }

    /// Whether it is the hash of `password`.
    pub fn is_of(&self, password: &[u8]) -> bool {
        pbkdf2::verify(*self.algorithm, self.iterations, &self.salt, password, &self.expected).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::{HashObjection, StoredPbkdf2};

    /// Of "three lamps", as Python's hashlib computes them.
    const KNOWN: [&str; 9] = [
        "$pbkdf2-sha256$i=1000,l=32$AAECAwQFBgcICQoLDA0ODw$ApT0amcIkXej3knu5OUMD4lm1bh3bo2oIpPM1V1gLEs",
        "$pbkdf2-sha256$i=1000$AAECAwQFBgcICQoLDA0ODw$ApT0amcIkXej3knu5OUMD4lm1bh3bo2oIpPM1V1gLEs",
        "$pbkdf2-sha256$1000$AAECAwQFBgcICQoLDA0ODw$ApT0amcIkXej3knu5OUMD4lm1bh3bo2oIpPM1V1gLEs",
        "$pbkdf2-sha256$i=1000,l=48$AAECAwQFBgcICQoLDA0ODw$ApT0amcIkXej3knu5OUMD4lm1bh3bo2oIpPM1V1gLEvarUIJKCoz9OHlKfljOQNf",
        "pbkdf2_sha256$1000$Zm1aKq8cWu3x$/83SEcPVapzvLaBmwIUjNQX1uDxf2g686sX5U1BCrgk=",
        "$pbkdf2-sha512$i=1000,l=64$AAECAwQFBgcICQoLDA0ODw$WpELDl95mACsxOP71OB6yTGKoCvrJyb9EuiILI0YzXZ1769gY/PVMHngzjWeE65B8YtWLi7At63Z4nppLPTh9w",
        "$pbkdf2-sha512$i=1000$AAECAwQFBgcICQoLDA0ODw$WpELDl95mACsxOP71OB6yTGKoCvrJyb9EuiILI0YzXZ1769gY/PVMHngzjWeE65B8YtWLi7At63Z4nppLPTh9w",
        "$pbkdf2-sha512$1000$AAECAwQFBgcICQoLDA0ODw$WpELDl95mACsxOP71OB6yTGKoCvrJyb9EuiILI0YzXZ1769gY/PVMHngzjWeE65B8YtWLi7At63Z4nppLPTh9w",
        "pbkdf2_sha512$1000$Zm1aKq8cWu3x$2uuReS2AhMWViaLIwR88ZtKM+cBSAl25V99Lp+7Y/M108Csa1l9Rt300E9Bm2RN2C1WXmXu9EXW5WtLgm6u6cA==",
    ];

    #[test]
    fn hashes_in_each_spelling_are_right() {
        for text in KNOWN {
            let stored = StoredPbkdf2::parse(text).unwrap();
            assert!(stored.is_of(b"three lamps") && !stored.is_of(b"four lamps"), "{text}");
        }
    }

    #[test]
    fn what_is_no_hash_or_takes_long_is_refused() {
        let with = |parameters: &str| StoredPbkdf2::parse(&KNOWN[1].replacen("i=1000", parameters, 1)).err();
        for broken in
            ["", "i=", "i=0", "0", "-5", "1e3", "i=1000,l=64", "i=1000,m=32", "l=32", "i=1000,i=1000", "i=i=5"]
        {
            assert_eq!(with(broken), Some(HashObjection::Broken("PBKDF2")), "{broken}");
        }
        for costly in ["i=4000001", "4000001", "i=18446744073709551615"] {
            assert!(matches!(with(costly), Some(HashObjection::TooCostly(_))), "{costly}");
        }
        assert_eq!((with("i=4000000"), with("4000000")), (None, None));
        let sha512 = |iterations: &str| StoredPbkdf2::parse(&KNOWN[6].replacen("i=1000", iterations, 1)).err();
        assert!(matches!(sha512("i=2000001"), Some(HashObjection::TooCostly(_))));
        assert_eq!(sha512("i=2000000"), None);
        let two_blocks = KNOWN[3].replacen("i=1000", "i=2000001", 1);
        assert!(matches!(StoredPbkdf2::parse(&two_blocks).err(), Some(HashObjection::TooCostly(_))));
        let long_salt = format!("pbkdf2_sha256$1000${}$/83SEcPVapzvLaBmwIUjNQX1uDxf2g686sX5U1BCrgk=", "s".repeat(129));
        for broken in [
            "pbkdf2_sha256$1000$$/83SEcPVapzvLaBmwIUjNQX1uDxf2g686sX5U1BCrgk=",
            "pbkdf2_sha256$1000$salt$c2hvcnQ=",
            &long_salt,
        ] {
            assert_eq!(StoredPbkdf2::parse(broken).err(), Some(HashObjection::Broken("PBKDF2")), "{broken}");
        }
    }
}

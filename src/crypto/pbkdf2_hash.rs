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

/// Iterations times blocks of output. The most takes about a second.
const WORK_LIMIT: u64 = 4_000_000;

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
        let block = if algorithm == &PBKDF2_HMAC_SHA256 { SHA256_OUTPUT_LEN } else { SHA512_OUTPUT_LEN };
        let blocks = expected.len().div_ceil(block) as u64;
        if iterations.saturating_mul(blocks) > WORK_LIMIT {
            return Err(HashObjection::TooCostly("4000000 iterations, or less for more than one block of output,"));
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

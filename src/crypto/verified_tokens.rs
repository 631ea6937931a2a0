//! Cache of tokens whose signature is valid. A page presents the same token with every request, and checking a signature
//! takes a hundred times as long as a lookup here.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::digest::{SHA256, digest};

/// How many tokens each of the two halves holds, at some 150 bytes each.
const HALF: usize = 20_000;

/// Verified content by the token's SHA-256. Only valid tokens get in, so invalid ones cannot push them out.
///
/// Two halves: a used token moves to the young half. When that is full, it becomes the old half, and the previous old half
/// is dropped. Tokens in use stay, without the cost of keeping an order.
pub(super) struct VerifiedTokens<T>(Mutex<Halves<T>>);

struct Halves<T> {
    young: HashMap<Fingerprint, T>,
    old: HashMap<Fingerprint, T>,
}

/// Of a whole token, signature included: a token that differs in one bit is another.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// The fingerprint of a presented token.
    pub fn of(token: &str) -> Self {
        let hash = digest(&SHA256, token.as_bytes());
        Self(hash.as_ref().try_into().expect("SHA-256 has 32 bytes"))
    }
}

impl<T> Default for VerifiedTokens<T> {
    fn default() -> Self {
        Self(Mutex::new(Halves { young: HashMap::new(), old: HashMap::new() }))
    }
}

impl<T: Copy> VerifiedTokens<T> {
    /// The verified content of a token, if it is in the cache.
    pub fn find(&self, token: Fingerprint) -> Option<T> {
        let mut halves = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(&found) = halves.young.get(&token) {
            return Some(found);
        }
        let found = halves.old.remove(&token)?;
        halves.keep(token, found);
        Some(found)
    }

    /// Adds a token whose signature is valid.
    pub fn keep(&self, token: Fingerprint, verified: T) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).keep(token, verified);
    }
}

impl<T> Halves<T> {
    fn keep(&mut self, token: Fingerprint, verified: T) {
        if self.young.len() >= HALF {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(token, verified);
    }
}

#[cfg(test)]
mod tests {
    use super::{Fingerprint, HALF, VerifiedTokens};

    #[test]
    fn used_tokens_stay_and_the_number_is_bounded() {
        let tokens = VerifiedTokens::default();
        let token = |n: usize| Fingerprint::of(&n.to_string());
        for n in 0..5 * HALF {
            tokens.keep(token(n), n);
            assert_eq!(tokens.find(token(0)), Some(0), "after {n}");
        }
        assert_eq!(tokens.find(token(1)), None);
        let halves = tokens.0.lock().unwrap();
        assert!(halves.young.len() + halves.old.len() <= 2 * HALF);
    }
}

//! Tokens whose signature has been found good. A page shows the same one with every request for as long as it lives, and
//! checking a signature takes a hundred times as long as finding the token here.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::digest::{SHA256, digest};

/// How many tokens each of the two halves holds, at some 150 bytes each.
const HALF: usize = 20_000;

/// What was verified of them, by their SHA-256. Only good tokens get in, so that nobody can crowd them out with bad ones.
///
/// Two halves: what is used goes to the young one, and when that is full the old one is forgotten. So what is in use
/// stays, at no cost of keeping order.
pub(super) struct VerifiedTokens<T>(Mutex<Halves<T>>);

struct Halves<T> {
    young: HashMap<Fingerprint, T>,
    old: HashMap<Fingerprint, T>,
}

/// Of a whole token, signature included: a token that differs in one bit is another.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Of the token as it was shown.
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
    /// What was verified of a token, if it is remembered.
    pub fn find(&self, token: Fingerprint) -> Option<T> {
        let mut halves = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(&found) = halves.young.get(&token) {
            return Some(found);
        }
        let found = halves.old.remove(&token)?;
        halves.keep(token, found);
        Some(found)
    }

    /// Remembers a token whose signature is good.
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
    fn what_is_used_stays_and_the_rest_is_bounded() {
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

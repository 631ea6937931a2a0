//! Cache of tokens whose signature is valid. A page presents the same token with every request, and checking a signature
//! takes a hundred times as long as a lookup here.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::digest::{SHA256, digest};

/// How many tokens each of the two halves holds.
const HALF: usize = 20_000;

/// How long a half collects tokens, in seconds: the default lifetime of an access token. One that is not used again leaves
/// after at most two of these periods.
const PERIOD: i64 = 900;

/// Verified content by the token's SHA-256. Only valid tokens get in, so invalid ones cannot push them out.
///
/// Two halves: a used token moves to the young half. When that is full or a period has passed, it becomes the old half, and
/// the previous old half is dropped. Tokens in use stay, without the cost of keeping an order.
pub(crate) struct VerifiedTokens<T>(Mutex<Halves<T>>);

struct Halves<T> {
    young: HashMap<Fingerprint, T>,
    old: HashMap<Fingerprint, T>,
    began: i64,
}

/// Of a whole token, signature included: a token that differs in one bit is another.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// The fingerprint of a presented token.
    pub fn of(token: &str) -> Self {
        let hash = digest(&SHA256, token.as_bytes());
        Self(hash.as_ref().try_into().expect("SHA-256 has 32 bytes"))
    }
}

impl<T> Default for VerifiedTokens<T> {
    fn default() -> Self {
        Self(Mutex::new(Halves { young: HashMap::new(), old: HashMap::new(), began: 0 }))
    }
}

impl<T: Clone> VerifiedTokens<T> {
    /// The verified content of a token, if it is in the cache.
    pub fn find(&self, token: Fingerprint, now: i64) -> Option<T> {
        let mut halves = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = halves.young.get(&token) {
            return Some(found.clone());
        }
        let found = halves.old.remove(&token)?;
        halves.keep(token, found.clone(), now);
        Some(found)
    }

    /// Adds a token whose signature is valid.
    pub fn keep(&self, token: Fingerprint, verified: T, now: i64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).keep(token, verified, now);
    }

    /// Removes a token that has expired.
    pub fn forget(&self, token: Fingerprint) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).young.remove(&token);
    }

    /// Removes all tokens, because keys have changed.
    pub fn clear(&self) {
        let mut halves = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        halves.young.clear();
        halves.old.clear();
    }
}

impl<T> Halves<T> {
    fn keep(&mut self, token: Fingerprint, verified: T, now: i64) {
        if self.young.is_empty() {
            self.began = now;
        }
        if self.young.len() >= HALF || now - self.began >= PERIOD {
            self.old = std::mem::take(&mut self.young);
            self.began = now;
        }
        self.young.insert(token, verified);
    }
}

#[cfg(test)]
mod tests {
    use super::{Fingerprint, HALF, PERIOD, VerifiedTokens};

    fn token(number: usize) -> Fingerprint {
        Fingerprint::of(&number.to_string())
    }

    #[test]
    fn used_tokens_stay_and_the_number_is_bounded() {
        let tokens = VerifiedTokens::default();
        for n in 0..5 * HALF {
            tokens.keep(token(n), n, 0);
            assert_eq!(tokens.find(token(0), 0), Some(0), "after {n}");
        }
        assert_eq!(tokens.find(token(1), 0), None);
        let halves = tokens.0.lock().unwrap();
        assert!(halves.young.len() + halves.old.len() <= 2 * HALF);
    }

    #[test]
    fn unused_tokens_leave_with_time_and_used_ones_stay() {
        let tokens = VerifiedTokens::default();
        tokens.keep(token(1), 1, 0);
        tokens.keep(token(2), 2, 0);
        for period in 1..4 {
            tokens.keep(token(10), 10, period * PERIOD);
            assert_eq!(tokens.find(token(1), period * PERIOD), Some(1));
        }
        assert_eq!(tokens.find(token(2), 4 * PERIOD), None);
        tokens.forget(token(1));
        assert_eq!(tokens.find(token(1), 4 * PERIOD), None);
    }
}

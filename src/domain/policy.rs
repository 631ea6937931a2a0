//! The limits that sessions live under.

use std::time::Duration;

use super::Timestamp;

/// What the rule of [`rotation`](super::rotation) allows besides the newest token.
#[derive(Clone, Copy, Debug)]
pub struct RotationPolicy {
    /// How long after the first issue of generation g the token of g−1 is still answered, with g again. Zero: never.
    pub overlap: Duration,
    /// How many lost answers in a row are made good after the overlap. Zero: none.
    pub recovery_burst: u32,
    /// One more is earned each so many generations. At least 2: earned at every refresh, the credit would never run out on
    /// a thief who goes first each time.
    pub recovery_every: u32,
}

/// How long a session may live.
#[derive(Clone, Copy, Debug)]
pub struct Lifetimes {
    /// A session that has not been refreshed for so long is over.
    pub idle: Duration,
    /// A session is over so long after its login, however busy it is. Never shorter than `idle`.
    pub absolute: Duration,
}

/// How access tokens are signed. The configured one is the only one that verifies (RFC 8725 §3.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AccessTokenAlgorithm {
    EdDsa,
    Hs256,
}

/// How access tokens are to be made and what is accepted of one.
#[derive(Clone, Debug)]
pub struct AccessTokenPolicy {
    pub algorithm: AccessTokenAlgorithm,
    /// The longest life; each token's is shortened by up to 5 %, so that tabs do not refresh in step.
    pub ttl: Duration,
    pub issuer: String,
    pub audience: String,
}

/// How the cookies of a session look.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CookiePolicy {
    pub same_site: SameSite,
    /// Starts with a slash.
    pub path: String,
    pub domain: Option<String>,
    /// Without `Secure` and prefix, for a loopback address.
    pub is_insecure: bool,
    /// Whether the access token is set as a cookie too, and beside it the CSRF value that a page has to repeat.
    pub with_access_token: bool,
}

/// The cookie attribute of that name (draft-ietf-httpbis-rfc6265bis §4.1.2.7).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SameSite {
    Strict,
    Lax,
    None,
}

impl Default for CookiePolicy {
    fn default() -> Self {
        Self {
            same_site: SameSite::Strict,
            path: "/".to_owned(),
            domain: None,
            is_insecure: false,
            with_access_token: false,
        }
    }
}

/// The cost of a password hash with Argon2id.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HashCost {
    /// In KiB.
    pub memory: u32,
    pub passes: u32,
    pub parallelism: u32,
}

impl Default for HashCost {
    fn default() -> Self {
        Self { memory: 19_456, passes: 2, parallelism: 1 }
    }
}

impl HashCost {
    /// Whether the cost is at or above a line of OWASP's table of equal strength (Password Storage Cheat Sheet).
    pub fn is_enough(self) -> bool {
        const FLOOR: [(u32, u32); 5] = [(47_104, 1), (19_456, 2), (12_288, 3), (9_216, 4), (7_168, 5)];
        self.parallelism >= 1 && FLOOR.iter().any(|&(memory, passes)| self.memory >= memory && self.passes >= passes)
    }
}

impl RotationPolicy {
    /// How far ahead of a request the rotation may be: clocks may differ by five seconds, as access tokens allow, and a
    /// request may wait five seconds for the database after its time has been taken. A replaced token is good for at most
    /// so much longer.
    pub const CLOCK_TOLERANCE: Duration = Duration::from_secs(10);

    /// Whether the token that was replaced at `rotated_at` may still be presented at `now`.
    pub fn is_overlap(&self, rotated_at: Timestamp, now: Timestamp) -> bool {
        let age = now - rotated_at;
        !self.overlap.is_zero() && age <= self.overlap && -age <= Self::CLOCK_TOLERANCE
    }
}

impl Default for RotationPolicy {
    fn default() -> Self {
        Self { overlap: Duration::from_secs(10), recovery_burst: 3, recovery_every: 10 }
    }
}

impl Default for Lifetimes {
    fn default() -> Self {
        const DAY: u64 = 24 * 60 * 60;
        Self { idle: Duration::from_secs(7 * DAY), absolute: Duration::from_secs(30 * DAY) }
    }
}

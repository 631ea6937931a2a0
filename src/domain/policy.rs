//! Settings that limit sessions, tokens, cookies and hashes.

use std::time::Duration;

use super::Timestamp;

/// What the rule of [`rotation`](super::rotation) accepts besides the newest token.
#[derive(Clone, Copy, Debug)]
pub struct RotationPolicy {
    /// How long after the first issue of generation g the token of g−1 still gets g. Zero disables it.
    pub overlap: Duration,
    /// How many lost responses in a row are recovered after the overlap window. Zero disables it.
    pub recovery_burst: u32,
    /// Rotations needed to earn another recovery. At least 2: if every refresh earned one, a thief who always refreshes
    /// first would never use the credit up.
    pub recovery_every: u32,
}

/// How long a session may live.
#[derive(Clone, Copy, Debug)]
pub struct Lifetimes {
    /// A session expires after this long without a refresh.
    pub idle: Duration,
    /// A session expires this long after its login, whatever its use. Never shorter than `idle`.
    pub absolute: Duration,
}

/// How access tokens are signed. Each key is bound to one algorithm (RFC 8725 §3.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AccessTokenAlgorithm {
    EdDsa,
    /// ECDSA with P-256.
    Es256,
    Hs256,
}

impl AccessTokenAlgorithm {
    /// Its name in RFC 7518 and RFC 8037.
    pub fn name(self) -> &'static str {
        match self {
            Self::EdDsa => "EdDSA",
            Self::Es256 => "ES256",
            Self::Hs256 => "HS256",
        }
    }
}

/// How access tokens are issued and verified.
#[derive(Clone, Debug)]
pub struct AccessTokenPolicy {
    pub algorithm: AccessTokenAlgorithm,
    /// The longest lifetime. Each token lives up to 5 % shorter, which keeps tabs from refreshing at the same time.
    pub ttl: Duration,
    pub issuer: String,
    pub audience: String,
}

/// Where the service API is served.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ServiceApi {
    /// On the admin address.
    Admin,
    /// On the public address.
    Public,
    Off,
}

/// The attributes of a session's cookies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CookiePolicy {
    pub same_site: SameSite,
    /// Starts with a slash.
    pub path: String,
    pub domain: Option<String>,
    /// Without `Secure` and the name's prefix, for a loopback address.
    pub is_insecure: bool,
    /// Whether the access token is also set as a cookie, with the CSRF value that a page has to repeat.
    pub with_access_token: bool,
}

/// The cookie attribute `SameSite` (draft-ietf-httpbis-rfc6265bis §4.1.2.7).
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
    /// Whether the cost reaches a row of OWASP's table of equal strength (Password Storage Cheat Sheet).
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

//! The results of checking and computing password hashes.

/// The result of checking a password against a stored hash.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    Wrong,
    Right,
    /// Right, but hashed in another way or at another cost than new hashes: hash it again.
    RightButOutdated,
}

/// Why there is no verdict or hash.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum HashingError {
    /// As many hashes as allowed are running and waiting.
    #[error("too many passwords are being checked at the moment")]
    Overloaded,
    /// The stored text is no hash of a known kind, or its cost is absurd.
    #[error("a stored password hash cannot be used")]
    Unusable,
}

/// Why a text from elsewhere cannot be stored as a password hash. It never repeats the text.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum HashObjection {
    /// It begins like no known kind.
    #[error("is no hash of a known kind: bcrypt, scrypt, PBKDF2 with SHA-256 or SHA-512, or Argon2")]
    Unknown,
    /// It begins like this kind.
    #[error("is a broken {0} hash")]
    Broken(&'static str),
    /// Checking it would take too much time or memory. With what is allowed.
    #[error("costs too much to check: {0} is allowed")]
    TooCostly(&'static str),
}

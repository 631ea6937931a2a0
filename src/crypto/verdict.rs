//! The results of checking and computing password hashes.

/// The result of checking a password against a stored hash.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    Wrong,
    Right,
    /// Right, but hashed at another cost than new hashes: hash it again.
    RightButOutdated,
}

/// Why there is no verdict or hash.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum HashingError {
    /// As many hashes as allowed are running and waiting.
    #[error("too many passwords are being checked at the moment")]
    Overloaded,
    /// The stored text is no Argon2id hash, or its cost is absurd.
    #[error("a stored password hash cannot be used")]
    Unusable,
}

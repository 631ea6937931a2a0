//! Stored password hashes of every kind: the present one, and those that users bring along from elsewhere. A hash from
//! elsewhere is replaced at the first login.

use super::bcrypt_hash::{self, StoredBcrypt};
use super::pbkdf2_hash::StoredPbkdf2;
use super::scrypt_hash::{self, StoredScrypt};
use super::stored_argon2::StoredArgon2;
pub use super::verdict::HashObjection;
use super::verdict::{HashingError, Verdict};
use crate::domain::password::{Password, PasswordHash};
use crate::domain::policy::HashCost;

/// The longest text of a hash, in bytes.
const LONGEST: usize = 512;

enum StoredHash {
    Argon2(StoredArgon2),
    Bcrypt(StoredBcrypt),
    Scrypt(StoredScrypt),
    Pbkdf2(StoredPbkdf2),
}

impl StoredHash {
    /// Reads a hash whose check is not too expensive.
    fn parse(text: &str) -> Result<Self, HashObjection> {
        let begins = |prefixes: &[&str]| prefixes.iter().any(|prefix| text.starts_with(prefix));
        match text {
            _ if text.len() > LONGEST => Err(HashObjection::Unknown),
            _ if begins(&["$argon2i$", "$argon2d$", "$argon2id$"]) => StoredArgon2::parse(text).map(Self::Argon2),
            _ if begins(&bcrypt_hash::PREFIXES) => StoredBcrypt::parse(text).map(Self::Bcrypt),
            _ if begins(&[scrypt_hash::PREFIX]) => StoredScrypt::parse(text).map(Self::Scrypt),
            _ if StoredPbkdf2::is_one(text) => StoredPbkdf2::parse(text).map(Self::Pbkdf2),
            _ => Err(HashObjection::Unknown),
        }
    }

    fn is_of(&self, password: &[u8]) -> Result<bool, HashingError> {
        match self {
            Self::Argon2(hash) => hash.is_of(password),
            Self::Bcrypt(hash) => Ok(hash.is_of(password)),
            Self::Scrypt(hash) => hash.is_of(password),
            Self::Pbkdf2(hash) => Ok(hash.is_of(password)),
        }
    }

    /// Whether this server would make a hash of this form at its present cost.
    fn is_made_at(&self, cost: HashCost) -> bool {
        matches!(self, Self::Argon2(hash) if hash.is_made_at(cost))
    }
}

/// A hash from elsewhere, if a password can be checked against it in reasonable time and memory.
///
/// # Errors
/// [`HashObjection`] if it is of an unknown kind, broken, or too expensive to check.
pub fn import(hash: PasswordHash) -> Result<PasswordHash, HashObjection> {
    if let StoredHash::Argon2(hash) = StoredHash::parse(hash.expose())? {
        hash.is_importable()?;
    }
    Ok(hash)
}

/// Checks a password against a stored hash, at the cost of that hash. `present` is the cost of new ones.
pub(super) fn check(password: &Password, stored: &PasswordHash, present: HashCost) -> Result<Verdict, HashingError> {
    let stored = StoredHash::parse(stored.expose()).map_err(|_| HashingError::Unusable)?;
    if stored.is_made_at(present) && stored.is_of(password.as_bytes())? {
        return Ok(Verdict::Right);
    }
    // Other programs hash what was typed, in whatever normal form it is.
    let is_right = match (stored.is_made_at(present), password.otherwise_typed()) {
        (true, _) => false,
        (false, None) => stored.is_of(password.as_bytes())?,
        (false, Some(typed)) => stored.is_of(typed)? || stored.is_of(password.as_bytes())?,
    };
    Ok(if is_right { Verdict::RightButOutdated } else { Verdict::Wrong })
}

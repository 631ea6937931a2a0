//! The randomness of the use cases.

use rand::CryptoRng;

/// A generator for ids, salts and tokens. `domain`, `crypto` and `db` take theirs as a parameter.
#[expect(clippy::disallowed_methods, reason = "what the use cases call takes its randomness as a parameter")]
pub(super) fn rng() -> impl CryptoRng {
    rand::rng()
}

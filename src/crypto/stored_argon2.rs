//! Argon2 in memory that returns to the system after each hash, and checking hashes of any kind and cost of it.

use argon2::password_hash::phc::{Output, PasswordHash as Phc, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use aws_lc_rs::constant_time::verify_slices_are_equal;

use super::verdict::{HashObjection, HashingError};
use crate::domain::policy::HashCost;

/// The most that checking a stored hash may cost. A planted hash cannot exhaust the machine.
const STORED_MEMORY_LIMIT: u32 = 256 * 1024;
const STORED_PASSES_LIMIT: u32 = 16;
const STORED_PARALLELISM_LIMIT: u32 = 16;

/// The most that an imported hash may cost, as KiB times passes: about a second. Hashes that this server has made may cost
/// more, if its operator has said so.
const IMPORTED_WORK_LIMIT: u32 = 1024 * 1024;

/// The fewest bytes of a stored output. A shorter one could be guessed.
const LEAST_OUTPUT: usize = 16;

/// In blocks of a KiB. glibc maps allocations over 32 MiB separately and unmaps them when they are freed. Smaller ones may
/// stay with the arena of the thread that computed: a burst of logins once left 700 MiB behind. The unused part is never
/// touched and takes no memory.
const RETURNED_WHEN_FREED: usize = 33 * 1024;

/// A stored Argon2i, Argon2d or Argon2id hash whose cost is acceptable.
pub(super) struct StoredArgon2 {
    algorithm: Algorithm,
    version: Version,
    params: Params,
    salt: Salt,
    expected: Output,
}

impl StoredArgon2 {
    /// Reads a PHC string.
    pub fn parse(text: &str) -> Result<Self, HashObjection> {
        let broken = HashObjection::Broken("Argon2");
        let phc = Phc::new(text).map_err(|_| broken)?;
        let algorithm = Algorithm::try_from(phc.algorithm.as_str()).map_err(|_| broken)?;
        // The reference implementation left the version out before there was a second one.
        let version = phc.version.map_or(Ok(Version::V0x10), Version::try_from).map_err(|_| broken)?;
        let named = Params::try_from(&phc).map_err(|_| broken)?;
        let cost = HashCost { memory: named.m_cost(), passes: named.t_cost(), parallelism: named.p_cost() };
        if cost.memory > STORED_MEMORY_LIMIT
            || cost.passes > STORED_PASSES_LIMIT
            || cost.parallelism > STORED_PARALLELISM_LIMIT
        {
            return Err(HashObjection::TooCostly("m of at most 262144, t and p of at most 16"));
        }
        let (Some(salt), Some(expected)) = (phc.salt, phc.hash) else { return Err(broken) };
        let names_a_key = !named.keyid().is_empty() || !named.data().is_empty();
        if names_a_key || expected.as_bytes().len() < LEAST_OUTPUT {
            return Err(broken);
        }
        let params = params(cost, expected.as_bytes().len()).map_err(|_| broken)?;
        Ok(Self { algorithm, version, params, salt, expected })
    }

    /// Whether it may come from elsewhere.
    pub fn is_importable(&self) -> Result<(), HashObjection> {
        match self.params.m_cost().saturating_mul(self.params.t_cost()) <= IMPORTED_WORK_LIMIT {
            true => Ok(()),
            false => Err(HashObjection::TooCostly("m times t of at most 1048576")),
        }
    }

    /// Whether the present `cost` would make a hash of this form.
    pub fn is_made_at(&self, cost: HashCost) -> bool {
        self.algorithm == Algorithm::Argon2id
            && self.version == Version::V0x13
            && (self.params.m_cost(), self.params.t_cost()) == (cost.memory, cost.passes)
            && self.params.p_cost() == cost.parallelism
            && self.expected.as_bytes().len() == Params::DEFAULT_OUTPUT_LEN
    }

    /// Whether it is the hash of `password`.
    pub fn is_of(&self, password: &[u8]) -> Result<bool, HashingError> {
        let mut output = [0; Output::MAX_LENGTH];
        let output = &mut output[..self.expected.as_bytes().len()];
        compute(self.algorithm, self.version, &self.params, password, &self.salt, output)?;
        Ok(verify_slices_are_equal(output, self.expected.as_bytes()).is_ok())
    }
}

/// Fills `output` with the hash.
pub(super) fn compute(
    algorithm: Algorithm,
    version: Version,
    params: &Params,
    password: &[u8],
    salt: &[u8],
    output: &mut [u8],
) -> Result<(), HashingError> {
    let mut memory = Vec::with_capacity(params.block_count().max(RETURNED_WHEN_FREED));
    memory.resize(params.block_count(), Block::new());
    let argon2 = Argon2::new(algorithm, version, params.clone());
    argon2.hash_password_into_with_memory(password, salt, output, &mut memory).map_err(unusable)
}

/// The parameters of a hash with `output` bytes.
pub(super) fn params(cost: HashCost, output: usize) -> Result<Params, HashingError> {
    Params::new(cost.memory, cost.passes, cost.parallelism, Some(output)).map_err(unusable)
}

pub(super) fn unusable(_: impl std::fmt::Display) -> HashingError {
    HashingError::Unusable
}

#[cfg(test)]
mod tests {
    use super::{HashObjection, StoredArgon2};

    /// Of the password "password" and the salt "somesalt", from the tests of the reference implementation.
    const REFERENCE: [&str; 8] = [
        "$argon2i$m=256,t=2,p=1$c29tZXNhbHQ$/U3YPXYsSb3q9XxHvc0MLxur+GP960kN9j7emXX8zwY",
        "$argon2i$m=256,t=2,p=2$c29tZXNhbHQ$tsEVYKap1h6scGt5ovl9aLRGOqOth+AMB+KwHpDFZPs",
        "$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8",
        "$argon2i$v=19$m=256,t=2,p=2$c29tZXNhbHQ$T/XOJ2mh1/TIpJHfCdQan76Q5esCFVoT5MAeIM1Oq2E",
        "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
        "$argon2id$v=19$m=65536,t=1,p=1$c29tZXNhbHQ$9qWtwbpyPd3vm1rB1GThgPzZ3/ydHL92zKL+15XZypg",
        "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
    ];

    #[test]
    fn hashes_of_the_reference_implementation_are_right() {
        for text in REFERENCE {
            let stored = StoredArgon2::parse(text).unwrap();
            assert_eq!(stored.is_importable(), Ok(()));
            assert_eq!((stored.is_of(b"password"), stored.is_of(b"passworD")), (Ok(true), Ok(false)), "{text}");
        }
    }

    #[test]
    fn what_takes_long_may_not_come_from_elsewhere() {
        let of = |parameters: &str| {
            let text = format!("$argon2id$v=19${parameters}$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4");
            StoredArgon2::parse(&text).and_then(|stored| stored.is_importable())
        };
        assert_eq!(of("m=262144,t=4,p=1"), Ok(()));
        for costly in ["m=262144,t=5,p=1", "m=262145,t=1,p=1", "m=64,t=17,p=1", "m=65536,t=16,p=17"] {
            assert!(matches!(of(costly), Err(HashObjection::TooCostly(_))), "{costly}");
        }
    }
}

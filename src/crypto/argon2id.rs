//! Argon2id itself, in memory that returns to the system after each hash.

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash as Phc, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use aws_lc_rs::constant_time::verify_slices_are_equal;

use super::verdict::{HashingError, Verdict};
use crate::domain::password::PasswordHash;
use crate::domain::policy::HashCost;

/// The most that checking a stored hash may cost. A planted hash cannot exhaust the machine.
const STORED_MEMORY_LIMIT: u32 = 256 * 1024;
const STORED_PASSES_LIMIT: u32 = 16;
const STORED_PARALLELISM_LIMIT: u32 = 16;

/// In blocks of a KiB. glibc maps allocations over 32 MiB separately and unmaps them when they are freed. Smaller ones may
/// stay with the arena of the thread that computed: a burst of logins once left 700 MiB behind. The unused part is never
/// touched and takes no memory.
const RETURNED_WHEN_FREED: usize = 33 * 1024;

const OUTPUT_LEN: usize = Params::DEFAULT_OUTPUT_LEN;

/// Hashes at one cost, and checks hashes of any acceptable cost.
pub(super) struct Argon2id {
    cost: HashCost,
    params: Params,
}

impl Argon2id {
    /// For hashes of `cost`.
    pub fn new(cost: HashCost) -> Result<Self, HashingError> {
        let params = params(cost)?;
        Ok(Self { cost, params })
    }

    /// The PHC string of a password with this salt.
    pub fn hash(&self, password: &[u8], salt: &[u8]) -> Result<PasswordHash, HashingError> {
        let output = compute(Version::V0x13, &self.params, password, salt)?;
        self.phc(salt, &output)
    }

    /// The PHC string that stores `output`. With a random `output` no password matches it: checking one costs as much as for
    /// any hash, and making this string costs nothing.
    pub fn phc(&self, salt: &[u8], output: &[u8; OUTPUT_LEN]) -> Result<PasswordHash, HashingError> {
        let phc = Phc {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(&self.params).map_err(unusable)?,
            salt: Some(Salt::new(salt).map_err(unusable)?),
            hash: Some(Output::new(output).map_err(unusable)?),
        };
        Ok(PasswordHash::from_stored(phc.to_string()))
    }

    /// Checks a password against a stored PHC string, at the cost in that string.
    pub fn check(&self, password: &[u8], stored: &PasswordHash) -> Result<Verdict, HashingError> {
        let phc = Phc::new(stored.expose()).map_err(unusable)?;
        let (Some(salt), Some(expected)) = (phc.salt, phc.hash) else { return Err(HashingError::Unusable) };
        let stored = Params::try_from(&phc).map_err(unusable)?;
        let cost = HashCost { memory: stored.m_cost(), passes: stored.t_cost(), parallelism: stored.p_cost() };
        let version = phc.version.map_or(Ok(Version::V0x13), Version::try_from).map_err(unusable)?;
        let is_acceptable = phc.algorithm == Algorithm::Argon2id.ident()
            && cost.memory <= STORED_MEMORY_LIMIT
            && cost.passes <= STORED_PASSES_LIMIT
            && cost.parallelism <= STORED_PARALLELISM_LIMIT
            && expected.as_bytes().len() == OUTPUT_LEN;
        if !is_acceptable {
            return Err(HashingError::Unusable);
        }
        let output = compute(version, &params(cost)?, password, &salt)?;
        let is_right = verify_slices_are_equal(&output, expected.as_bytes()).is_ok();
        Ok(match (is_right, cost == self.cost) {
            (false, _) => Verdict::Wrong,
            (true, true) => Verdict::Right,
            (true, false) => Verdict::RightButOutdated,
        })
    }
}

fn compute(version: Version, params: &Params, password: &[u8], salt: &[u8]) -> Result<[u8; OUTPUT_LEN], HashingError> {
    let mut memory = Vec::with_capacity(params.block_count().max(RETURNED_WHEN_FREED));
    memory.resize(params.block_count(), Block::new());
    let argon2 = Argon2::new(Algorithm::Argon2id, version, params.clone());
    let mut output = [0; OUTPUT_LEN];
    argon2.hash_password_into_with_memory(password, salt, &mut output, &mut memory).map_err(unusable)?;
    Ok(output)
}

fn params(cost: HashCost) -> Result<Params, HashingError> {
    Params::new(cost.memory, cost.passes, cost.parallelism, Some(OUTPUT_LEN)).map_err(unusable)
}

fn unusable(_: impl std::fmt::Display) -> HashingError {
    HashingError::Unusable
}

#[cfg(test)]
mod tests {
    use argon2::{PasswordHasher as _, PasswordVerifier as _};

    use super::{Argon2, Argon2id, HashCost, Phc, Verdict};
    const COST: HashCost = HashCost { memory: 64, passes: 2, parallelism: 1 };

    #[test]
    fn it_agrees_with_the_library_in_both_directions() {
        let ours = Argon2id::new(COST).unwrap();
        let library = Argon2::from(super::params(COST).unwrap());
        for password in [&b"three lamps on the stairs"[..], b"", &[0xff; 300]] {
            for salt in [[1; 16], [2; 16]] {
                let hash = ours.hash(password, &salt).unwrap();
                assert_eq!(hash.expose(), library.hash_password_with_salt(password, &salt).unwrap().to_string());
                assert!(library.verify_password(password, &Phc::new(hash.expose()).unwrap()).is_ok());
                assert_eq!(ours.check(password, &hash), Ok(Verdict::Right));
                assert_eq!(ours.check(b"another", &hash), Ok(Verdict::Wrong));
            }
        }
    }

    #[test]
    fn a_stored_hash_of_another_cost_is_right_but_outdated() {
        let ours = Argon2id::new(COST).unwrap();
        let costlier = Argon2id::new(HashCost { memory: 4096, ..COST }).unwrap();
        for (judge, maker) in [(&ours, &costlier), (&costlier, &ours)] {
            let hash = maker.hash(b"three lamps", &[1; 16]).unwrap();
            assert_eq!(judge.check(b"three lamps", &hash), Ok(Verdict::RightButOutdated));
            assert_eq!(judge.check(b"four lamps", &hash), Ok(Verdict::Wrong));
        }
    }
}

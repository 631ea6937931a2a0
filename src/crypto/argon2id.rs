//! Argon2id itself, in memory that is kept from one hash to the next. Allocated anew on whatever thread computes, it would
//! stay with the allocator's arena of each of them: a burst of logins once left 700 MiB behind.

use std::sync::{Mutex, PoisonError};

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash as Phc, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use aws_lc_rs::constant_time::verify_slices_are_equal;

use super::password_hash::{HashingError, Verdict};
use crate::domain::password::PasswordHash;
use crate::domain::policy::HashCost;

/// What a stored hash may cost at most to check, so that a planted one cannot eat the machine: 256 MiB, 16 passes.
const STORED_MEMORY_LIMIT: u32 = 256 * 1024;
const STORED_PASSES_LIMIT: u32 = 16;
const STORED_LANES_LIMIT: u32 = 16;

const OUTPUT_LEN: usize = Params::DEFAULT_OUTPUT_LEN;

/// Hashes at one cost, and checks hashes of any bearable one. As many memories are kept as were ever in use at once.
pub(super) struct Argon2id {
    cost: HashCost,
    params: Params,
    memories: Mutex<Vec<Vec<Block>>>,
}

impl Argon2id {
    /// Hashes at `cost`.
    pub fn new(cost: HashCost) -> Result<Self, HashingError> {
        let params = params(cost)?;
        Ok(Self { cost, params, memories: Mutex::default() })
    }

    /// The PHC string of a password with this salt.
    pub fn hash(&self, password: &[u8], salt: &[u8]) -> Result<PasswordHash, HashingError> {
        let output = self.compute(Version::V0x13, &self.params, password, salt)?;
        self.phc(salt, &output)
    }

    /// What a password with this salt would have to come to. With a drawn `output`, no password will: checking one costs
    /// what it always does, and making this costs nothing.
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

    /// Judges a password by a stored PHC string, at the cost that it names.
    pub fn check(&self, password: &[u8], stored: &PasswordHash) -> Result<Verdict, HashingError> {
        let phc = Phc::new(stored.expose()).map_err(unusable)?;
        let (Some(salt), Some(expected)) = (phc.salt, phc.hash) else { return Err(HashingError::Unusable) };
        let stored = Params::try_from(&phc).map_err(unusable)?;
        let cost = HashCost { memory: stored.m_cost(), passes: stored.t_cost(), lanes: stored.p_cost() };
        let version = phc.version.map_or(Ok(Version::V0x13), Version::try_from).map_err(unusable)?;
        let is_bearable = phc.algorithm == Algorithm::Argon2id.ident()
            && cost.memory <= STORED_MEMORY_LIMIT
            && cost.passes <= STORED_PASSES_LIMIT
            && cost.lanes <= STORED_LANES_LIMIT
            && expected.as_bytes().len() == OUTPUT_LEN;
        if !is_bearable {
            return Err(HashingError::Unusable);
        }
        let output = self.compute(version, &params(cost)?, password, &salt)?;
        let is_right = verify_slices_are_equal(&output, expected.as_bytes()).is_ok();
        Ok(match (is_right, cost == self.cost) {
            (false, _) => Verdict::Wrong,
            (true, true) => Verdict::Right,
            (true, false) => Verdict::RightButOutdated,
        })
    }

    fn compute(
        &self,
        version: Version,
        params: &Params,
        password: &[u8],
        salt: &[u8],
    ) -> Result<[u8; OUTPUT_LEN], HashingError> {
        let mut memory = self.take();
        memory.resize(params.block_count(), Block::new());
        let argon2 = Argon2::new(Algorithm::Argon2id, version, params.clone());
        let mut output = [0; OUTPUT_LEN];
        let computed = argon2.hash_password_into_with_memory(password, salt, &mut output, &mut memory);
        self.put_back(memory);
        computed.map_err(unusable)?;
        Ok(output)
    }

    fn take(&self) -> Vec<Block> {
        let kept = self.memories.lock().unwrap_or_else(PoisonError::into_inner).pop();
        kept.unwrap_or_else(|| Vec::with_capacity(self.params.block_count()))
    }

    /// Memory that a costlier stored hash made grow goes back to the system.
    fn put_back(&self, memory: Vec<Block>) {
        if memory.capacity() <= self.params.block_count() {
            self.memories.lock().unwrap_or_else(PoisonError::into_inner).push(memory);
        }
    }
}

fn params(cost: HashCost) -> Result<Params, HashingError> {
    Params::new(cost.memory, cost.passes, cost.lanes, Some(OUTPUT_LEN)).map_err(unusable)
}

fn unusable(_: impl std::fmt::Display) -> HashingError {
    HashingError::Unusable
}

#[cfg(test)]
mod tests {
    use argon2::{PasswordHasher as _, PasswordVerifier as _};

    use super::{Argon2, Argon2id, HashCost, Phc, Verdict};
    use crate::domain::password::PasswordHash;

    const COST: HashCost = HashCost { memory: 64, passes: 2, lanes: 1 };

    #[test]
    fn it_agrees_with_the_library_in_both_directions_whatever_memory_held_before() {
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
        assert_eq!(ours.memories.lock().unwrap().len(), 1, "memory is allocated anew for each hash");
    }

    #[test]
    fn memory_that_grew_for_a_stored_hash_is_not_kept() {
        let ours = Argon2id::new(COST).unwrap();
        let costlier = Argon2id::new(HashCost { memory: 4096, ..COST }).unwrap();
        let hash: PasswordHash = costlier.hash(b"three lamps", &[1; 16]).unwrap();
        assert_eq!(ours.check(b"three lamps", &hash), Ok(Verdict::RightButOutdated));
        assert!(ours.memories.lock().unwrap().is_empty());
        assert_eq!(
            costlier.check(b"three lamps", &ours.hash(b"three lamps", &[1; 16]).unwrap()),
            Ok(Verdict::RightButOutdated)
        );
    }
}

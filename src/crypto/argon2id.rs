//! Hashing passwords with Argon2id, at the present cost.

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash as Phc, Salt};
use argon2::{Algorithm, Params, Version};

use super::stored_argon2::{compute, params, unusable};
use super::verdict::HashingError;
use crate::domain::password::PasswordHash;
use crate::domain::policy::HashCost;

const OUTPUT_LEN: usize = Params::DEFAULT_OUTPUT_LEN;

/// Hashes at one cost.
pub(super) struct Argon2id {
    /// The cost of its hashes.
    pub cost: HashCost,
    params: Params,
}

impl Argon2id {
    /// For hashes of `cost`.
    pub fn new(cost: HashCost) -> Result<Self, HashingError> {
        let params = params(cost, OUTPUT_LEN)?;
        Ok(Self { cost, params })
    }

    /// The PHC string of a password with this salt.
    pub fn hash(&self, password: &[u8], salt: &[u8]) -> Result<PasswordHash, HashingError> {
        let mut output = [0; OUTPUT_LEN];
        compute(Algorithm::Argon2id, Version::V0x13, &self.params, password, salt, &mut output)?;
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
}

#[cfg(test)]
mod tests {
    use argon2::{Argon2, PasswordHasher as _, PasswordVerifier as _};

    use super::super::stored_hash::check;
    use super::super::verdict::Verdict;
    use super::{Argon2id, HashCost, OUTPUT_LEN, Phc};
    use crate::domain::password::Password;

    const COST: HashCost = HashCost { memory: 64, passes: 2, parallelism: 1 };

    #[test]
    fn it_agrees_with_the_library_in_both_directions() {
        let ours = Argon2id::new(COST).unwrap();
        let library = Argon2::from(super::params(COST, OUTPUT_LEN).unwrap());
        let another = Password::presented(&"another".to_owned().into());
        for password in ["three lamps on the stairs", "", &"\u{ff}".repeat(300)] {
            let presented = Password::presented(&password.to_owned().into());
            let password = password.as_bytes();
            for salt in [[1; 16], [2; 16]] {
                let hash = ours.hash(password, &salt).unwrap();
                assert_eq!(hash.expose(), library.hash_password_with_salt(password, &salt).unwrap().to_string());
                assert!(library.verify_password(password, &Phc::new(hash.expose()).unwrap()).is_ok());
                assert_eq!(check(&presented, &hash, COST), Ok(Verdict::Right));
                assert_eq!(check(&another, &hash, COST), Ok(Verdict::Wrong));
            }
        }
    }

    #[test]
    fn a_stored_hash_of_another_cost_is_right_but_outdated() {
        let presented = |text: &str| Password::presented(&text.to_owned().into());
        let costlier = HashCost { memory: 4096, ..COST };
        for (present, other) in [(COST, costlier), (costlier, COST)] {
            let hash = Argon2id::new(other).unwrap().hash(b"three lamps", &[1; 16]).unwrap();
            assert_eq!(check(&presented("three lamps"), &hash, present), Ok(Verdict::RightButOutdated));
            assert_eq!(check(&presented("four lamps"), &hash, present), Ok(Verdict::Wrong));
        }
    }
}

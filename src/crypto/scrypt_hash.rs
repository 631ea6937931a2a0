//! scrypt hashes from elsewhere.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use scrypt::{Params, scrypt};

use super::hash_text::{decode, is_output, is_salt, parameter};
use super::verdict::{HashObjection, HashingError};

pub(super) const PREFIX: &str = "$scrypt$";

/// N times r. Each takes 128 bytes, so the most is 256 MiB.
const MEMORY_LIMIT: u64 = 2 * 1024 * 1024;

/// N times r times p. The most takes about a second.
const WORK_LIMIT: u64 = 2 * 1024 * 1024;

/// The least `ln` that must be N itself, as Ory Kratos writes it: its logarithm cannot be so large.
const LEAST_WRITTEN_OUT: u64 = 64;

/// A stored scrypt hash whose cost is acceptable.
pub(super) struct StoredScrypt {
    params: Params,
    salt: Vec<u8>,
    expected: Vec<u8>,
}

impl StoredScrypt {
    /// Reads `$scrypt$ln=16,r=8,p=1$salt$hash`.
    pub fn parse(text: &str) -> Result<Self, HashObjection> {
        let broken = HashObjection::Broken("scrypt");
        let rest = text.strip_prefix(PREFIX).ok_or(broken)?;
        let [parameters, salt, expected] = rest.split('$').collect::<Vec<_>>()[..] else { return Err(broken) };
        let number = |name| parameter(parameters, name).ok_or(broken);
        let (ln, r, p) = (number("ln")?, number("r")?, number("p")?);
        let salt = decode(salt).filter(|salt| is_salt(salt)).ok_or(broken)?;
        let expected = decode(expected).filter(|output| is_output(output)).ok_or(broken)?;
        let log_n = match ln {
            0 => return Err(broken),
            ln if ln < LEAST_WRITTEN_OUT => u8::try_from(ln).map_err(|_| broken)?,
            n if n.is_power_of_two() => u8::try_from(n.ilog2()).map_err(|_| broken)?,
            _ => return Err(broken),
        };
        let memory = 1_u64.checked_shl(u32::from(log_n)).and_then(|n| n.checked_mul(r));
        let work = memory.and_then(|memory| memory.checked_mul(p));
        let is_acceptable = |cost: Option<u64>, limit| cost.is_some_and(|cost| cost <= limit);
        if !is_acceptable(memory, MEMORY_LIMIT) || !is_acceptable(work, WORK_LIMIT) {
            return Err(HashObjection::TooCostly("N times r times p of at most 2097152"));
        }
        let (r, p) = (u32::try_from(r).map_err(|_| broken)?, u32::try_from(p).map_err(|_| broken)?);
        let params = Params::new(log_n, r, p).map_err(|_| broken)?;
        Ok(Self { params, salt, expected })
    }

    /// Whether it is the hash of `password`.
    pub fn is_of(&self, password: &[u8]) -> Result<bool, HashingError> {
        let mut output = vec![0; self.expected.len()];
        scrypt(password, &self.salt, &self.params, &mut output).map_err(|_| HashingError::Unusable)?;
        Ok(verify_slices_are_equal(&output, &self.expected).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::{HashObjection, StoredScrypt};

    /// The second vector of RFC 7914 §12: N = 1024, r = 8, p = 16.
    const RFC_7914: &str = "$scrypt$ln=10,r=8,p=16$TmFDbA$\
        /bq+HJ00cgB4VucZDQHp/nxq18vII3gw53N2Y0s3MWIurzDZLiKjiG/xCSedmDDaxyevuUqD7m2DYMvfoswGQA";

    #[test]
    fn the_vector_of_the_rfc_is_right_in_every_spelling() {
        let padded = format!("{}==", RFC_7914.replacen("TmFDbA", "TmFDbA==", 1));
        for text in [RFC_7914, &RFC_7914.replacen("ln=10", "ln=1024", 1), &padded] {
            let stored = StoredScrypt::parse(text).unwrap();
            assert_eq!((stored.is_of(b"password"), stored.is_of(b"passworD")), (Ok(true), Ok(false)), "{text}");
        }
    }

    #[test]
    fn what_is_no_hash_or_takes_long_is_refused() {
        let with = |parameters: &str| StoredScrypt::parse(&RFC_7914.replacen("ln=10,r=8,p=16", parameters, 1)).err();
        for broken in
            ["", "ln=10,r=8", "ln=10,r=8,p=0", "ln=0,r=8,p=1", "ln=1000,r=8,p=1", "ln=10,r=8,p=1,q=1", "ln=-1,r=8,p=1"]
        {
            assert_eq!(with(broken), Some(HashObjection::Broken("scrypt")), "{broken}");
        }
        for costly in
            ["ln=19,r=8,p=1", "ln=18,r=8,p=2", "ln=63,r=8,p=1", "ln=1,r=4294967296,p=1", "ln=10,r=8,p=4294967295"]
        {
            assert!(matches!(with(costly), Some(HashObjection::TooCostly(_))), "{costly}");
        }
        assert_eq!(with("ln=18,r=8,p=1"), None);
        for broken in [
            "$scrypt$",
            "$scrypt$ln=10,r=8,p=1$TmFDbA",
            "$scrypt$ln=10,r=8,p=1$TmFDbA$c2hvcnQ",
            "$scrypt$ln=10,r=8,p=1$$",
        ] {
            assert_eq!(StoredScrypt::parse(broken).err(), Some(HashObjection::Broken("scrypt")), "{broken}");
        }
    }
}

//! The parts of which texts of password hashes are made.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// In bytes.
const LONGEST_SALT: usize = 128;
const OUTPUTS: std::ops::RangeInclusive<usize> = 16..=64;

/// Base64 with or without padding. passlib writes `.` for `+`.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    STANDARD_NO_PAD.decode(text.trim_end_matches('=').replace('.', "+")).ok()
}

/// Whether a salt has a length that this program accepts.
pub(super) fn is_salt(salt: &[u8]) -> bool {
    (1..=LONGEST_SALT).contains(&salt.len())
}

/// Whether an output has a length that this program accepts. A shorter one could be guessed.
pub(super) fn is_output(output: &[u8]) -> bool {
    OUTPUTS.contains(&output.len())
}

/// The number `name` in `a=1,b=2`, where each name occurs once and there are at most three.
pub(super) fn parameter(parameters: &str, name: &str) -> Option<u64> {
    let pairs: Vec<(&str, &str)> = parameters.split(',').map(|pair| pair.split_once('=')).collect::<Option<_>>()?;
    let [value] = pairs.iter().filter(|(own, _)| *own == name).map(|(_, value)| *value).collect::<Vec<_>>()[..] else {
        return None;
    };
    let is_number = pairs.len() <= 3 && value.bytes().all(|byte| byte.is_ascii_digit());
    value.parse().ok().filter(|number| is_number && *number > 0)
}

//! The lines of an import: what is taken can be written and read again, and no hash is taken that is too expensive to check.

use heirloom::crypto::stored_hash;
use heirloom::domain::Timestamp;
use heirloom::domain::user_line::UserLine;
use time::macros::datetime;

const NOW: Timestamp = datetime!(2026-03-01 12:00:00 UTC);

/// A number in a hash that is taken. The largest are the iterations of PBKDF2 and the KiB of Argon2.
const LARGEST: u64 = 4_000_000;

/// Takes the lines of `input`.
pub fn are_taken(input: &[u8]) {
    for line in input.split(|byte| *byte == b'\n') {
        is_taken(line);
    }
}

fn is_taken(line: &[u8]) {
    let user = match UserLine::parse(line, NOW) {
        Ok(user) => user,
        Err(error) => {
            let reason = error.to_string();
            assert!(!reason.is_empty() && !reason.contains(char::is_control), "{reason:?}");
            return;
        }
    };
    assert!(user.email.is_some() || user.subject.is_some());
    assert!(user.created_at.is_none_or(|at| at <= NOW));
    let written = user.to_json().to_string();
    let again = UserLine::parse(written.as_bytes(), NOW).expect("what is written can be read");
    assert_eq!(again.to_json().to_string(), written);
    let Some(hash) = user.password_hash else { return };
    let text = hash.expose().to_owned();
    match stored_hash::import(hash) {
        Ok(hash) => {
            assert_eq!(hash.expose(), text);
            is_cheap(&text);
        }
        Err(objection) => {
            let reason = objection.to_string();
            assert!(text.len() < 8 || !reason.contains(&text), "{reason} repeats the hash");
        }
    }
}

/// The costs are the numbers before the salt.
fn is_cheap(text: &str) {
    assert!(text.len() <= 512 && text.is_ascii() || text.starts_with("pbkdf2_"), "{text}");
    let costs = text.trim_start_matches('$').split('$').skip(1).take(if text.contains("$v=") { 2 } else { 1 });
    for number in costs.flat_map(|part| part.split(|c: char| !c.is_ascii_digit())).filter(|digits| !digits.is_empty()) {
        assert!(number.parse::<u64>().is_ok_and(|number| number <= LARGEST), "{text} is too expensive");
    }
}

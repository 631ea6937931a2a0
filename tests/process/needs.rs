//! Programs of the machine that a test needs and that not every machine has.

use std::path::PathBuf;

/// The program `name`, of the Debian package `package`. Without it the test is skipped, and fails with `CI` set.
pub fn needs(name: &str, package: &str) -> Option<PathBuf> {
    let path = variable("PATH").unwrap_or_default();
    let mut places: Vec<PathBuf> = std::env::split_paths(&path).collect();
    places.push("/usr/sbin".into());
    let found = places.iter().map(|place| place.join(name)).find(|program| program.is_file());
    if found.is_none() {
        skip(&format!("{name} is missing; on Debian and Ubuntu: sudo apt-get install {package}"));
    }
    found
}

/// Says that a test is skipped. With `CI` set nothing may be.
pub fn skip(reason: &str) {
    assert!(variable("CI").is_none_or(|ci| ci.is_empty()), "CI is set, so nothing may be skipped: {reason}");
    eprintln!("*** SKIPPED: {reason}");
}

#[expect(clippy::disallowed_methods, reason = "what the machine has is not a setting of the program")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

//! What a million ended sessions cost a process: memory, and the look-up that each authenticated request makes. The set
//! is the one that the service holds, filled and asked in the same way.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a tool for the command line of this repository")]
#![expect(clippy::disallowed_methods, reason = "a benchmark measures the machine's time")]

use std::time::Instant;

use heirloom::domain::ids::FamilyId;
use heirloom::service::EndedSet;

const COUNT: u128 = 1_000_000;

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or("VmRSS: 0 kB");
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn id(number: u128) -> FamilyId {
    uuid::Uuid::from_u128(number.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)).into()
}

fn main() {
    let ended = EndedSet::new(std::time::Duration::from_secs(900));
    let before = resident_kib();
    for number in 0..COUNT {
        ended.insert(&[id(number)]);
    }
    let grown = resident_kib() - before;
    let began = Instant::now();
    let found = (0..2 * COUNT).filter(|&number| ended.contains(id(number))).count();
    let each = began.elapsed().as_nanos() / (2 * COUNT);
    assert_eq!(found, COUNT as usize);
    println!("{COUNT} ended sessions: {} MiB, {each} ns for a look-up", grown / 1024);
}

//! What verifying a token costs. `cargo bench -p heirloom-verify` fails if a known one costs more than 2 µs.
#![allow(clippy::unwrap_used, reason = "a tool for the command line of this repository")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use heirloom_verify::{TokenVerifier, parse_key_set};
use serde_json::Value;

/// What verifying a known token may cost.
const LIMIT: Duration = Duration::from_micros(2);

fn verify(criterion: &mut Criterion) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/access_tokens.json");
    let vectors: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let text = |member: &str| vectors[member].as_str().unwrap();
    let keys = || parse_key_set(&vectors["jwks"]["current"].to_string()).unwrap();
    for name in ["a good token with EdDSA", "a good token with ES256"] {
        let vector = vectors["vectors"].as_array().unwrap().iter().find(|vector| vector["name"] == name).unwrap();
        let (token, at) = (vector["token"].as_str().unwrap(), vector["at"].as_i64().unwrap());
        let verifier = TokenVerifier::new(text("issuer"), text("audience"), keys());
        criterion.bench_function(&format!("{name}, known"), |bencher| {
            bencher.iter(|| verifier.check(black_box(token), at).unwrap());
        });
        assert_known_is_cheap(&verifier, token, at);
        criterion.bench_function(&format!("{name}, new"), |bencher| {
            bencher.iter(|| {
                verifier.replace_keys(keys());
                verifier.check(black_box(token), at).unwrap()
            });
        });
    }
}

/// The best of many rounds: what else the machine does is not the verifier's cost.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures the machine's time")]
fn assert_known_is_cheap(verifier: &TokenVerifier, token: &str, at: i64) {
    const ROUND: u32 = 10_000;
    let round = |_| {
        let began = Instant::now();
        (0..ROUND).for_each(|_| drop(verifier.check(black_box(token), at).unwrap()));
        began.elapsed() / ROUND
    };
    let cost = (0..50).map(round).min().unwrap();
    assert!(cost <= LIMIT, "a known token costs {cost:?}");
}

criterion_group!(benches, verify);
criterion_main!(benches);

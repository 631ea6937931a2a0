//! What verifying a token costs. `cargo bench -p heirloom-verify`
#![allow(clippy::unwrap_used, reason = "a tool for the command line of this repository")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use heirloom_verify::{TokenVerifier, parse_key_set};
use serde_json::Value;

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
        criterion.bench_function(&format!("{name}, new"), |bencher| {
            bencher.iter(|| {
                verifier.replace_keys(keys());
                verifier.check(black_box(token), at).unwrap()
            });
        });
    }
}

criterion_group!(benches, verify);
criterion_main!(benches);

//! What a refresh and a request cost apart from HTTP and the database: the rule, the codec of refresh tokens, and access
//! tokens. `cargo bench --bench rule_and_tokens`.
#![allow(clippy::unwrap_used, reason = "a tool for the command line of this repository")]
#![expect(clippy::disallowed_methods, reason = "a benchmark draws for itself")]

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use heirloom::crypto::access_token::{AccessGrant, AccessTokens};
use heirloom::crypto::keys::Keyring;
use heirloom::crypto::refresh_token::RefreshTokens;
use heirloom::domain::Timestamp;
use heirloom::domain::place::Place;
use heirloom::domain::policy::{AccessTokenAlgorithm, AccessTokenPolicy, RotationPolicy};
use heirloom::domain::rotation::{FamilyState, Generation, decide};
use heirloom::domain::secret::Secret;
use secrecy::ExposeSecret as _;
use time::macros::datetime;
use uuid::Uuid;

const NOW: Timestamp = datetime!(2026-03-01 12:00:00 UTC);

fn generation(number: u32) -> Generation {
    Generation::new(number).unwrap()
}

fn keyring() -> Keyring {
    Keyring::derive(&[Secret::new("a secret of the benchmark that guards nothing").unwrap()]).unwrap()
}

fn rule(criterion: &mut Criterion) {
    let state = FamilyState {
        generation: generation(9_000),
        rotated_at: NOW,
        rotated_from: Place::default(),
        confirmed: generation(8_999),
        recovered: generation(1),
        recovery_tat: 0,
        idle_expires_at: NOW + Duration::from_secs(3_600),
        expires_at: NOW + Duration::from_secs(86_400),
        revoked: None,
    };
    let policy = RotationPolicy::default();
    for (name, presented) in [("rotate", 9_000), ("recover", 8_999), ("reuse", 3)] {
        let now = NOW + Duration::from_secs(60);
        criterion.bench_function(&format!("decide/{name}"), |bencher| {
            bencher
                .iter(|| decide(black_box(&state), generation(black_box(presented)), state.rotated_from, now, &policy));
        });
    }
}

fn refresh_tokens(criterion: &mut Criterion) {
    let tokens = RefreshTokens::new(&keyring());
    let (family_id, newest) = (Uuid::from_u128(7).into(), generation(9_000));
    let token = tokens.mint(family_id, newest);
    let forged = token.expose_secret().replace("hl_", "hl_A");
    criterion
        .bench_function("refresh_token/mint", |bencher| bencher.iter(|| tokens.mint(black_box(family_id), newest)));
    criterion.bench_function("refresh_token/verify", |bencher| {
        bencher.iter(|| tokens.verify(black_box(token.expose_secret().as_bytes())).unwrap());
    });
    criterion.bench_function("refresh_token/refuse", |bencher| {
        bencher.iter(|| tokens.verify(black_box(forged.as_bytes())).unwrap_err());
    });
}

fn access_tokens(criterion: &mut Criterion) {
    for (name, algorithm) in [
        ("EdDSA", AccessTokenAlgorithm::EdDsa),
        ("ES256", AccessTokenAlgorithm::Es256),
        ("HS256", AccessTokenAlgorithm::Hs256),
    ] {
        let policy = AccessTokenPolicy {
            algorithm,
            ttl: Duration::from_secs(900),
            issuer: "heirloom".to_owned(),
            audience: "heirloom".to_owned(),
        };
        let tokens = AccessTokens::new(&keyring(), policy);
        let mut rng = rand::rng();
        let end = NOW + Duration::from_secs(86_400);
        let mut issue = |number| {
            let grant = AccessGrant {
                user_id: Uuid::from_u128(1).into(),
                family_id: Uuid::from_u128(2).into(),
                generation: generation(number),
                authenticated_at: NOW,
            };
            tokens.issue(&grant, NOW, end, &mut rng).token
        };
        let mut group = criterion.benchmark_group(format!("access_token/{name}"));
        group.throughput(Throughput::Elements(1));
        group.bench_function("issue", |bencher| bencher.iter(|| issue(9_000)));
        let token = issue(9_000);
        group.bench_function("check, seen before", |bencher| {
            bencher.iter(|| tokens.verify(black_box(token.expose_secret()), NOW).unwrap());
        });
        // More than are remembered, so that each is new when its turn comes again.
        let many: Vec<_> = (1..=50_000).map(&mut issue).collect();
        let mut next = many.iter().cycle();
        group.bench_function("check, new", |bencher| {
            bencher.iter(|| tokens.verify(black_box(next.next().unwrap().expose_secret()), NOW).unwrap());
        });
        group.finish();
    }
}

criterion_group!(benches, rule, refresh_tokens, access_tokens);
criterion_main!(benches);

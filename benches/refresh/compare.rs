//! Two servers, measured in turns within one run, since a machine's speed changes within seconds: this build beside another
//! one, or sessions with claims beside sessions without.

use std::fs;

use indicatif::ProgressBar;
use serde_json::{Map, Value, json};

use crate::report::{Measured, median, median_ratio, rounded};
use crate::server::Server;
use crate::sessions::Sessions;
use crate::{ALONE, MANY, Options, SESSIONS, begin, load, measured, sessions_with};

/// What is compared: its name, and its value.
type Figure = (&'static str, fn(&Measured) -> f64);

const FIGURES: [Figure; 7] = [
    ("refreshes a second", |measured| measured.throughput),
    ("p50, ms", |measured| measured.p50),
    ("p99, ms", |measured| measured.p99),
    ("server, µs of CPU", |measured| measured.server_cpu * 1000.0),
    ("Postgres, µs of CPU", |measured| measured.postgres_cpu * 1000.0),
    ("WAL, bytes", |measured| measured.wal),
    ("heap-only share", |measured| measured.heap_only),
];

/// How many bytes of claims each session has, as compact JSON.
const CLAIMS: usize = 512;

/// How many clients there are.
const CROWDS: [usize; 2] = [ALONE, MANY];

/// What was measured, round by round: for each of [`CROWDS`], each of the two servers.
type Results = [[Vec<Measured>; 2]; CROWDS.len()];

/// This build beside another one.
pub fn builds(options: &Options, bar: &ProgressBar) {
    let other = options.with.as_deref().expect("`compare` requires --with");
    let servers = [Server::start_binary(other), Server::start()].map(|server| {
        let sessions = sessions_with(None, &server, SESSIONS, bar);
        (server, sessions)
    });
    print(["other", "this"], &in_turns(servers, options, bar));
}

/// Sessions with claims beside sessions without.
pub fn claims(options: &Options, bar: &ProgressBar) {
    let of_users = [None, Some(claims_of(CLAIMS))];
    let servers = of_users.map(|claims| {
        let server = Server::start();
        let sessions = sessions_with(claims, &server, SESSIONS, bar);
        (server, sessions)
    });
    let results = in_turns(servers, options, bar);
    print(["no claims", "512 bytes"], &results);
    println!("\nwanted: at least 0.9 of the refreshes a second, and a heap-only share of 1");
    if !options.dry {
        write(&results);
    }
}

/// An object of claims as services have them, with so many bytes.
fn claims_of(bytes: usize) -> String {
    let of = |padding| format!(r#"{{"plan":"pro","roles":["admin","billing"],"tenant":42,"note":"{padding}"}}"#);
    let claims = of("x".repeat(bytes - of(String::new()).len()));
    assert_eq!(claims.len(), bytes);
    claims
}

fn in_turns(mut servers: [(Server, Sessions); 2], options: &Options, bar: &ProgressBar) -> Results {
    begin(bar, options.rounds * CROWDS.len() * servers.len(), "refreshing");
    let mut results = Results::default();
    for round in 0..options.rounds {
        for (clients, results) in CROWDS.into_iter().zip(&mut results) {
            // Each goes first in every second round.
            for turn in [round % 2, 1 - round % 2] {
                let (server, sessions) = &mut servers[turn];
                results[turn].push(refreshes(server, sessions, clients, options));
                bar.inc(1);
            }
        }
    }
    bar.finish_and_clear();
    results
}

fn refreshes(server: &Server, sessions: &mut Sessions, clients: usize, options: &Options) -> Measured {
    measured(server, || load(server, clients, options.duration()).refresh(sessions))
}

/// The medians of both, and the median of the rounds' own ratios.
fn compared(rounds: &[Vec<Measured>; 2], figure: fn(&Measured) -> f64) -> ([f64; 2], f64) {
    let [one, other] = rounds.each_ref().map(|rounds| rounds.iter().map(figure).collect::<Vec<f64>>());
    let ratio = median_ratio(&other, &one);
    ([median(one), median(other)], ratio)
}

fn print(names: [&str; 2], results: &Results) {
    for (clients, rounds) in CROWDS.into_iter().zip(results) {
        println!("{:<22} {:>12} {:>12} {:>8}", format!("{clients} clients"), names[0], names[1], "ratio");
        for (name, figure) in FIGURES {
            let ([one, other], ratio) = compared(rounds, figure);
            println!("{name:<22} {one:>12.3} {other:>12.3} {ratio:>8.3}");
        }
    }
}

fn write(results: &Results) {
    let crowds = CROWDS.into_iter().zip(results).map(|(clients, rounds)| {
        let figures = FIGURES.map(|(name, figure)| {
            let (medians, ratio) = compared(rounds, figure);
            let [without, with] = medians.map(rounded);
            (name.to_owned(), json!({ "without": without, "with": with, "ratio": rounded(ratio) }))
        });
        json!({ "clients": clients, "figures": Map::from_iter(figures) })
    });
    let crowds: Vec<Value> = crowds.collect();
    let text = serde_json::to_string_pretty(&json!({ "sessions": SESSIONS, "bytes": CLAIMS, "refresh": crowds }));
    fs::write("docs/benchmarks/claims.json", text.unwrap() + "\n").unwrap();
}

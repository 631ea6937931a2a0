//! This build of the server beside another one, measured in turns within one run, since a machine's speed changes within
//! seconds.

use indicatif::ProgressBar;

use crate::report::{Measured, median};
use crate::server::Server;
use crate::sessions::Sessions;
use crate::{ALONE, MANY, Options, SESSIONS, begin, load, measured, sessions_of};

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

pub fn run(options: &Options, bar: &ProgressBar) {
    let other = options.with.as_deref().expect("`compare` requires --with");
    let mut builds = [Server::start_binary(other), Server::start()].map(|server| {
        let sessions = sessions_of(&server, SESSIONS, bar);
        (server, sessions)
    });
    let clients = [ALONE, MANY];
    begin(bar, options.rounds * clients.len() * builds.len(), "refreshing");
    let mut results = clients.map(|_| [Vec::new(), Vec::new()]);
    for round in 0..options.rounds {
        for (clients, results) in clients.into_iter().zip(&mut results) {
            // Each build goes first in every second round.
            for turn in [round % 2, 1 - round % 2] {
                let (server, sessions) = &mut builds[turn];
                results[turn].push(refreshes(server, sessions, clients, options));
                bar.inc(1);
            }
        }
    }
    bar.finish_and_clear();
    for (clients, results) in clients.into_iter().zip(&results) {
        print(clients, results);
    }
}

fn refreshes(server: &Server, sessions: &mut Sessions, clients: usize, options: &Options) -> Measured {
    measured(server, || load(server, clients, options.duration()).refresh(sessions))
}

fn print(clients: usize, results: &[Vec<Measured>; 2]) {
    println!("{:<22} {:>12} {:>12} {:>8}", format!("{clients} clients"), "other", "this", "ratio");
    for (name, figure) in FIGURES {
        let [other, this] = results.each_ref().map(|rounds| median(rounds.iter().map(figure).collect()));
        println!("{name:<22} {other:>12.3} {this:>12.3} {:>8.3}", this / other);
    }
}

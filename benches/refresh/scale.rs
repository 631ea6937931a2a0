//! A table of ten million sessions, and a million more that are over and pruned under load.

use indicatif::ProgressBar;

use crate::load::Seen;
use crate::postgres::counters;
use crate::server::Server;
use crate::sessions::{Sessions, make_expired};
use crate::{Options, SESSIONS, begin, load, server_with};

const CLIENTS: usize = 64;

const EXPIRED: usize = 1_000_000;

pub fn run(options: &Options, bar: &ProgressBar) {
    let (server, mut sessions) = server_with(SESSIONS, bar);
    println!("{:<34} {:>9} {:>8} {:>8} {:>10} {:>10}", "", "a second", "p50 ms", "p99 ms", "table MiB", "index MiB");
    several(options, &server, &mut sessions, &format!("{SESSIONS} sessions"));
    begin(bar, options.sessions - SESSIONS, "making sessions");
    sessions.make(&server.database_url, options.sessions, bar);
    bar.finish_and_clear();
    several(options, &server, &mut sessions, &format!("{} sessions", options.sessions));
    begin(bar, EXPIRED, "making sessions that are over");
    make_expired(&server.database_url, options.sessions, EXPIRED, bar);
    bar.finish_and_clear();
    several(options, &server, &mut sessions, "and a million that are over");
    let mut pruning = server.command(&["prune"]).spawn().expect("the binary runs");
    while pruning.try_wait().expect("our own child").is_none() {
        let seen = load(&server, CLIENTS, options.duration()).refresh(&mut sessions);
        tell(&server, "while they are pruned", &seen);
    }
    several(options, &server, &mut sessions, "afterwards");
}

fn several(options: &Options, server: &Server, sessions: &mut Sessions, what: &str) {
    for _ in 0..options.rounds {
        tell(server, what, &load(server, CLIENTS, options.duration()).refresh(sessions));
    }
}

fn tell(server: &Server, what: &str, seen: &Seen) {
    let (counters, mib) = (counters(&server.database_url), 1024.0 * 1024.0);
    println!(
        "{what:<34} {:>9.0} {:>8.2} {:>8.2} {:>10.1} {:>10.1}",
        seen.throughput(),
        seen.percentile(0.5),
        seen.percentile(0.99),
        counters.table_bytes as f64 / mib,
        counters.index_bytes as f64 / mib
    );
}

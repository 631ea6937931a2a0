//! A table of ten million sessions, and a million more that are over and pruned under load.

use indicatif::ProgressBar;

use crate::postgres::counters;
use crate::server::Server;
use crate::sessions::{Sessions, make_expired};
use crate::{MANY, Options, SESSIONS, begin, load, measured, sessions_of};

const EXPIRED: usize = 1_000_000;

/// What whoever has ten million sessions gives to Postgres: memory for the table, and checkpoints that are not made every
/// few seconds. The first change of a page after a checkpoint puts the whole page into the log.
const SETTINGS: [(&str, &str); 3] =
    [("shared_buffers", "4GB"), ("max_wal_size", "16GB"), ("checkpoint_timeout", "30min")];

/// Pages hold some 27 sessions. So many refreshes of one page after the other touch each of them.
const SESSIONS_OF_A_PAGE: usize = 24;

pub fn run(options: &Options, bar: &ProgressBar) {
    let server = Server::start_on_database(&SETTINGS);
    let mut sessions = sessions_of(&server, SESSIONS, bar);
    bar.finish_and_clear();
    println!(
        "{:<34} {:>9} {:>8} {:>8} {:>8} {:>10} {:>10}",
        "", "a second", "p50 ms", "p99 ms", "WAL B", "table MiB", "index MiB"
    );
    touched(options, &server, &mut sessions);
    several(options, &server, &mut sessions, &format!("{SESSIONS} sessions"));
    begin(bar, options.sessions - SESSIONS, "making sessions");
    sessions.make(&server.database_url, options.sessions, bar);
    bar.finish_and_clear();
    touched(options, &server, &mut sessions);
    several(options, &server, &mut sessions, &format!("{} sessions", options.sessions));
    begin(bar, EXPIRED, "making sessions that are over");
    make_expired(&server.database_url, options.sessions, EXPIRED, bar);
    bar.finish_and_clear();
    touched(options, &server, &mut sessions);
    several(options, &server, &mut sessions, "and a million that are over");
    let mut pruning = server.command(&["prune"]).spawn().expect("the binary runs");
    while pruning.try_wait().expect("our own child").is_none() {
        one(options, &server, &mut sessions, "while they are pruned");
    }
    several(options, &server, &mut sessions, "afterwards");
}

/// Refreshes until each page has been changed since the last checkpoint, and tells what the first refreshes cost.
fn touched(options: &Options, server: &Server, sessions: &mut Sessions) {
    one(options, server, sessions, "right after a checkpoint");
    let mut left = sessions.generations.len() / SESSIONS_OF_A_PAGE;
    while left > 0 {
        let seen = load(server, MANY, options.duration()).refresh(sessions);
        left = left.saturating_sub(seen.all);
    }
}

fn several(options: &Options, server: &Server, sessions: &mut Sessions, what: &str) {
    for _ in 0..options.rounds {
        one(options, server, sessions, what);
    }
}

fn one(options: &Options, server: &Server, sessions: &mut Sessions, what: &str) {
    let measured = measured(server, || load(server, MANY, options.duration()).refresh(sessions));
    let (counters, mib) = (counters(&server.database_url), 1024.0 * 1024.0);
    println!(
        "{what:<34} {:>9.0} {:>8.2} {:>8.2} {:>8.0} {:>10.1} {:>10.1}",
        measured.throughput,
        measured.p50,
        measured.p99,
        measured.wal,
        counters.table_bytes as f64 / mib,
        counters.index_bytes as f64 / mib
    );
}

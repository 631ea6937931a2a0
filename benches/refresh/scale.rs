//! A table of ten million sessions, and a million more that are over and pruned under load.

use std::collections::BTreeMap;
use std::fs;

use indicatif::ProgressBar;
use serde_json::{Value, json};

use crate::postgres::{counters, expired};
use crate::report::rounded;
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
    let sessions = sessions_of(&server, SESSIONS, bar);
    bar.finish_and_clear();
    println!(
        "{:<34} {:>9} {:>8} {:>8} {:>8} {:>10} {:>10}",
        "", "a second", "p50 ms", "p99 ms", "WAL B", "table MiB", "index MiB"
    );
    let mut scale = Scale { options, server, sessions, lines: Vec::new() };
    scale.touch();
    scale.measure(&format!("{SESSIONS} sessions"));
    begin(bar, options.sessions - SESSIONS, "making sessions");
    scale.sessions.make(&scale.server.database_url, options.sessions, bar);
    bar.finish_and_clear();
    scale.touch();
    scale.measure(&format!("{} sessions", options.sessions));
    begin(bar, EXPIRED, "making sessions that are over");
    make_expired(&scale.server.database_url, options.sessions, EXPIRED, bar);
    bar.finish_and_clear();
    let left = expired(&scale.server.database_url);
    // The server does it too, once a minute.
    let mut pruning = scale.server.command(&["prune"]).spawn().expect("the binary runs");
    while pruning.try_wait().expect("our own child").is_none() {
        scale.one(&format!("while {left} more are pruned"));
    }
    assert_eq!(expired(&scale.server.database_url), 0, "they were to be pruned");
    scale.measure("afterwards");
    if !options.dry {
        scale.write();
    }
}

struct Scale<'a> {
    options: &'a Options,
    server: Server,
    sessions: Sessions,
    lines: Vec<Value>,
}

impl Scale<'_> {
    /// Refreshes until each page has been changed since the last checkpoint, and tells what the first refreshes cost.
    fn touch(&mut self) {
        self.one("right after a checkpoint");
        let mut left = self.sessions.generations.len() / SESSIONS_OF_A_PAGE;
        while left > 0 {
            let seen = load(&self.server, MANY, self.options.duration()).refresh(&mut self.sessions);
            left = left.saturating_sub(seen.all);
        }
    }

    fn measure(&mut self, what: &str) {
        for _ in 0..self.options.rounds {
            self.one(what);
        }
    }

    fn one(&mut self, what: &str) {
        let (server, sessions, duration) = (&self.server, &mut self.sessions, self.options.duration());
        let measured = measured(server, || load(server, MANY, duration).refresh(sessions));
        let counters = counters(&server.database_url);
        let mib = |bytes: i64| bytes as f64 / (1024.0 * 1024.0);
        let (table, index) = (mib(counters.table_bytes), mib(counters.index_bytes));
        println!(
            "{what:<34} {:>9.0} {:>8.2} {:>8.2} {:>8.0} {table:>10.1} {index:>10.1}",
            measured.throughput, measured.p50, measured.p99, measured.wal,
        );
        self.lines.push(json!({
            "what": what,
            "per_second": rounded(measured.throughput),
            "p50_ms": rounded(measured.p50),
            "p99_ms": rounded(measured.p99),
            "wal_bytes": rounded(measured.wal),
            "heap_only_share": rounded(measured.heap_only),
            "resident_mib": rounded(measured.resident),
            "table_mib": rounded(table),
            "index_mib": rounded(index),
        }));
    }

    fn write(&self) {
        let settings: BTreeMap<&str, &str> = SETTINGS.into();
        let text = serde_json::to_string_pretty(&json!({ "postgres": settings, "clients": MANY, "lines": self.lines }));
        fs::write("docs/benchmarks/scale.json", text.unwrap() + "\n").unwrap();
    }
}

//! `make bench`: how fast sessions are refreshed over HTTP, beside `pgbench` with the statement that rotates one, on the
//! same database in the same run.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a tool for the command line of this repository")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "figures for people, far from where a float loses one"
)]
#![expect(clippy::disallowed_methods, reason = "a benchmark measures the machine's time")]

mod chart;
mod compare;
mod hoarders;
mod load;
mod overload;
mod postgres;
mod report;
mod scale;
mod server;
mod sessions;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};

use load::{Load, Seen};
use postgres::{Script, counters};
use report::{Measured, Report};
use server::Server;
use sessions::Sessions;

/// Connections of `pgbench`: past eight it gains nothing on two cores.
const PGBENCH_CONNECTIONS: usize = 8;

/// Whose latency is compared, and whose throughput.
const ALONE: usize = 1;
const MANY: usize = 64;

const CLIENTS: [usize; 5] = [ALONE, 4, 16, MANY, 256];

#[derive(Parser)]
struct Options {
    /// What is measured
    #[arg(value_enum, default_value = "refresh")]
    what: What,
    /// How long each measurement takes, in seconds
    #[arg(long, default_value_t = 3)]
    seconds: u64,
    /// How often each is made; the median counts
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// How many sessions there are in the end, for `scale`
    #[arg(long, default_value_t = 10_000_000)]
    sessions: usize,
    /// The other build of the binary, for `compare`
    #[arg(long, required_if_eq("what", "compare"))]
    with: Option<PathBuf>,
    /// Do not write docs/benchmarks
    #[arg(long)]
    dry: bool,
    /// Cargo's own way of saying that this is a benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum What {
    /// Refreshes of one to 256 clients, beside pgbench
    Refresh,
    /// This build beside another one, each on a database of its own
    Compare,
    /// Sessions with 512 bytes of claims beside sessions without, each on a database of its own
    Claims,
    /// Four times as many clients as it takes to keep the server busy
    Overload,
    /// 64 clients beside 2,000 that hold connections and want nothing else, with 1,024 open files allowed
    Hoarders,
    /// Ten thousand sessions, ten million, and a million expired ones being pruned meanwhile
    Scale,
}

/// The sessions that are refreshed; as many again are left to `pgbench`, whose rotations nobody is told of.
const SESSIONS: usize = 10_000;

impl Options {
    fn duration(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }
}

fn main() {
    let options = Options::parse();
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} {msg}").unwrap();
    let bar = ProgressBar::new(0).with_style(style);
    match options.what {
        What::Refresh => refresh(&options, &bar),
        What::Compare => compare::builds(&options, &bar),
        What::Claims => compare::claims(&options, &bar),
        What::Overload => overload::run(&options, &bar),
        What::Hoarders => hoarders::run(&options, &bar),
        What::Scale => scale::run(&options, &bar),
    }
}

/// So many sessions.
fn sessions_of(server: &Server, count: usize, bar: &ProgressBar) -> Sessions {
    sessions_with(None, server, count, bar)
}

/// The same, each with these claims.
fn sessions_with(claims: Option<String>, server: &Server, count: usize, bar: &ProgressBar) -> Sessions {
    let mut sessions = Sessions::none();
    sessions.claims = claims;
    begin(bar, count, "making sessions");
    sessions.make(&server.database_url, count, bar);
    sessions
}

fn begin(bar: &ProgressBar, steps: usize, message: &'static str) {
    bar.reset();
    bar.set_length(steps as u64);
    bar.set_message(message);
}

fn refresh(options: &Options, bar: &ProgressBar) {
    let server = Server::start();
    let mut sessions = sessions_of(&server, 2 * SESSIONS, bar);
    sessions.generations.truncate(SESSIONS);
    let script = Script::write(SESSIONS, 2 * SESSIONS - 1);
    begin(bar, options.rounds * (CLIENTS.len() + 4), "");
    let mut report = Report::new(SESSIONS);
    for _ in 0..options.rounds {
        round(options, &server, &mut sessions, &script, &mut report, bar);
    }
    bar.finish_and_clear();
    report.print();
    if !options.dry {
        report.write("docs/benchmarks");
    }
}

fn round(
    options: &Options,
    server: &Server,
    sessions: &mut Sessions,
    script: &Script,
    report: &mut Report,
    bar: &ProgressBar,
) {
    let step = |message: String| {
        bar.set_message(message);
        bar.inc(1);
    };
    let (url, duration) = (&server.database_url, options.duration());
    // What is compared stands side by side: a machine's speed changes within seconds.
    for clients in CLIENTS {
        if clients == ALONE {
            step("/ping".to_owned());
            report.ping.push(load(server, 1, duration).ping().percentile(0.5));
            step("pgbench, one connection".to_owned());
            report.pgbench_alone.push(script.run(url, 1, false, duration, true).p50);
        }
        if clients == MANY {
            step("pgbench, flushed".to_owned());
            report.pgbench_flushed.push(script.run(url, PGBENCH_CONNECTIONS, true, duration, false).throughput);
            step("pgbench".to_owned());
            report.pgbench.push(script.run(url, PGBENCH_CONNECTIONS, false, duration, false).throughput);
        }
        step(format!("/refresh, {clients} clients"));
        report.refresh(clients, measured(server, || load(server, clients, duration).refresh(sessions)));
    }
}

fn load(server: &Server, clients: usize, duration: Duration) -> Load {
    Load { address: server.address, clients, warm_up: Duration::from_millis(500), duration }
}

/// What a load costs, its warm-up included where it is counted for each refresh.
fn measured(server: &Server, load: impl FnOnce() -> Seen) -> Measured {
    let (before, cpu_before) = (counters(&server.database_url), server.cpu());
    let seen = load();
    let (after, cpu_after) = (counters(&server.database_url), server.cpu());
    // Both in thousands.
    let rotated = (seen.all as f64).max(1.0) / 1000.0;
    Measured {
        throughput: seen.throughput(),
        p50: seen.percentile(0.5),
        p99: seen.percentile(0.99),
        server_cpu: (cpu_after.0 - cpu_before.0) / rotated,
        postgres_cpu: (cpu_after.1 - cpu_before.1) / rotated,
        wal: (after.wal - before.wal) / rotated / 1000.0,
        heap_only: (after.heap_only - before.heap_only) as f64 / (after.updates - before.updates).max(1) as f64,
        resident: server.resident(),
    }
}

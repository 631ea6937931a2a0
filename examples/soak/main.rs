//! The long run of `tests/history`: everything that can break does, again and again, while clients and thieves are at
//! it; what they saw is judged at the end. `make soak` runs it.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a panic is how this fails, and telling is what it is for"
)]

#[path = "../../tests/history/kit/mod.rs"]
mod kit;
mod report;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Parser, ValueEnum as _};
use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use tokio::time::sleep;

use kit::checker::{Promise, Terms, Verdict, check};
use kit::clients::{Shared, Town, live};
use kit::record::Record;
use kit::rig::faults::Trouble;
use kit::rig::{Rig, SERVERS, Wire};
use report::{AFTERMATH, Struck, name, table};

#[derive(Parser)]
struct Options {
    /// How long things go on breaking.
    #[arg(long, env = "HEIRLOOM_SOAK_SECONDS", default_value_t = 600)]
    seconds: u64,
    /// All choices of the clients come from it [default: drawn, and told]
    #[arg(long, env = "HEIRLOOM_SOAK_SEED")]
    seed: Option<u64>,
    /// Nothing else breaks; several, separated by commas.
    #[arg(long, env = "HEIRLOOM_SOAK_ONLY", value_delimiter = ',')]
    only: Vec<Trouble>,
    /// Where the table belongs, between two comments.
    #[arg(long)]
    write: Option<PathBuf>,
}

const TERMS: Terms = Terms {
    overlap: Duration::from_secs(10),
    recovery_burst: 3,
    recovery_every: 10,
    idle: Duration::from_secs(90),
    absolute: Duration::from_secs(300),
    clocks: Duration::from_secs(4),
    settle: Duration::from_secs(8),
    confirm: Duration::from_secs(2),
    access_lag: Duration::from_secs(1),
};

const TOWN: Town = Town {
    people: 30,
    thieves: 4,
    forgers: 1,
    pause: (Duration::from_millis(300), Duration::from_millis(2500)),
    retry: Duration::from_millis(300),
    absence: 0.004,
};

fn main() -> ExitCode {
    let options = Options::parse();
    let seed = options.seed.unwrap_or_else(drawn_seed);
    println!("The seed is {seed}; HEIRLOOM_SOAK_SEED={seed} makes the clients choose as they do now.");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(soak(&options, seed))
}

#[expect(clippy::disallowed_methods, reason = "the one choice that is not made from the seed")]
fn drawn_seed() -> u64 {
    rand::rng().random_range(0..1_000_000)
}

async fn soak(options: &Options, seed: u64) -> ExitCode {
    let mut rig = Rig::start(&server_binary(), &TERMS).await;
    if options.only.is_empty() || options.only.contains(&Trouble::FailOver) {
        rig.gets_a_standby(true).await;
    }
    let record = Arc::new(Record::begin());
    let shared = Shared::new(Arc::new(Wire { proxy: rig.proxy.address }), Arc::clone(&record), TERMS, TOWN);
    let living = Arc::clone(&shared);
    let lives = tokio::spawn(async move { live(&living, seed).await });
    let struck = break_things(&mut rig, &record, options, seed).await;
    shared.end();
    lives.await.unwrap();
    println!("{:5.0} s  every client has made its last check; judging the history", record.now().as_secs_f64());
    let (exchanges, faults) = record.history();
    let verdict = check(&TERMS, &exchanges, &faults);
    let messages = rig.messages().await;
    let judged = summary(&verdict, exchanges.len(), seed, record.now()) + &format!("\n{messages}\n");
    let table = table(&struck, &verdict);
    println!("\n{judged}\n{table}");
    for violation in verdict.violations.iter().take(20) {
        println!("  {violation}");
    }
    for fault in messages.faults.iter().take(20) {
        println!("  {fault}");
    }
    if !verdict.violations.is_empty() || !messages.faults.is_empty() {
        println!("The history and the logs are in {}", rig.keep_logs(&exchanges).display());
        return ExitCode::FAILURE;
    }
    let is_whole = Trouble::value_variants().iter().all(|trouble| struck.iter().any(|one| one.trouble == *trouble));
    match &options.write {
        Some(page) if is_whole => write(page, &format!("{judged}\n{table}")),
        Some(page) => println!("{} is unchanged: not every fault was injected", page.display()),
        None => {}
    }
    ExitCode::SUCCESS
}

/// Each trouble once, in an order that the seed gives, and again from the start until the time is up.
async fn break_things(rig: &mut Rig, record: &Record, options: &Options, seed: u64) -> Vec<Struck> {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut struck = Vec::new();
    let mut order: Vec<Trouble> = Vec::new();
    let mut known = 0;
    let all = if options.only.is_empty() { Trouble::value_variants() } else { &options.only };
    sleep(Duration::from_secs(8)).await;
    while record.now() < Duration::from_secs(options.seconds) {
        if order.is_empty() {
            order = all.to_vec();
            order.shuffle(&mut rng);
        }
        let Some(trouble) = order.pop() else { break };
        let progress = record.look(<[_]>::len);
        println!("{:5.0} s  {progress} requests; now: {}", record.now().as_secs_f64(), name(trouble));
        let Some(fault) = trouble.strikes(rig, record, rng.random_range(0..SERVERS)).await else {
            println!("         skipped: this fault needs a file system that only root can make");
            continue;
        };
        sleep(AFTERMATH).await;
        struck.push(Struck::by(trouble, &fault, record));
        // Whose client comes back late proves only then what was lost.
        let caught_up = rig.generations_caught_up();
        if let Some(last) = struck.iter_mut().rev().find(|one| one.may_lose) {
            last.caught_up += (caught_up - known).max(0);
        }
        known = caught_up;
        println!("         {}", struck.last().unwrap().told());
        sleep(Duration::from_secs(4)).await;
    }
    struck
}

fn summary(verdict: &Verdict, exchanges: usize, seed: u64, time: Duration) -> String {
    let Town { people, thieves, forgers, .. } = TOWN;
    let mut text = format!(
        "{people} users with two devices each, {thieves} thieves and {forgers} forger used {SERVERS} servers for {:.0} s (seed \
         {seed}): {exchanges} requests, {} broken promises.\n\nHow often each promise was tested: {}.\n",
        time.as_secs_f64(),
        verdict.violations.len(),
        Promise::ALL.map(|promise| format!("{promise:?} {}", verdict.tested.get(&promise).unwrap_or(&0))).join(", "),
    );
    if !verdict.excused.is_empty() {
        text += "\nHonest sessions that the rule ended:\n\n";
    }
    for (why, count) in &verdict.excused {
        text += &format!("- {count}: {why}\n");
    }
    text
}

/// Replaces what stands between the two comments.
fn write(page: &Path, measured: &str) {
    let text = std::fs::read_to_string(page).unwrap();
    let (before, rest) = text.split_once("<!-- measured -->\n").expect("the page has its comments");
    let (_, after) = rest.split_once("<!-- /measured -->").expect("the page has its comments");
    std::fs::write(page, format!("{before}<!-- measured -->\n{measured}<!-- /measured -->{after}")).unwrap();
}

/// The server that was built beside this example.
fn server_binary() -> PathBuf {
    let here = std::env::current_exe().unwrap();
    let binary = here.parent().and_then(Path::parent).unwrap().join("heirloom");
    assert!(binary.is_file(), "{} is missing: build it first, as `make soak` does", binary.display());
    binary
}

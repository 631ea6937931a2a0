//! The long run on a cluster of Patroni: what can break there does, again and again, while clients and thieves are at it, and
//! what they saw is judged at the end. `make soak-ha` runs it.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a panic is how this fails, and telling is what it is for"
)]

mod cluster;
mod faults;
#[path = "../../tests/history/kit/mod.rs"]
#[allow(dead_code, reason = "the clients and the checker are used here, and another cluster is broken")]
mod kit;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Parser, ValueEnum as _};
use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use tokio::time::sleep;

use cluster::Cluster;
use faults::Trouble;
use kit::checker::{Promise, Terms, Verdict, check};
use kit::clients::{Shared, Town, live};
use kit::record::{Exchange, Moment, Record};
use kit::rig::{SERVERS, Wire};

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
    idle: Duration::from_secs(180),
    absolute: Duration::from_secs(600),
    clocks: Duration::ZERO,
    settle: Duration::from_secs(8),
    confirm: Duration::from_secs(2),
    access_lag: Duration::from_secs(1),
};

const TOWN: Town = Town {
    people: 20,
    thieves: 4,
    forgers: 1,
    pause: (Duration::from_millis(300), Duration::from_millis(2500)),
    retry: Duration::from_millis(300),
    absence: 0.004,
};

/// How long after a fault its consequences are counted.
const AFTERMATH: Duration = Duration::from_secs(5);

/// What became of one fault.
struct Struck {
    trouble: Trouble,
    from: Moment,
    until: Moment,
    unanswered: usize,
    unavailable: usize,
    longest_gap: Duration,
}

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
    let mut cluster = Cluster::start(&server_binary(), &TERMS).await;
    println!("The cluster is ready.");
    let record = Arc::new(Record::begin());
    let shared = Shared::new(Arc::new(Wire { proxy: cluster.proxy.address }), Arc::clone(&record), TERMS, TOWN);
    let living = Arc::clone(&shared);
    let lives = tokio::spawn(async move { live(&living, seed).await });
    let struck = break_things(&mut cluster, &record, options, seed).await;
    shared.end();
    lives.await.unwrap();
    let (exchanges, faults) = record.history();
    let verdict = check(&TERMS, &exchanges, &faults);
    let judged = format!("{}\n{}", summary(&verdict, exchanges.len(), seed, record.now()), table(&struck, &verdict));
    println!("\n{judged}");
    for violation in verdict.violations.iter().take(20) {
        println!("  {violation}");
    }
    if !verdict.violations.is_empty() {
        println!("The logs are in {}", cluster.keep_logs().display());
        return ExitCode::FAILURE;
    }
    let is_whole = Trouble::value_variants().iter().all(|trouble| struck.iter().any(|one| one.trouble == *trouble));
    match &options.write {
        Some(page) if is_whole => write(page, &judged),
        Some(page) => println!("{} is unchanged: not every fault was injected", page.display()),
        None => {}
    }
    ExitCode::SUCCESS
}

/// Each trouble once, in an order that the seed gives, and again from the start until the time is up.
async fn break_things(cluster: &mut Cluster, record: &Record, options: &Options, seed: u64) -> Vec<Struck> {
    let mut rng = StdRng::seed_from_u64(seed);
    let (mut struck, mut order) = (Vec::new(), Vec::new());
    let all = if options.only.is_empty() { Trouble::value_variants() } else { &options.only };
    sleep(Duration::from_secs(8)).await;
    while record.now() < Duration::from_secs(options.seconds) {
        if order.is_empty() {
            order = all.to_vec();
            order.shuffle(&mut rng);
        }
        let Some(trouble) = order.pop() else { break };
        println!("{:5.0} s  now: {}", record.now().as_secs_f64(), trouble.name());
        let fault = trouble.strikes(cluster, record).await;
        sleep(AFTERMATH).await;
        let one = record.look(|exchanges| Struck::by(trouble, fault.from, fault.to + AFTERMATH, exchanges));
        let (gap, unavailable, unanswered) = (one.longest_gap, one.unavailable, one.unanswered);
        println!("         gap {:.1} s, {unavailable} with 503, {unanswered} without a response", gap.as_secs_f64());
        struck.push(one);
        sleep(Duration::from_secs(4)).await;
    }
    struck
}

impl Struck {
    fn by(trouble: Trouble, from: Moment, until: Moment, exchanges: &[Exchange]) -> Self {
        let during = || exchanges.iter().filter(|exchange| from <= exchange.ended && exchange.ended <= until);
        let (mut last, mut longest_gap) = (from, Duration::ZERO);
        let refreshed = during().filter(|exchange| exchange.refreshes().is_some() && exchange.is_good());
        for at in refreshed.map(|exchange| exchange.ended).chain([until]) {
            longest_gap = longest_gap.max(at.saturating_sub(last));
            last = at;
        }
        Self {
            trouble,
            from,
            until,
            unanswered: during().filter(|exchange| exchange.answer.is_none()).count(),
            unavailable: during().filter(|exchange| exchange.status() == Some(503)).count(),
            longest_gap,
        }
    }
}

fn summary(verdict: &Verdict, exchanges: usize, seed: u64, time: Duration) -> String {
    let Town { people, thieves, forgers, .. } = TOWN;
    let tested = Promise::ALL.map(|promise| format!("{promise:?} {}", verdict.tested.get(&promise).unwrap_or(&0)));
    let mut text = format!(
        "{people} users with two devices each, {thieves} thieves and {forgers} forger used {SERVERS} servers for {:.0} s \
         (seed {seed}): {exchanges} requests, {} broken promises.\n\nHow often each promise was tested: {}.\n",
        time.as_secs_f64(),
        verdict.violations.len(),
        tested.join(", "),
    );
    if !verdict.excused.is_empty() {
        text += "\nHonest sessions that the rule ended:\n\n";
    }
    for (why, count) in &verdict.excused {
        text += &format!("- {count}: {why}\n");
    }
    text
}

fn table(all: &[Struck], verdict: &Verdict) -> String {
    let mut kinds: BTreeMap<Trouble, Vec<&Struck>> = BTreeMap::new();
    all.iter().for_each(|struck| kinds.entry(struck.trouble).or_default().push(struck));
    let mut text = String::from(
        "| fault | what was done | times | no response | 503 | acknowledged and lost | longest gap between successful \
         refreshes |\n| --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for (trouble, struck) in kinds {
        let is_meanwhile = |at: Moment| struck.iter().any(|one| one.from <= at && at <= one.until);
        let broken = verdict.violations.iter().filter(|violation| is_meanwhile(violation.at)).count();
        text += &format!(
            "| {} | {} | {} | {} | {} | {} | {:.1} s |\n",
            trouble.name(),
            trouble.what_is_done(),
            struck.len(),
            struck.iter().map(|one| one.unanswered).sum::<usize>(),
            struck.iter().map(|one| one.unavailable).sum::<usize>(),
            if broken == 0 { "nothing".to_owned() } else { format!("**{broken} promises broken**") },
            struck.iter().map(|one| one.longest_gap).max().unwrap_or_default().as_secs_f64(),
        );
    }
    text
}

/// Replaces what stands between the two comments.
fn write(page: &Path, measured: &str) {
    let text = std::fs::read_to_string(page).unwrap();
    let (before, rest) = text.split_once("<!-- measured-ha -->\n").expect("the page has its comments");
    let (_, after) = rest.split_once("<!-- /measured-ha -->").expect("the page has its comments");
    std::fs::write(page, format!("{before}<!-- measured-ha -->\n{measured}<!-- /measured-ha -->{after}")).unwrap();
}

/// The server that was built beside this example.
fn server_binary() -> PathBuf {
    let here = std::env::current_exe().unwrap();
    let binary = here.parent().and_then(Path::parent).unwrap().join("heirloom");
    assert!(binary.is_file(), "{} is missing: build it first, as `make soak-ha` does", binary.display());
    binary
}

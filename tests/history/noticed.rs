//! The checker judges a server in memory: it has nothing to say about one that keeps its promises, and notices each that
//! does not.

use std::sync::Arc;
use std::time::Duration;

use heirloom::domain::rotation::decide;
use tokio::time::sleep;

use crate::kit::checker::{Promise, Terms, Verdict, check};
use crate::kit::clients::{Shared, Town, live};
use crate::kit::record::{Fault, Record};
use crate::model::Model;
use crate::mutants::{FLAWS, Flaw, Rule, mutants};

/// Much for Postgres, so that a crash has something to take.
const UNFLUSHED: Duration = Duration::from_secs(2);

fn terms() -> Terms {
    Terms {
        overlap: Duration::from_secs(10),
        recovery_burst: 3,
        recovery_every: 10,
        idle: Duration::from_secs(60),
        absolute: Duration::from_secs(300),
        clocks: Duration::from_secs(5),
        settle: Duration::from_secs(1),
        confirm: Duration::from_secs(1),
        access_lag: Duration::from_secs(1),
    }
}

fn town() -> Town {
    Town {
        people: 9,
        thieves: 2,
        forgers: 1,
        pause: (Duration::from_millis(300), Duration::from_secs(3)),
        retry: Duration::from_millis(200),
        absence: 0.01,
    }
}

/// Ten minutes of everybody's lives, in no time, with a database that crashes now and then.
fn lived(rule: Arc<Rule>, flaw: Option<Flaw>, seed: u64) -> Verdict {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let record = Arc::new(Record::begin());
        let model = Arc::new(Model::new(rule, flaw, terms(), seed));
        let shared = Shared::new(model.clone(), record.clone(), terms(), town());
        let lives = live(&shared, seed);
        let faults = async {
            for away in [1, 2, 20, 1, 3, 1, 80, 1, 2, 1, 5, 1] {
                sleep(Duration::from_secs(40)).await;
                let from = record.now();
                model.crashes(UNFLUSHED);
                sleep(Duration::from_secs(away)).await;
                model.comes_back();
                let (to, since) = (record.now(), from.checked_sub(UNFLUSHED));
                record.add_fault(Fault { from, to, clocks: Duration::ZERO, loses_since: since });
            }
            shared.end();
        };
        futures_util::future::join(lives, faults).await;
        let (exchanges, faults) = record.history();
        check(&terms(), &exchanges, &faults)
    })
}

fn story(verdict: &Verdict) -> String {
    verdict.violations.iter().take(5).map(|violation| format!("\n  {violation}")).collect()
}

/// Whether one of some lives shows it; most do at once.
fn is_noticed(rule: &Arc<Rule>, flaw: Option<Flaw>, by: Promise) -> Result<(), Vec<Promise>> {
    let mut seen = Vec::new();
    for seed in 0..24 {
        let broken = lived(rule.clone(), flaw, seed)
            .violations
            .into_iter()
            .map(|violation| violation.promise)
            .collect::<Vec<_>>();
        if broken.contains(&by) {
            return Ok(());
        }
        seen.extend(broken);
    }
    Err(seen)
}

#[test]
fn nothing_is_said_of_a_server_that_keeps_its_promises_and_each_of_them_is_put_to_the_test() {
    let mut untested = Promise::ALL.to_vec();
    let (mut stayed, mut excused) = (0, 0);
    for seed in 100..112 {
        let verdict = lived(Arc::new(decide), None, seed);
        assert!(verdict.violations.is_empty(), "seed {seed}:{}", story(&verdict));
        untested.retain(|promise| !verdict.tested.contains_key(promise));
        stayed += verdict.tested[&Promise::HonestStay];
        excused += verdict.excused.values().sum::<usize>();
    }
    assert!(untested.is_empty(), "nothing put {untested:?} to the test");
    assert!(excused * 10 < stayed, "{excused} excused and {stayed} not: who is excused so easily notices little");
}

#[test]
fn every_broken_line_of_the_table_is_noticed() {
    let mutants = mutants();
    for mutant in &mutants {
        let noticed = is_noticed(&mutant.rule, None, mutant.breaks);
        assert!(
            noticed.is_ok(),
            "line {}: {}: not noticed as {:?}, but {noticed:?}",
            mutant.line,
            mutant.name,
            mutant.breaks
        );
    }
    for line in 1..=7 {
        assert!(mutants.iter().any(|mutant| mutant.line == line), "no mutant breaks line {line}");
    }
}

#[test]
fn every_flaw_beside_the_rule_is_noticed() {
    let rule: Arc<Rule> = Arc::new(decide);
    for &(flaw, by) in FLAWS {
        let noticed = is_noticed(&rule, Some(flaw), by);
        assert!(noticed.is_ok(), "{flaw:?}: not noticed as {by:?}, but {noticed:?}");
    }
}

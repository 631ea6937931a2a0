//! The short run: three real servers, and some of what can break.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::kit::checker::{Promise, Terms, check};
use crate::kit::clients::{Shared, Town, live};
use crate::kit::record::Record;
use crate::kit::rig::faults::Trouble;
use crate::kit::rig::{Mood, Rig, Wire};

const SEED: u64 = 20_261_121;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_short_run_breaks_no_promise() {
    let terms = Terms {
        overlap: Duration::from_secs(3),
        recovery_burst: 3,
        recovery_every: 10,
        idle: Duration::from_secs(1200),
        absolute: Duration::from_secs(3600),
        clocks: Duration::from_millis(1000),
        settle: Duration::from_secs(8),
        confirm: Duration::from_secs(2),
        access_lag: Duration::from_secs(1),
    };
    let town = Town {
        people: 9,
        thieves: 3,
        forgers: 1,
        pause: (Duration::from_millis(50), Duration::from_millis(500)),
        retry: Duration::from_millis(200),
        absence: 0.0,
    };
    let mut rig = Rig::start(Path::new(env!("CARGO_BIN_EXE_heirloom")), &terms).await;
    let record = Arc::new(Record::begin());
    let shared = Shared::new(Arc::new(Wire { proxy: rig.proxy.address }), record.clone(), terms, town);
    let living = Arc::clone(&shared);
    let lives = tokio::spawn(async move { live(&living, SEED).await });
    for (at, trouble) in
        [Trouble::KillServer, Trouble::StopPostgresAtOnce, Trouble::CutConnections].into_iter().enumerate()
    {
        rig.receiver.is([Mood::IsDown, Mood::Fails, Mood::BreaksOff][at]);
        tokio::time::sleep(Duration::from_secs(1)).await;
        trouble.strikes(&mut rig, &record, at).await.unwrap();
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    rig.receiver.is(Mood::Takes);
    shared.end();
    tokio::time::timeout(Duration::from_secs(240), lives).await.expect("somebody waits for ever").unwrap();
    let (exchanges, faults) = record.history();
    let verdict = check(&terms, &exchanges, &faults);
    assert!(verdict.tested[&Promise::OneLine] > 100, "too little has happened to tell anything: {:?}", verdict.tested);
    let story: String = verdict.violations.iter().take(5).map(|violation| format!("\n  {violation}")).collect();
    assert!(verdict.violations.is_empty(), "seed {SEED}, logs in {}:{story}", rig.keep_logs(&exchanges).display());
    let messages = rig.messages().await;
    assert!(messages.events > 20 && messages.faults.is_empty(), "{messages} {:?}", messages.faults);
}

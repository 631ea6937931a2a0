//! Many sessions refreshed by one statement, without side effects on each other.

use std::num::NonZeroUsize;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use diesel::connection::SimpleConnection as _;
use futures_util::future::join_all;
use heirloom::db::{Database, DatabaseOptions, DbError};
use heirloom::domain::client::Client;
use heirloom::domain::family::Delivery;
use heirloom::domain::outbox::Outgoing;
use heirloom::domain::policy::Lifetimes;
use heirloom::domain::refresh_token::PresentedToken;
use heirloom::domain::rotation::Generation;
use heirloom::rotation_batcher::{BatchOutcome, BatcherError, RotationBatcher};
use uuid::Uuid;

use crate::support::App;
use crate::support::app::{block_on, eventually, seconds};
use crate::support::browser::Browser;
use crate::support::database::session_of;

fn many_browsers(app: &App, count: usize) -> Vec<Browser> {
    (0..count).map(|n| app.logged_in(&format!("user{n}@example.com"))).collect()
}

fn refreshes_of_all_at_once(browsers: &mut [Browser]) -> Vec<u16> {
    let barrier = &Barrier::new(browsers.len());
    let refresh = |browser: &mut Browser| {
        barrier.wait();
        browser.refreshes().status
    };
    thread::scope(|scope| {
        let running: Vec<_> = browsers.iter_mut().map(|browser| scope.spawn(move || refresh(browser))).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

#[test]
fn two_processes_refresh_the_same_sessions_and_never_deadlock() {
    let app = App::start();
    let other = app.sibling(|config| config.database.rotation_workers = 2.try_into().unwrap());
    let here = many_browsers(&app, 16);
    let mut tabs: Vec<Browser> = here.iter().flat_map(|browser| [browser.tab(), browser.at(&other)]).collect();
    for round in 1..=20 {
        assert_eq!(refreshes_of_all_at_once(&mut tabs), [200; 32], "round {round}");
        for pair in tabs.chunks(2) {
            assert_eq!(pair[0].cookie, pair[1].cookie, "two successors of one token");
        }
    }
    assert_eq!(app.counts("SELECT min(generation)::bigint AS number FROM token_families"), 21);
    assert_eq!(app.counts("SELECT max(generation)::bigint AS number FROM token_families"), 21);
    let deadlocks = "SELECT deadlocks AS number FROM pg_stat_database WHERE datname = current_database()";
    assert_eq!(app.counts(deadlocks), 0);
}

#[test]
fn a_locked_session_delays_no_other() {
    let app = App::start();
    let mut browsers = many_browsers(&app, 3);
    let mut holder = app.database.connect();
    let lock = format!("BEGIN; SELECT 1 FROM token_families WHERE id = '{}' FOR UPDATE", session_of(&browsers[0]));
    holder.batch_execute(&lock).unwrap();
    thread::scope(|scope| {
        let (held, others) = browsers.split_first_mut().unwrap();
        let held = scope.spawn(|| held.refreshes().status);
        for _ in 0..20 {
            for other in &mut *others {
                assert_eq!(other.refreshes().status, 200);
            }
        }
        assert!(!held.is_finished(), "it was refreshed in spite of the lock");
        holder.batch_execute("COMMIT").unwrap();
        assert_eq!(held.join().unwrap(), 200);
    });
    assert_eq!(app.counts("SELECT min(generation)::bigint AS number FROM token_families"), 2);
}

/// Its client has sent the token again meanwhile, and used the successor: judged now, the first request is a replay.
#[test]
fn a_request_that_nobody_waits_for_any_more_is_not_judged() {
    let app = App::with(|config| config.database.timeout = Duration::from_millis(300));
    let mut alice = app.logged_in("alice@example.com");
    let mut holder = app.database.connect();
    let lock = format!("BEGIN; SELECT 1 FROM token_families WHERE id = '{}' FOR UPDATE", session_of(&alice));
    holder.batch_execute(&lock).unwrap();
    assert_eq!(alice.refreshes().status, 503);
    let waits = "SELECT count(*) AS number FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    assert_eq!(app.counts(waits), 1, "the request is still under way");
    let progress = "UPDATE token_families SET generation = generation + 2, confirmed = generation + 1; COMMIT";
    holder.batch_execute(progress).unwrap();
    let busy = "SELECT count(*) AS number FROM pg_stat_activity WHERE datname = current_database() \
                AND pid <> pg_backend_pid() AND (state <> 'idle' OR xact_start IS NOT NULL)";
    app.eventually(|| app.counts(busy) == 0);
    assert_eq!(app.counts("SELECT count(*) AS number FROM token_families WHERE revoked_at IS NOT NULL"), 0);
    assert_eq!(alice.refreshes().verdict(), (401, "refresh_token_reused"), "one that is waited for is judged");
}

#[test]
fn broken_connections_fail_no_refresh() {
    let app = App::start();
    let mut browsers = many_browsers(&app, 4);
    let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
               WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE '%newest%'";
    // A connection breaks a little after it was cut. If a batch uses it before that, the worker connects again for the
    // batch after.
    let mut cuts = 0;
    for _ in 0..5 {
        assert_eq!(refreshes_of_all_at_once(&mut browsers), [200; 4]);
        cuts += app.executes(cut);
    }
    assert!((3..=5).contains(&cuts), "{cuts} connections of one worker were cut in 5 rounds");
    assert_eq!(refreshes_of_all_at_once(&mut browsers), [200; 4]);
    assert_eq!(app.counts("SELECT min(generation)::bigint AS number FROM token_families"), 7);
}

#[test]
fn without_an_overlap_only_one_of_several_tabs_gets_the_rotation() {
    let app = App::with(|config| config.rotation.overlap = seconds(0));
    for n in 0..10 {
        let alice = app.logged_in(&format!("user{n}@example.com"));
        let mut tabs: Vec<Browser> = (0..8).map(|_| alice.tab()).collect();
        let statuses = refreshes_of_all_at_once(&mut tabs);
        assert!(statuses.iter().filter(|&&status| status == 200).count() <= 1, "{statuses:?}");
        assert!(statuses.contains(&401), "{statuses:?}");
    }
}

#[test]
fn a_token_presented_in_a_cookie_and_a_body_at_once_is_good_in_the_cookie_only() {
    let app = App::start();
    let alice = app.logged_in("alice@example.com");
    for _ in 0..20 {
        let (mut tab, barrier) = (alice.tab(), Barrier::new(2));
        let (own, foreign) = thread::scope(|scope| {
            let foreign = scope.spawn(|| {
                let request = app.browser();
                barrier.wait();
                request
                    .bare_request("POST", "/refresh")
                    .json(&serde_json::json!({ "refresh_token": alice.cookie() }))
                    .send()
            });
            barrier.wait();
            (tab.refreshes().status, foreign.join().unwrap())
        });
        assert_eq!((own, foreign.verdict()), (200, (401, "refresh_token_invalid")));
    }
}

#[test]
fn a_full_queue_refuses_refreshes_at_once_and_later_ones_are_served() {
    let app = App::start();
    let options = DatabaseOptions {
        url: app.database.url().into(),
        connections: 1,
        prepare: true,
        timeout: Duration::from_millis(500),
        outgoing: Outgoing::default(),
    };
    let batcher = RotationBatcher::start(NonZeroUsize::MIN, &Database::new(&options), Lifetimes::default());
    let unknown = |n: u128| PresentedToken {
        family_id: Uuid::from_u128(n).into(),
        generation: Generation::new(1).unwrap(),
        delivery: Delivery::Cookie,
        at: time::macros::datetime!(2026-03-01 12:00:00 UTC),
        client: Client::default(),
    };
    let mut holder = app.database.connect();
    holder.batch_execute("BEGIN; LOCK TABLE token_families").unwrap();
    let stuck = block_on(join_all((0..1_200).map(|n| batcher.rotate(unknown(n)))));
    let full = stuck.iter().filter(|outcome| matches!(outcome, Err(BatcherError::Full))).count();
    let late =
        stuck.iter().filter(|outcome| matches!(outcome, Err(BatcherError::Database(DbError::Unavailable(_))))).count();
    assert!((1_200 - 1_024 - 64..=1_200 - 1_024).contains(&full), "{full} were refused");
    assert_eq!(full + late, 1_200);
    holder.batch_execute("COMMIT").unwrap();
    eventually(|| batcher.load().waiting == 0);
    assert!(matches!(block_on(batcher.rotate(unknown(0))), Ok(BatchOutcome::Unmatched)));
}

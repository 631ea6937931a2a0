//! A database that neither responds nor breaks a connection: the process stopped, or its disk did.

use std::thread;
use std::time::Duration;

use diesel::{RunQueryDsl as _, sql_query};
use heirloom::db::{Database, DatabaseOptions, DbError, users};
use heirloom::domain::outbox::Outgoing;
use serde_json::json;

use crate::support::App;
use crate::support::app::{block_on, seconds};

fn readiness(app: &App) -> (u16, Duration) {
    let begun = now();
    let answer = app.browser().bare_request("GET", "/health/ready").send();
    (answer.status, begun.elapsed())
}

#[expect(clippy::disallowed_methods, reason = "how long a frozen database delays a response is what is tested")]
fn now() -> std::time::Instant {
    std::time::Instant::now()
}

#[test]
fn while_the_database_is_frozen_the_process_is_not_ready_and_sessions_go_on_when_it_wakes() {
    let app = App::alone();
    let (mut alice, mut bob) = (app.logged_in("alice@example.com"), app.logged_in("bob@example.com"));
    app.catches_up();
    assert_eq!((alice.refreshes().status, bob.refreshes().status), (200, 200));
    let frozen = app.database.freezes();
    let (cookie, access) = (alice.cookie(), alice.access_token.clone());
    thread::scope(|scope| {
        let refresh = scope.spawn(|| {
            let begun = now();
            let answer = alice.refreshes();
            assert_eq!((answer.verdict(), answer.refresh_cookie()), ((503, "unavailable"), None));
            assert!(answer.header("retry-after").is_some() && begun.elapsed() < seconds(12), "{:?}", begun.elapsed());
        });
        for _ in 0..3 {
            let (status, after) = readiness(&app);
            assert!(status == 503 && after < seconds(5), "{status} after {after:?}");
        }
        refresh.join().unwrap();
    });
    // By now it is known that nobody responds, and no request waits to learn it.
    app.eventually(|| {
        let begun = now();
        alice.tab().refreshes().status == 503 && begun.elapsed() < seconds(1)
    });
    drop(frozen);
    app.eventually(|| readiness(&app).0 == 200);
    assert_eq!((alice.cookie.as_ref(), alice.access_token.as_ref()), (Some(&cookie), access.as_ref()));
    assert_eq!((alice.refreshes().status, bob.refreshes().status), (200, 200));
    assert_eq!(app.counts("SELECT count(*) AS number FROM session_events WHERE kind = 'reuse_detected'"), 0);
}

#[test]
fn a_connection_that_hangs_is_abandoned_and_others_take_its_place() {
    let app = App::alone();
    let mut alice = app.logged_in("alice@example.com");
    for _ in 0..2 {
        alice.refreshes();
        let _frozen = app.database.freezes_connections();
        // Each connection that was trusted costs a request. Nothing waits for the frozen ones any more afterwards.
        assert!(matches!(alice.refreshes().status, 200 | 503));
        assert!(matches!(alice.lists_her_sessions().status, 200 | 503));
        assert_eq!((alice.refreshes().status, alice.lists_her_sessions().status), (200, 200));
        app.eventually(|| readiness(&app).0 == 200);
    }
    assert_eq!(app.counts("SELECT count(*) AS number FROM session_events WHERE kind = 'reuse_detected'"), 0);
}

#[test]
fn an_operation_that_hangs_returns_its_permit() {
    let app = App::alone();
    let database = Database::new(&DatabaseOptions {
        url: app.database.url().into(),
        connections: 1,
        prepare: true,
        timeout: seconds(1),
        outgoing: Outgoing::default(),
    });
    let lists = || block_on(database.run(|connection| users::list(connection, None, 1)));
    lists().unwrap();
    let _frozen = app.database.freezes_connections();
    assert!(matches!(lists(), Err(DbError::Unavailable(_))));
    app.eventually(|| lists().is_ok());
    assert_eq!(database.load().open, 1, "the abandoned connection counts no more");
}

#[test]
fn a_transaction_that_wakes_too_late_does_not_commit() {
    let app = App::with(|config| config.database.listen = false);
    let database = Database::new(&DatabaseOptions {
        url: app.database.url().into(),
        connections: 2,
        prepare: true,
        timeout: seconds(1),
        outgoing: Outgoing::default(),
    });
    let alice = app.logged_in("alice@example.com");
    let late = block_on(database.transaction(|tx| {
        sql_query("UPDATE users SET email = 'late@example.com'").execute(tx.pg())?;
        sql_query("SELECT pg_sleep(3)").execute(tx.pg())?;
        Ok(())
    }));
    assert!(matches!(late, Err(DbError::Unavailable(_))));
    let sleeping = "SELECT count(*) AS number FROM pg_stat_activity \
                    WHERE datname = current_database() AND (query LIKE '%pg_sleep%' OR xact_start IS NOT NULL) AND pid <> pg_backend_pid()";
    app.eventually(|| app.counts(sleeping) == 0);
    assert_eq!(alice.asks_who_am_i().json["email"], json!("alice@example.com"));
}

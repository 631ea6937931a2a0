//! Connections that break, and who is to notice.

use std::cell::Cell;
use std::sync::mpsc::channel;
use std::thread;

use diesel::RunQueryDsl as _;
use diesel::connection::SimpleConnection as _;
use futures_util::future::join;
use heirloom::db::listener::Listener;
use heirloom::db::{Database, DatabaseOptions, users};
use heirloom::domain::outbox::Outgoing;

use crate::support::App;
use crate::support::app::{block_on, seconds};
use crate::support::browser::Browser;

#[test]
fn connections_that_are_cut_cost_no_refresh() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    for _ in 0..5 {
        app.database.cut_connections();
        assert_eq!(alice.refreshes().status, 200);
    }
    assert_eq!(app.counts("SELECT count(*) AS number FROM session_events WHERE kind = 'reuse_detected'"), 0);
}

#[test]
fn one_connection_that_breaks_is_a_warning_of_all_others() {
    let app = App::with(|config| {
        config.database.connections = 4;
        config.database.listen = false;
    });
    let mut alice = app.logged_in("alice@example.com");
    for _ in 0..3 {
        opens_connections(&app, &alice, 4);
        app.database.cut_connections();
        assert_eq!(alice.refreshes().status, 200, "the batcher's connection was the first, and the pool's was trusted");
        for _ in 0..8 {
            assert_eq!(
                alice.lists_her_sessions().status,
                200,
                "a connection was trusted that others had gone down with"
            );
        }
    }
}

#[test]
fn who_listens_is_warned_before_anybody_asks() {
    let app = App::with(|config| config.database.listen = false);
    let database = Database::new(&DatabaseOptions {
        url: app.database.url().into(),
        connections: 1,
        prepare: true,
        timeout: seconds(5),
        outgoing: Outgoing::default(),
    });
    let ask = || block_on(database.run(|connection| users::list(connection, None, 1)));
    let (told, hears) = channel();
    let _listener = Listener::start(&database, move |_| told.send(()).unwrap());
    hears.recv().unwrap();
    ask().unwrap();
    app.database.cut_connections();
    app.eventually(|| database.outages() > 0);
    ask().expect("the listener's connection went down, and the pool's was trusted");
}

#[test]
fn a_confirmation_whose_connection_breaks_is_written_all_the_same() {
    let app = App::with(|config| config.database.listen = false);
    let mut alice = app.logged_in("alice@example.com");
    for generation in 2..5 {
        alice.refreshes();
        app.database.cut_connections();
        alice.asks_who_am_i();
        app.settles();
        assert_eq!(app.counts("SELECT confirmed::bigint AS number FROM token_families"), generation);
    }
}

/// A stale connection says nothing about whether the database can be reached. This took the pool for cut off from the
/// database until a new connection was there, and failed whatever came meanwhile.
#[test]
fn whoever_comes_while_a_stale_connection_is_replaced_waits_for_the_new_one() {
    let app = App::with(|config| config.database.listen = false);
    let database = Database::new(&DatabaseOptions {
        // Replacing takes a second.
        url: format!("{}&options=-cpost_auth_delay%3D1", app.database.url()).into(),
        connections: 2,
        prepare: true,
        timeout: seconds(20),
        outgoing: Outgoing::default(),
    });
    let lists = || database.run(|connection| users::list(connection, None, 1));
    let holds = || {
        database.run(|connection| Ok(diesel::sql_query("SELECT pg_sleep(1.5)").execute(connection.pg()).map(drop)?))
    };
    block_on(async {
        let (one, other) = join(holds(), holds()).await;
        one.and(other).unwrap();
        assert_eq!(database.open_connections(), 2);
        app.database.cut_connections();
        // Fails, for the connection that was used last is trusted.
        let _ = lists().await;
        let is_replaced = Cell::new(false);
        let first = async {
            let first = lists().await;
            is_replaced.set(true);
            first
        };
        let meanwhile = async {
            while database.open_connections() > 0 && !is_replaced.get() {
                tokio::task::yield_now().await;
            }
            lists().await
        };
        let (first, meanwhile) = join(first, meanwhile).await;
        first.and(meanwhile).unwrap();
    });
}

/// Requests that are held up together have a connection each.
fn opens_connections(app: &App, alice: &Browser, count: usize) {
    let mut holder = app.database.connect();
    holder.batch_execute("BEGIN; LOCK TABLE token_families").unwrap();
    let held = "SELECT count(*) AS number FROM pg_stat_activity \
                WHERE datname = current_database() AND wait_event_type = 'Lock'";
    thread::scope(|scope| {
        let running: Vec<_> = (0..count).map(|_| scope.spawn(|| alice.lists_her_sessions().status)).collect();
        app.eventually(|| app.counts(held) >= count as i64);
        holder.batch_execute("COMMIT").unwrap();
        for request in running {
            assert_eq!(request.join().unwrap(), 200);
        }
    });
}

//! Connections that break, and who is to notice.

use std::sync::mpsc::channel;
use std::thread;

use diesel::connection::SimpleConnection as _;
use heirloom::db::listener::Listener;
use heirloom::db::{Database, DatabaseOptions, users};

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
    });
    let ask = || block_on(database.run(|connection| users::list(connection, None, 1)));
    let (told, hears) = channel();
    let _listener = Listener::start(&database, move || told.send(()).unwrap());
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

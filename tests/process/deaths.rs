//! `kill -9`, of the server and of its database. Whoever is logged in stays so.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use rustix::process::Signal;

use super::client::{Client, Session};
use super::home::Home;
use super::program::{eventually, send};
use super::serving::Serving;

#[test]
fn sessions_outlive_a_killed_server() {
    let home = Home::new();
    let serving = Serving::start(&home);
    let mut session = Session::registered(&serving.url, "alice@example.com");
    serving.gets_killed();
    let serving = Serving::start(&home);
    session.is_alive_at(&serving.url);
    // Killed together with its database, of which then nothing is stopped in order.
    send(home.postmaster(), Signal::KILL);
    serving.gets_killed();
    let serving = Serving::start(&home);
    session.is_alive_at(&serving.url);
    assert_eq!(serving.stops().code, Some(0));
}

#[test]
fn a_killed_database_in_the_middle_of_32_refreshing_clients_logs_nobody_out() {
    const CLIENTS: usize = 32;
    const BEFORE: usize = CLIENTS * 4;
    const AFTER: usize = 4;
    let home = Home::new();
    let serving = Serving::start(&home);
    let first = Session::registered(&serving.url, "alice@example.com");
    let others = (1..CLIENTS).map(|_| Session::logged_in(&serving.url, "alice@example.com"));
    let sessions: Vec<Session> = std::iter::once(first).chain(others).collect();

    let (refreshes, is_back) = (AtomicUsize::new(0), AtomicBool::new(false));
    let url = &serving.url;
    thread::scope(|scope| {
        for mut session in sessions {
            let (refreshes, is_back) = (&refreshes, &is_back);
            scope.spawn(move || {
                let client = Client::of(url);
                let mut since = 0;
                eventually("a client refreshes on and on", || {
                    let was_back = is_back.load(Ordering::Relaxed);
                    match session.try_refresh(&client) {
                        Ok(answer) if answer.status == 200 => {
                            refreshes.fetch_add(1, Ordering::Relaxed);
                            since += usize::from(was_back);
                        }
                        Ok(answer) if answer.status != 503 => panic!("{answer:?}"),
                        // While the database is away; most requests wait for it to come back.
                        _ => {}
                    }
                    since == AFTER
                });
                session.is_alive_at(url);
            });
        }
        eventually("all are at it", || refreshes.load(Ordering::Relaxed) >= BEFORE);
        let killed = home.postmaster();
        send(killed, Signal::KILL);
        eventually("the database is another process", || home.postmaster_if_there().is_some_and(|pid| pid != killed));
        is_back.store(true, Ordering::Relaxed);
    });
    assert_eq!(serving.stops().code, Some(0));
}

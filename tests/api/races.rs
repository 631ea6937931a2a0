//! Many at once.

use std::sync::Barrier;
use std::thread;

use crate::support::App;
use crate::support::app::seconds;

#[test]
fn sixty_four_clients_with_one_token_get_one_successor_and_cost_one_rotation() {
    let app = App::start();
    let alice = app.logged_in("alice@example.com");
    for _ in 0..3 {
        let before = app.counts("SELECT generation::bigint AS number FROM token_families");
        let barrier = Barrier::new(64);
        let mut answers: Vec<(u16, Option<String>)> = thread::scope(|scope| {
            let racers: Vec<_> = (0..64)
                .map(|_| {
                    scope.spawn(|| {
                        let mut tab = alice.tab();
                        barrier.wait();
                        (tab.refreshes().status, tab.cookie)
                    })
                })
                .collect();
            racers.into_iter().map(|racer| racer.join().unwrap()).collect()
        });
        answers.dedup();
        assert_eq!(answers.len(), 1, "{answers:?}");
        assert_eq!(answers[0].0, 200);
        let after = app.counts("SELECT generation::bigint AS number FROM token_families");
        assert_eq!(after.max(2), after);
        assert!(after - before <= 1, "{before} to {after}");
    }
    assert_eq!(app.counts("SELECT generation::bigint AS number FROM token_families"), 2);
    assert_eq!(app.counts("SELECT count(*) AS number FROM session_events WHERE kind = 'reuse_detected'"), 0);
}

#[test]
fn a_hundred_clients_share_a_pool_of_one() {
    let app = App::with(|config| config.database.connections = 1);
    let mut clients: Vec<_> = (0..10).map(|n| app.logged_in(&format!("user{n}@example.com"))).collect();
    let mut tabs: Vec<_> = clients.iter().flat_map(|client| (0..10).map(|_| client.tab())).collect();
    let barrier = Barrier::new(100);
    thread::scope(|scope| {
        for tab in &mut tabs {
            let barrier = &barrier;
            scope.spawn(move || {
                barrier.wait();
                assert_eq!(tab.refreshes().status, 200);
                assert_eq!(tab.asks_who_am_i().status, 200);
            });
        }
    });
    for (client, tab) in clients.iter_mut().zip(tabs.chunks(10)) {
        assert_eq!(client.refreshes().status, 200);
        assert!(tab.iter().all(|tab| tab.cookie == client.cookie));
    }
}

#[test]
fn two_hundred_rounds_of_refresh_against_logout_leave_nothing_alive() {
    let app = App::start();
    // Not all of one account: so many logins at once would be taken for guesses.
    let users = ["alice@example.com", "bob@example.com"];
    users.iter().for_each(|email| assert_eq!(app.browser().registers(email).status, 201));
    let survivors: Vec<String> = thread::scope(|scope| {
        let workers: Vec<_> = (0..8)
            .map(|worker| {
                let (app, email) = (&app, users[worker % 2]);
                scope.spawn(move || {
                    let mut issued = Vec::new();
                    for _ in 0..25 {
                        let mut alice = app.browser();
                        assert_eq!(alice.logs_in(email).status, 200);
                        issued.push(alice.cookie());
                        let (mut refreshing, mut leaving) = (alice.tab(), alice.tab());
                        let barrier = Barrier::new(2);
                        thread::scope(|round| {
                            round.spawn(|| {
                                barrier.wait();
                                assert_eq!(leaving.logs_out().status, 200);
                            });
                            barrier.wait();
                            let answer = refreshing.refreshes();
                            assert!(matches!(answer.verdict(), (200, _) | (401, "session_revoked")), "{answer:?}");
                        });
                        issued.extend(refreshing.cookie);
                    }
                    issued
                })
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    assert!(survivors.len() >= 200);
    assert_eq!(app.counts("SELECT count(*) AS number FROM token_families WHERE revoked_at IS NULL"), 0);
    let browser = app.browser();
    for token in survivors {
        assert_eq!(browser.replays(&token).verdict(), (401, "session_revoked"));
    }
}

#[test]
fn tabs_that_race_at_every_expiry_never_log_out_whatever_the_order_of_answers() {
    let app = App::start();
    let mut jar = app.logged_in("alice@example.com");
    for round in 0..20 {
        app.passes(seconds(15 * 60));
        let answers: Vec<_> = thread::scope(|scope| {
            let tabs: Vec<_> = (0..5)
                .map(|_| {
                    let mut tab = jar.tab();
                    scope.spawn(move || {
                        assert_eq!(tab.refreshes().status, 200);
                        assert_eq!(tab.asks_who_am_i().status, 200);
                        tab
                    })
                })
                .collect();
            tabs.into_iter().map(|tab| tab.join().unwrap()).collect()
        });
        // Whichever answer the browser took last.
        jar = answers[round % 5].clone();
    }
    app.settles();
    assert_eq!(app.counts("SELECT count(*) AS number FROM session_events WHERE kind = 'reuse_detected'"), 0);
}

#[test]
fn registering_one_address_many_times_at_once_makes_one_account() {
    let app = App::start();
    let mut statuses: Vec<u16> = thread::scope(|scope| {
        let racers: Vec<_> =
            (0..16).map(|_| scope.spawn(|| app.browser().registers("alice@example.com").status)).collect();
        racers.into_iter().map(|racer| racer.join().unwrap()).collect()
    });
    statuses.sort_unstable();
    assert_eq!(statuses[0], 201);
    assert!(statuses[1..].iter().all(|&status| status == 409), "{statuses:?}");
    assert_eq!(app.counts("SELECT count(*) AS number FROM users"), 1);
    assert_eq!(app.counts("SELECT count(*) AS number FROM session_events"), 1);
}

//! A database that is gone is 503 and never a logout.

use serde_json::json;

use crate::support::App;
use crate::support::app::seconds;
use crate::support::browser::PASSWORD;

#[test]
fn while_the_database_is_gone_everybody_keeps_their_cookie_and_goes_on_afterwards() {
    let app = App::with(|config| config.database.timeout = seconds(1));
    let mut alice = app.logged_in("alice@example.com");
    alice.refreshes();
    let (cookie, access) = (alice.cookie(), alice.access_token.clone());
    app.database.set_reachable(false);
    for _ in 0..3 {
        for answer in [
            alice.refreshes(),
            alice.asks_who_am_i(),
            alice.logs_out(),
            alice
                .bare_request("POST", "/login")
                .json(&json!({ "email": "alice@example.com", "password": PASSWORD }))
                .send(),
            app.browser().registers("bob@example.com"),
        ] {
            assert_eq!(answer.verdict(), (503, "unavailable"));
            assert_eq!(answer.refresh_cookie(), None);
        }
    }
    assert_eq!((alice.cookie.as_ref(), alice.access_token.as_ref()), (Some(&cookie), access.as_ref()));
    let browser = app.browser();
    assert_eq!(browser.bare_request("GET", "/ping").send().status, 200);
    assert_eq!(browser.bare_request("GET", "/health/live").send().status, 200);
    let ready = browser.bare_request("GET", "/health/ready").send();
    assert_eq!((ready.status, &ready.json["status"]), (503, &json!("database_unavailable")));
    // What needs no database is judged as ever.
    assert_eq!(alice.replays("hl_garbage").verdict(), (401, "refresh_token_invalid"));

    app.database.set_reachable(true);
    app.eventually(|| browser.bare_request("GET", "/health/ready").send().status == 200);
    app.eventually(|| alice.tab().asks_who_am_i().status == 200);
    assert_eq!(alice.refreshes().status, 200);
    assert_eq!(alice.logs_out().status, 200);
}

#[test]
fn a_database_that_refuses_writes_is_not_ready_and_logs_nobody_out() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    let browser = app.browser();
    let ready = || browser.bare_request("GET", "/health/ready").send();
    app.database.set_read_only(true);
    app.eventually(|| ready().json["status"] == "database_read_only");
    assert_eq!(ready().status, 503);
    for answer in [alice.refreshes(), alice.logs_out(), app.browser().registers("bob@example.com")] {
        assert_eq!((answer.verdict(), answer.refresh_cookie()), ((503, "unavailable"), None));
    }
    app.database.set_read_only(false);
    app.eventually(|| ready().status == 200);
    assert_eq!(alice.refreshes().status, 200);
}

#[test]
fn a_database_that_nobody_but_refreshes_has_missed_is_found_again() {
    let app = App::with(|config| config.database.timeout = seconds(1));
    let mut alice = app.logged_in("alice@example.com");
    alice.refreshes();
    app.database.set_reachable(false);
    for _ in 0..10 {
        assert_eq!(alice.refreshes().verdict(), (503, "unavailable"));
    }
    app.database.set_reachable(true);
    // A balancer sends no refresh to a process that is not ready.
    let browser = app.browser();
    app.eventually(|| browser.bare_request("GET", "/health/ready").send().status == 200);
    assert_eq!(alice.refreshes().status, 200);
}

#[test]
fn a_failed_confirmation_is_made_good_by_the_next_request() {
    let app = App::with(|config| config.database.connections = 1);
    let mut alice = app.logged_in("alice@example.com");
    app.executes("ALTER TABLE token_families ADD CONSTRAINT no_confirming CHECK (confirmed = 0)");
    alice.asks_who_am_i();
    app.settles();
    app.executes("ALTER TABLE token_families DROP CONSTRAINT no_confirming");
    alice.asks_who_am_i();
    app.settles();
    assert_eq!(app.counts("SELECT confirmed::bigint AS number FROM token_families"), 1);
    assert_eq!(alice.refreshes().status, 200);
}

#[test]
fn a_refresh_that_fails_half_way_consumes_nothing() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    let old = alice.cookie();
    alice.refreshes();
    alice.refreshes();
    app.executes("ALTER TABLE session_events ADD CONSTRAINT full_disk CHECK (kind <> 'reuse_detected')");
    let answer = alice.replays(&old);
    assert_eq!((answer.status, answer.refresh_cookie()), (500, None));
    assert!(!answer.text.contains("full_disk"), "{answer:?}");
    assert_eq!(alice.tab().refreshes().status, 200, "half of a revocation was kept");
    app.executes("ALTER TABLE session_events DROP CONSTRAINT full_disk");
    assert_eq!(alice.replays(&old).verdict(), (401, "refresh_token_reused"));
}

#[test]
fn logins_past_the_bound_are_told_to_come_back() {
    use heirloom::domain::policy::HashCost;
    let app = App::with(|config| {
        config.hashes_at_once = std::num::NonZeroUsize::MIN;
        config.hash_cost = HashCost { memory: 19_456, passes: 2, parallelism: 1 };
    });
    // Of one account, only a few would be looked at.
    let email = |n| format!("user{n}@example.com");
    (0..60).for_each(|n| assert_eq!(app.browser().registers(&email(n)).status, 201));
    let statuses: Vec<(u16, String)> = std::thread::scope(|scope| {
        let logins: Vec<_> = (0..60)
            .map(|n| {
                let (app, email) = (&app, email(n));
                scope.spawn(move || {
                    let answer = app.browser().logs_in(&email);
                    (answer.status, answer.code().to_owned())
                })
            })
            .collect();
        logins.into_iter().map(|login| login.join().unwrap()).collect()
    });
    let count = |status: u16| statuses.iter().filter(|(found, _)| *found == status).count();
    assert!(count(200) >= 17, "{statuses:?}");
    assert_eq!(count(200) + count(503), 60, "{statuses:?}");
    assert!(count(503) > 0, "nothing was refused: {statuses:?}");
    assert!(statuses.iter().all(|(status, code)| *status == 200 || code == "overloaded"));
}

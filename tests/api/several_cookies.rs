//! Several cookies of the refresh cookie's name: left behind by a setting that has changed, or planted by a neighbour.

use crate::support::app::seconds;
use crate::support::browser::{Browser, COOKIE, PASSWORD};
use crate::support::database::session_of;
use crate::support::{Answer, App};

fn shows(browser: &Browser, path: &str, tokens: &[&str]) -> Answer {
    let request = browser.bare_request("POST", path);
    tokens.iter().fold(request, |request, token| request.header("cookie", format!("{COOKIE}={token}"))).send()
}

/// One header, as browsers send them.
fn shows_in_one(browser: &Browser, path: &str, tokens: &[&str]) -> Answer {
    let pairs: Vec<String> = tokens.iter().map(|token| format!("{COOKIE}={token}")).collect();
    browser.bare_request("POST", path).header("cookie", pairs.join("; ")).send()
}

#[test]
fn garbage_beside_the_genuine_cookie_keeps_nobody_out() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    let session = session_of(&alice);
    let forged = alice.cookie().replace('h', "H");
    for planted in ["x", "hl_", &forged, &"A".repeat(3000)] {
        let genuine = alice.cookie();
        for tokens in [[&genuine, planted], [planted, &genuine]] {
            for answer in [shows(&alice, "/refresh", &tokens), shows_in_one(&alice, "/refresh", &tokens)] {
                assert_eq!((answer.status, &answer.json["session"]["id"]), (200, &session.clone().into()));
            }
        }
        assert_eq!(alice.refreshes().status, 200);
    }
    let twice = alice.cookie();
    assert_eq!(shows(&alice, "/refresh", &[&twice, &twice]).status, 200);
    let answer = shows(&alice, "/refresh", &["x", &forged]);
    assert_eq!(answer.verdict(), (401, "refresh_token_invalid"));
    assert!(answer.clears_the_cookie());
}

#[test]
fn the_newest_of_one_session_counts_and_the_one_left_behind_is_no_theft() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    let left_behind = alice.cookie();
    for _ in 0..3 {
        alice.refreshes();
        alice.asks_who_am_i();
        app.settles();
        app.passes(seconds(60));
        let newest = alice.cookie();
        let answer = shows(&alice, "/refresh", &[&left_behind, &newest]);
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(
            shows_in_one(&alice, "/refresh", &[&newest, &left_behind]).refresh_cookie(),
            answer.refresh_cookie()
        );
    }
    assert_eq!(app.counts("SELECT count(*) AS number FROM session_events WHERE kind = 'reuse_detected'"), 0);
    // Alone, it is one.
    assert_eq!(alice.replays(&left_behind).verdict(), (401, "refresh_token_reused"));
}

#[test]
fn of_two_sessions_the_only_living_one_counts() {
    let app = App::start();
    let mut over = app.logged_in("alice@example.com");
    let dead = over.cookie();
    over.logs_out();
    let mut alice = app.browser();
    assert_eq!(alice.logs_in("alice@example.com").status, 200);
    let answer = shows(&alice, "/refresh", &[&dead, &alice.cookie()]);
    assert_eq!((answer.status, &answer.json["session"]["id"]), (200, &session_of(&alice).into()));
    assert_eq!(shows(&alice, "/logout", &[&dead, &alice.cookie()]).status, 200);
    assert_eq!(alice.asks_who_am_i().verdict(), (401, "session_revoked"));
    let answer = shows(&alice, "/refresh", &[&dead, &alice.cookie()]);
    assert_eq!(answer.verdict(), (401, "session_revoked"));
    assert!(answer.clears_the_cookie());
}

#[test]
fn two_living_sessions_are_ambiguous_and_neither_is_touched() {
    let app = App::start();
    let mut mallory = app.logged_in("mallory@example.com");
    let mut alice = app.logged_in("alice@example.com");
    let (planted, genuine) = (mallory.cookie(), alice.cookie());
    for path in ["/refresh", "/logout"] {
        for tokens in [[&*planted, &*genuine], [&*genuine, &*planted]] {
            let answer = shows(&alice, path, &tokens);
            assert_eq!(answer.verdict(), (400, "ambiguous_credentials"), "{path}");
            assert_eq!(answer.refresh_cookie(), None);
        }
    }
    assert_eq!(alice.asks_who_am_i().status, 200);
    assert_eq!((alice.refreshes().status, mallory.refreshes().status), (200, 200));
    app.database.set_reachable(false);
    let answer = shows(&alice, "/refresh", &[&planted, &genuine]);
    assert_eq!((answer.verdict(), answer.refresh_cookie()), ((503, "unavailable"), None));
}

#[test]
fn a_login_ends_the_session_of_all_cookies_that_it_finds_if_they_are_of_one() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    let left_behind = alice.cookie();
    alice.refreshes();
    let credentials = serde_json::json!({ "email": "alice@example.com", "password": PASSWORD });
    let cookies = format!("{COOKIE}={left_behind}; {COOKIE}={}", alice.cookie());
    let answer = alice.bare_request("POST", "/login").header("cookie", cookies).json(&credentials).send();
    assert_eq!(answer.status, 200);
    assert_eq!(alice.asks_who_am_i().verdict(), (401, "session_revoked"));
    // What was left behind stands beside the new cookie still, and is in nobody's way.
    let new = answer.refresh_cookie().unwrap();
    let new = new.split(['=', ';']).nth(1).unwrap();
    assert_eq!(shows(&alice, "/refresh", &[&left_behind, new]).status, 200);
}

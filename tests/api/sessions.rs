//! Devices: looking at them, and ending them, wherever they are.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use crate::support::app::{days, hours, seconds};
use crate::support::browser::{Browser, PASSWORD};
use crate::support::database::session_of;
use crate::support::{Answer, App};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

fn sessions(browser: &Browser) -> Vec<Value> {
    let answer = browser.lists_her_sessions();
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    answer.json["sessions"].as_array().unwrap().clone()
}

fn ends(browser: &Browser, session: &str) -> Answer {
    browser.with_access("DELETE", &format!("/sessions/{session}")).send()
}

#[test]
fn every_device_is_listed_as_it_is_and_the_own_one_is_marked() {
    let app = App::start();
    let mut laptop = app.browser();
    laptop.registers("alice@example.com");
    let login = json!({ "email": "alice@example.com", "password": PASSWORD });
    let answer = laptop.bare_request("POST", "/login").json(&login).header("user-agent", FIREFOX).send();
    laptop.access_token = Some(answer.access_token().to_owned());
    app.passes(seconds(300));
    let mut phone = app.browser();
    phone.logs_in("alice@example.com");
    app.passes(seconds(300));
    phone.refreshes();
    app.logged_in("bob@example.com");

    let listed = sessions(&laptop);
    assert_eq!(listed.len(), 2);
    assert_eq!(listed[0]["id"], session_of(&phone));
    assert_eq!(
        listed[1],
        json!({
            "id": session_of(&laptop), "current": true, "created_at": "2026-03-01T12:00:00Z",
            "last_used_at": "2026-03-01T12:00:00Z", "expires_at": "2026-03-31T12:00:00Z", "ip": "127.0.0.1",
            "user_agent": FIREFOX, "device": "Firefox on Linux",
        })
    );
    assert_eq!((&listed[0]["current"], &listed[0]["last_used_at"]), (&json!(false), &json!("2026-03-01T12:00:00Z")));
    assert!(!json!(listed).to_string().contains("hl_"));
}

#[test]
fn a_session_that_is_over_is_not_listed() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    app.browser().logs_in("alice@example.com");
    let mut gone = app.browser();
    gone.logs_in("alice@example.com");
    gone.logs_out();
    assert_eq!(sessions(&alice).len(), 2);
    app.passes(days(6));
    alice.refreshes();
    app.passes(days(2));
    alice.refreshes();
    assert_eq!(sessions(&alice).len(), 1, "an idle session is listed");
}

#[test]
fn one_device_ends_another_and_nobody_elses() {
    let app = App::start();
    let mut laptop = app.logged_in("alice@example.com");
    let mut phone = app.browser();
    phone.logs_in("alice@example.com");
    let bob = app.logged_in("bob@example.com");
    assert_eq!(ends(&laptop, &session_of(&bob)).verdict(), (404, "session_not_found"));
    assert_eq!(ends(&laptop, "nonsense").verdict(), (404, "session_not_found"));
    assert_eq!(ends(&laptop, "00000000-0000-0000-0000-000000000000").verdict(), (404, "session_not_found"));
    let answer = ends(&laptop, &session_of(&phone));
    assert_eq!((answer.status, answer.refresh_cookie()), (204, None));
    assert_eq!(ends(&laptop, &session_of(&phone)).verdict(), (404, "session_not_found"));
    assert_eq!(phone.asks_who_am_i().verdict(), (401, "session_revoked"));
    assert_eq!(phone.refreshes().verdict(), (401, "session_revoked"));
    assert_eq!(bob.asks_who_am_i().status, 200);
    let own = ends(&laptop, &session_of(&laptop));
    assert!(own.status == 204 && own.clears_the_cookie());
    assert_eq!(laptop.refreshes().verdict(), (401, "session_revoked"));
}

#[test]
fn logging_out_everywhere_ends_all_and_counts_them() {
    let app = App::start();
    let laptop = app.logged_in("alice@example.com");
    let mut others: Vec<Browser> = (0..3)
        .map(|_| {
            let mut browser = app.browser();
            browser.logs_in("alice@example.com");
            browser
        })
        .collect();
    others[0].logs_out();
    let answer = laptop.with_access("POST", "/logout-all").send();
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json, json!({ "message": "Successfully logged out from all devices", "revoked": 3 }));
    assert!(answer.clears_the_cookie());
    for browser in others.iter_mut().chain([&mut laptop.tab()]) {
        assert_eq!(browser.asks_who_am_i().verdict(), (401, "session_revoked"));
    }
    assert_eq!(laptop.with_access("POST", "/logout-all").send().verdict(), (401, "session_revoked"));
    let reasons = app.reads("SELECT revoked_reason AS word FROM token_families ORDER BY 1");
    assert_eq!(reasons, ["logout", "logout_all", "logout_all", "logout_all"]);
}

#[test]
fn past_the_limit_the_session_used_longest_ago_ends() {
    let app = App::with(|config| config.sessions_per_user = NonZeroU32::new(3).unwrap());
    let mut first = app.logged_in("alice@example.com");
    app.passes(seconds(60));
    let mut second = app.browser();
    second.logs_in("alice@example.com");
    app.passes(seconds(60));
    first.refreshes();
    let mut third = app.browser();
    third.logs_in("alice@example.com");
    app.passes(seconds(60));
    let mut fourth = app.browser();
    fourth.logs_in("alice@example.com");
    let answer = second.refreshes();
    assert_eq!((answer.verdict(), &answer.json["reason"]), ((401, "session_revoked"), &json!("limit")));
    for browser in [&mut first, &mut third, &mut fourth] {
        assert_eq!(browser.refreshes().status, 200);
    }
}

#[test]
fn the_limit_holds_under_parallel_logins() {
    let app = App::with(|config| config.sessions_per_user = NonZeroU32::new(3).unwrap());
    app.browser().registers("alice@example.com");
    std::thread::scope(|scope| {
        for _ in 0..10 {
            scope.spawn(|| {
                let mut browser = app.browser();
                while browser.logs_in("alice@example.com").status == 503 {}
            });
        }
    });
    assert_eq!(app.counts("SELECT count(*) AS number FROM token_families WHERE revoked_at IS NULL"), 3);
    assert_eq!(app.counts("SELECT count(*) AS number FROM session_events WHERE kind = 'session_revoked'"), 7);
}

#[test]
fn what_ends_here_is_refused_there_under_load_with_and_without_notify() {
    let app = App::start();
    let hears = app.sibling(|_| {});
    let is_deaf = app.sibling(|config| config.database.listen = false);
    let alice = app.logged_in("alice@example.com");
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let _over_in_any_case = Raised(&is_over);
        for (n, process) in [&app, &hears, &is_deaf, &is_deaf].into_iter().enumerate() {
            let mut busy = process.logged_in(&format!("busy{n}@example.com"));
            let is_over = &is_over;
            scope.spawn(move || {
                while !is_over.load(Ordering::Relaxed) {
                    assert_eq!(busy.refreshes().status, 200);
                }
            });
        }
        ends_one_after_the_other(&app, &alice, [&hears, &is_deaf]);
    });
}

/// Ends the load, also where the test fails, which would wait for it otherwise.
struct Raised<'a>(&'a AtomicBool);

impl Drop for Raised<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn ends_one_after_the_other(app: &App, alice: &Browser, others: [&App; 2]) {
    for other in others {
        let mut phone = app.browser();
        phone.logs_in("alice@example.com");
        let token = phone.access_token.clone().unwrap();
        assert!(other.service().authenticate(&token).is_ok());
        assert_eq!(ends(alice, &session_of(&phone)).status, 204);
        assert!(app.service().authenticate(&token).is_err(), "refused at once where it ended");
        other.eventually(|| other.service().authenticate(&token).is_err());
    }
}

#[test]
fn a_new_process_knows_what_ended_before_it_began() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    let token = alice.access_token.clone().unwrap();
    alice.logs_out();
    let late = app.sibling(|config| config.database.listen = false);
    late.eventually(|| late.browser().bare_request("GET", "/health/ready").send().status == 200);
    assert!(late.service().authenticate(&token).is_err());
}

#[test]
fn what_is_over_is_pruned_and_what_lives_is_not() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    let mut bob = app.logged_in("bob@example.com");
    alice.logs_out();
    app.passes(days(31) - hours(1));
    let mut carol = app.logged_in("carol@example.com");
    app.executes("UPDATE ended_sessions SET recorded_at = recorded_at - interval '1 day'");
    app.prunes();
    assert_eq!(
        app.counts("SELECT count(*) AS number FROM token_families"),
        3,
        "an expired family is forgotten at once"
    );
    assert_eq!(app.counts("SELECT count(*) AS number FROM ended_sessions"), 0);
    app.passes(hours(2));
    app.prunes();
    assert_eq!(app.counts("SELECT count(*) AS number FROM token_families"), 1);
    assert_eq!(bob.refreshes().verdict(), (401, "session_revoked"));
    assert_eq!(carol.refreshes().status, 200);
    let kinds = app.counts("SELECT count(*) AS number FROM session_events");
    app.passes(days(60));
    app.prunes();
    assert!(app.counts("SELECT count(*) AS number FROM session_events") < kinds);
}

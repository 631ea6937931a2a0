//! Another password, the account's end, and what the log says of both.

use serde_json::json;

use crate::support::browser::{Browser, PASSWORD};
use crate::support::database::session_of;
use crate::support::{Answer, App};

const NEW: &str = "four lamps in the cellar";

/// The browser keeps what it had before the answer.
fn changes_password(browser: &Browser, current: &str, new: &str) -> Answer {
    browser.tab().changes_password(current, new)
}

fn deletes_account(browser: &Browser, password: &str) -> Answer {
    browser.with_access("DELETE", "/users/me").json(&json!({ "password": password })).send()
}

fn log(browser: &Browser) -> Vec<String> {
    let answer = browser.with_access("GET", "/users/me/events").send();
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json["events"].as_array().unwrap().iter().map(|event| event["kind"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn another_password_ends_every_session_and_the_own_browser_goes_on_in_a_new_one() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    let before = alice.tab();
    let mut others: Vec<Browser> = (0..2)
        .map(|_| {
            let mut browser = app.browser();
            browser.logs_in("alice@example.com");
            browser
        })
        .collect();
    others.push(before.clone());
    assert_eq!(alice.changes_password(PASSWORD, NEW).status, 200);
    for other in &mut others {
        assert_eq!(other.asks_who_am_i().verdict(), (401, "session_revoked"));
        let answer = other.refreshes();
        assert_eq!((answer.verdict(), &answer.json["reason"]), ((401, "session_revoked"), &json!("password_change")));
    }
    assert_ne!(session_of(&alice), session_of(&before));
    assert_ne!(alice.device, before.device, "the browser is known anew, as after a login");
    assert_eq!(alice.asks_who_am_i().status, 200);
    assert_eq!(alice.refreshes().status, 200);
    assert_eq!(app.browser().logs_in("alice@example.com").verdict(), (401, "invalid_credentials"));
    assert_eq!(app.browser().logs_in_with("alice@example.com", NEW).status, 200);
}

#[test]
fn a_refresh_in_flight_does_not_outlive_the_change() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    for round in 0..10 {
        let passwords = [PASSWORD, NEW];
        let (current, new) = (passwords[round % 2], passwords[(round + 1) % 2]);
        let mut other = app.browser();
        assert_eq!(other.logs_in_with("alice@example.com", current).status, 200);
        std::thread::scope(|scope| {
            scope.spawn(|| assert_eq!(alice.changes_password(current, new).status, 200));
            while other.refreshes().status == 200 {}
        });
        assert_eq!(other.cookie, None);
    }
    assert_eq!(app.counts("SELECT count(*) AS number FROM token_families WHERE revoked_at IS NULL"), 1);
}

#[test]
fn the_wrong_password_changes_nothing_and_is_on_record() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    assert_eq!(changes_password(&alice, "not hers at all", NEW).verdict(), (403, "invalid_credentials"));
    assert_eq!(deletes_account(&alice, "not hers at all").verdict(), (403, "invalid_credentials"));
    let weak = changes_password(&alice, PASSWORD, "password1");
    assert_eq!(weak.verdict(), (422, "validation_failed"));
    assert_eq!(weak.json["errors"][0]["field"], "new_password");
    assert_eq!(changes_password(&alice, PASSWORD, "alice@example.com").status, 422);
    assert_eq!(alice.refreshes().status, 200);
    assert_eq!(alice.logs_in("alice@example.com").status, 200);
    assert_eq!(log(&alice).iter().filter(|kind| *kind == "password_change_failed").count(), 2);
}

#[test]
fn a_deleted_account_is_gone_with_all_its_sessions_everywhere() {
    let app = App::start();
    let other = app.sibling(|_| {});
    let mut alice = app.logged_in("alice@example.com");
    let mut phone = app.browser();
    phone.logs_in("alice@example.com");
    let token = phone.access_token.clone().unwrap();
    let answer = deletes_account(&alice, PASSWORD);
    assert!(answer.status == 204 && answer.clears_the_cookie(), "{answer:?}");
    for table in ["users", "token_families", "session_events"] {
        assert_eq!(app.counts(&format!("SELECT count(*) AS number FROM {table}")), 0);
    }
    assert_eq!(alice.asks_who_am_i().verdict(), (401, "session_revoked"));
    assert_eq!(alice.refreshes().verdict(), (401, "session_revoked"));
    other.eventually(|| other.service().authenticate(&token).is_err());
    assert_eq!(alice.logs_in("alice@example.com").verdict(), (401, "invalid_credentials"));
    assert_eq!(app.browser().registers("alice@example.com").status, 201);
}

#[test]
fn the_log_tells_what_happened_newest_first_and_page_by_page() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    let session = session_of(&alice);
    for _ in 0..5 {
        app.passes(crate::support::app::seconds(1));
        app.browser().logs_in("alice@example.com");
    }
    app.passes(crate::support::app::seconds(1));
    app.browser().logs_in_with("alice@example.com", "not hers at all");
    app.settles();
    alice.refreshes();
    let answer = alice.with_access("GET", "/users/me/events?limit=3").send();
    let events = answer.json["events"].as_array().unwrap();
    assert_eq!(events.len(), 3);
    assert_eq!(
        (&events[0]["kind"], &events[0]["ip"], &events[0]["detail"]),
        (&json!("login_failed"), &json!("127.0.0.1"), &json!({}))
    );
    assert_eq!(events[1]["at"], "2026-03-01T12:00:05Z");
    let mut seen = Vec::new();
    let mut path = "/users/me/events?limit=3".to_owned();
    loop {
        let page = alice.with_access("GET", &path).send().json;
        seen.extend(page["events"].as_array().unwrap().clone());
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/users/me/events?limit=3&before={next}");
    }
    assert_eq!(seen.len(), 8);
    let mut ids: Vec<&str> = seen.iter().map(|event| event["id"].as_str().unwrap()).collect();
    ids.dedup();
    assert_eq!(ids.len(), 8);
    assert!(seen.iter().any(|event| event["session_id"] == session));
    let past_the_end = format!("/users/me/events?before={}", ids[7]);
    assert_eq!(alice.with_access("GET", &past_the_end).send().json, json!({ "events": [] }));
    for query in ["limit=0", "limit=201", "limit=x", "before=x"] {
        let answer = alice.with_access("GET", &format!("/users/me/events?{query}")).send();
        assert_eq!(answer.verdict(), (422, "validation_failed"), "{query}");
    }
    let bob = app.logged_in("bob@example.com");
    assert_eq!(log(&bob).len(), 2);
}

#[test]
fn who_has_stolen_an_access_token_guesses_as_slowly_as_at_the_door() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    for _ in 0..10 {
        assert_eq!(changes_password(&alice, "not hers at all", NEW).verdict(), (403, "invalid_credentials"));
    }
    for answer in [changes_password(&alice, PASSWORD, NEW), deletes_account(&alice, PASSWORD)] {
        assert_eq!(answer.verdict(), (429, "too_many_attempts"));
        assert_eq!(answer.header("retry-after"), Some("1"));
    }
    assert_eq!(app.browser().logs_in("alice@example.com").status, 200, "guesses of one session hold up another");
    app.passes(crate::support::app::seconds(1));
    assert_eq!(alice.changes_password(PASSWORD, NEW).status, 200);
    assert_eq!(alice.refreshes().status, 200);
}

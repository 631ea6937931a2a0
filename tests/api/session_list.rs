//! What the list of sessions tells: where each was used, and nothing of when a session refreshes.

use heirloom::config::Config;
use serde_json::{Value, json};

use crate::support::App;
use crate::support::app::{hours, seconds};
use crate::support::browser::Browser;
use crate::support::database::session_of;

const ALICE: &str = "alice@example.com";
const HOME: &str = "203.0.113.7";
const ELSEWHERE: &str = "198.51.100.66";

fn behind_a_proxy(config: &mut Config) {
    config.throttle.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
}

fn alice() -> (App, Browser) {
    let app = App::with(behind_a_proxy);
    let mut alice = app.browser().copied_to(HOME);
    alice.registers(ALICE);
    alice.logs_in(ALICE);
    (app, alice)
}

/// All that an access token lets its holder read.
fn everything(browser: &Browser) -> Vec<Value> {
    ["/sessions", "/users/me/events", "/users/me"].map(|path| browser.with_access("GET", path).send().json).to_vec()
}

fn listed(viewer: &Browser, session: &str) -> Value {
    let sessions = viewer.lists_her_sessions().json["sessions"].clone();
    sessions.as_array().unwrap().iter().find(|listed| listed["id"] == session).unwrap().clone()
}

/// He has the cookie, so his access token is one of the very session that he watches.
#[test]
fn a_thief_who_polls_sees_no_refresh_of_the_session_that_he_has_copied() {
    let (app, mut alice) = alice();
    app.browser().copied_to(HOME).logs_in(ALICE);
    let thief = alice.copied_to(ELSEWHERE);
    let before = everything(&thief);
    for minutes in [0, 14, 45] {
        app.passes(seconds(minutes * 60 / 10));
        alice.refreshes();
        alice.asks_who_am_i();
        app.settles();
        assert_eq!(everything(&thief), before);
    }
    // Nor when she changes her network.
    alice.copied_to("203.0.113.99").refreshes();
    assert_eq!(everything(&thief), before);
}

#[test]
fn another_session_of_the_account_sees_no_refresh_within_the_hour_not_even_by_the_order() {
    let (app, mut laptop) = alice();
    let mut phone = app.browser().copied_to(HOME);
    phone.logs_in(ALICE);
    let mut third = app.browser().copied_to(HOME);
    third.logs_in(ALICE);
    let before = everything(&third);
    for _ in 0..3 {
        app.passes(seconds(240));
        for browser in [&mut laptop, &mut phone] {
            browser.refreshes();
            assert_eq!(everything(&third), before);
        }
    }
}

#[test]
fn another_session_sees_the_hour_and_the_own_one_sees_when_its_access_token_was_issued() {
    let (app, mut laptop) = alice();
    let mut phone = app.browser();
    phone.logs_in(ALICE);
    app.passes(hours(2) + seconds(1234));
    laptop.refreshes();
    phone.refreshes();
    app.passes(seconds(60));
    assert_eq!(listed(&laptop, &session_of(&phone))["last_used_at"], "2026-03-01T14:00:00Z");
    assert_eq!(listed(&laptop, &session_of(&laptop))["last_used_at"], "2026-03-01T14:20:34Z");
    let older = laptop.access_token.clone();
    app.passes(seconds(60));
    laptop.refreshes();
    assert_eq!(listed(&laptop, &session_of(&laptop))["last_used_at"], "2026-03-01T14:22:34Z");
    laptop.access_token = older;
    assert_eq!(listed(&laptop, &session_of(&laptop))["last_used_at"], "2026-03-01T14:20:34Z");
}

#[test]
fn the_most_recently_used_is_listed_first() {
    let (app, laptop) = alice();
    let mut phone = app.browser();
    phone.logs_in(ALICE);
    app.passes(hours(1));
    let mut third = app.browser();
    third.logs_in(ALICE);
    app.passes(hours(1));
    phone.refreshes();
    let order: Vec<Value> = phone.lists_her_sessions().json["sessions"].as_array().unwrap().to_vec();
    let ids: Vec<&str> = order.iter().map(|session| session["id"].as_str().unwrap()).collect();
    assert_eq!(ids, [session_of(&phone), session_of(&third), session_of(&laptop)]);
}

#[test]
fn the_list_shows_where_a_session_was_used_besides() {
    let (app, mut alice) = alice();
    let mut phone = app.browser().copied_to("203.0.113.8");
    phone.logs_in(ALICE);
    let mut thief = alice.copied_to(ELSEWHERE);
    thief.user_agent =
        Some("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0".to_owned());
    let replaced = alice.cookie();
    alice.refreshes();
    assert_eq!(listed(&phone, &session_of(&alice)).get("also_used_from"), None);
    app.passes(seconds(5));
    assert_eq!(thief.replays(&replaced).status, 200);
    for viewer in [&phone, &alice] {
        let session = listed(viewer, &session_of(&alice));
        assert_eq!(session["ip"], HOME);
        let other = json!({
            "at": "2026-03-01T12:00:05Z", "ip": ELSEWHERE, "user_agent": thief.user_agent,
            "device": "Firefox on Windows",
        });
        assert_eq!(session["also_used_from"], other);
    }
    assert_eq!(listed(&phone, &session_of(&phone)).get("also_used_from"), None);
}

#[test]
fn where_the_thief_went_first_his_place_is_the_other_one() {
    let (app, mut alice) = alice();
    let thief = alice.copied_to(ELSEWHERE);
    assert_eq!(thief.replays(&alice.cookie()).status, 200);
    app.passes(seconds(5));
    assert_eq!(alice.refreshes().status, 200);
    let own = listed(&alice, &session_of(&alice));
    assert_eq!((&own["ip"], &own["also_used_from"]["ip"]), (&json!(HOME), &json!(ELSEWHERE)));
    let mut phone = app.browser();
    phone.logs_in(ALICE);
    let seen = listed(&phone, &session_of(&alice));
    assert_eq!((&seen["ip"], &seen["also_used_from"]["ip"]), (&json!(ELSEWHERE), &json!(HOME)));
}

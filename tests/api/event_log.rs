//! What users read in their security log.

use serde_json::{Value, json};

use crate::support::App;
use crate::support::app::seconds;
use crate::support::browser::WRONG;

#[test]
fn her_log_tells_when_guessing_was_slowed_and_for_how_long_and_not_each_knock() {
    let app = App::start();
    let alice = app.logged_in("alice@example.com");
    let stranger = app.browser();
    for _ in 0..10 {
        stranger.logs_in_from("203.0.113.1", "alice@example.com", WRONG);
    }
    for _ in 0..20 {
        assert_eq!(stranger.logs_in_from("203.0.113.1", "alice@example.com", WRONG).status, 429);
    }
    app.passes(seconds(1));
    assert_eq!(stranger.logs_in_from("203.0.113.1", "alice@example.com", WRONG).status, 401);
    app.settles();
    let answer = alice.with_access("GET", "/users/me/events").send();
    let waits: Vec<&Value> = answer.json["events"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| event["kind"] == "guessing_slowed")
        .map(|event| &event["detail"])
        .collect();
    assert_eq!(waits, [&json!({ "wait": 2 }), &json!({ "wait": 1 })]);
}

#[test]
fn an_event_names_the_device_that_caused_it() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    // Events of one millisecond have no order.
    app.passes(seconds(1));
    alice.user_agent = Some("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0".to_owned());
    assert_eq!(alice.logs_in("alice@example.com").status, 200);
    app.settles();
    let answer = alice.with_access("GET", "/users/me/events").send();
    let event = answer.json["events"].as_array().unwrap().iter().find(|event| event["kind"] == "login_succeeded");
    assert_eq!(event.unwrap()["device"], "Firefox on Linux");
}

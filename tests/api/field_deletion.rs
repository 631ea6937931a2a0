//! Deleting an account with POST, where a proxy drops the body of a DELETE.

use serde_json::json;

use crate::support::browser::{Browser, PASSWORD, WRONG};
use crate::support::page::{CSRF, Page};
use crate::support::{Answer, App};

fn deletes(browser: &Browser, password: &str) -> Answer {
    browser.with_access("POST", "/users/me/delete").json(&json!({ "password": password })).send()
}

#[test]
fn post_deletes_the_account_as_delete_does() {
    let app = App::start();
    let alice = app.logged_in("alice@example.com");
    let mut phone = app.browser();
    phone.logs_in("alice@example.com");
    assert_eq!(deletes(&alice, WRONG).verdict(), (403, "invalid_credentials"));
    assert_eq!(alice.with_access("POST", "/users/me/delete").send().status, 415, "the password is required");
    let answer = deletes(&alice, PASSWORD);
    assert!(answer.status == 204 && answer.clears_the_cookie(), "{answer:?}");
    assert_eq!(app.counts("SELECT count(*) AS number FROM users"), 0);
    assert_eq!(app.counts("SELECT count(*) AS number FROM token_families"), 0);
    assert_eq!(alice.asks_who_am_i().verdict(), (401, "session_revoked"));
    assert_eq!(phone.refreshes().verdict(), (401, "session_revoked"));
}

#[test]
fn both_ways_count_for_one_throttle() {
    let app = App::start();
    let alice = app.logged_in("alice@example.com");
    for _ in 0..5 {
        assert_eq!(deletes(&alice, WRONG).verdict(), (403, "invalid_credentials"));
        let answer = alice.with_access("DELETE", "/users/me").json(&json!({ "password": WRONG })).send();
        assert_eq!(answer.verdict(), (403, "invalid_credentials"));
    }
    assert_eq!(deletes(&alice, PASSWORD).verdict(), (429, "too_many_attempts"));
    assert_eq!(app.counts("SELECT count(*) AS number FROM users"), 1);
}

#[test]
fn another_sites_page_cannot_delete_with_the_cookie() {
    let app = App::with(|config| config.cookie.with_access_token = true);
    let alice = Page::logged_in(&app, "alice@example.com");
    let body = json!({ "password": PASSWORD });
    let cross_site =
        alice.request("POST", "/users/me/delete").header("sec-fetch-site", "cross-site").json(&body).send();
    assert_eq!(cross_site.verdict(), (403, "cross_site_request"));
    assert_eq!(alice.request("POST", "/users/me/delete").json(&body).send().verdict(), (403, "csrf_failed"));
    let value = alice.csrf.clone().unwrap();
    let repeated = alice.request("POST", "/users/me/delete").header("x-csrf-token", value).json(&body).send();
    assert_eq!(repeated.status, 204, "{CSRF}: {repeated:?}");
}

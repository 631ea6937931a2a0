//! The access token in a cookie, and the value that a page repeats beside it.

use serde_json::{Value, json};

use crate::support::app::seconds;
use crate::support::page::{ACCESS, CSRF, Page};
use crate::support::{Answer, App};

fn with_access_cookie() -> App {
    App::with(|config| config.cookie.with_access_token = true)
}

fn clears_all(answer: &Answer) -> bool {
    let is_cleared = |name| answer.set_cookie(name).is_some_and(|cookie: String| cookie.ends_with("; Max-Age=0"));
    answer.clears_the_cookie() && is_cleared(ACCESS) && is_cleared(CSRF)
}

#[test]
fn a_login_and_each_refresh_set_the_access_token_and_the_value_to_repeat() {
    let app = with_access_cookie();
    let mut page = Page::logged_in(&app, "alice@example.com");
    let mut seen = Vec::new();
    for _ in 0..3 {
        let answer = page.refreshes();
        let (access, expires_in) = (answer.access_token(), &answer.json["expires_in"]);
        assert_eq!(
            answer.set_cookie(ACCESS).unwrap(),
            format!("{ACCESS}={access}; HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age={expires_in}")
        );
        let csrf = page.csrf.clone().unwrap();
        assert_eq!(
            answer.set_cookie(CSRF).unwrap(),
            format!("{CSRF}={csrf}; SameSite=Strict; Secure; Path=/; Max-Age=604800")
        );
        assert_eq!(answer.set_cookies().count(), 3);
        assert!(!answer.text.contains(&csrf) && !seen.contains(&csrf));
        seen.push(csrf);
    }
}

#[test]
fn the_cookie_says_who_is_calling_for_as_long_as_its_token_lives() {
    let app = with_access_cookie();
    let mut page = Page::logged_in(&app, "alice@example.com");
    assert_eq!(page.asks_who_am_i().json["email"], "alice@example.com");
    assert_eq!(page.request("HEAD", "/users/me").send().status, 200);
    app.passes(seconds(906));
    assert_eq!(page.asks_who_am_i().verdict(), (401, "access_token_expired"));
    let (access, csrf) = (page.access.take(), page.csrf.clone());
    assert_eq!(page.asks_who_am_i().verdict(), (401, "access_token_missing"), "the browser has dropped the cookie");
    page.access = access;
    assert_eq!(page.refreshes().status, 200);
    assert_ne!(page.csrf, csrf);
    assert_eq!(page.asks_who_am_i().status, 200);
}

#[test]
fn two_cookies_of_its_name_are_refused_and_look_alikes_are_other_cookies() {
    let app = with_access_cookie();
    let page = Page::logged_in(&app, "alice@example.com");
    let mallory = Page::logged_in(&app, "mallory@example.com").access.unwrap();
    let planted = page.request("GET", "/users/me").header("cookie", format!("{ACCESS}={mallory}"));
    assert_eq!(planted.send().verdict(), (401, "access_token_invalid"));
    for name in ["%5F%5FHost-heirloom_access", "__host-heirloom_access", "heirloom_access", "__Secure-heirloom_access"]
    {
        let beside = page.request("GET", "/users/me").header("cookie", format!("{name}={mallory}")).send();
        assert_eq!(beside.json["email"], "alice@example.com", "{name}");
        let alone = page.browser.bare_request("GET", "/users/me").header("cookie", format!("{name}={mallory}")).send();
        assert_eq!(alone.verdict(), (401, "access_token_missing"), "{name}");
    }
}

#[test]
fn a_bearer_value_wins_and_is_not_made_good_by_the_cookie() {
    let app = with_access_cookie();
    let page = Page::logged_in(&app, "alice@example.com");
    let bob = Page::logged_in(&app, "bob@example.com").access.unwrap();
    let asks =
        |bearer: &str| page.request("GET", "/users/me").header("authorization", format!("Bearer {bearer}")).send();
    assert_eq!(asks(&bob).json["email"], "bob@example.com");
    assert_eq!(asks("garbage").verdict(), (401, "access_token_invalid"));
}

#[test]
fn what_the_cookie_opens_it_opens_by_itself_for_reading_only() {
    let app = with_access_cookie();
    let page = Page::logged_in(&app, "alice@example.com");
    let other = Page::logged_in(&app, "bob@example.com");
    let document: Value = serde_json::from_str(&heirloom::http::openapi_json("")).unwrap();
    let (reads, writes) = (json!({ "access_cookie": [] }), json!({ "access_cookie": [], "csrf_token": [] }));
    let mut opened = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        let path = path.replace("{id}", "00000000-0000-0000-0000-000000000000");
        for (method, operation) in item.as_object().unwrap() {
            let Some(ways) = operation["security"].as_array() else { continue };
            opened += 1;
            let method = method.to_uppercase();
            if method == "GET" {
                assert!(ways.contains(&reads), "{method} {path}");
                assert_eq!(page.request(&method, &path).send().status, 200, "{method} {path}");
                continue;
            }
            assert!(ways.contains(&writes), "{method} {path}");
            for value in [None, Some("wrong"), other.csrf.as_deref()] {
                let request = page.request(&method, &path);
                let request = value.into_iter().fold(request, |wire, value| wire.header("x-csrf-token", value));
                let answer = request.send();
                assert_eq!(answer.verdict(), (403, "csrf_failed"), "{method} {path} with {value:?}");
                assert_eq!(answer.set_cookies().count(), 0);
            }
            assert_eq!(page.asks_who_am_i().status, 200, "{method} {path} did something");
        }
    }
    assert!(opened > 0);
}

#[test]
fn refreshing_and_logging_out_ask_for_no_header() {
    let app = with_access_cookie();
    let mut page = Page::logged_in(&app, "alice@example.com");
    assert_eq!(page.request("POST", "/refresh").send().status, 200);
    let copy = page.clone();
    let answer = page.logs_out();
    assert!(answer.status == 200 && clears_all(&answer), "{answer:?}");
    assert_eq!((page.access, page.csrf), (None, None));
    assert_eq!(copy.asks_who_am_i().verdict(), (401, "session_revoked"));
}

#[test]
fn all_three_are_cleared_where_the_session_is_known_to_be_over_and_nowhere_else() {
    let app = with_access_cookie();
    let mut page = Page::logged_in(&app, "alice@example.com");
    app.executes("UPDATE users SET is_active = false");
    let answer = page.asks_who_am_i();
    assert_eq!((answer.verdict(), answer.set_cookies().count()), ((401, "session_revoked"), 0));
    let answer = page.refreshes();
    assert_eq!(answer.verdict(), (401, "session_revoked"));
    assert!(clears_all(&answer), "{answer:?}");
}

#[test]
fn a_generation_is_confirmed_through_the_cookie_too() {
    let app = with_access_cookie();
    let mut page = Page::logged_in(&app, "alice@example.com");
    let old = page.browser.cookie();
    page.refreshes();
    page.asks_who_am_i();
    app.settles();
    app.passes(seconds(11));
    assert_eq!(page.browser.replays(&old).verdict(), (401, "refresh_token_reused"));
}

#[test]
fn a_session_without_cookies_gets_none() {
    let app = with_access_cookie();
    app.browser().registers("alice@example.com");
    let mut program = app.native_app();
    for answer in [program.logs_in("alice@example.com"), program.refreshes()] {
        assert_eq!((answer.status, answer.set_cookies().count()), (200, 0));
    }
}

#[test]
fn without_the_setting_there_is_the_refresh_cookie_alone() {
    let app = App::start();
    let mut page = Page::logged_in(&app, "alice@example.com");
    let answer = page.refreshes();
    assert_eq!((answer.set_cookies().count(), page.access.is_none(), page.csrf.is_none()), (1, true, true));
    page.access = Some(answer.access_token().to_owned());
    assert_eq!(page.asks_who_am_i().verdict(), (401, "access_token_missing"));
    assert_eq!(page.logs_out().set_cookies().count(), 1);
}

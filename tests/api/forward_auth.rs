//! A proxy asks about each request that it has received.

use crate::support::app::seconds;
use crate::support::browser::Browser;
use crate::support::database::{claims, session_of};
use crate::support::page::Page;
use crate::support::{Answer, App};

fn asked_with(browser: &Browser) -> Answer {
    browser.with_access("GET", "/forward-auth").send()
}

/// The claims in the header.
fn decoded(header: &str) -> serde_json::Value {
    claims(&format!("header.{header}.signature"))
}

fn with_access_cookie() -> App {
    App::with(|config| config.cookie.with_access_token = true)
}

#[test]
fn a_proxy_learns_whose_request_it_is_and_nothing_of_the_token() {
    let app = App::start();
    let alice = app.logged_in("alice@example.com");
    let answer = asked_with(&alice);
    let claims = claims(alice.access_token.as_ref().unwrap());
    assert_eq!((answer.status, &*answer.text), (200, ""));
    assert_eq!(answer.header("x-heirloom-user"), claims["sub"].as_str());
    assert_eq!(answer.header("x-heirloom-session"), Some(&*session_of(&alice)));
    assert_eq!(decoded(answer.header("x-heirloom-claims").unwrap()), claims);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

#[test]
fn a_request_without_a_living_session_is_refused_without_a_body_and_with_where_to_log_in() {
    let app = App::start();
    let anonymous = app.browser().bare_request("GET", "/forward-auth").send();
    assert_eq!((anonymous.status, &*anonymous.text), (401, ""));
    assert_eq!(anonymous.header("www-authenticate"), Some("Bearer"));
    assert_eq!(anonymous.header("location"), Some("/app/"));
    let forged = app.browser().bare_request("GET", "/forward-auth").header("authorization", "Bearer forged").send();
    assert_eq!((forged.status, &*forged.text), (401, ""));
    let mut alice = app.logged_in("alice@example.com");
    let before = alice.clone();
    alice.logs_out();
    let ended = asked_with(&before);
    assert_eq!((ended.status, ended.header("x-heirloom-user")), (401, None));
    assert!(ended.header("www-authenticate").unwrap().contains("invalid_token"));
    let bob = app.logged_in("bob@example.com");
    app.passes(seconds(16 * 60));
    assert_eq!(asked_with(&bob).status, 401);
}

#[test]
fn the_operators_own_pages_are_named_and_without_any_there_is_none() {
    let own = App::with(|config| config.messages.public_url = Some("https://shop.example/account".to_owned()));
    let refused = own.browser().bare_request("GET", "/forward-auth").send();
    assert_eq!(refused.header("location"), Some("https://shop.example/account"));
    let none = App::with(|config| config.has_app = false);
    let refused = none.browser().bare_request("GET", "/forward-auth").send();
    assert_eq!((refused.status, refused.header("location")), (401, None));
}

#[test]
fn the_database_is_not_asked() {
    let app = App::start();
    let alice = app.logged_in("alice@example.com");
    app.database.set_reachable(false);
    assert_eq!(asked_with(&alice).status, 200);
    app.database.set_reachable(true);
}

/// The proxy's own request is a GET, whatever the browser's was. A page of another site can make the browser send a POST
/// with the cookie.
#[test]
fn a_request_that_changes_something_needs_more_than_the_cookie() {
    let app = with_access_cookie();
    let page = Page::logged_in(&app, "alice@example.com");
    let asked = |method: &str| page.request("GET", "/forward-auth").header("x-forwarded-method", method);
    for method in ["GET", "HEAD", "OPTIONS"] {
        assert_eq!(asked(method).send().status, 200, "{method}");
    }
    let csrf = page.csrf.as_deref().unwrap();
    for method in ["POST", "PUT", "PATCH", "DELETE", "PURGE", "get"] {
        let refused = asked(method).send();
        assert_eq!((refused.status, &*refused.text, refused.header("location")), (403, "", None), "{method}");
        assert_eq!(asked(method).header("x-csrf-token", csrf).send().status, 200, "{method}");
    }
    for wrong in ["", "G T", "POST, GET"] {
        assert_eq!(asked(wrong).send().status, 400, "{wrong:?}");
    }
    assert_eq!(asked("GET").header("x-forwarded-method", "GET").send().status, 400);
    assert_eq!(page.request("GET", "/forward-auth").send().status, 200);
    let bearer = page.browser.bare_request("GET", "/forward-auth").header("x-forwarded-method", "POST");
    let token = page.access.as_deref().unwrap();
    assert_eq!(bearer.header("authorization", format!("Bearer {token}")).send().status, 200);
}

#[test]
fn headers_of_the_answer_in_a_request_mean_nothing() {
    let app = App::start();
    let mallory = app.browser();
    let request = mallory.bare_request("GET", "/forward-auth").header("x-heirloom-user", "alice");
    let refused = request.header("x-heirloom-session", "any").send();
    assert_eq!((refused.status, refused.header("x-heirloom-user")), (401, None));
}

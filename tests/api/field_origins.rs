//! Pages of other origins that are allowed: what they may send and read, and what they are told.

use heirloom::config::Origin;
use heirloom::domain::policy::SameSite;
use serde_json::json;

use crate::support::browser::PASSWORD;
use crate::support::{Answer, App};

const PAGE: &str = "http://localhost:5173";

fn allowing(origins: &[&str]) -> App {
    App::with(|config| config.allowed_origins = origins.iter().map(|text| Origin::parse(text).unwrap()).collect())
}

/// What a browser asks before it sends `headers`.
fn preflight(app: &App, origin: &str, headers: &str) -> Answer {
    let browser = app.browser();
    let request = browser.bare_request("OPTIONS", "/refresh").header("origin", origin);
    let request = request.header("access-control-request-method", "POST").header("sec-fetch-site", "cross-site");
    request.header("access-control-request-headers", headers).send()
}

/// A login from a page of `origin`.
fn logs_in_from(app: &App, origin: &str, site: &str, delivery: &str) -> Answer {
    let login = json!({ "email": "alice@example.com", "password": PASSWORD, "token_delivery": delivery });
    let browser = app.browser();
    let request = browser.bare_request("POST", "/login").json(&login).header("origin", origin);
    request.header("sec-fetch-site", site).send()
}

fn list(answer: &Answer, header: &str) -> Vec<String> {
    let mut names: Vec<String> =
        answer.header(header).unwrap_or_default().split(',').map(|name| name.trim().to_lowercase()).collect();
    names.sort_unstable();
    names
}

#[test]
fn a_page_of_an_allowed_origin_may_send_headers_of_its_own() {
    let app = allowing(&[PAGE]);
    for headers in ["content-type", "traceparent,tracestate", "baggage, sentry-trace", "content-type,x-shop-tenant"] {
        let answer = preflight(&app, PAGE, headers);
        assert_eq!(answer.status, 200, "{headers}: {answer:?}");
        let wanted: Vec<String> = headers.split(',').map(|name| name.trim().to_owned()).collect();
        assert_eq!(list(&answer, "access-control-allow-headers"), wanted, "{headers}");
        let refused = preflight(&app, "https://evil.example", headers);
        assert!(!refused.headers.keys().any(|name| name.as_str().starts_with("access-control")), "{refused:?}");
    }
}

#[test]
fn a_page_of_an_allowed_origin_may_read_the_headers_that_a_client_needs() {
    let app = allowing(&[PAGE]);
    app.browser().registers("alice@example.com");
    for answer in [
        logs_in_from(&app, PAGE, "same-site", "cookie"),
        app.browser().bare_request("POST", "/refresh").header("origin", PAGE).send(),
    ] {
        let exposed = list(&answer, "access-control-expose-headers");
        assert_eq!(exposed, ["heirloom-hint", "retry-after", "www-authenticate", "x-request-id"]);
    }
}

#[test]
fn an_app_with_a_scheme_of_its_own_is_an_origin_and_null_is_none() {
    let apps = [
        "capacitor://localhost",
        "ionic://localhost",
        "tauri://localhost",
        "app://.",
        "chrome-extension://mhjfbmdgcfjbbpaeojofohoefgiehjai",
        "moz-extension://3f7c2b0e-6d0c-4b9d-9a53-6d9f6a2c1e11",
    ];
    let app = allowing(&apps);
    app.browser().registers("alice@example.com");
    for origin in apps {
        assert_eq!(preflight(&app, origin, "content-type").header("access-control-allow-origin"), Some(origin));
        let answer = logs_in_from(&app, origin, "cross-site", "body");
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, Some(origin)), "{origin}");
    }
    for origin in ["null", "file://", "capacitor://localhost2", "CAPACITOR://localhost", "tauri://localhost.evil"] {
        let answer = logs_in_from(&app, origin, "cross-site", "body");
        assert_eq!(answer.verdict(), (403, "cross_site_request"), "{origin}");
    }
}

#[test]
fn a_page_whose_cookie_does_not_come_back_is_told_so_at_its_login() {
    let hint = |app: &App, site: &str, delivery: &str| {
        let answer = logs_in_from(app, PAGE, site, delivery);
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.header("heirloom-hint").map(str::to_owned)
    };
    for same_site in [SameSite::Strict, SameSite::Lax, SameSite::None] {
        let app = App::with(|config| {
            config.allowed_origins = vec![Origin::parse(PAGE).unwrap()];
            config.cookie.same_site = same_site;
        });
        app.browser().registers("alice@example.com");
        let told = (same_site != SameSite::None).then(|| "cookie-not-sent-cross-site".to_owned());
        assert_eq!(hint(&app, "cross-site", "cookie"), told, "{same_site:?}");
        assert_eq!(hint(&app, "same-site", "cookie"), None, "the cookie comes back");
        assert_eq!(hint(&app, "cross-site", "body"), None, "there is no cookie");
        let wrong = json!({ "email": "alice@example.com", "password": "three lamps" });
        let browser = app.browser();
        let refused = browser.bare_request("POST", "/login").json(&wrong).header("origin", PAGE);
        assert_eq!(refused.header("sec-fetch-site", "cross-site").send().header("heirloom-hint"), None);
        let own = json!({ "email": "alice@example.com", "password": PASSWORD });
        assert_eq!(browser.bare_request("POST", "/login").json(&own).send().header("heirloom-hint"), None);
    }
}

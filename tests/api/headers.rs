//! What every answer has, whoever made it: a handler, a refusal before it, or the framework.

use serde_json::json;

use crate::support::App;
use crate::support::app::seconds;
use crate::support::browser::PASSWORD;
use crate::support::wire::raw;

#[test]
fn every_answer_forbids_caching_framing_and_guessing_and_none_sends_elsewhere() {
    let app = App::with(|config| config.body_timeout = seconds(1));
    let mut alice = app.logged_in("alice@example.com");
    let login = json!({ "email": "alice@example.com", "password": PASSWORD });
    let large = "x".repeat(70_000);
    let mut answers = vec![
        alice.refreshes(),
        alice.asks_who_am_i(),
        alice.lists_her_sessions(),
        alice.with_access("GET", "/users/me/events").send(),
        alice.bare_request("POST", "/login").json(&login).send(),
        alice.bare_request("POST", "/login").json(&json!({})).send(),
        alice.bare_request("POST", "/login").body("application/json", "{").send(),
        alice.bare_request("POST", "/login").body("text/plain", "{}").send(),
        alice.bare_request("POST", "/login").body("application/json", &large).send(),
        alice.bare_request("POST", "/refresh").send(),
        alice.bare_request("POST", "/refresh").header("origin", "null").send(),
        alice.bare_request("GET", "/login").send(),
        alice.bare_request("GET", "/nope").send(),
        alice.bare_request("GET", "/docs/").send(),
        alice.bare_request("OPTIONS", "/login").send(),
        alice.bare_request("GET", "/ping").send(),
        alice.registers("alice@example.com"),
        alice.logs_in_with("alice@example.com", "a wrong one"),
    ];
    app.database.set_reachable(false);
    answers.push(
        alice
            .bare_request("POST", "/refresh")
            .header("cookie", format!("__Host-heirloom_refresh={}", alice.cookie()))
            .send(),
    );
    app.database.set_reachable(true);
    answers.push(alice.logs_out());
    let statuses: std::collections::BTreeSet<u16> = answers.iter().map(|answer| answer.status).collect();
    assert!(statuses.is_superset(&[200, 400, 401, 403, 404, 405, 409, 413, 415, 422, 503].into()), "{statuses:?}");
    for answer in &answers {
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{answer:?}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{answer:?}");
        let policy = answer.header("content-security-policy");
        assert_eq!(policy, Some("default-src 'none'; frame-ancestors 'none'"), "{answer:?}");
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"), "{answer:?}");
        assert_eq!(answer.header("cross-origin-resource-policy"), Some("same-origin"), "{answer:?}");
        for absent in ["server", "x-powered-by", "location", "clear-site-data"] {
            assert_eq!(answer.header(absent), None, "{answer:?}");
        }
        assert!(!(300..400).contains(&answer.status), "{answer:?}");
    }
    let trickle = "POST /login HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{";
    let late = raw(&app.url, trickle.as_bytes(), seconds(20)).to_lowercase();
    assert!(late.starts_with("http/1.1 408") && late.contains("cache-control: no-store"), "{late}");
    let page = alice.bare_request("GET", "/docs").send();
    let policy = page.header("content-security-policy").unwrap();
    for part in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("unsafe-eval") && !policy.contains('*'), "{policy}");
}

//! Cases 9 and 10: headers that say where a request went and where it came from.

use serde_json::json;

use super::super::client::{Client, PASSWORD};
use super::super::serving::Serving;
use super::{COOKIE, Jar, Site, raw, verdict};

/// couch-auth CVE-2025-70948: links were made of the `Host` header. Heirloom makes none, and nothing else of it either.
#[test]
fn case_9_no_answer_repeats_a_host_that_a_request_claims() {
    let site = Site::new();
    let serving = site.serves(&[]);
    let client = Client::of(&serving.url);
    let mut alice = Jar::registered(&client, "alice@example.com");
    let body = json!({ "email": "alice@example.com", "password": PASSWORD }).to_string();
    let forwarded = "X-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: https\r\nForwarded: host=evil.example\r\n\
                     X-Original-URL: //evil.example/\r\nX-Rewrite-URL: //evil.example/\r\n";
    let own = serving.address();
    for (method, path, body) in [
        ("POST", "/login", body.as_str()),
        ("POST", "/refresh", ""),
        ("POST", "/nope", ""),
        ("GET", "/ping", ""),
        ("GET", "/docs", ""),
        ("GET", "/openapi.json", ""),
        ("GET", "/.well-known/jwks.json", ""),
        ("GET", "/docs/", ""),
    ] {
        for (target, host) in [
            (path.to_owned(), "evil.example"),
            (path.to_owned(), own),
            (format!("http://evil.example{path}"), own),
            (path.to_owned(), "evil.example:80@127.0.0.1"),
        ] {
            let request = format!(
                "{method} {target} HTTP/1.1\r\nHost: {host}\r\n{forwarded}Content-Type: application/json\r\n\
                 Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
            let answer = raw(&serving, request.as_bytes());
            assert!(answer.starts_with("HTTP/1.1 ") && !answer.contains("evil"), "{request}: {answer}");
            assert!(!answer.starts_with("HTTP/1.1 3") && !answer.starts_with("HTTP/1.1 5"), "{answer}");
            assert!(!answer.to_lowercase().contains("domain="), "{answer}");
        }
    }
    // A page cannot set `Host`, and no header that it can set makes its origin ours.
    let cookie = format!("{COOKIE}={}", alice.refresh);
    for name in ["x-forwarded-host", "forwarded", "x-host", "x-forwarded-server"] {
        let headers =
            [("cookie", cookie.as_bytes()), ("origin", b"https://evil.example"), (name, b"evil.example".as_slice())];
        assert_eq!(verdict(&client.send("POST", "/refresh", &headers, b"")), (403, "cross_site_request"), "{name}");
    }
    assert_eq!(alice.refreshes(&client).status, 200);
}

const NAMES: [&str; 8] = [
    "x-forwarded-for",
    "forwarded",
    "x-real-ip",
    "true-client-ip",
    "cf-connecting-ip",
    "x-client-ip",
    "x-middleware-subrequest",
    "x-user-id",
];

fn guesses(serving: &Serving, headers: &[(&str, &str)]) -> u16 {
    let client = Client::of(&serving.url);
    let body = json!({ "email": "nobody@example.com", "password": "a wrong one" }).to_string();
    client.post("/login", headers, &body).status
}

/// Limits that were walked around by inventing addresses, and Next.js CVE-2025-29927, where a header from outside counted
/// as one from within.
#[test]
fn case_10_invented_addresses_lead_past_no_limit_and_into_no_record() {
    let site = Site::new();
    let serving = site.serves(&[("HEIRLOOM_LOGIN_RATE", "5/h")]);
    let client = Client::of(&serving.url);
    Jar::registered(&client, "alice@example.com");
    let values = ["203.0.113.7", "for=203.0.113.8;proto=https", "::1", "[2001:db8::1]:80", "127.0.0.1", "garbage", ""];
    let mut looked_at = 0;
    for name in NAMES {
        for value in values {
            match guesses(&serving, &[(name, value), (name, "203.0.113.9")]) {
                401 => looked_at += 1,
                status => assert_eq!(status, 429, "{name}: {value}"),
            }
        }
    }
    assert_eq!(looked_at, 3, "of five an hour, an account and a login took two");
    let recorded = site.reads("SELECT DISTINCT host(ip) AS word FROM session_events");
    assert_eq!(recorded, ["127.0.0.1"]);
    let anonymous = client.get("/users/me", &[("x-middleware-subrequest", "middleware"), ("x-user-id", "1")]);
    assert_eq!(verdict(&anonymous), (401, "access_token_missing"));

    // Behind a proxy that is believed, the hop that it names is the client, whatever stands before.
    let behind = site.serves(&[("HEIRLOOM_LOGIN_RATE", "2/h"), ("HEIRLOOM_TRUSTED_PROXIES", "127.0.0.0/8")]);
    let mut statuses = Vec::new();
    for invented in ["198.51.100.1", "198.51.100.2, 127.0.0.1", "garbage", "127.0.0.1"] {
        let one_line = format!("{invented}, 203.0.113.7");
        statuses.push(guesses(&behind, &[("x-forwarded-for", &one_line), ("x-real-ip", invented)]));
        statuses.push(guesses(&behind, &[("x-forwarded-for", invented), ("x-forwarded-for", "203.0.113.7")]));
    }
    assert_eq!(statuses, [401, 401, 429, 429, 429, 429, 429, 429]);
    assert_eq!(guesses(&behind, &[("x-forwarded-for", "203.0.113.8")]), 401, "another client has a limit of its own");
    let body = json!({ "email": "alice@example.com", "password": PASSWORD }).to_string();
    let answer = Client::of(&behind.url).post("/login", &[("x-forwarded-for", "1.2.3.4, 203.0.113.20")], &body);
    assert_eq!(answer.status, 200);
    let newest = "SELECT host(ip) AS word FROM session_events WHERE kind = 'login_succeeded' ORDER BY at DESC LIMIT 1";
    assert_eq!(site.reads(newest), ["203.0.113.20"]);
}

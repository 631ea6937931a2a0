//! What the log says of pages of other origins: which one was refused, and which setting would let it in.

use serde_json::{Value, json};

use super::client::{Client, PASSWORD, Session};
use super::home::Home;
use super::serving::Serving;

const SETTING: &str = "HEIRLOOM_ALLOWED_ORIGINS";

fn serve(home: &Home, environment: &[(&str, &str)]) -> Serving {
    Serving::start_with(home, &[], &[&[("HEIRLOOM_LOG_FORMAT", "json")], environment].concat())
}

/// The warnings of a server, as objects.
fn warnings(serving: Serving) -> Vec<Value> {
    let ended = serving.stops();
    let lines = ended.stderr.lines().map(|line| serde_json::from_str::<Value>(line).expect(line));
    lines.filter(|line| line["level"] == "WARN").collect()
}

fn message(line: &Value) -> &str {
    line["message"].as_str().unwrap_or_default()
}

#[test]
fn a_refused_origin_is_named_once_a_minute_with_the_setting() {
    let home = Home::new();
    let serving = serve(&home, &[]);
    let client = Client::of(&serving.url);
    for _ in 0..3 {
        for origin in ["https://shop.example", "http://127.0.0.1:5173", "null"] {
            assert_eq!(client.post("/login", &[("origin", origin)], "{}").status, 403);
        }
    }
    let warnings = warnings(serving);
    assert_eq!(warnings.iter().filter(|line| line["event"] == "malicious_csrf").count(), 9, "each is on record");
    for origin in ["https://shop.example", "http://127.0.0.1:5173", "null"] {
        let named: Vec<&Value> = warnings.iter().filter(|line| line["origin"] == origin).collect();
        assert_eq!(named.len(), 1, "{origin}");
        assert_eq!(message(named[0]).contains(SETTING), origin != "null", "null cannot be allowed: {}", named[0]);
    }
}

/// A page that sends JSON asks first, and its request never comes.
#[test]
fn a_preflight_of_a_foreign_origin_names_it_too() {
    let home = Home::new();
    let serving = serve(&home, &[]);
    let client = Client::of(&serving.url);
    let headers: [(&str, &[u8]); 3] = [
        ("origin", b"http://localhost:5173"),
        ("access-control-request-method", b"POST"),
        ("access-control-request-headers", b"content-type"),
    ];
    for _ in 0..3 {
        assert_eq!(client.send("OPTIONS", "/login", &headers, b"").status, 405);
    }
    let warnings = warnings(serving);
    let named: Vec<&Value> = warnings.iter().filter(|line| line["origin"] == "http://localhost:5173").collect();
    assert_eq!(named.len(), 1, "{named:?}");
    assert!(message(named[0]).contains(SETTING), "{}", named[0]);
    assert!(!warnings.iter().any(|line| line["event"] == "malicious_csrf"), "nothing was sent");
}

#[test]
fn odd_and_many_origins_neither_break_a_line_nor_fill_the_log() {
    let home = Home::new();
    let serving = serve(&home, &[]);
    let client = Client::of(&serving.url);
    let odd: &[u8] = b"https://\xc3\xbc.example";
    let long = [b"https://".as_slice(), &[b'x'; 4000]].concat();
    for origin in [odd, &long] {
        assert_eq!(client.send("POST", "/login", &[("origin", origin)], b"{}").status, 403);
    }
    for number in 0..200 {
        assert_eq!(client.post("/login", &[("origin", &format!("https://{number}.example"))], "{}").status, 403);
    }
    let warnings = warnings(serving);
    let named: Vec<&str> = warnings.iter().filter_map(|line| line["origin"].as_str()).collect();
    assert_eq!(named[0], r"https://\xc3\xbc.example");
    assert!(named.len() <= 40 && named.iter().all(|origin| origin.len() <= 200), "{named:?}");
}

#[test]
fn a_login_whose_cookie_does_not_come_back_is_in_the_log_with_the_setting() {
    let home = Home::new();
    let origin = "http://localhost:5173";
    let serving = serve(&home, &[(SETTING, origin)]);
    let client = Client::of(&serving.url);
    Session::registered(&serving.url, "alice@example.com");
    let login = json!({ "email": "alice@example.com", "password": PASSWORD }).to_string();
    for _ in 0..3 {
        let answer = client.post("/login", &[("origin", origin), ("sec-fetch-site", "cross-site")], &login);
        assert_eq!((answer.status, answer.header("heirloom-hint")), (200, Some("cookie-not-sent-cross-site")));
    }
    let warnings = warnings(serving);
    let named: Vec<&Value> = warnings.iter().filter(|line| line["origin"] == origin).collect();
    assert_eq!(named.len(), 1, "{named:?}");
    assert!(message(named[0]).contains("HEIRLOOM_COOKIE_SAMESITE=none"), "{}", named[0]);
}

//! Connections as balancers and odd clients use them.

use std::time::Duration;

use serde_json::json;

use super::client::{Client, PASSWORD, Session};
use super::connection::Connection;
use super::home::Home;
use super::serving::Serving;

const LOGOUT: &[u8] = b"POST /logout HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n";

/// Balancers keep idle connections for a minute. Whoever closes first must be them: a request that meets a closing
/// connection is lost, and they may not send a POST again.
#[test]
fn an_idle_connection_outlives_the_one_of_the_balancer() {
    let home = Home::new();
    let serving = Serving::start(&home);
    let mut connections: Vec<Connection> = (0..20).map(|_| Connection::to(serving.address())).collect();
    for connection in &mut connections {
        assert_eq!(connection.sends(LOGOUT).response().status, 200);
    }
    // It was closed after five seconds.
    let closed = connections[0].closes_within(Duration::from_millis(6500));
    assert_eq!(closed, None, "an idle connection is closed");
    for connection in &mut connections {
        assert_eq!(connection.sends(LOGOUT).response().status, 200);
    }
}

#[test]
fn an_idle_connection_closes_after_the_time_of_the_setting() {
    let home = Home::new();
    let serving = Serving::start_with(&home, &[], &[("HEIRLOOM_KEEP_ALIVE", "1s")]);
    let mut connection = Connection::to(serving.address());
    for _ in 0..2 {
        assert_eq!(connection.sends(LOGOUT).response().status, 200);
        assert_eq!(connection.closes_within(Duration::from_millis(700)), None, "closed before its time");
    }
    assert!(connection.closes_within(Duration::from_secs(3)).is_some(), "an idle connection is kept");
}

fn request(line: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
    let content_type = if body.is_empty() { "" } else { "Content-Type: application/json\r\n" };
    format!("{line} HTTP/1.1\r\nHost: localhost\r\n{content_type}{length}{headers}\r\n{body}").into_bytes()
}

/// `nc -N`, and programs that close their side of the connection after the request.
#[test]
fn a_client_that_stops_sending_gets_its_response() {
    let home = Home::new();
    let serving = Serving::start(&home);
    let alice = Session::registered(&serving.url, "alice@example.com");
    let account = |name: &str| json!({ "email": format!("{name}@example.com"), "password": PASSWORD }).to_string();
    let bearer = format!("Authorization: Bearer {}\r\n", alice.access_token);
    let logout = json!({ "refresh_token": Session::logged_in(&serving.url, "alice@example.com").refresh_token });
    for (line, headers, body, status) in [
        ("GET /ping", "", String::new(), 200),
        ("GET /docs", "", String::new(), 200),
        ("GET /health/ready", "", String::new(), 200),
        ("GET /users/me", bearer.as_str(), String::new(), 200),
        ("GET /nowhere", "", String::new(), 404),
        ("POST /register", "", account("bob"), 201),
        ("POST /login", "", account("bob"), 200),
        ("POST /login", "", account("alice").replace("three", "four"), 401),
        ("POST /logout", "", logout.to_string(), 200),
        ("POST /logout-all", bearer.as_str(), "{}".to_owned(), 200),
    ] {
        for is_at_once in [true, false] {
            let mut connection = Connection::to(serving.address());
            let bytes = request(line, headers, &body);
            if is_at_once {
                connection.sends(&bytes).stops_sending();
            } else {
                // The end comes after the head has been read.
                connection.sends(&bytes[..bytes.len() - 1]);
                assert_eq!(connection.closes_within(Duration::from_millis(100)), None);
                connection.sends(&bytes[bytes.len() - 1..]).stops_sending();
            }
            let response = connection.response();
            let repeated = match (line, is_at_once) {
                ("POST /register", false) => 409,
                ("POST /logout-all", false) => 401,
                _ => status,
            };
            assert_eq!(response.status, repeated, "{line}, {is_at_once}: {response:?}");
            assert!(connection.closes_within(Duration::from_secs(10)).is_some(), "{line}: the connection is kept");
        }
    }
}

#[test]
fn several_requests_before_the_end_get_all_their_responses() {
    let home = Home::new();
    let serving = Serving::start(&home);
    let mut connection = Connection::to(serving.address());
    let all =
        [request("GET /ping", "", ""), request("GET /nowhere", "", ""), request("POST /logout", "", "{}")].concat();
    connection.sends(&all).stops_sending();
    for status in [200, 404, 200] {
        assert_eq!(connection.response().status, status);
    }
    assert!(connection.closes_within(Duration::from_secs(10)).is_some());
}

#[test]
fn a_body_that_ends_too_early_is_malformed() {
    let home = Home::new();
    let serving = Serving::start(&home);
    for framing in ["Content-Length: 100\r\n", "Transfer-Encoding: chunked\r\n"] {
        let head = request("POST /login", &format!("Content-Type: application/json\r\n{framing}"), "");
        let mut connection = Connection::to(serving.address());
        connection.sends(&head).sends(b"5\r\n{\"em").stops_sending();
        let response = connection.response();
        assert!(response.status == 400 && response.text.contains("malformed_request"), "{framing} {response:?}");
        assert!(connection.closes_within(Duration::from_secs(10)).is_some());
    }
    let mut connection = Connection::to(serving.address());
    connection.sends(b"GET /ping HTTP/1.1\r\nHo").stops_sending();
    assert!(connection.gets_nothing(), "half a head is no request");
}

/// A client that has left looks the same, and has sent its token again elsewhere.
#[test]
fn a_refresh_ends_with_its_client_and_uses_no_token_up() {
    let home = Home::new();
    let serving = Serving::start(&home);
    let mut alice = Session::registered(&serving.url, "alice@example.com");
    let body = json!({ "refresh_token": alice.refresh_token }).to_string();
    for bytes in [
        request("POST /refresh", "", &body),
        request("POST /refresh", &format!("Authorization: Bearer {}\r\n", alice.refresh_token), ""),
        [request("GET /ping", "", ""), request("POST /refresh", "", &body)].concat(),
    ] {
        let mut connection = Connection::to(serving.address());
        connection.sends(&bytes).stops_sending();
        if bytes.starts_with(b"GET /ping") {
            assert_eq!(connection.response().status, 200, "the request before it has its response");
        }
        assert!(connection.gets_nothing());
    }
    let first = alice.refresh_token.clone();
    let client = Client::of(&serving.url);
    assert_eq!(alice.try_refresh(&client).unwrap().status, 200);
    assert_ne!(alice.refresh_token, first);
    assert_eq!(client.get("/ping", &[]).status, 200);
}

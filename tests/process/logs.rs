//! Logs: one line for each request, for people or for programs.

use std::fs::OpenOptions;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use rustix::process::Signal;
use serde_json::{Value, json};

use super::client::{Client, Session};
use super::home::Home;
use super::program::send;
use super::serving::Serving;

/// Asks three things; the answers' statuses and request ids.
fn three_requests(url: &str) -> [(u16, String); 3] {
    let client = Client::of(url);
    let answers = [client.get("/ping", &[]), client.get("/nowhere", &[]), client.get("/users/me", &[])];
    answers.map(|answer| (answer.status, answer.header("x-request-id").unwrap().to_owned()))
}

#[test]
fn json_logs_are_an_object_a_line_and_each_request_has_one_with_its_status() {
    let home = Home::new();
    let serving = Serving::start_with(&home, &[], &[("HEIRLOOM_LOG_FORMAT", "json")]);
    let requests = three_requests(&serving.url);
    let ended = serving.stops();
    let lines: Vec<Value> = ended.stderr.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    assert!(lines.iter().all(|line| line["timestamp"].is_string() && line["level"].is_string()), "{lines:?}");
    let answered: Vec<(u16, String)> = lines
        .iter()
        .filter(|line| line.get("http.status").is_some())
        .map(|line| {
            let status = line["http.status"].as_u64().unwrap();
            (status.try_into().unwrap(), line["span"]["request.id"].as_str().unwrap().to_owned())
        })
        .collect();
    assert_eq!(answered, requests);
    assert_eq!(requests.map(|(status, _)| status), [200, 404, 401]);
}

#[test]
fn text_logs_have_one_line_for_each_request_and_no_colours_in_a_file() {
    let home = Home::new();
    let serving = Serving::start(&home);
    let requests = three_requests(&serving.url);
    let ended = serving.stops();
    let answered: Vec<&str> = ended.stderr.lines().filter(|line| line.contains("http.status=")).collect();
    assert_eq!(answered.len(), 3, "{answered:?}");
    for (line, (status, id)) in answered.iter().zip(&requests) {
        assert!(line.contains(&format!("http.status={status}")) && line.contains(id), "{line}");
    }
    assert!(!ended.stderr.contains('\u{1b}'));
    assert!(!ended.stderr.contains("nowhere"), "paths are the client's text: only routes are told");
}

#[test]
fn refusals_are_on_record_by_their_names_on_a_line_each() {
    let home = Home::new();
    let environment =
        [("HEIRLOOM_LOG_FORMAT", "json"), ("HEIRLOOM_LOGIN_RATE", "13/h"), ("HEIRLOOM_REFRESH_OVERLAP", "0s")];
    let serving = Serving::start_with(&home, &[], &environment);
    let client = Client::of(&serving.url);
    let agent = "first\u{85}second\u{2028}third";
    let odd = [("user-agent", agent.as_bytes()), ("content-type", b"application/json".as_slice())];
    let mut alice = Session::registered(&serving.url, "alice@example.com");
    let first = alice.refresh_token.clone();
    alice.is_alive_at(&serving.url);
    alice.is_alive_at(&serving.url);
    let old = json!({ "refresh_token": first }).to_string();
    assert_eq!(client.send("POST", "/refresh", &odd, old.as_bytes()).status, 401);
    assert_eq!(client.post("/refresh", &[("origin", "https://evil.example")], "").status, 403);
    // Two of the thirteen are spent, and after ten failures the account makes everybody wait.
    let wrong =
        json!({ "email": "alice@example.com\r\nforged\u{1b}[31m: line", "password": "a wrong one" }).to_string();
    let statuses: Vec<u16> = (0..12).map(|_| client.send("POST", "/login", &odd, wrong.as_bytes()).status).collect();
    assert_eq!(statuses, [&[401; 10][..], &[429; 2]].concat());
    let ended = serving.stops();
    // Each line is an object of its own, so nothing that was sent has begun another.
    let lines: Vec<Value> = ended.stderr.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let count = |name: &str| lines.iter().filter(|line| line["event"] == name).count();
    assert_eq!(count("authn_login_success"), 1);
    assert_eq!(count("authn_login_fail"), 10);
    assert_eq!(count("authn_login_fail_max"), 1);
    assert_eq!(count("excess_rate_limit_exceeded"), 1);
    assert_eq!(count("authn_token_reuse"), 1);
    assert_eq!(count("malicious_csrf"), 1);
    let reuse = lines.iter().find(|line| line["event"] == "authn_token_reuse").unwrap();
    assert_eq!((&reuse["span"]["client.ip"], reuse["level"] == "INFO"), (&"127.0.0.1".into(), false), "{reuse}");
    assert!(reuse["timestamp"].as_str().unwrap().ends_with('Z') && reuse["span"]["request.id"].is_string(), "{reuse}");
    let refused = lines.iter().find(|line| line["event"] == "malicious_csrf").unwrap();
    assert_eq!(refused["origin"], "https://evil.example");
    for sent in ["forged", "\u{1b}"] {
        assert!(!ended.stderr.contains(sent), "{sent:?} is in the log");
    }
}

#[test]
fn a_log_that_cannot_be_written_stops_nothing() {
    let home = Home::new();
    let mut command = home.command(&["serve"], &[]);
    // A disk without room.
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(full).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let url = line.strip_prefix("Heirloom serves ").unwrap_or_else(|| panic!("{line:?}")).trim().to_owned();
    Session::registered(&url, "alice@example.com").is_alive_at(&url);
    let statuses = three_requests(&url).map(|(status, _)| status);
    send(child.id(), Signal::TERM);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(statuses, [200, 404, 401]);
}

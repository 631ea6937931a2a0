//! Logs: one line for each request, for people or for programs.

use serde_json::Value;

use super::client::Client;
use super::home::Home;
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

//! JSON bodies: what is not JSON is refused as that, what has a field too many is refused, and no answer repeats a value.

use actix_web::http::Method;
use serde_json::Value;

use super::server::{STRANGER, Server};

/// Each operation that reads a body, and the fields it knows.
const OPERATIONS: [(&str, &[&str]); 4] = [
    ("/register", &["email", "password"]),
    ("/login", &["email", "password", "token_delivery"]),
    ("/refresh", &["refresh_token"]),
    ("/logout", &["refresh_token"]),
];

/// The first byte chooses the operation, the others are the body.
pub fn are_sent(server: &Server, input: &[u8]) {
    let Some((&choice, body)) = input.split_first() else { return };
    let (path, fields) = OPERATIONS[usize::from(choice) % OPERATIONS.len()];
    server.forgets();
    let answer = server.answers(&Method::POST, path, STRANGER, &[("content-type", b"application/json")], body);
    let parsed: Option<Value> = serde_json::from_slice(body).ok();
    let is_nothing = body.is_empty() || parsed.as_ref().is_some_and(Value::is_null);
    let is_left_out = is_nothing && ["/refresh", "/logout"].contains(&path);
    match answer.verdict() {
        (400, "malformed_json") => assert!(parsed.is_none(), "this was JSON"),
        (413, "payload_too_large") => assert!(body.len() > 64 * 1024),
        (422, "validation_failed") => {
            let errors = answer.json["errors"].as_array().expect("the fields that are wrong");
            assert!(!errors.is_empty());
            for error in errors {
                let field = error["field"].as_str().unwrap();
                assert!(field.chars().count() <= 64 && !field.chars().any(char::is_control), "{field:?}");
            }
        }
        // Accepted: judged, or let through to the database.
        (200 | 401 | 503, _) => {
            let known = parsed
                .as_ref()
                .and_then(Value::as_object)
                .is_some_and(|object| object.keys().all(|key| fields.contains(&key.as_str())));
            assert!(known || is_left_out, "a body that is not as it has to be was accepted");
        }
        verdict => panic!("{path}: {verdict:?}"),
    }
    // A value may be a password: it never comes back.
    if let Some(password) = parsed.as_ref().and_then(|body| body["password"].as_str()).filter(|text| text.len() >= 24) {
        let quoted = serde_json::to_string(password).unwrap();
        assert!(!answer.text.contains(quoted.trim_matches('"')), "a password came back: {}", answer.text);
    }
}

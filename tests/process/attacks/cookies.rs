//! Cases 6 and 7: cookies that somebody else has planted.

use serde_json::json;

use super::super::client::{Client, PASSWORD};
use super::super::serving::Serving;
use super::{COOKIE, Jar, Site, raw, verdict};

fn refreshes_with(serving: &Serving, lines: &[&[u8]]) -> String {
    let mut request = format!("POST /refresh HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", serving.address());
    request.push_str("Content-Length: 0\r\n");
    let mut request = request.into_bytes();
    for line in lines {
        request.extend_from_slice(b"Cookie: ");
        request.extend_from_slice(line);
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"\r\n");
    raw(serving, &request)
}

/// PHP CVE-2020-7070, Rack CVE-2020-8184 and "Cookie Chaos": names that are decoded or trimmed pass for guarded ones.
#[test]
fn case_6_a_planted_cookie_is_never_taken_for_the_genuine_one() {
    let site = Site::new();
    let serving = site.serves(&[]);
    let client = Client::of(&serving.url);
    let evil = Jar::registered(&client, "mallory@example.com").refresh;
    let mut alice = Jar::registered(&client, "alice@example.com");
    let look_alikes: Vec<Vec<u8>> = [
        format!("%5F%5FHost-heirloom_refresh={evil}"),
        format!("\u{2000}{COOKIE}={evil}"),
        format!("\u{a0}{COOKIE}={evil}"),
        format!("\u{85}{COOKIE}={evil}"),
        format!("{COOKIE}\u{2000}={evil}"),
        format!("__host-heirloom_refresh={evil}"),
        format!("__HOST-HEIRLOOM_REFRESH={evil}"),
        format!("{COOKIE}%20={evil}"),
        format!("\"{COOKIE}\"={evil}"),
        format!("$Version=1, {COOKIE}={evil}"),
        format!("x={COOKIE}={evil}"),
        format!("={COOKIE}={evil}"),
        COOKIE.to_owned(),
        (0..60).map(|number| format!("junk{number}={evil}; ")).collect(),
    ]
    .map(String::into_bytes)
    .into_iter()
    .chain([[b"\xff\xfe".as_slice(), COOKIE.as_bytes(), b"=", evil.as_bytes()].concat()])
    .collect();
    let genuine = format!("{COOKIE}={}", alice.refresh).into_bytes();
    for planted in &look_alikes {
        let shown = String::from_utf8_lossy(planted);
        let alone = refreshes_with(&serving, &[planted]);
        assert!(alone.starts_with("HTTP/1.1 401") && alone.contains("refresh_token_missing"), "{shown}: {alone}");
        let (before, behind) = ([planted, &b"; "[..], &genuine].concat(), [&genuine, &b"; "[..], planted].concat());
        let mut sessions = Vec::new();
        for lines in [&[&before[..]][..], &[&behind], &[planted, &genuine], &[&genuine, planted]] {
            let answer = refreshes_with(&serving, lines);
            assert!(answer.starts_with("HTTP/1.1 200"), "{shown}: {answer}");
            sessions.push(answer.split("\"session\":{\"id\":\"").nth(1).unwrap()[..36].to_owned());
        }
        sessions.dedup();
        assert_eq!(sessions.len(), 1, "the planted session was used: {shown}");
    }
    let planted = format!("{COOKIE}={evil}").into_bytes();
    for lines in [[&genuine[..], &planted], [&planted, &genuine]] {
        let answer = refreshes_with(&serving, &lines);
        assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("ambiguous_credentials"), "{answer}");
        assert!(!answer.to_lowercase().contains("set-cookie"), "{answer}");
    }
    let garbage = format!("{COOKIE}=hl_x").into_bytes();
    for lines in [[&genuine[..], &garbage], [&garbage, &genuine]] {
        assert!(refreshes_with(&serving, &lines).starts_with("HTTP/1.1 200"));
    }
    // More than a head may hold: refused, and the server goes on.
    let flood = vec![b'x'; 200 * 1024];
    let answer = refreshes_with(&serving, &[&flood]);
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    assert_eq!(alice.refreshes(&client).status, 200);
}

/// Passport CVE-2022-25896, @fastify/passport CVE-2023-29019: what was in the browser before the login went on after it.
#[test]
fn case_7_what_was_planted_before_a_login_is_worth_nothing_after_it() {
    let site = Site::new();
    let serving = site.serves(&[("HEIRLOOM_ACCESS_COOKIE", "true")]);
    let client = Client::of(&serving.url);
    let mut mallory = Jar::registered(&client, "mallory@example.com");
    let (planted, planted_csrf) = (mallory.refresh.clone(), mallory.csrf.clone().unwrap());
    Jar::registered(&client, "alice@example.com");
    let cookies = format!(
        "{COOKIE}={planted}; __Host-heirloom_csrf={planted_csrf}; __Host-heirloom_access={}",
        mallory.access_token
    );
    let alice = Jar::logged_in(&client, "alice@example.com", &cookies);
    let (csrf, refresh) = (alice.csrf.clone().unwrap(), alice.refresh.clone());
    assert!(refresh != planted && csrf != planted_csrf);

    assert_eq!(verdict(&mallory.asks_who_am_i(&client)), (401, "session_revoked"));
    assert_eq!(verdict(&mallory.refreshes(&client)), (401, "session_revoked"));
    assert_eq!(alice.asks_who_am_i(&client).body["email"], "alice@example.com");
    // The value that Mallory knows opens nothing of Alice's.
    let cookie = format!("__Host-heirloom_access={}; __Host-heirloom_csrf={planted_csrf}", alice.access_token);
    let password = json!({ "password": PASSWORD }).to_string();
    for value in [Some(planted_csrf.as_str()), None] {
        let mut headers = vec![("cookie", cookie.as_bytes()), ("content-type", b"application/json")];
        headers.extend(value.map(|value| ("x-csrf-token", value.as_bytes())));
        let answer = client.send("DELETE", "/users/me", &headers, password.as_bytes());
        assert_eq!(verdict(&answer), (403, "csrf_failed"));
    }
    assert_eq!(alice.asks_who_am_i(&client).status, 200);
}

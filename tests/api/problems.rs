//! What bad input gets: a problem with a code, and nothing changed.

use std::time::Duration;

use serde_json::json;

use crate::support::app::seconds;
use crate::support::browser::{COOKIE, PASSWORD};
use crate::support::wire::raw;
use crate::support::{Answer, App};

#[test]
fn bodies_have_to_be_json_of_the_right_type_and_size() {
    let app = App::start();
    let browser = app.browser();
    let good = json!({ "email": "alice@example.com", "password": PASSWORD }).to_string();
    let large = format!("{{\"email\":\"{}\"}}", "x".repeat(64 * 1024));
    for (content_type, body, verdict) in [
        ("application/json", "", (400, "malformed_json")),
        ("application/json", "{", (400, "malformed_json")),
        ("application/json", "{\"email\":\"\u{0}\"}", (400, "malformed_json")),
        ("application/json", "[]", (422, "validation_failed")),
        ("application/json", "[\"alice@example.com\", \"three lamps on the stairs\"]", (422, "validation_failed")),
        ("application/json", "{}", (422, "validation_failed")),
        ("application/json", "{\"email\":1,\"password\":\"x\"}", (422, "validation_failed")),
        ("application/json", &good.replace('}', ",\"role\":\"admin\"}"), (422, "validation_failed")),
        ("application/json", &good.replace('}', ",\"email\":\"b@example.com\"}"), (422, "validation_failed")),
        ("application/json", &large, (413, "payload_too_large")),
        ("", &good, (415, "unsupported_media_type")),
        ("text/plain", &good, (415, "unsupported_media_type")),
        ("text/json", &good, (415, "unsupported_media_type")),
        ("application/x-www-form-urlencoded", &good, (415, "unsupported_media_type")),
        ("multipart/form-data; boundary=x", &good, (415, "unsupported_media_type")),
        ("text/plain;application/json", &good, (415, "unsupported_media_type")),
        ("application/json; charset=latin1", &good, (415, "unsupported_media_type")),
        ("application/json; charset=\"utf-8", &good, (415, "unsupported_media_type")),
        ("application/json; v=1", &good, (415, "unsupported_media_type")),
        ("application/problem+json", &good, (415, "unsupported_media_type")),
    ] {
        let answer = browser.bare_request("POST", "/register").body(content_type, body).send();
        assert_eq!(answer.verdict(), verdict, "{content_type:?} {:.60}", body);
        assert!(!answer.text.contains("serde") && !answer.text.contains("line 1"), "{answer:?}");
    }
    assert_eq!(app.counts("SELECT count(*) AS number FROM users"), 0);
    let answer = browser.bare_request("POST", "/register").body("Application/JSON; charset=UTF-8", &good).send();
    assert_eq!(answer.status, 201);
    let other = good.replace("alice", "bob");
    let answer = browser.bare_request("POST", "/register").body("application/json;charset=\"utf-8\"", &other).send();
    assert_eq!(answer.status, 201);
}

#[test]
fn a_body_that_trickles_in_is_not_waited_for() {
    let app = App::with(|config| config.body_timeout = Duration::from_millis(300));
    let mut alice = app.logged_in("alice@example.com");
    for path in ["/login", "/register", "/refresh", "/logout"] {
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{{"
        );
        let answer = raw(&app.url, request.as_bytes(), seconds(20));
        assert!(answer.starts_with("HTTP/1.1 408"), "{path}: {answer}");
        assert!(answer.contains("request_timeout"), "{path}: {answer}");
    }
    assert_eq!(alice.refreshes().status, 200);
}

#[test]
fn requests_that_mean_two_things_are_refused() {
    let app = App::start();
    for request in [
        "POST /refresh HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
        "POST /refresh HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        "POST /refresh HTTP/1.1\r\n\r\n",
        "POST /refresh HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    ] {
        let answer = raw(&app.url, request.as_bytes(), seconds(2));
        assert!(answer.starts_with("HTTP/1.1 400"), "{request:?}: {answer}");
    }
    let many: String = (0..200).map(|n| format!("X-{n}: y\r\n")).collect();
    let answer = raw(&app.url, format!("GET /ping HTTP/1.1\r\nHost: h\r\n{many}\r\n").as_bytes(), seconds(2));
    assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
}

#[test]
fn paths_and_methods_that_are_not_there_say_what_is() {
    let app = App::start();
    let browser = app.browser();
    for path in ["/nope", "/login/", "//login", "/LOGIN", "/users/me/", "/users//me", "/users/me;x", "/users/%6de/x"] {
        assert_eq!(browser.bare_request("GET", path).send().verdict(), (404, "not_found"), "{path}");
    }
    for path in ["/register", "/login", "/refresh", "/logout", "/logout-all", "/users/me/password"] {
        for method in ["GET", "HEAD", "PUT", "DELETE", "TRACE"] {
            let answer = browser.bare_request(method, path).send();
            assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")), "{method} {path}");
        }
    }
    for path in [
        "/users/me/events",
        "/sessions",
        "/ping",
        "/health/live",
        "/health/ready",
        "/.well-known/jwks.json",
        "/openapi.json",
        "/docs",
    ] {
        let answer = browser.bare_request("POST", path).send();
        assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, HEAD")), "{path}");
    }
    let head = browser.bare_request("HEAD", "/ping").send();
    assert_eq!((head.status, head.text.as_str()), (200, ""));
}

#[test]
fn only_the_genuine_cookie_counts_whatever_stands_beside_it() {
    let app = App::start();
    let mut mallory = app.logged_in("mallory@example.com");
    let alice = app.logged_in("alice@example.com");
    let (evil, good) = (mallory.cookie(), alice.cookie());
    let sent = |cookies: &[&[u8]]| {
        let mut request = alice.bare_request("POST", "/refresh");
        for cookie in cookies {
            request = request.header("cookie", cookie);
        }
        request.send()
    };
    let look_alikes: Vec<Vec<u8>> = [
        format!("%5F%5FHost-heirloom_refresh={evil}"),
        format!("\u{2000}{COOKIE}={evil}"),
        format!("{COOKIE}\u{a0}={evil}"),
        format!("__host-heirloom_refresh={evil}"),
        format!("heirloom_refresh={evil}"),
        format!("__Secure-heirloom_refresh={evil}"),
        (0..60).map(|n| format!("junk{n}={evil}; ")).collect(),
    ]
    .map(String::into_bytes)
    .into_iter()
    .chain([[b"\xff\xfe=".as_slice(), evil.as_bytes()].concat()])
    .collect();
    let genuine = format!("{COOKIE}={good}").into_bytes();
    for look_alike in &look_alikes {
        assert_eq!(sent(&[look_alike]).verdict(), (401, "refresh_token_missing"));
        for answer in [
            sent(&[look_alike, &genuine]),
            sent(&[&genuine, look_alike]),
            sent(&[&[&look_alike[..], b"; ", &genuine].concat()]),
        ] {
            assert_eq!(answer.status, 200, "{answer:?}");
            assert!(
                answer.text.contains(&crate::support::database::session_of(&alice)),
                "the planted session was used"
            );
        }
    }
    let planted = format!("{COOKIE}={evil}").into_bytes();
    for doubled in [[&genuine, &planted], [&planted, &genuine]] {
        assert_eq!(sent(&[doubled[0], doubled[1]]).verdict(), (400, "ambiguous_credentials"));
    }
    assert_eq!(mallory.refreshes().status, 200);
}

#[test]
fn tokens_that_are_not_quite_ours_touch_no_family() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    let good = alice.cookie();
    let percent_encoded = good.replace('h', "%68");
    for bad in [
        "x",
        "hl_",
        "HL_x",
        &good[..good.len() - 1],
        &format!("{good}A"),
        &format!("{good}{good}"),
        &format!("{good}="),
        &percent_encoded,
        &format!("\"{good}\""),
        &good.replace("hl_", ""),
        &"A".repeat(3000),
    ] {
        let answer = alice.replays(bad);
        assert_eq!(answer.verdict(), (401, "refresh_token_invalid"), "{bad}");
        assert!(answer.clears_the_cookie());
    }
    let answer = alice.bare_request("POST", &format!("/refresh?refresh_token={good}")).send();
    assert_eq!(answer.verdict(), (401, "refresh_token_missing"));
    assert_eq!(answer.refresh_cookie(), None);
    assert_eq!(alice.refreshes().status, 200);
}

#[test]
fn two_tokens_at_once_are_ambiguous_and_a_foreign_bearer_is_not_looked_at() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    let mut program = app.native_app();
    program.logs_in("alice@example.com");
    let token = program.token();
    let body = json!({ "refresh_token": token });
    let bearer = format!("Bearer {token}");
    for path in ["/refresh", "/logout"] {
        let requests: [Answer; 3] = [
            alice.request("POST", path).json(&body).send(),
            alice.request("POST", path).header("authorization", &bearer).send(),
            program.request("POST", path).json(&body).header("authorization", &bearer).send(),
        ];
        for answer in requests {
            assert_eq!(answer.verdict(), (400, "ambiguous_credentials"));
            assert_eq!(answer.refresh_cookie(), None);
        }
    }
    let twice = |first: &str| {
        let request = program.request("POST", "/refresh").header("authorization", format!("Bearer {first}"));
        request.header("authorization", &bearer).send()
    };
    assert_eq!(twice(&token).verdict(), (400, "ambiguous_credentials"));
    let access = alice.access_token.clone().unwrap();
    assert_eq!(twice(&access).status, 200);
    let answer = alice.request("POST", "/refresh").header("authorization", format!("Bearer {access}")).send();
    assert_eq!(answer.status, 200);
    assert_eq!(alice.refreshes().status, 200);
    assert_eq!(program.refreshes().status, 200);
    assert_eq!(
        program.request("POST", "/refresh").json(&json!({ "token": token })).send().verdict(),
        (422, "validation_failed")
    );
    assert_eq!(program.request("POST", "/refresh").json(&json!({})).send().verdict(), (401, "refresh_token_missing"));
    let nothing = program.request("POST", "/refresh").body("application/json", " null\n").send();
    assert_eq!(nothing.verdict(), (401, "refresh_token_missing"), "as the document has it");
    assert_eq!(program.request("POST", "/refresh").body("text/plain", body.to_string()).send().status, 415);
}

#[test]
fn other_sites_pages_can_change_nothing() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    let host = app.url.strip_prefix("http://").unwrap().to_owned();
    let own = format!("http://{host}");
    let login = json!({ "email": "alice@example.com", "password": PASSWORD });
    for (site, origin, is_refused) in [
        (Some("same-origin"), Some(own.as_str()), false),
        (Some("none"), None, false),
        (Some("same-site"), Some(own.as_str()), true),
        (Some("cross-site"), None, true),
        (Some("cross-site"), Some("null"), true),
        (None, Some(own.as_str()), false),
        (None, Some("https://evil.example"), true),
        (None, Some("null"), true),
        (None, None, false),
        (Some("garbage"), Some(own.as_str()), false),
        (Some("garbage"), Some("https://evil.example"), true),
    ] {
        for path in ["/login", "/refresh", "/logout", "/register", "/nope", "/ping"] {
            let mut request = match path {
                "/login" => alice.bare_request("POST", path).json(&login),
                "/refresh" | "/logout" if is_refused => alice.request("POST", path),
                _ => alice.bare_request("POST", path),
            };
            for (name, value) in [("sec-fetch-site", site), ("origin", origin)] {
                if let Some(value) = value {
                    request = request.header(name, value);
                }
            }
            // Anybody can send these, and nobody believes them.
            let answer = request.header("x-forwarded-host", "evil.example").send();
            assert_eq!(answer.code() == "cross_site_request", is_refused, "{site:?} {origin:?} {path}");
            if is_refused {
                assert_eq!((answer.status, answer.refresh_cookie()), (403, None));
                assert!(answer.header("access-control-allow-credentials").is_none());
            }
        }
    }
    assert_eq!(alice.refreshes().status, 200);
}

#[test]
fn allowed_origins_may_read_and_others_learn_nothing() {
    use heirloom::config::Origin;
    let app = App::with(|config| config.allowed_origins = vec![Origin::parse("https://app.example.com").unwrap()]);
    let mut alice = app.logged_in("alice@example.com");
    let from = |origin: &str| {
        alice.request("POST", "/refresh").header("origin", origin).header("sec-fetch-site", "cross-site").send()
    };
    let answer = from("https://app.example.com");
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("access-control-allow-origin"), Some("https://app.example.com"));
    assert_eq!(answer.header("access-control-allow-credentials"), Some("true"));
    assert!(answer.header("vary").unwrap().to_lowercase().contains("origin"));
    let evil = [
        "https://app.example.com.evil",
        "https://evilapp.example.com",
        "http://app.example.com",
        "https://app.example.com:8443",
        "null",
        "https://app.example.com.",
    ];
    for origin in evil {
        let answer = from(origin);
        assert_eq!(answer.verdict(), (403, "cross_site_request"), "{origin}");
        assert!(!answer.headers.keys().any(|name| name.as_str().starts_with("access-control")), "{answer:?}");
        let answer = alice.bare_request("GET", "/ping").header("origin", origin).send();
        assert_eq!(answer.status, 200);
        assert!(!answer.headers.keys().any(|name| name.as_str().starts_with("access-control")), "{answer:?}");
    }
    let preflight = |origin: &str| {
        let request = alice.bare_request("OPTIONS", "/refresh").header("origin", origin);
        request
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "content-type")
            .send()
    };
    let answer = preflight("https://app.example.com");
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("access-control-allow-origin"), Some("https://app.example.com"));
    assert_eq!(answer.header("access-control-max-age"), Some("600"));
    assert!(preflight("https://evil.example").header("access-control-allow-origin").is_none());
    assert_eq!(alice.refreshes().status, 200);
}

#[test]
fn a_user_agent_of_any_kind_is_stored_cut_and_plain() {
    let app = App::start();
    let mut alice = app.browser();
    alice.registers("alice@example.com");
    let login = json!({ "email": "alice@example.com", "password": PASSWORD });
    for user_agent in
        [b"x".repeat(10_000), b"\xff\xfe\xe9".to_vec(), "Ünïcode \u{1f980}".as_bytes().to_vec(), b"tab\there".to_vec()]
    {
        let answer = alice.bare_request("POST", "/login").json(&login).header("user-agent", user_agent).send();
        assert_eq!(answer.status, 200);
    }
    let longest = app.counts("SELECT max(octet_length(user_agent))::bigint AS number FROM token_families");
    assert_eq!(longest, 512);
    assert_eq!(app.counts("SELECT count(*) AS number FROM token_families WHERE user_agent ~ '[[:cntrl:]]'"), 0);
    assert_eq!(app.counts("SELECT count(*) AS number FROM token_families WHERE host(ip) = '127.0.0.1'"), 4);
    assert_eq!(alice.logs_in("alice@example.com").status, 200);
}

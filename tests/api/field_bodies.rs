//! Bodies as libraries send them: compressed, or with a charset by another of its names.

use serde_json::json;

use crate::support::browser::PASSWORD;
use crate::support::{Answer, App};

fn account(name: &str) -> String {
    json!({ "email": format!("{name}@example.com"), "password": PASSWORD }).to_string()
}

fn registers(app: &App, body: impl AsRef<[u8]>, headers: &[(&str, &str)]) -> Answer {
    let browser = app.browser();
    let request = browser.bare_request("POST", "/register").body("application/json", body);
    headers.iter().fold(request, |request, (name, value)| request.header(name, value)).send()
}

#[test]
fn a_compressed_body_is_unsupported_and_says_what_would_be_accepted() {
    let app = App::start();
    // An empty object, by gzip.
    let gzip = [
        0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0xab, 0xae, 0x05, 0x00, 0x43, 0xbf, 0xa6, 0xa3,
        0x02, 0x00, 0x00, 0x00,
    ];
    for coding in ["gzip", "GZIP", "x-gzip", "deflate", "br", "zstd", "identity, gzip", "gzip,identity", "nonsense"] {
        for body in [&gzip[..], account("alice").as_bytes()] {
            let answer = registers(&app, body, &[("content-encoding", coding)]);
            assert_eq!(answer.verdict(), (415, "unsupported_media_type"), "{coding}");
            assert_eq!(answer.header("accept-encoding"), Some("identity"), "{coding}");
            assert!(answer.json["detail"].as_str().unwrap().contains("Content-Encoding"), "{answer:?}");
        }
    }
    let twice = registers(&app, account("alice"), &[("content-encoding", "identity"), ("content-encoding", "br")]);
    assert_eq!(twice.verdict(), (415, "unsupported_media_type"));
    let browser = app.browser();
    let optional = browser.bare_request("POST", "/refresh").body("application/json", gzip);
    assert_eq!(optional.header("content-encoding", "gzip").send().header("accept-encoding"), Some("identity"));
    // RFC 9110 §12.5.3: not with a problem of the media type.
    let answer = browser.bare_request("POST", "/register").body("text/plain", gzip);
    assert_eq!(answer.header("content-encoding", "gzip").send().header("accept-encoding"), None);
    assert_eq!(app.counts("SELECT count(*) AS number FROM users"), 0);
}

#[test]
fn a_body_without_a_coding_may_say_so() {
    let app = App::start();
    for (name, coding) in [("alice", "identity"), ("bob", "Identity"), ("carol", ""), ("dave", " identity , ")] {
        assert_eq!(registers(&app, account(name), &[("content-encoding", coding)]).status, 201, "{coding:?}");
    }
    let none = app.browser().bare_request("POST", "/logout").header("content-encoding", "gzip").send();
    assert_eq!(none.status, 200, "there is no body");
}

#[test]
fn utf8_is_a_name_of_utf_8_and_other_charsets_are_unsupported() {
    let app = App::start();
    let registers = |name: &str, content_type: &str| {
        app.browser().bare_request("POST", "/register").body(content_type, account(name)).send()
    };
    for (name, charset) in [("alice", "utf8"), ("bob", "UTF8"), ("carol", "\"utf8\""), ("dave", "utf-8")] {
        assert_eq!(registers(name, &format!("application/json; charset={charset}")).status, 201, "{charset}");
    }
    for charset in ["latin1", "iso-8859-1", "utf-16", "utf16", "utf_8", "utf-7", "us-ascii", "", "\"utf8"] {
        let answer = registers("erin", &format!("application/json; charset={charset}"));
        assert_eq!(answer.verdict(), (415, "unsupported_media_type"), "{charset}");
        assert_eq!(answer.header("accept-encoding"), None);
    }
}

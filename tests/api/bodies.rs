//! Bodies are read as far as is needed, and no further.

use std::num::NonZeroU32;

use heirloom::domain::throttle::Rate;

use crate::support::App;
use crate::support::app::seconds;
use crate::support::wire::raw;

#[test]
fn what_takes_no_fields_is_as_strict() {
    let app = App::start();
    let alice = app.logged_in("alice@example.com");
    let large = "x".repeat(70_000);
    for (content_type, body, verdict) in [
        ("application/json", "nope", (400, "malformed_json")),
        ("application/json", "{\"x\":1}", (422, "validation_failed")),
        ("application/json", &large, (413, "payload_too_large")),
        ("text/plain", "{}", (415, "unsupported_media_type")),
    ] {
        let answer = alice.with_access("POST", "/logout-all").body(content_type, body).send();
        assert_eq!(answer.verdict(), verdict, "{body:.20}");
    }
    assert_eq!(alice.asks_who_am_i().status, 200);
    assert_eq!(alice.with_access("POST", "/logout-all").body("application/json", "{}").send().status, 200);
}

#[test]
fn a_chunked_body_over_the_limit_is_cut_off_too() {
    let app = App::start();
    let chunk = format!("2000\r\n{}\r\n", "x".repeat(0x2000)).repeat(9);
    let request = format!(
        "POST /login HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}0\r\n\r\n"
    );
    let answer = raw(&app.url, request.as_bytes(), seconds(2));
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
}

#[test]
fn the_body_of_a_refused_request_is_not_waited_for() {
    let once_a_minute = Rate { count: NonZeroU32::MIN, period: seconds(60) };
    let app = App::with(|config| config.throttle.login_rate = Some(once_a_minute));
    assert_eq!(app.browser().logs_in("alice@example.com").status, 401);
    let unfinished = "POST /login HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{";
    let answer = raw(&app.url, unfinished.as_bytes(), seconds(3));
    assert!(answer.starts_with("HTTP/1.1 429"), "{answer}");
    let cross_site = app.browser().bare_request("POST", "/login").header("sec-fetch-site", "cross-site").send();
    assert_eq!(cross_site.verdict(), (403, "cross_site_request"), "another site's page uses up its visitor's limit");
}

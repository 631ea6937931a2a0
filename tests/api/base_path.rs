//! The server below a prefix.

use serde_json::json;

use crate::support::App;

#[test]
fn everything_can_be_moved_below_a_base_path() {
    let app = App::with(|config| config.base_path = "/auth".to_owned());
    assert!(app.url.ends_with("/auth"));
    let mut alice = app.logged_in("alice@example.com");
    assert_eq!(alice.refreshes().status, 200);
    assert!(alice.bare_request("GET", "/docs").send().text.contains("\"docs/swagger-ui.css\""));
    for method in ["GET", "HEAD"] {
        assert_eq!(alice.bare_request(method, "/docs/swagger-ui.css").send().status, 200);
    }
    let document = alice.bare_request("GET", "/openapi.json").send().json;
    assert_eq!(document["servers"], json!([{ "url": "/auth" }]), "what reads it would call paths that are not there");
    let outside = app.url.trim_end_matches("/auth").to_owned();
    let agent = crate::support::wire::agent();
    let answer = crate::support::wire::Wire::new(&agent, "GET", format!("{outside}/ping")).send();
    assert_eq!(answer.verdict(), (404, "not_found"));
}

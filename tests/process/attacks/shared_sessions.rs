//! A thief with a copy of a session's tokens, after the session has ended.

use serde_json::json;

use super::super::client::{Answer, Client, PASSWORD};
use super::{COOKIE, Jar, Site, verdict};

const NEW_PASSWORD: &str = "four lamps in the cellar";

/// A review of Heirloom: the caller's session went on after a new password, and so did the thief with the same cookie.
#[test]
fn whoever_shares_the_session_is_put_out_by_a_new_password() {
    let site = Site::new();
    let serving = site.serves(&[]);
    let client = Client::of(&serving.url);
    let mut alice = Jar::registered(&client, "alice@example.com");
    let mut thief = alice.clone();
    assert_eq!(thief.refreshes(&client).status, 200);
    let body = json!({ "current_password": PASSWORD, "new_password": NEW_PASSWORD }).to_string();
    let cookie = format!("{COOKIE}={}", alice.refresh);
    let changed = client.post("/users/me/password", &[("authorization", &alice.bearer()), ("cookie", &cookie)], &body);
    alice = Jar::from(&changed);
    for _ in 0..2 {
        assert_eq!(verdict(&thief.asks_who_am_i(&client)), (401, "session_revoked"));
        assert_eq!(verdict(&thief.refreshes(&client)), (401, "session_revoked"));
    }
    assert_eq!(alice.asks_who_am_i(&client).status, 200);
    assert_eq!(alice.refreshes(&client).status, 200);
}

fn deletes(client: &Client, path: &str, bearer: &str, body: &str) -> Answer {
    let headers: [(&str, &[u8]); 2] = [("authorization", bearer.as_bytes()), ("content-type", b"application/json")];
    client.send("DELETE", path, &headers, body.as_bytes())
}

/// A review of Heirloom: a process that had not heard of a logout yet let the dead session's access token end other
/// sessions and delete the account.
#[test]
fn the_access_token_of_an_ended_session_changes_nothing_at_a_server_that_has_not_heard_of_it() {
    let site = Site::new();
    let [own, deaf] = [site.serves(&[]), site.serves(&[("HEIRLOOM_DATABASE_LISTEN", "false")])];
    let [own, deaf] = [Client::of(&own.url), Client::of(&deaf.url)];
    let mut phone = Jar::registered(&own, "alice@example.com");
    let sessions = own.get("/sessions", &[("authorization", &phone.bearer())]);
    let id = sessions.body["sessions"][0]["id"].as_str().unwrap().to_owned();
    let deletion = json!({ "password": PASSWORD }).to_string();
    let change = json!({ "current_password": PASSWORD, "new_password": NEW_PASSWORD }).to_string();
    for attack in 0..4 {
        let stolen = Jar::logged_in(&own, "alice@example.com", "");
        assert_eq!(stolen.asks_who_am_i(&deaf).status, 200);
        assert_eq!(own.post("/logout", &[("cookie", &format!("{COOKIE}={}", stolen.refresh))], "").status, 200);
        let bearer = stolen.bearer();
        let headers = [("authorization", bearer.as_str())];
        let refused = match attack {
            0 => deletes(&deaf, &format!("/sessions/{id}"), &bearer, ""),
            1 => deaf.post("/logout-all", &headers, ""),
            2 => deaf.post("/users/me/password", &headers, &change),
            _ => deletes(&deaf, "/users/me", &bearer, &deletion),
        };
        assert_eq!(verdict(&refused), (401, "session_revoked"), "attack {attack}");
    }
    assert_eq!(phone.refreshes(&own).status, 200);
    assert_eq!(phone.asks_who_am_i(&deaf).status, 200);
}

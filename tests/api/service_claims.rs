//! Claims of users and sessions, and proving again who a user is.

use heirloom::domain::service_key::Scope;
use serde_json::{Value, json};

use crate::support::Answer;
use crate::support::App;
use crate::support::app::{days, seconds};
use crate::support::backend::Backend;
use crate::support::browser::{Browser, PASSWORD};
use crate::support::database::{claims, session_of};

fn user_of(browser: &Browser) -> String {
    browser.asks_who_am_i().json["id"].as_str().unwrap().to_owned()
}

fn changes_claims(backend: &Backend, user: &str, query: &str, claims: &Value) -> Answer {
    let path = format!("/service/users/{user}{query}");
    backend.request("PATCH", &path).json(&json!({ "claims": claims })).send()
}

fn said(browser: &Browser) -> Value {
    claims(browser.access_token.as_deref().unwrap())
}

#[test]
fn a_change_of_claims_reaches_each_session_with_its_next_refresh() {
    let app = App::start();
    let (mut laptop, mut phone) = (app.logged_in("alice@example.com"), app.browser());
    phone.logs_in("alice@example.com");
    let backend = app.trusted_backend();
    let user = user_of(&laptop);
    assert!(said(&laptop).get("plan").is_none());
    assert_eq!(changes_claims(&backend, &user, "", &json!({ "plan": "pro", "seats": 3 })).status, 200);
    assert_eq!(laptop.asks_who_am_i().status, 200, "the token with the old claims is still good");
    for browser in [&mut laptop, &mut phone] {
        assert_eq!(browser.refreshes().status, 200);
        assert_eq!((&said(browser)["plan"], &said(browser)["seats"]), (&json!("pro"), &json!(3)));
    }
    let mut tablet = app.browser();
    tablet.logs_in("alice@example.com");
    assert_eq!(said(&tablet)["plan"], "pro", "a new session has them at once");
    assert_eq!(changes_claims(&backend, &user, "", &json!({})).status, 200);
    assert_eq!(tablet.refreshes().status, 200);
    assert!(said(&tablet).get("plan").is_none());
    let session = &backend.gets(&format!("/service/users/{user}/sessions")).json["sessions"][0];
    assert_eq!(session["claims"], json!({}));
}

#[test]
fn now_rejects_the_access_tokens_with_the_old_claims_on_every_process_and_the_sessions_go_on() {
    let app = App::start();
    let sibling = app.sibling(|config| config.database.listen = false);
    let (mut alice, bob) = (app.logged_in("alice@example.com"), app.logged_in("bob@example.com"));
    let backend = app.backend(&[Scope::UsersWrite]);
    let old = alice.access_token.clone().unwrap();
    let user = user_of(&alice);
    assert_eq!(changes_claims(&backend, &user, "?now=true", &json!({ "plan": "pro" })).status, 200);
    assert_eq!(alice.asks_who_am_i().verdict(), (401, "access_token_expired"));
    app.eventually(|| sibling.browser().asks_who_am_i_with(&old).code() == "access_token_expired");
    assert_eq!(alice.refreshes().status, 200);
    assert_eq!(said(&alice)["plan"], "pro");
    assert_eq!(alice.asks_who_am_i().status, 200);
    assert_eq!(sibling.browser().asks_who_am_i_with(alice.access_token.as_deref().unwrap()).status, 200);
    assert_eq!(bob.asks_who_am_i().status, 200);
    let late = app.sibling(|_| {});
    assert_eq!(
        late.browser().asks_who_am_i_with(&old).verdict(),
        (401, "access_token_expired"),
        "so does a new process"
    );
    let path = format!("/service/users/{user}?now=true");
    assert_eq!(backend.request("PATCH", &path).json(&json!({ "email_verified": true })).send().status, 200);
    assert_eq!(alice.asks_who_am_i().status, 200, "a change that names no claims supersedes nothing");
    assert_eq!(changes_claims(&backend, &user, "", &json!({ "plan": "free" })).status, 200);
    assert_eq!(alice.asks_who_am_i().status, 200);
    assert_eq!(changes_claims(&backend, &user, "?now=true", &json!({ "plan": "free" })).status, 200);
    assert_eq!(alice.asks_who_am_i().verdict(), (401, "access_token_expired"), "its claims are those of before");
    assert_eq!(alice.refreshes().status, 200);
    assert_eq!((&said(&alice)["plan"], alice.asks_who_am_i().status), (&json!("free"), 200));
    for query in ["?now=1", "?now=", "?later=true", "?now=true&now=true"] {
        assert_eq!(changes_claims(&backend, &user, query, &json!({})).verdict(), (422, "validation_failed"), "{query}");
    }
    app.executes("UPDATE superseded_tokens SET recorded_at = now() - interval '151 minutes'");
    app.prunes();
    assert_eq!(app.counts("SELECT count(*) AS number FROM superseded_tokens"), 0);
}

#[test]
fn claims_of_a_session_stay_over_those_of_the_user_and_both_share_a_kilobyte() {
    let app = App::start();
    let backend = app.trusted_backend();
    let request =
        json!({ "user": { "subject": "a", "claims": { "plan": "free", "team": 1 } }, "claims": { "plan": "trial" } });
    let begun = backend.request("POST", "/service/sessions").json(&request).send();
    let token = |answer: &Answer| claims(answer.json["access_token"].as_str().unwrap());
    assert_eq!((&token(&begun)["plan"], &token(&begun)["team"]), (&json!("trial"), &json!(1)));
    let user = token(&begun)["sub"].as_str().unwrap().to_owned();
    assert_eq!(changes_claims(&backend, &user, "", &json!({ "plan": "pro", "team": 2 })).status, 200);
    let body = json!({ "refresh_token": begun.json["refresh_token"] });
    let refreshed = app.browser().bare_request("POST", "/refresh").json(&body).send();
    assert_eq!((&token(&refreshed)["plan"], &token(&refreshed)["team"]), (&json!("trial"), &json!(2)));
    let long = changes_claims(&backend, &user, "", &json!({ "long": "a".repeat(1010) }));
    assert_eq!(long.verdict(), (422, "validation_failed"));
    let kept = backend.gets(&format!("/service/users/{user}"));
    assert_eq!(kept.json["claims"], json!({ "plan": "pro", "team": 2 }), "a refused change changes nothing");
}

#[test]
fn claims_survive_a_new_password_and_a_row_that_is_behind() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    let backend = app.trusted_backend();
    changes_claims(&backend, &user_of(&alice), "", &json!({ "plan": "pro" }));
    alice.changes_password(PASSWORD, "five lamps on the stairs");
    assert_eq!(said(&alice)["plan"], "pro");
    alice.refreshes();
    alice.asks_who_am_i();
    app.settles();
    app.loses_rotations(&alice, 1);
    app.passes(seconds(60));
    assert_eq!(alice.refreshes().status, 200);
    assert_eq!(said(&alice)["plan"], "pro");
}

#[test]
fn the_longest_claims_make_a_token_that_verifies() {
    let app = App::with(|config| config.cookie.with_access_token = true);
    let mut alice = app.logged_in("alice@example.com");
    let backend = app.trusted_backend();
    let longest = json!({ "a": "b".repeat(1016) });
    assert_eq!(longest.to_string().len(), 1024);
    assert_eq!(changes_claims(&backend, &user_of(&alice), "", &longest).status, 200);
    assert_eq!(alice.refreshes().status, 200);
    assert_eq!(alice.asks_who_am_i().status, 200);
    let request = json!({
        "user": { "id": user_of(&alice) }, "amr": vec!["m".repeat(64); 8], "acr": "c".repeat(255), "actor": "a".repeat(255),
    });
    let begun = backend.request("POST", "/service/sessions").json(&request).send();
    let token = begun.json["access_token"].as_str().unwrap();
    assert_eq!(app.browser().asks_who_am_i_with(token).status, 200, "{} bytes", token.len());
}

#[test]
fn a_password_proves_again_who_the_user_is_without_a_rotation() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    let before = said(&alice);
    app.passes(seconds(600));
    let cookie = alice.cookie();
    let ask =
        |password: &str| alice.with_access("POST", "/reauthenticate").json(&json!({ "password": password })).send();
    assert_eq!(ask("a wrong one").verdict(), (403, "invalid_credentials"));
    let answer = ask(PASSWORD);
    assert_eq!(answer.status, 200, "{answer:?}");
    let mut fields: Vec<&String> = answer.json.as_object().unwrap().keys().collect();
    fields.sort();
    assert_eq!(fields, ["access_token", "expires_in", "token_type"]);
    assert_eq!(answer.set_cookies().count(), 0);
    let after = claims(answer.json["access_token"].as_str().unwrap());
    assert_eq!(after["auth_time"].as_i64().unwrap() - before["auth_time"].as_i64().unwrap(), 600);
    for same in ["sub", "sid", "gen"] {
        assert_eq!(after[same], before[same], "{same}");
    }
    assert_eq!(alice.asks_who_am_i_with(answer.json["access_token"].as_str().unwrap()).status, 200);
    assert_eq!(alice.cookie(), cookie);
    assert_eq!(alice.refreshes().status, 200);
    assert_eq!(said(&alice)["auth_time"], after["auth_time"], "the session remembers it");
    let anonymous = app.browser().bare_request("POST", "/reauthenticate").json(&json!({ "password": PASSWORD })).send();
    assert_eq!(anonymous.verdict(), (401, "access_token_missing"));
}

#[test]
fn guesses_at_a_reauthentication_are_slowed() {
    let app = App::start();
    let alice = app.logged_in("alice@example.com");
    let ask = || alice.with_access("POST", "/reauthenticate").json(&json!({ "password": "a wrong one" })).send();
    let statuses: Vec<u16> = (0..12).map(|_| ask().status).collect();
    assert_eq!((statuses[0], statuses[11]), (403, 429), "{statuses:?}");
}

#[test]
fn a_backend_says_that_a_user_has_proved_again_who_they_are() {
    let app = App::start();
    let backend = app.backend(&[Scope::SessionsWrite]);
    let begun = backend
        .request("POST", "/service/tickets")
        .json(&json!({ "user": { "subject": "a" }, "amr": ["pwd"], "acr": "aal1" }))
        .send();
    let mut alice = app.browser();
    let answer = alice.request("POST", "/login/ticket").json(&json!({ "ticket": begun.json["ticket"] })).send();
    alice.takes(&answer);
    let before = said(&alice);
    let path = format!("/service/sessions/{}/reauthenticated", session_of(&alice));
    let notes = |body: Value| backend.request("POST", &path).json(&body).send();
    app.passes(seconds(300));
    assert_eq!(notes(json!({})).status, 204);
    alice.refreshes();
    assert_eq!(said(&alice)["auth_time"].as_i64().unwrap() - before["auth_time"].as_i64().unwrap(), 300);
    assert_eq!((&said(&alice)["amr"], &said(&alice)["acr"]), (&json!(["pwd"]), &json!("aal1")));
    assert_eq!(notes(json!({ "amr": ["hwk"], "acr": "aal2" })).status, 204);
    alice.refreshes();
    assert_eq!((&said(&alice)["amr"], &said(&alice)["acr"]), (&json!(["hwk"]), &json!("aal2")));
    assert_eq!(notes(json!({ "amr": ["a b"] })).verdict(), (422, "validation_failed"));
    alice.logs_out();
    assert_eq!(notes(json!({})).verdict(), (404, "session_not_found"));
    let expired = backend.request("POST", "/service/sessions").json(&json!({ "user": { "subject": "b" } })).send();
    app.passes(days(400));
    let of_expired = format!("/service/sessions/{}/reauthenticated", expired.json["session"]["id"].as_str().unwrap());
    assert_eq!(backend.request("POST", &of_expired).json(&json!({})).send().verdict(), (404, "session_not_found"));
}

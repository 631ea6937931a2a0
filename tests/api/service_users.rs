//! Users, as backends create, change and delete them.

use heirloom::domain::registration::Registration;
use heirloom::domain::service_key::Scope;
use serde_json::{Value, json};

use crate::support::Answer;
use crate::support::App;
use crate::support::app::{hours, seconds, with_mail};
use crate::support::backend::Backend;
use crate::support::browser::PASSWORD;
use crate::support::database::session_of;

const NOBODY: &str = "/service/users/00000000-0000-7000-8000-000000000000";

fn creates(backend: &Backend, user: &Value) -> Answer {
    backend.request("POST", "/service/users").json(user).send()
}

fn creates_with_key(backend: &Backend, key: &str, user: &Value) -> Answer {
    backend.request("POST", "/service/users").header("idempotency-key", key).json(user).send()
}

fn path_of(user: &Answer) -> String {
    format!("/service/users/{}", user.json["id"].as_str().unwrap())
}

fn changes(backend: &Backend, user: &Answer, change: &Value) -> Answer {
    backend.request("PATCH", &path_of(user)).json(change).send()
}

fn errors(answer: &Answer) -> Vec<(&str, &str)> {
    assert_eq!(answer.verdict(), (422, "validation_failed"), "{answer:?}");
    let errors = answer.json["errors"].as_array().unwrap();
    errors.iter().map(|error| (error["field"].as_str().unwrap(), error["message"].as_str().unwrap())).collect()
}

#[test]
fn a_user_is_created_with_whatever_the_backend_knows() {
    let app = App::start();
    let backend = app.backend(&[Scope::UsersWrite, Scope::UsersRead]);
    let empty = creates(&backend, &json!({}));
    assert_eq!(empty.status, 201, "{empty:?}");
    let expected = json!({
        "id": empty.json["id"], "email": null, "email_verified": false, "subject": null, "is_active": true, "claims": {},
        "has_password": false, "created_at": "2026-03-01T12:00:00Z",
    });
    assert_eq!(empty.json, expected);
    let full = creates(
        &backend,
        &json!({
            "email": "Alice@Example.com", "email_verified": true, "password": PASSWORD, "subject": "sso|alice",
            "claims": { "plan": "pro", "roles": ["a"] },
        }),
    );
    assert_eq!(full.status, 201, "{full:?}");
    assert_eq!(full.json["email"], "alice@example.com");
    assert_eq!((&full.json["email_verified"], &full.json["has_password"]), (&json!(true), &json!(true)));
    assert_eq!(backend.gets(&path_of(&full)).json, full.json);
    assert_eq!(app.browser().logs_in("alice@example.com").status, 200);
    let kinds =
        app.reads("SELECT kind || ' ' || (detail->>'by') AS word FROM session_events WHERE kind = 'registered'");
    assert_eq!(kinds, ["registered service", "registered service"]);
}

#[test]
fn every_mistake_is_named_and_taken_names_are_conflicts() {
    let app = App::start();
    let backend = app.trusted_backend();
    let all_wrong =
        creates(&backend, &json!({ "email": "nonsense", "password": "short", "subject": "", "claims": { "sub": 1 } }));
    let fields: Vec<&str> = errors(&all_wrong).iter().map(|(field, _)| *field).collect();
    assert_eq!(fields, ["email", "subject", "claims", "password"], "{all_wrong:?}");
    for name in [
        "iss",
        "sub",
        "aud",
        "exp",
        "nbf",
        "iat",
        "jti",
        "sid",
        "gen",
        "auth_time",
        "amr",
        "acr",
        "act",
        "azp",
        "client_id",
        "scope",
        "cnf",
    ] {
        let refused = creates(&backend, &json!({ "claims": { name: 1 } }));
        assert!(errors(&refused)[0].1.contains(&format!("`{name}`")), "{refused:?}");
    }
    let repeated =
        backend.request("POST", "/service/users").body("application/json", r#"{"claims":{"a":1,"a":2}}"#).send();
    assert_eq!(errors(&repeated), [("claims", "contains `a` twice")]);
    assert_eq!(errors(&creates(&backend, &json!({ "claims": { "a": "b".repeat(1017) } })))[0].0, "claims");
    assert_eq!(errors(&creates(&backend, &json!({ "claims": [] })))[0].0, "claims");
    assert_eq!(errors(&creates(&backend, &json!({ "email_verified": true })))[0].0, "email_verified");
    assert_eq!(errors(&creates(&backend, &json!({ "role": 1 })))[0].0, "role");
    assert_eq!(creates(&backend, &json!({ "email": "alice@example.com", "subject": "a" })).status, 201);
    assert_eq!(creates(&backend, &json!({ "email": "ALICE@example.com" })).verdict(), (409, "email_taken"));
    assert_eq!(creates(&backend, &json!({ "subject": "a" })).verdict(), (409, "subject_taken"));
    assert_eq!(creates(&backend, &json!({ "subject": "A" })).status, 201);
    assert_eq!(app.counts("SELECT count(*) AS number FROM users"), 2);
}

#[test]
fn closed_registration_leaves_creation_to_backends_and_they_cause_no_mail() {
    let app = App::with(|config| {
        with_mail(config);
        config.registration = Registration::Closed;
    });
    assert_eq!(app.browser().registers("alice@example.com").verdict(), (403, "registration_closed"));
    let backend = app.trusted_backend();
    let user = json!({ "email": "alice@example.com", "password": PASSWORD });
    assert_eq!(creates(&backend, &user).status, 201);
    assert_eq!(app.browser().logs_in("alice@example.com").status, 200);
    assert_eq!(app.counts("SELECT count(*) AS number FROM outbox WHERE channel = 'mail'"), 0);
}

#[test]
fn a_change_leaves_what_it_does_not_name() {
    let app = App::start();
    let backend = app.trusted_backend();
    let user = creates(
        &backend,
        &json!({ "email": "a@example.com", "email_verified": true, "subject": "a", "claims": { "plan": "pro" } }),
    );
    let mut expected = user.json.clone();
    assert_eq!(changes(&backend, &user, &json!({})).json, expected);
    let steps = [
        (json!({ "claims": { "plan": "free" } }), json!({ "claims": { "plan": "free" } })),
        (json!({ "email": "b@example.com" }), json!({ "email": "b@example.com", "email_verified": false })),
        (json!({ "email_verified": true }), json!({ "email_verified": true })),
        (json!({ "email": "c@example.com", "email_verified": true }), json!({ "email": "c@example.com" })),
        (json!({ "subject": null, "claims": null }), json!({ "subject": null, "claims": {} })),
        (json!({ "subject": "other" }), json!({ "subject": "other" })),
        (json!({ "email": null }), json!({ "email": null, "email_verified": false })),
        (json!({ "is_active": false }), json!({ "is_active": false })),
        (json!({ "is_active": true }), json!({ "is_active": true })),
    ];
    for (change, news) in steps {
        let changed = changes(&backend, &user, &change);
        for (name, value) in news.as_object().unwrap() {
            expected[name] = value.clone();
        }
        assert_eq!((changed.status, &changed.json), (200, &expected), "{change}");
        assert_eq!(backend.gets(&path_of(&user)).json, expected);
    }
    let kinds = app.reads("SELECT kind AS word FROM session_events ORDER BY recorded_xid, id");
    assert_eq!(
        kinds,
        [
            "registered",
            "email_changed",
            "email_verified",
            "email_changed",
            "email_changed",
            "account_disabled",
            "account_enabled"
        ]
    );
}

#[test]
fn a_change_is_refused_whole() {
    let app = App::start();
    let backend = app.trusted_backend();
    creates(&backend, &json!({ "email": "a@example.com", "subject": "a" }));
    let user = creates(&backend, &json!({ "subject": "b" }));
    let is = |change: Value, verdict: (u16, &str)| {
        assert_eq!(changes(&backend, &user, &change).verdict(), verdict, "{change}");
        assert_eq!(backend.gets(&path_of(&user)).json, user.json, "{change}");
    };
    is(json!({ "email": "A@example.com", "is_active": false }), (409, "email_taken"));
    is(json!({ "subject": "a", "claims": { "x": 1 } }), (409, "subject_taken"));
    is(json!({ "email_verified": true }), (422, "validation_failed"));
    is(json!({ "email": "nonsense" }), (422, "validation_failed"));
    is(json!({ "claims": { "exp": 1 } }), (422, "validation_failed"));
    is(json!({ "is_active": null, "password": "x" }), (422, "validation_failed"));
    let nobody = backend.request("PATCH", NOBODY).json(&json!({})).send();
    assert_eq!(nobody.verdict(), (404, "user_not_found"));
}

#[test]
fn disabling_and_deleting_end_the_sessions() {
    let app = App::start();
    let (mut alice, mut bob) = (app.logged_in("alice@example.com"), app.logged_in("bob@example.com"));
    let backend = app.trusted_backend();
    let find = |email: &str| {
        let found = backend.gets(&format!("/service/users?email={email}"));
        format!("/service/users/{}", found.json["users"][0]["id"].as_str().unwrap())
    };
    let (of_alice, of_bob) = (find("alice@example.com"), find("bob@example.com"));
    assert_eq!(backend.request("PATCH", &of_alice).json(&json!({ "is_active": false })).send().status, 200);
    assert_eq!(alice.asks_who_am_i().verdict(), (401, "session_revoked"));
    let refused = alice.refreshes();
    assert_eq!((refused.code(), &refused.json["reason"]), ("session_revoked", &json!("disabled")));
    assert_eq!(backend.request("DELETE", &of_bob).send().status, 204);
    assert_eq!(bob.asks_who_am_i().verdict(), (401, "session_revoked"));
    assert_eq!(bob.refreshes().verdict(), (401, "session_revoked"));
    assert_eq!(backend.gets(&of_bob).verdict(), (404, "user_not_found"));
    assert_eq!(backend.request("DELETE", &of_bob).send().verdict(), (404, "user_not_found"));
    assert_eq!(app.reads("SELECT deleted_by AS word FROM deleted_accounts"), ["service"]);
    assert_eq!(app.counts("SELECT count(*) AS number FROM users"), 1);
}

#[test]
fn the_same_key_creates_once_and_another_request_with_it_is_refused() {
    let app = App::start();
    let (backend, other) = (app.trusted_backend(), app.trusted_backend());
    let user = json!({ "subject": "a", "password": PASSWORD });
    let first = creates_with_key(&backend, "k1", &user);
    assert_eq!(first.status, 201);
    app.passes(seconds(60));
    let again = creates_with_key(&backend, "k1", &json!({ "password": PASSWORD, "subject": "a" }));
    assert_eq!((again.status, &again.json), (201, &first.json), "the order of the fields does not matter");
    let differs = creates_with_key(&backend, "k1", &json!({ "subject": "b" }));
    assert_eq!(differs.verdict(), (422, "idempotency_key_reused"));
    assert_eq!(creates_with_key(&other, "k1", &user).verdict(), (409, "subject_taken"), "a key is the backend's own");
    assert_eq!(creates_with_key(&backend, "k2", &user).verdict(), (409, "subject_taken"));
    assert_eq!(
        creates_with_key(&backend, "k2", &json!({ "subject": "c" })).status,
        201,
        "what was refused is not remembered"
    );
    for bad in ["", &"k".repeat(256), "a\tb"] {
        assert_eq!(errors(&creates_with_key(&backend, bad, &user))[0].0, "Idempotency-Key", "{bad:?}");
    }
    assert_eq!(creates_with_key(&backend, &"k".repeat(255), &json!({})).status, 201);
    let stored = app.reads("SELECT encode(request_digest, 'hex') || key AS word FROM idempotency_keys").join(" ");
    assert!(!stored.contains(PASSWORD));
    assert_eq!(backend.request("DELETE", &path_of(&first)).send().status, 204);
    assert_eq!(creates_with_key(&backend, "k1", &user).verdict(), (404, "user_not_found"));
    app.passes(hours(24));
    let next_day = creates_with_key(&backend, "k1", &user);
    assert_eq!(next_day.status, 201);
    assert_ne!(next_day.json["id"], first.json["id"]);
    app.prunes();
    assert_eq!(app.reads("SELECT key AS word FROM idempotency_keys"), ["k1"]);
}

#[test]
fn a_request_that_is_sent_again_during_an_outage_takes_effect_once() {
    let app = App::with(|config| config.database.timeout = seconds(1));
    let backend = app.trusted_backend();
    let user = json!({ "claims": { "n": 1 } });
    app.database.set_reachable(false);
    let lost = creates_with_key(&backend, "k", &user);
    assert_eq!(lost.verdict(), (503, "unavailable"));
    assert!(lost.header("retry-after").is_some());
    app.database.set_reachable(true);
    app.eventually(|| creates_with_key(&backend, "k", &user).status == 201);
    assert_eq!(creates_with_key(&backend, "k", &user).status, 201);
    assert_eq!(app.counts("SELECT count(*) AS number FROM users"), 1);
}

#[test]
fn requests_with_one_key_that_race_create_one_user() {
    let app = App::start();
    let backend = app.trusted_backend();
    let ids: Vec<String> = std::thread::scope(|scope| {
        let race = || creates_with_key(&backend, "k", &json!({ "subject": "a" }));
        let racers: Vec<_> = (0..6).map(|_| scope.spawn(race)).collect();
        let answers = racers.into_iter().map(|racer| racer.join().unwrap());
        answers.map(|answer| answer.json["id"].as_str().unwrap_or_else(|| panic!("{answer:?}")).to_owned()).collect()
    });
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_eq!(app.counts("SELECT count(*) AS number FROM users"), 1);
}

#[test]
fn a_browser_sees_an_account_without_a_password() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    let session = session_of(&alice);
    app.executes("UPDATE users SET password_hash = NULL");
    assert_eq!(alice.refreshes().status, 200);
    assert_eq!(alice.asks_who_am_i().json["has_password"], false);
    assert_eq!(session_of(&alice), session);
}

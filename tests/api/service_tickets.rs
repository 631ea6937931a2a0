//! Sessions that a backend begins: by a ticket that a browser redeems, or at once.

use heirloom::domain::secret::Secret;
use heirloom::domain::service_key::Scope;
use serde_json::{Value, json};

use crate::support::Answer;
use crate::support::App;
use crate::support::app::{SECRET, days, hours, seconds};
use crate::support::backend::Backend;
use crate::support::browser::{Browser, PASSWORD};
use crate::support::database::{claims, session_of};

fn ticket(backend: &Backend, request: &Value) -> Answer {
    backend.request("POST", "/service/tickets").json(request).send()
}

fn text_of(ticket: &Answer) -> &str {
    assert_eq!(ticket.status, 201, "{ticket:?}");
    ticket.json["ticket"].as_str().unwrap()
}

fn redeems(browser: &mut Browser, ticket: &str) -> Answer {
    let answer = browser.request("POST", "/login/ticket").json(&json!({ "ticket": ticket })).send();
    browser.takes(&answer);
    answer
}

fn begins(backend: &Backend, request: &Value) -> Answer {
    backend.request("POST", "/service/sessions").json(request).send()
}

#[test]
fn a_user_without_a_password_logs_in_with_a_ticket_and_the_session_is_as_any_other() {
    let app = App::start();
    let backend = app.backend(&[Scope::SessionsWrite]);
    let request = json!({
        "user": { "subject": "sso|1", "email": "Alice@example.com", "claims": { "plan": "pro" } },
        "amr": ["hwk", "user"], "acr": "aal2", "claims": { "device": "tv" },
    });
    let issued = ticket(&backend, &request);
    assert!(text_of(&issued).starts_with("hlt_"));
    assert_eq!(issued.json["expires_in"], 60);
    let mut alice = app.browser();
    let answer = redeems(&mut alice, text_of(&issued));
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.json["session"]["id"], issued.json["session_id"]);
    assert!(answer.json.get("refresh_token").is_none());
    for turn in 0..3 {
        let said = claims(alice.access_token.as_deref().unwrap());
        assert_eq!((&said["plan"], &said["device"]), (&json!("pro"), &json!("tv")), "{turn}: {said}");
        assert_eq!((&said["amr"], &said["acr"]), (&json!(["hwk", "user"]), &json!("aal2")), "{turn}");
        assert!(said.get("act").is_none() && said.get("claims").is_none());
        assert_eq!(alice.asks_who_am_i().json["email"], "alice@example.com");
        app.settles();
        assert_eq!(alice.refreshes().status, 200);
        app.passes(seconds(60));
    }
    let thief = alice.tab();
    let old = alice.cookie();
    app.settles();
    alice.asks_who_am_i();
    app.settles();
    assert_eq!(alice.refreshes().status, 200);
    alice.asks_who_am_i();
    app.settles();
    assert_eq!(alice.refreshes().status, 200);
    app.passes(seconds(60));
    assert_eq!(thief.replays(&old).verdict(), (401, "refresh_token_reused"));
    assert_eq!(alice.refreshes().verdict(), (401, "session_revoked"));
    let details = app.reads("SELECT detail->>'by' AS word FROM session_events WHERE kind = 'login_succeeded'");
    assert_eq!(details, ["service"]);
}

#[test]
fn a_ticket_works_once_and_for_a_minute() {
    let app = App::start();
    let backend = app.trusted_backend();
    let user = json!({ "user": { "subject": "a" } });
    let (first, late, altered) = (ticket(&backend, &user), ticket(&backend, &user), ticket(&backend, &user));
    assert_eq!(app.counts("SELECT count(*) AS number FROM users"), 1);
    assert_eq!(app.counts("SELECT count(*) AS number FROM token_families"), 0, "a ticket is no session yet");
    let mut alice = app.browser();
    assert_eq!(redeems(&mut alice, text_of(&first)).status, 200);
    let again = app.browser().request("POST", "/login/ticket").json(&json!({ "ticket": text_of(&first) })).send();
    assert_eq!(again.verdict(), (401, "ticket_used"));
    assert_eq!(alice.refreshes().status, 200, "a second redemption takes nothing away");
    let changed = text_of(&altered).replace("hlt_A", "hlt_B");
    for wrong in [changed.as_str(), "", "hlt_", "nonsense", &text_of(&altered)[..40]] {
        assert_eq!(redeems(&mut app.browser(), wrong).verdict(), (401, "ticket_invalid"), "{wrong}");
    }
    let sibling = app.sibling(|config| config.secrets = vec![Secret::new(&format!("{SECRET} and another")).unwrap()]);
    assert_eq!(redeems(&mut sibling.browser(), text_of(&altered)).verdict(), (401, "ticket_invalid"));
    app.passes(seconds(60));
    assert_eq!(redeems(&mut app.browser(), text_of(&late)).verdict(), (401, "ticket_invalid"));
    assert_eq!(app.counts("SELECT count(*) AS number FROM token_families"), 1);
}

#[test]
fn two_browsers_that_race_with_one_ticket_get_one_session() {
    let app = App::start();
    let issued = ticket(&app.trusted_backend(), &json!({ "user": { "subject": "a" } }));
    let verdicts: Vec<u16> = std::thread::scope(|scope| {
        let racers: Vec<_> =
            (0..6).map(|_| scope.spawn(|| redeems(&mut app.browser(), text_of(&issued)).status)).collect();
        racers.into_iter().map(|racer| racer.join().unwrap()).collect()
    });
    assert_eq!(verdicts.iter().filter(|status| **status == 200).count(), 1, "{verdicts:?}");
    assert_eq!(verdicts.iter().filter(|status| **status == 401).count(), 5, "{verdicts:?}");
}

#[test]
fn requests_that_race_for_one_new_user_create_it_once() {
    let app = App::start();
    let backend = app.trusted_backend();
    for n in 0..5 {
        let request = json!({ "user": { "subject": format!("sso|{n}"), "email": format!("user{n}@example.com") } });
        let statuses: Vec<u16> = std::thread::scope(|scope| {
            let racers: Vec<_> = (0..6).map(|_| scope.spawn(|| ticket(&backend, &request).status)).collect();
            racers.into_iter().map(|racer| racer.join().unwrap()).collect()
        });
        assert_eq!(statuses, [201; 6]);
    }
    assert_eq!(app.counts("SELECT count(*) AS number FROM users"), 5);
}

#[test]
fn disabled_and_deleted_users_redeem_nothing() {
    let app = App::start();
    let backend = app.trusted_backend();
    let user = backend.request("POST", "/service/users").json(&json!({})).send();
    let path = format!("/service/users/{}", user.json["id"].as_str().unwrap());
    let request = json!({ "user": { "id": user.json["id"] } });
    let (one, other) = (ticket(&backend, &request), ticket(&backend, &request));
    backend.request("PATCH", &path).json(&json!({ "is_active": false })).send();
    assert_eq!(redeems(&mut app.browser(), text_of(&one)).verdict(), (403, "account_disabled"));
    assert_eq!(begins(&backend, &request).verdict(), (403, "account_disabled"));
    backend.request("PATCH", &path).json(&json!({ "is_active": true })).send();
    assert_eq!(redeems(&mut app.browser(), text_of(&one)).status, 200, "a refusal does not spend it");
    backend.request("DELETE", &path).send();
    assert_eq!(redeems(&mut app.browser(), text_of(&other)).verdict(), (401, "ticket_invalid"));
    assert_eq!(ticket(&backend, &request).verdict(), (404, "user_not_found"));
    assert_eq!(begins(&backend, &request).verdict(), (404, "user_not_found"));
}

#[test]
fn lifetimes_are_the_backends_and_never_beyond_the_servers() {
    let app = App::start();
    let backend = app.trusted_backend();
    let native = |request: Value| {
        let answer = begins(&backend, &request);
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.json["refresh_token"].as_str().unwrap().to_owned()
    };
    let refreshes = |token: &str| {
        let answer = app.browser().bare_request("POST", "/refresh").json(&json!({ "refresh_token": token })).send();
        (answer.status, answer.json["refresh_token"].as_str().map(str::to_owned), answer)
    };
    let short = native(json!({ "user": { "subject": "a" }, "idle_ttl": 100, "absolute_ttl": 250 }));
    app.passes(seconds(90));
    let (status, next, answer) = refreshes(&short);
    assert_eq!((status, &answer.json["refresh_expires_in"]), (200, &json!(100)), "a rotation keeps the idle lifetime");
    app.passes(seconds(90));
    let (_, next, answer) = refreshes(&next.unwrap());
    assert_eq!(answer.json["refresh_expires_in"], 70, "and never passes the absolute one");
    app.passes(seconds(71));
    assert_eq!(refreshes(&next.unwrap()).2.verdict(), (401, "refresh_token_expired"));
    let long = begins(
        &backend,
        &json!({ "user": { "subject": "a" }, "idle_ttl": 4_000_000_000_u32, "absolute_ttl": 4_000_000_000_u32 }),
    );
    let plain = begins(&backend, &json!({ "user": { "subject": "a" } }));
    assert_eq!(long.json["session"]["expires_at"], plain.json["session"]["expires_at"]);
    assert_eq!(long.json["session"]["idle_expires_at"], plain.json["session"]["idle_expires_at"]);
}

#[test]
fn a_session_that_is_not_remembered_has_cookies_without_max_age() {
    let app = App::with(|config| config.cookie.with_access_token = true);
    let backend = app.trusted_backend();
    let issued = ticket(&backend, &json!({ "user": { "subject": "a" }, "remember": false }));
    let forgets = |answer: &Answer| {
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(answer.set_cookies().count() >= 3);
        answer.set_cookies().all(|cookie| !cookie.contains("Max-Age"))
    };
    let login = app.browser().bare_request("POST", "/login/ticket").json(&json!({ "ticket": text_of(&issued) })).send();
    assert!(forgets(&login));
    let cookie = login.refresh_cookie().unwrap();
    let browser = app.browser();
    let refresh = browser.bare_request("POST", "/refresh").header("cookie", cookie.split(';').next().unwrap());
    assert!(forgets(&refresh.send()), "the session remembers it");
    app.browser().registers("bob@example.com");
    let login = |body: Value| app.browser().bare_request("POST", "/login").json(&body).send();
    let bob = json!({ "email": "bob@example.com", "password": PASSWORD, "remember": false });
    assert!(forgets(&login(bob)));
    for remembered in [json!({}), json!({ "remember": true })] {
        let mut body = json!({ "email": "bob@example.com", "password": PASSWORD });
        body.as_object_mut().unwrap().extend(remembered.as_object().unwrap().clone());
        assert!(login(body).set_cookies().all(|cookie| cookie.contains("Max-Age")));
    }
}

#[test]
fn an_actor_is_in_the_token_the_device_list_and_the_events() {
    let app = App::start();
    let backend = app.trusted_backend();
    let issued = ticket(&backend, &json!({ "user": { "subject": "a" }, "actor": "support|bob" }));
    let mut alice = app.browser();
    // Events of one moment have no order.
    app.passes(seconds(1));
    redeems(&mut alice, text_of(&issued));
    assert_eq!(claims(alice.access_token.as_deref().unwrap())["act"], json!({ "sub": "support|bob" }));
    assert_eq!(alice.lists_her_sessions().json["sessions"][0]["actor"], "support|bob");
    let events = alice.with_access("GET", "/users/me/events").send();
    assert_eq!(events.json["events"][0]["detail"]["actor"], "support|bob", "{events:?}");
    let listed = backend.gets(&format!(
        "/service/users/{}/sessions",
        claims(alice.access_token.as_deref().unwrap())["sub"].as_str().unwrap()
    ));
    assert_eq!(listed.json["sessions"][0]["actor"], "support|bob");
}

#[test]
fn a_backend_gets_the_tokens_of_a_native_app_and_the_same_session_for_a_repeated_request() {
    let app = App::start();
    let backend = app.trusted_backend();
    let request = json!({ "user": { "subject": "a" } });
    let keyed = |path: &str, request: &Value| {
        backend.request("POST", path).header("idempotency-key", path).json(request).send()
    };
    let first = keyed("/service/sessions", &request);
    assert_eq!(first.status, 201, "{first:?}");
    assert!(first.json["refresh_token"].as_str().unwrap().starts_with("hl_"));
    let again = keyed("/service/sessions", &request);
    assert_eq!(
        (again.status, &again.json["session"], &again.json["refresh_token"]),
        (201, &first.json["session"], &first.json["refresh_token"])
    );
    assert_eq!(
        keyed("/service/sessions", &json!({ "user": { "subject": "b" } })).verdict(),
        (422, "idempotency_key_reused")
    );
    let (one, other) = (keyed("/service/tickets", &request), keyed("/service/tickets", &request));
    assert_eq!(one.json["session_id"], other.json["session_id"]);
    assert_eq!(redeems(&mut app.browser(), text_of(&one)).status, 200);
    assert_eq!(redeems(&mut app.browser(), text_of(&other)).verdict(), (401, "ticket_used"));
    assert_eq!(app.counts("SELECT count(*) AS number FROM token_families"), 2);
    assert_eq!(app.counts("SELECT count(*) AS number FROM users"), 1);
}

#[test]
fn a_repeated_request_gets_no_tokens_of_a_session_that_is_gone() {
    let app = App::start();
    let backend = app.trusted_backend();
    let keyed = |key: &str, request: Value| {
        backend.request("POST", "/service/sessions").header("idempotency-key", key).json(&request).send()
    };
    let (revoked, short) =
        (json!({ "user": { "subject": "a" } }), json!({ "user": { "subject": "a" }, "idle_ttl": 60 }));
    let first = keyed("revoked", revoked.clone());
    assert_eq!((first.status, keyed("short", short.clone()).status), (201, 201));
    let path = format!("/service/sessions/{}", first.json["session"]["id"].as_str().unwrap());
    assert_eq!(backend.request("DELETE", &path).send().status, 204);
    assert_eq!(keyed("revoked", revoked.clone()).verdict(), (404, "session_not_found"));
    app.passes(hours(12));
    assert_eq!(keyed("revoked", revoked).verdict(), (404, "session_not_found"), "long after it has ended");
    assert_eq!(keyed("short", short).verdict(), (404, "session_not_found"), "after it has expired");
}

#[test]
fn bad_descriptions_are_named() {
    let app = App::start();
    let backend = app.trusted_backend();
    backend
        .request("POST", "/service/users")
        .json(&json!({ "email": "taken@example.com", "claims": { "a": "b".repeat(600) }, "subject": "big" }))
        .send();
    let of = |change: Value| {
        let mut request = json!({ "user": { "subject": "a" } });
        request.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let (one, other) = (ticket(&backend, &request), begins(&backend, &request));
        assert_eq!((one.status, one.code()), (other.status, other.code()), "{request}");
        match one.json["errors"][0]["field"].as_str() {
            Some(field) => field.to_owned(),
            None => one.code().to_owned(),
        }
    };
    assert_eq!(of(json!({ "claims": { "sid": 1 } })), "claims");
    assert_eq!(
        of(json!({ "user": { "subject": "big" }, "claims": { "c": "d".repeat(600) } })),
        "claims",
        "together too long"
    );
    let new = json!({ "subject": "new", "claims": { "a": "b".repeat(600) } });
    assert_eq!(of(json!({ "user": new, "claims": { "c": "d".repeat(600) } })), "claims", "and no user is created");
    assert_eq!(of(json!({ "amr": ["a b"] })), "amr");
    assert_eq!(of(json!({ "acr": "" })), "acr");
    assert_eq!(of(json!({ "actor": "a\nb" })), "actor");
    assert_eq!(of(json!({ "idle_ttl": 0 })), "idle_ttl");
    assert_eq!(of(json!({ "absolute_ttl": 0 })), "absolute_ttl");
    assert_eq!(of(json!({ "absolute_ttl": -1 })), "absolute_ttl");
    assert_eq!(of(json!({ "user": {} })), "user");
    assert_eq!(of(json!({ "user": { "id": "00000000-0000-7000-8000-000000000000", "subject": "a" } })), "user");
    assert_eq!(of(json!({ "user": { "subject": "" } })), "user.subject");
    assert_eq!(of(json!({ "user": { "subject": "a", "email": "nonsense" } })), "user.email");
    assert_eq!(of(json!({ "user": { "subject": "a", "claims": { "exp": 1 } } })), "user.claims");
    assert_eq!(of(json!({ "user": { "subject": "new", "email": "taken@example.com" } })), "email_taken");
    assert_eq!(of(json!({ "role": 1 })), "role");
    assert_eq!(app.counts("SELECT count(*) AS number FROM users"), 1);
    assert_eq!(app.counts("SELECT count(*) AS number FROM token_families"), 0);
}

#[test]
fn a_redemption_replaces_the_session_of_the_cookie_and_counts_for_the_limit() {
    let app = App::with(|config| config.sessions_per_user = 2.try_into().unwrap());
    let backend = app.trusted_backend();
    let request = json!({ "user": { "subject": "a" } });
    let mut alice = app.browser();
    redeems(&mut alice, text_of(&ticket(&backend, &request)));
    let first = session_of(&alice);
    let before = alice.access_token.clone().unwrap();
    redeems(&mut alice, text_of(&ticket(&backend, &request)));
    assert_ne!(session_of(&alice), first);
    assert_eq!(alice.asks_who_am_i_with(&before).verdict(), (401, "session_revoked"));
    for _ in 0..3 {
        app.passes(days(1));
        assert_eq!(begins(&backend, &request).status, 201);
    }
    assert_eq!(app.counts("SELECT count(*) AS number FROM token_families WHERE revoked_at IS NULL"), 2);
}

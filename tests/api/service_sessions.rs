//! What a backend sees of its users and their sessions, and how it ends them.

use heirloom::domain::service_key::Scope;
use serde_json::{Value, json};

use crate::support::App;
use crate::support::app::days;
use crate::support::browser::Browser;
use crate::support::database::session_of;

const NOBODY: &str = "00000000-0000-7000-8000-000000000000";

fn id_of(browser: &Browser) -> String {
    browser.asks_who_am_i().json["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_user_is_found_by_id_by_any_spelling_of_the_address_and_by_subject() {
    let app = App::start();
    let alice = app.logged_in("alice@bücher.example");
    app.logged_in("bob@example.com");
    app.executes("UPDATE users SET subject = 'Auth0|42', claims = '{\"plan\":\"pro\"}' WHERE email LIKE 'alice%'");
    let backend = app.backend(&[Scope::UsersRead]);
    let id = id_of(&alice);
    let user = backend.gets(&format!("/service/users/{id}"));
    assert_eq!(user.header("cache-control"), Some("no-store"));
    let expected = json!({
        "id": id, "email": "alice@bücher.example", "email_verified": false, "subject": "Auth0|42", "is_active": true,
        "claims": { "plan": "pro" }, "has_password": true, "created_at": "2026-03-01T12:00:00Z",
    });
    assert_eq!(user.json, expected);
    for query in [
        "email=alice@b%C3%BCcher.example",
        "email=ALICE%40xn--bcher-kva.example",
        "subject=Auth0%7C42",
        "email=alice@xn--bcher-kva.example&subject=Auth0%7C42",
    ] {
        let found = backend.gets(&format!("/service/users?{query}"));
        assert_eq!(found.json, json!({ "users": [expected] }), "{query}");
    }
    for query in [
        "email=nobody@example.com",
        "email=nonsense",
        "email=",
        "email=%00",
        "subject=auth0%7C42",
        "subject=",
        "subject=%00",
        "email=bob@example.com&subject=Auth0%7C42",
    ] {
        let found = backend.gets(&format!("/service/users?{query}"));
        assert_eq!((found.status, &found.json), (200, &json!({ "users": [] })), "{query}");
    }
    for nobody in [NOBODY, "nonsense", "%00", "-1"] {
        assert_eq!(backend.gets(&format!("/service/users/{nobody}")).verdict(), (404, "user_not_found"), "{nobody}");
    }
}

#[test]
fn users_are_listed_page_by_page_oldest_first() {
    let app = App::start();
    for number in 0..5 {
        app.browser().registers(&format!("user{number}@example.com"));
        app.passes(days(1));
    }
    let backend = app.backend(&[Scope::UsersRead]);
    let page = |query: &str| {
        let answer = backend.gets(&format!("/service/users{query}"));
        let emails =
            answer.json["users"].as_array().unwrap().iter().map(|user| user["email"].as_str().unwrap().to_owned());
        (emails.collect::<Vec<_>>(), answer.json["next"].as_str().map(str::to_owned))
    };
    let emails = |numbers: std::ops::Range<u32>| numbers.map(|n| format!("user{n}@example.com")).collect::<Vec<_>>();
    assert_eq!(page(""), (emails(0..5), None));
    assert_eq!(page("?limit=5"), (emails(0..5), None));
    let (first, next) = page("?limit=2");
    assert_eq!(first, emails(0..2));
    let (second, next) = page(&format!("?limit=2&after={}", next.unwrap()));
    assert_eq!(second, emails(2..4));
    assert_eq!(page(&format!("?limit=2&after={}", next.unwrap())), (emails(4..5), None));
}

#[test]
fn a_query_that_cannot_be_meant_is_refused() {
    let app = App::start();
    let backend = app.backend(&[Scope::UsersRead]);
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=-1", "limit"),
        ("limit=all", "limit"),
        ("after=nonsense", "after"),
        ("mail=alice@example.com", "mail"),
        ("email=a@example.com&email=b@example.com", "email"),
        ("email=%FF", ""),
    ] {
        let answer = backend.gets(&format!("/service/users?{query}"));
        if field.is_empty() && answer.status == 200 {
            continue;
        }
        assert_eq!(answer.verdict(), (422, "validation_failed"), "{query}");
        assert_eq!(answer.json["errors"][0]["field"], field, "{query}");
    }
}

#[test]
fn a_backend_lists_the_live_sessions_of_a_user() {
    let app = App::start();
    let alice = app.logged_in("alice@example.com");
    let mut phone = app.browser();
    phone.logs_in("alice@example.com");
    let mut left = app.browser();
    left.logs_in("alice@example.com");
    left.logs_out();
    app.logged_in("bob@example.com");
    let backend = app.backend(&[Scope::SessionsRead]);
    let answer = backend.gets(&format!("/service/users/{}/sessions", id_of(&alice)));
    let sessions = answer.json["sessions"].as_array().unwrap();
    let mut ids: Vec<&str> = sessions.iter().map(|session| session["id"].as_str().unwrap()).collect();
    let mut expected = [session_of(&alice), session_of(&phone)];
    ids.sort_unstable();
    expected.sort_unstable();
    assert_eq!(ids, expected);
    for session in sessions {
        assert_eq!(session["ip"], "127.0.0.1");
        assert_eq!(session["created_at"], session["last_used_at"]);
        assert!(session["device"].is_string() && session["idle_expires_at"].is_string(), "{session}");
    }
    assert!(!answer.text.contains("hl_") && !answer.text.contains("current"));
    assert_eq!(backend.gets(&format!("/service/users/{NOBODY}/sessions")).verdict(), (404, "user_not_found"));
}

#[test]
fn a_revoked_session_ends_everywhere_and_its_user_sees_why() {
    let app = App::start();
    let sibling = app.sibling(|_| {});
    let mut alice = app.logged_in("alice@example.com");
    let phone = app.logged_in("bob@example.com");
    let backend = app.backend(&[Scope::SessionsWrite]);
    let path = format!("/service/sessions/{}", session_of(&alice));
    let answer = backend.request("DELETE", &path).send();
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    assert_eq!(alice.asks_who_am_i().verdict(), (401, "session_revoked"));
    sibling.eventually(|| alice.at(&sibling).asks_who_am_i().verdict() == (401, "session_revoked"));
    let refused = alice.refreshes();
    assert_eq!((refused.verdict(), &refused.json["reason"]), ((401, "session_revoked"), &json!("admin")));
    assert_eq!(phone.asks_who_am_i().status, 200);
    for gone in [path.as_str(), &format!("/service/sessions/{NOBODY}"), "/service/sessions/nonsense"] {
        assert_eq!(backend.request("DELETE", gone).send().verdict(), (404, "session_not_found"), "{gone}");
    }

    alice.logs_in("alice@example.com");
    let events = alice.with_access("GET", "/users/me/events").send();
    let revoked = events.json["events"].as_array().unwrap().iter().find(|event| event["kind"] == "session_revoked");
    let revoked = revoked.unwrap();
    assert_eq!(revoked["detail"], json!({ "reason": "admin", "by": "service" }), "users do not see which key it was");
    assert_eq!((&revoked["ip"], &revoked["user_agent"]), (&Value::Null, &Value::Null));
    let recorded = "SELECT detail->>'service_key' AS word FROM session_events WHERE kind = 'session_revoked'";
    assert_eq!(app.reads(recorded), [backend.key_id.to_string()]);
}

#[test]
fn all_sessions_of_a_user_end_together() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    let mut phone = app.browser();
    phone.logs_in("alice@example.com");
    let bob = app.logged_in("bob@example.com");
    let backend = app.backend(&[Scope::SessionsWrite]);
    let path = format!("/service/users/{}/logout-all", id_of(&alice));
    let answer = backend.request("POST", &path).send();
    assert_eq!((answer.status, &answer.json), (200, &json!({ "revoked": 2 })));
    for browser in [&mut alice, &mut phone] {
        assert_eq!(browser.asks_who_am_i().verdict(), (401, "session_revoked"));
        assert_eq!(browser.refreshes().json["reason"], "admin");
    }
    assert_eq!(bob.asks_who_am_i().status, 200);
    assert_eq!(backend.request("POST", &path).json(&json!({})).send().json, json!({ "revoked": 0 }));
    let odd = backend.request("POST", &path).json(&json!({ "except": "me" })).send();
    assert_eq!(odd.verdict(), (422, "validation_failed"));
    let nobody = format!("/service/users/{NOBODY}/logout-all");
    assert_eq!(backend.request("POST", &nobody).send().verdict(), (404, "user_not_found"));
}

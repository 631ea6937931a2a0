//! Who may do what: every operation of the OpenAPI document, asked by everybody who may not.

use serde_json::{Value, json};

use crate::support::App;
use crate::support::app::with_mail;
use crate::support::app::{block_on, seconds};
use crate::support::browser::{Browser, PASSWORD};
use crate::support::database::session_of;

/// Operations that ask for no access token, or refuse without a body. The list may only shrink.
const PUBLIC: [&str; 19] = [
    "POST /register",
    "POST /login",
    "POST /login/ticket",
    "POST /refresh",
    "POST /logout",
    "GET /ping",
    "GET /health/live",
    "GET /health/ready",
    "GET /.well-known/jwks.json",
    "GET /forward-auth",
    "GET /openapi.json",
    "GET /docs",
    "GET /.well-known/heirloom",
    "GET /.well-known/change-password",
    "POST /password/forgot",
    "POST /password/reset",
    "POST /email/verify",
    "POST /email/confirm",
    "POST /email/undo",
];

/// Method, path and whether it wants an access token.
fn operations() -> Vec<(String, String, bool)> {
    let document: Value = serde_json::from_str(&heirloom::http::openapi_json("")).unwrap();
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let is_protected = operation["security"].as_array().is_some_and(|schemes| !schemes.is_empty());
            operations.push((method.to_uppercase(), path.clone(), is_protected));
        }
    }
    assert!(operations.len() >= 17, "{operations:?}");
    operations
}

fn protected() -> impl Iterator<Item = (String, String)> {
    operations().into_iter().filter(|(_, _, is_protected)| *is_protected).map(|(method, path, _)| (method, path))
}

fn asks(browser: &Browser, method: &str, path: &str, access_token: Option<&str>) -> (u16, String) {
    let body = match path {
        "/users/me/password" => json!({ "current_password": PASSWORD, "new_password": "four lamps in the cellar" }),
        "/users/me/email" => json!({ "email": "new@example.com", "password": PASSWORD }),
        "/logout-all" => json!({}),
        _ => json!({ "password": PASSWORD }),
    };
    let mut request = browser.bare_request(method, path);
    if let Some(token) = access_token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    if method != "GET" {
        request = request.json(&body);
    }
    let answer = request.send();
    (answer.status, answer.code().to_owned())
}

#[test]
fn every_operation_is_protected_or_known_to_be_public() {
    for (method, path, is_protected) in operations() {
        let operation = format!("{method} {path}");
        assert_eq!(is_protected, !PUBLIC.contains(&operation.as_str()), "{operation}");
    }
}

#[test]
fn nobody_without_a_good_access_token_of_a_living_session_gets_anywhere() {
    let app = App::with_mail();
    let expired = app.logged_in("early@example.com").access_token.unwrap();
    app.passes(seconds(16 * 60));
    let mut left = app.logged_in("left@example.com");
    let revoked = left.access_token.clone().unwrap();
    left.logs_out();
    let disabled = app.logged_in("disabled@example.com").access_token.unwrap();
    let user = block_on(app.operator().find_user("disabled@example.com")).unwrap().unwrap();
    block_on(app.operator().set_active(user.id, false)).unwrap();
    let deleted = app.logged_in("deleted@example.com").access_token.unwrap();
    let user = block_on(app.operator().find_user("deleted@example.com")).unwrap().unwrap();
    block_on(app.operator().delete_user(user.id)).unwrap();

    let before = app.reads("SELECT email || password_hash AS word FROM users ORDER BY 1");
    let browser = app.browser();
    for (method, path) in protected() {
        let path = path.replace("{id}", &session_of(&left));
        for (who, token, code) in [
            ("anonymous", None, "access_token_missing"),
            ("expired", Some(&expired), "access_token_expired"),
            ("revoked", Some(&revoked), "session_revoked"),
            ("disabled", Some(&disabled), "session_revoked"),
            ("deleted", Some(&deleted), "session_revoked"),
            ("forged", Some(&format!("{revoked}A")), "access_token_invalid"),
        ] {
            let verdict = asks(&browser, &method, &path, token.map(String::as_str));
            assert_eq!(verdict, (401, code.to_owned()), "{who}: {method} {path}");
        }
    }
    assert_eq!(app.reads("SELECT email || password_hash AS word FROM users ORDER BY 1"), before);
}

/// Everything that a request could change, as text.
fn state_of(app: &App) -> Vec<String> {
    app.reads(
        "SELECT users::text AS word FROM users UNION ALL SELECT token_families::text FROM token_families \
         UNION ALL SELECT login_throttles::text FROM login_throttles UNION ALL SELECT ended_sessions::text FROM ended_sessions \
         UNION ALL SELECT session_events::text FROM session_events ORDER BY 1",
    )
}

/// The process has not heard that the session has ended. So each operation has to look in its own transaction.
#[test]
fn no_operation_does_anything_for_a_session_that_ended_without_the_process_knowing() {
    let app = App::with(|config| {
        config.is_development = true;
        with_mail(config);
    });
    let sandbox = ("POST".to_owned(), "/dev/families".to_owned());
    let mut tested = 0;
    for (method, path) in protected().chain([sandbox]) {
        let email = format!("user{tested}@example.com");
        let browser = app.logged_in(&email);
        let mut phone = app.browser();
        phone.logs_in(&email);
        app.settles();
        app.executes(&format!(
            "UPDATE token_families SET revoked_at = rotated_at, revoked_reason = 'logout' WHERE id = '{}'",
            session_of(&browser)
        ));
        let before = state_of(&app);
        let path = path.replace("{id}", &session_of(&phone));
        let token = browser.access_token.as_deref();
        assert!(app.service().authenticate(token.unwrap()).is_ok(), "the process has heard of it");
        let verdict = asks(&browser, &method, &path, token);
        assert_eq!(verdict, (401, "session_revoked".to_owned()), "{method} {path}");
        app.settles();
        assert_eq!(state_of(&app), before, "{method} {path}");
        assert_eq!(phone.asks_who_am_i().status, 200, "{method} {path}");
        tested += 1;
    }
    assert!(tested >= 8, "{tested}");
}

#[test]
fn what_belongs_to_another_user_is_not_there() {
    let app = App::start();
    let alice = app.logged_in("alice@example.com");
    let mallory = app.logged_in("mallory@example.com");
    let with_an_id: Vec<_> = protected().filter(|(_, path)| path.contains("{id}")).collect();
    assert!(!with_an_id.is_empty());
    for (method, path) in with_an_id {
        let path = path.replace("{id}", &session_of(&alice));
        let (status, code) = asks(&mallory, &method, &path, mallory.access_token.as_deref());
        assert_eq!(status, 404, "{method} {path}");
        assert!(code.ends_with("not_found"), "{code}");
    }
    assert_eq!(alice.asks_who_am_i().status, 200);
}

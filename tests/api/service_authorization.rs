//! Which key may do what: every operation of the service API's document, with every scope, and with keys that are none.

use heirloom::domain::ids::FamilyId;
use heirloom::domain::policy::ServiceApi;
use heirloom::domain::service_key::Scope;
use serde_json::{Value, json};

use crate::support::App;
use crate::support::app::block_on;
use crate::support::backend::Backend;
use crate::support::database::session_of;
use crate::support::{Answer, browser::Browser};

/// Operations that need no key. The list may only shrink.
const PUBLIC: [&str; 1] = ["GET /service/openapi.json"];

struct Operation {
    method: String,
    path: String,
    /// `None` for one that needs no key.
    scope: Option<Scope>,
}

fn operations() -> Vec<Operation> {
    let document: Value = serde_json::from_str(&heirloom::http::service_openapi_json("")).unwrap();
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let scope = operation["security"].as_array().map(|ways| {
                assert_eq!(ways.len(), 1, "{method} {path}");
                let scopes = ways[0]["service_key"].as_array().unwrap();
                assert_eq!(scopes.len(), 1, "{method} {path}");
                scopes[0].as_str().unwrap().parse().unwrap()
            });
            operations.push(Operation { method: method.to_uppercase(), path: path.clone(), scope });
        }
    }
    assert!(operations.len() >= 14, "{}", operations.len());
    operations
}

fn protected() -> impl Iterator<Item = (String, String, Scope)> {
    operations().into_iter().filter_map(|operation| Some((operation.method, operation.path, operation.scope?)))
}

/// A user and a session that exist.
struct Existing {
    user: String,
    session: String,
}

impl Existing {
    fn of(app: &App, browser: &Browser) -> Self {
        let user = browser.asks_who_am_i().json["id"].as_str().unwrap().to_owned();
        app.settles();
        Self { user, session: session_of(browser) }
    }
}

/// A request of the operation about what exists.
fn asks(backend: &Backend, method: &str, path: &str, existing: &Existing, authorization: Option<&str>) -> Answer {
    let id = if path.contains("/sessions/{id}") { &existing.session } else { &existing.user };
    let mut request = backend.bare_request(method, &path.replace("{id}", id));
    if let Some(value) = authorization {
        request = request.header("authorization", value);
    }
    if method == "POST" || method == "PATCH" {
        request = request.json(&json!({}));
    }
    request.send()
}

#[test]
fn every_operation_needs_one_scope_or_is_known_to_be_public() {
    for operation in operations() {
        let name = format!("{} {}", operation.method, operation.path);
        assert_eq!(operation.scope.is_none(), PUBLIC.contains(&name.as_str()), "{name}");
    }
}

/// Everything that a request could change, as text. A key's day of last use may change.
fn state_of(app: &App) -> Vec<String> {
    app.reads(
        "SELECT users::text AS word FROM users UNION ALL SELECT token_families::text FROM token_families \
         UNION ALL SELECT ended_sessions::text FROM ended_sessions UNION ALL SELECT session_events::text FROM session_events \
         ORDER BY 1",
    )
}

#[test]
fn a_key_without_the_scope_gets_nowhere_and_learns_which_scope_it_lacks() {
    let app = App::start();
    let alice = app.logged_in("alice@example.com");
    let keys: Vec<(Scope, Backend)> = Scope::EVERY.iter().map(|&scope| (scope, app.backend(&[scope]))).collect();
    let existing = Existing::of(&app, &alice);
    let before = state_of(&app);
    for (method, path, needed) in protected() {
        for (scope, backend) in keys.iter().filter(|(scope, _)| *scope != needed) {
            let answer = asks(backend, &method, &path, &existing, Some(&format!("Bearer {}", backend.key)));
            assert_eq!(answer.verdict(), (403, "insufficient_scope"), "{method} {path} with {scope}");
            let challenge = answer.header("www-authenticate").unwrap();
            assert!(challenge.starts_with("Bearer error=\"insufficient_scope\""), "{challenge}");
            assert!(challenge.ends_with(&format!(", scope=\"{needed}\"")), "{challenge}");
            assert!(answer.json["detail"].as_str().unwrap().contains(&format!("`{needed}`")), "{answer:?}");
        }
    }
    assert_eq!(state_of(&app), before);
}

#[test]
fn the_scope_of_the_document_is_enough() {
    for (method, path, needed) in protected() {
        let app = App::start();
        let alice = app.logged_in("alice@example.com");
        let (backend, existing) = (app.backend(&[needed]), Existing::of(&app, &alice));
        let answer = asks(&backend, &method, &path, &existing, Some(&format!("Bearer {}", backend.key)));
        assert!(answer.status < 400 || answer.status == 422, "{method} {path}: {answer:?}");
    }
}

#[test]
fn nobody_gets_anywhere_without_a_key_that_lives() {
    let app = App::start();
    let alice = app.logged_in("alice@example.com");
    let backend = app.trusted_backend();
    let revoked = app.trusted_backend();
    assert!(block_on(app.service_keys().revoke(revoked.key_id)).unwrap());
    let bearer = |text: &str| Some(format!("Bearer {text}"));
    let access_token = alice.access_token.clone().unwrap();
    let forged = format!("{}-{}", &backend.key[..40], &backend.key[41..]);
    let existing = Existing::of(&app, &alice);
    let before = state_of(&app);
    for (method, path, _) in protected() {
        for (who, authorization, code) in [
            ("without a key", None, "service_key_missing"),
            ("with an empty key", bearer(""), "service_key_missing"),
            ("with another scheme", Some(format!("Basic {}", backend.key)), "service_key_missing"),
            ("with a revoked key", bearer(&revoked.key), "service_key_invalid"),
            ("with a forged key", bearer(&forged), "service_key_invalid"),
            ("with an access token", bearer(&access_token), "service_key_invalid"),
            ("with a refresh token", bearer(&alice.cookie()), "service_key_invalid"),
        ] {
            let answer = asks(&backend, &method, &path, &existing, authorization.as_deref());
            assert_eq!(answer.verdict(), (401, code), "{who}: {method} {path}");
        }
        let two = backend.request(&method, &path).header("authorization", format!("Bearer {}", backend.key)).send();
        assert_eq!(two.verdict(), (400, "malformed_request"), "{method} {path}");
    }
    assert_eq!(state_of(&app), before);
}

#[test]
fn no_operation_is_on_an_address_where_the_service_api_is_not() {
    for (place, has_admin_address) in [
        (ServiceApi::Admin, true),
        (ServiceApi::Admin, false),
        (ServiceApi::Public, true),
        (ServiceApi::Off, true),
        (ServiceApi::Off, false),
    ] {
        let app = App::with(|config| {
            config.service_api = place;
            if !has_admin_address {
                config.admin_bind = None;
            }
        });
        let alice = app.logged_in("alice@example.com");
        let (backend, existing) = (app.trusted_backend(), Existing::of(&app, &alice));
        let addresses = [(ServiceApi::Admin, app.admin_url.clone()), (ServiceApi::Public, Some(app.url.clone()))];
        let elsewhere = addresses.into_iter().filter(|(address, _)| *address != place).filter_map(|(_, url)| url);
        let before = state_of(&app);
        for wrong in elsewhere.map(|url| backend.at_url(url)) {
            for Operation { method, path, .. } in operations() {
                let answer = asks(&wrong, &method, &path, &existing, Some(&format!("Bearer {}", wrong.key)));
                assert_eq!(answer.verdict(), (404, "not_found"), "{place:?}, {}: {method} {path}", wrong.url);
            }
        }
        assert_eq!(state_of(&app), before);
    }
}

#[test]
fn the_key_is_judged_before_the_rest_of_the_request() {
    let app = App::start();
    let backend = app.trusted_backend();
    for (method, path, _) in protected() {
        let path = format!("{}?nonsense=1", path.replace("{id}", "nonsense"));
        let request = backend.bare_request(&method, &path).header("authorization", "Bearer hls_x");
        let answer = if method == "GET" { request.send() } else { request.body("text/plain", "{").send() };
        assert_eq!(answer.verdict(), (401, "service_key_invalid"), "{method} {path}");
    }
}

#[test]
fn while_the_database_is_gone_no_key_is_refused() {
    let app = App::with(|config| config.database.timeout = std::time::Duration::from_secs(1));
    let backend = app.trusted_backend();
    let nobody = FamilyId::from(uuid::Uuid::nil());
    app.database.set_reachable(false);
    for (method, path, _) in protected() {
        let request = backend.request(&method, &path.replace("{id}", &nobody.to_string()));
        let answer = if method == "GET" { request.send() } else { request.json(&json!({})).send() };
        assert_eq!(answer.verdict(), (503, "unavailable"), "{method} {path}");
        assert!(answer.header("retry-after").is_some());
    }
    app.database.set_reachable(true);
}

//! What a server says that it offers.

use heirloom::domain::registration::Registration;
use serde_json::json;

use crate::support::App;

#[test]
fn pages_learn_what_this_server_offers() {
    let app = App::with(|config| {
        config.registration = Registration::Closed;
        config.password.min_length = 12;
    });
    let offer = app.browser().bare_request("GET", "/.well-known/heirloom").send();
    assert_eq!(offer.header("cache-control"), Some("public, max-age=300"));
    let expected = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "registration": "closed",
        "recovery": false,
        "password": { "min_length": 12, "max_length": 128 },
        "device_bound": false,
        "access_token": { "alg": "EdDSA", "ttl": 900 },
    });
    assert_eq!(offer.json, expected);
}

#[test]
fn password_managers_find_the_page_that_changes_the_password() {
    let found = App::start().browser().bare_request("GET", "/.well-known/change-password").send();
    assert_eq!((found.status, found.header("location")), (302, Some("/app/#/password")));
    let app = App::with(|config| config.messages.public_url = Some("https://shop.example/account".to_owned()));
    let found = app.browser().bare_request("GET", "/.well-known/change-password").send();
    assert_eq!(found.header("location"), Some("https://shop.example/account#/password"));
    let none = App::with(|config| config.has_app = false);
    let refused = none.browser().bare_request("GET", "/.well-known/change-password").send();
    assert_eq!(refused.verdict(), (404, "not_offered"));
}

//! What an access token opens.

use heirloom::domain::policy::AccessTokenAlgorithm;

use crate::support::App;
use crate::support::app::seconds;

#[test]
fn without_a_token_the_bare_challenge_and_nothing_else() {
    let app = App::start();
    let browser = app.browser();
    for authorization in [None, Some("Basic YWxpY2U6eA=="), Some("Bearer"), Some("Bearer ")] {
        let mut request = browser.bare_request("GET", "/users/me");
        if let Some(value) = authorization {
            request = request.header("authorization", value);
        }
        let answer = request.send();
        assert_eq!(answer.verdict(), (401, "access_token_missing"));
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    }
}

#[test]
fn an_access_token_expires_and_says_so() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    app.passes(seconds(15 * 60 + 5));
    let answer = alice.asks_who_am_i();
    assert_eq!(answer.verdict(), (401, "access_token_expired"));
    assert!(answer.header("www-authenticate").unwrap().contains("error=\"invalid_token\""));
    assert_eq!(answer.refresh_cookie(), None);
    alice.refreshes();
    assert_eq!(alice.asks_who_am_i().status, 200);
}

#[test]
fn tokens_of_one_kind_are_nothing_in_the_place_of_the_other() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    let refresh_token = alice.cookie();
    assert_eq!(alice.asks_who_am_i_with(&refresh_token).verdict(), (401, "access_token_invalid"));
    let access_token = alice.access_token.clone().unwrap();
    assert_eq!(alice.replays(&access_token).verdict(), (401, "refresh_token_invalid"));
    assert_eq!(alice.refreshes().status, 200);
}

#[test]
fn the_access_token_of_an_earlier_generation_goes_on_until_it_expires() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    let before = alice.access_token.clone().unwrap();
    alice.refreshes();
    alice.refreshes();
    assert_eq!(alice.asks_who_am_i_with(&before).status, 200, "parallel calls are logged out by a refresh");
}

#[test]
fn an_account_that_is_gone_opens_nothing() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    app.executes("DELETE FROM users");
    assert_eq!(alice.asks_who_am_i().verdict(), (401, "session_revoked"));
    let answer = alice.refreshes();
    assert_eq!(answer.verdict(), (401, "session_revoked"));
    assert!(answer.json.get("reason").is_none());
}

#[test]
fn hs256_is_a_setting_and_either_algorithm_refuses_the_other() {
    let app = App::start();
    let hs256 = app.sibling(|config| config.access_token.algorithm = AccessTokenAlgorithm::Hs256);
    let mut alice = app.logged_in("alice@example.com");
    let mut at_hs256 = alice.at(&hs256);
    assert_eq!(at_hs256.asks_who_am_i().verdict(), (401, "access_token_invalid"));
    at_hs256.refreshes();
    assert_eq!(at_hs256.asks_who_am_i().status, 200);
    assert_eq!(at_hs256.at(&app).asks_who_am_i().verdict(), (401, "access_token_invalid"));
    assert_eq!(at_hs256.bare_request("GET", "/.well-known/jwks.json").send().json["keys"], serde_json::json!([]));
    let keys = alice.bare_request("GET", "/.well-known/jwks.json").send().json["keys"].clone();
    assert_eq!(
        (&keys[0]["kty"], &keys[0]["crv"], &keys[0]["alg"]),
        (&"OKP".into(), &"Ed25519".into(), &"EdDSA".into())
    );
    assert!(keys[0].get("d").is_none());
    alice.refreshes();
}

#[test]
fn each_generation_is_confirmed_in_the_background_and_once() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    let confirmed = || app.counts("SELECT confirmed::bigint AS number FROM token_families");
    assert_eq!(confirmed(), 0);
    alice.asks_who_am_i();
    app.settles();
    assert_eq!(confirmed(), 1);
    let old = alice.access_token.clone().unwrap();
    alice.refreshes();
    alice.refreshes();
    alice.asks_who_am_i();
    app.settles();
    assert_eq!(confirmed(), 3);
    alice.asks_who_am_i_with(&old);
    app.settles();
    assert_eq!(confirmed(), 3);
    let writes = app.counts("SELECT count(*) AS number FROM token_families WHERE confirmed = generation");
    assert_eq!(writes, 1);
}

//! Registering, logging in, logging out.

use diesel::connection::SimpleConnection as _;
use heirloom::domain::policy::HashCost;
use serde_json::json;

use crate::support::App;
use crate::support::app::{SECRET, seconds};
use crate::support::browser::{COOKIE, PASSWORD};
use crate::support::database::{claims, session_of};

#[test]
fn an_account_is_told_as_it_is_and_can_be_made_once() {
    let app = App::start();
    let mut alice = app.browser();
    let answer = alice.registers("  Alice@Example.com ");
    assert_eq!(answer.status, 201);
    assert_eq!(answer.json["email"], "alice@example.com");
    assert_eq!(answer.json["is_active"], true);
    assert_eq!(answer.json["created_at"], "2026-03-01T12:00:00Z");
    assert_eq!(answer.json["id"].as_str().unwrap().as_bytes()[14], b'7', "a UUIDv7");
    assert_eq!(answer.json["email_verified"], false);
    assert_eq!(answer.json.as_object().unwrap().len(), 5);
    assert_eq!(alice.registers("ALICE@example.com").verdict(), (409, "email_taken"));
}

#[test]
fn every_field_that_is_wrong_is_named() {
    let app = App::start();
    let browser = app.browser();
    let answer = browser.request("POST", "/register").json(&json!({ "email": "alice", "password": "short" })).send();
    assert_eq!(answer.verdict(), (422, "validation_failed"));
    let fields: Vec<&str> =
        answer.json["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["email", "password"]);
    for password in ["password1", "PASSWORD1", "alice@example.com", "1234567", &"x".repeat(129)] {
        let body = json!({ "email": "alice@example.com", "password": password });
        assert_eq!(browser.request("POST", "/register").json(&body).send().status, 422, "{password}");
    }
    assert_eq!(app.counts("SELECT count(*) AS number FROM users"), 0);
}

#[test]
fn a_login_answers_with_tokens_that_say_the_truth() {
    let app = App::start();
    let mut alice = app.browser();
    let id = alice.registers("alice@example.com").json["id"].clone();
    let answer = alice.logs_in("Alice@example.com");
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json["token_type"], "Bearer");
    assert_eq!(answer.header("pragma"), Some("no-cache"));
    let expires_in = answer.json["expires_in"].as_i64().unwrap();
    assert!((855..=900).contains(&expires_in));
    assert_eq!(answer.json["session"]["idle_expires_at"], "2026-03-08T12:00:00Z");
    assert_eq!(answer.json["session"]["expires_at"], "2026-03-31T12:00:00Z");
    assert!(answer.refresh_cookie().unwrap().ends_with("Max-Age=604800"));
    let claims = claims(answer.access_token());
    assert_eq!((&claims["iss"], &claims["aud"], &claims["sub"]), (&json!("heirloom"), &json!("heirloom"), &id));
    assert_eq!((&claims["sid"], &claims["gen"]), (&answer.json["session"]["id"], &json!(1)));
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), expires_in);
    assert_eq!(claims["auth_time"], claims["iat"]);
    app.passes(seconds(60));
    let refreshed = alice.refreshes();
    let later = crate::support::database::claims(refreshed.access_token());
    assert_eq!((&later["auth_time"], &later["gen"]), (&claims["auth_time"], &json!(2)));
    assert_ne!(later["jti"], claims["jti"]);
}

#[test]
fn unknown_addresses_and_wrong_passwords_get_the_same_answer() {
    let app = App::start();
    let mut alice = app.browser();
    alice.registers("alice@example.com");
    let mut told = Vec::new();
    for (email, password) in [
        ("alice@example.com", "not her password"),
        ("nobody@example.com", PASSWORD),
        ("not an address", PASSWORD),
        ("alice@example.com", &"x".repeat(10_000)),
    ] {
        let answer = alice.logs_in_with(email, password);
        assert_eq!(answer.verdict(), (401, "invalid_credentials"));
        assert_eq!(answer.refresh_cookie(), None);
        let mut body = answer.json.clone();
        body["instance"] = json!(null);
        let names: Vec<String> = answer.headers.keys().map(ToString::to_string).collect();
        told.push((body, names.len()));
    }
    told.dedup();
    assert_eq!(told.len(), 1, "{told:?}");
}

#[test]
fn composed_and_decomposed_letters_are_one_password() {
    let app = App::start();
    let mut alice = app.browser();
    let body = json!({ "email": "alice@example.com", "password": "caf\u{e9} au lait" });
    assert_eq!(alice.request("POST", "/register").json(&body).send().status, 201);
    assert_eq!(alice.logs_in_with("alice@example.com", "cafe\u{301} au lait").status, 200);
    assert_eq!(alice.logs_in_with("alice@example.com", "cafe au lait").status, 401);
}

#[test]
fn an_account_that_is_disabled_in_a_session_with_another_search_path_loses_its_sessions() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    let mut bob = app.logged_in("bob@example.com");
    let schema = app.reads("SELECT current_schema()::text AS word").remove(0);
    let disable = format!(
        "SET search_path TO pg_catalog; UPDATE {schema}.users SET is_active = false WHERE email = 'alice@example.com'"
    );
    app.database.connect().batch_execute(&disable).unwrap();
    assert_eq!(alice.refreshes().json["reason"], "disabled");
    assert_eq!(bob.refreshes().status, 200);
    assert_eq!(app.counts("SELECT count(*) AS number FROM ended_sessions"), 1);
}

#[test]
fn a_disabled_account_is_told_so_after_the_right_password_only_and_loses_its_sessions() {
    let app = App::today();
    let mut alice = app.logged_in("alice@example.com");
    app.executes("UPDATE users SET is_active = false");
    assert_eq!(app.browser().logs_in("alice@example.com").verdict(), (403, "account_disabled"));
    assert_eq!(app.browser().logs_in_with("alice@example.com", "a wrong one").verdict(), (401, "invalid_credentials"));
    let token = alice.access_token.clone().unwrap();
    app.eventually(|| app.service().authenticate(&token).is_err());
    assert_eq!(alice.asks_who_am_i().verdict(), (401, "session_revoked"));
    let answer = alice.refreshes();
    assert_eq!((answer.verdict(), answer.json["reason"].as_str()), ((401, "session_revoked"), Some("disabled")));
    assert!(answer.refresh_cookie().is_some_and(|cookie| cookie.contains("Max-Age=0")), "{answer:?}");
    app.executes("UPDATE users SET is_active = true");
    assert_eq!(alice.refreshes().verdict(), (401, "refresh_token_missing"));
    assert_eq!(alice.logs_in("alice@example.com").status, 200);
}

#[test]
fn outdated_hashes_are_renewed_by_a_login_that_succeeds() {
    let app = App::start();
    let stronger = app.sibling(|config| config.hash_cost = HashCost { memory: 128, passes: 2, parallelism: 1 });
    let mut alice = app.browser();
    alice.registers("alice@example.com");
    let cost = || app.reads("SELECT split_part(password_hash, '$', 4) AS word FROM users").remove(0);
    assert_eq!(cost(), "m=64,t=1,p=1");
    let mut at_stronger = alice.at(&stronger);
    assert_eq!(at_stronger.logs_in_with("alice@example.com", "a wrong one").status, 401);
    assert_eq!(cost(), "m=64,t=1,p=1");
    let logins: Vec<u16> = std::thread::scope(|scope| {
        let racers: Vec<_> = (0..4)
            .map(|_| {
                let mut browser = at_stronger.tab();
                scope.spawn(move || browser.logs_in("alice@example.com").status)
            })
            .collect();
        racers.into_iter().map(|racer| racer.join().unwrap()).collect()
    });
    assert_eq!(logins, [200; 4]);
    assert_eq!(cost(), "m=128,t=2,p=1");
}

#[test]
fn a_login_begins_a_family_of_its_own_and_ends_the_one_whose_cookie_it_replaces() {
    let app = App::start();
    let mut mallory = app.logged_in("mallory@example.com");
    let planted = mallory.cookie();
    let elsewhere = app.logged_in("alice@example.com");
    let mut alice = app.browser();
    alice.cookie = Some(planted.clone());
    let at_once = app.sibling(|_| {});
    assert_eq!(alice.logs_in("alice@example.com").status, 200);
    assert_ne!(alice.cookie(), planted);
    assert_ne!(session_of(&alice), session_of(&mallory));
    assert_eq!(alice.asks_who_am_i().json["email"], "alice@example.com");
    assert_eq!(mallory.asks_who_am_i().verdict(), (401, "session_revoked"));
    app.eventually(|| mallory.at(&at_once).asks_who_am_i().verdict() == (401, "session_revoked"));
    assert_eq!(mallory.refreshes().verdict(), (401, "session_revoked"));
    assert_eq!(app.events(&mallory), ["registered", "login_succeeded", "session_revoked"]);

    // The same person again, from the same browser: the session elsewhere is none of its business.
    let (before, first) = (session_of(&alice), alice.clone());
    assert_eq!(alice.logs_in("alice@example.com").status, 200);
    assert_ne!(session_of(&alice), before);
    assert_eq!(first.asks_who_am_i().verdict(), (401, "session_revoked"));
    assert_eq!(elsewhere.asks_who_am_i().status, 200);
}

#[test]
fn a_login_that_replaces_no_cookie_ends_no_session() {
    let app = App::start();
    let mut victim = app.logged_in("victim@example.com");
    let mut mallory = app.browser();
    mallory.registers("mallory@example.com");
    let cookie = format!("{COOKIE}={}", victim.cookie());
    let login = |cookies: &[&str], body: serde_json::Value| {
        let request = mallory.bare_request("POST", "/login").json(&body);
        cookies.iter().fold(request, |request, cookie| request.header("cookie", cookie)).send().status
    };
    let credentials = |password: &str| json!({ "email": "mallory@example.com", "password": password });
    let in_the_body = json!({ "email": "mallory@example.com", "password": PASSWORD, "token_delivery": "body" });
    assert_eq!(login(&[&cookie], credentials("not the password")), 401);
    assert_eq!(login(&[&cookie], in_the_body), 200);
    let another = format!("{COOKIE}={}", app.logged_in("another@example.com").cookie());
    assert_eq!(login(&[&cookie, &another], credentials(PASSWORD)), 200);
    assert_eq!(login(&[&cookie[..cookie.len() - 1]], credentials(PASSWORD)), 200);
    assert_eq!(victim.refreshes().status, 200);
    // A program's token is at home in no cookie.
    let mut program = app.native_app();
    program.logs_in("victim@example.com");
    assert_eq!(login(&[&format!("{COOKIE}={}", program.token())], credentials(PASSWORD)), 200);
    assert_eq!(program.refreshes().status, 200);
}

#[test]
fn logging_out_ends_the_session_at_once_and_for_good() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    let (old, kept) = (alice.cookie(), {
        alice.refreshes();
        alice.cookie()
    });
    let answer = alice.logs_out();
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json, json!({ "message": "Successfully logged out" }));
    assert!(answer.clears_the_cookie());
    assert_eq!(alice.asks_who_am_i().verdict(), (401, "session_revoked"));
    for token in [kept, old] {
        let answer = alice.replays(&token);
        assert_eq!(answer.verdict(), (401, "session_revoked"));
        assert_eq!(answer.json["reason"], "logout");
    }
}

#[test]
fn logging_out_twice_with_garbage_or_with_nothing_succeeds() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    let token = alice.cookie();
    for cookie in [Some(token.clone()), Some(token), Some("hl_garbage".into()), Some("%00".into()), None] {
        alice.cookie = cookie;
        let answer = alice.logs_out();
        assert_eq!((answer.status, answer.clears_the_cookie()), (200, true));
    }
    assert_eq!(app.events(&alice), ["registered", "login_succeeded", "logout"]);
}

#[test]
fn a_token_that_a_refresh_has_just_retired_still_logs_out() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    let mut tab = alice.tab();
    alice.refreshes();
    assert_eq!(tab.logs_out().status, 200);
    assert_eq!(alice.refreshes().verdict(), (401, "session_revoked"));
}

#[test]
fn a_program_without_cookies_is_given_its_token_in_the_body() {
    let app = App::start();
    app.browser().registers("alice@example.com");
    let mut program = app.native_app();
    let answer = program.logs_in("alice@example.com");
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json["refresh_expires_in"], 604_800);
    assert!(program.token().starts_with("hl_"));
    assert_eq!(program.refreshes().status, 200);
    assert_eq!(program.refreshes_as_bearer().status, 200);
    let answer = program.logs_out();
    assert_eq!(answer.status, 200);
    assert_eq!(program.refreshes().verdict(), (401, "session_revoked"));
}

#[test]
fn a_token_is_good_only_in_the_place_that_it_was_given_out_for() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    let mut program = app.native_app();
    program.logs_in("alice@example.com");
    let (cookie, token) = (alice.cookie(), program.token());
    program.refresh_token = Some(cookie);
    assert_eq!(program.refreshes().verdict(), (401, "refresh_token_invalid"));
    assert_eq!(program.refreshes_as_bearer().verdict(), (401, "refresh_token_invalid"));
    assert_eq!(program.logs_out().status, 200);
    assert_eq!(alice.replays(&token).verdict(), (401, "refresh_token_invalid"));
    assert_eq!(app.counts("SELECT count(*) AS number FROM token_families WHERE revoked_at IS NULL"), 2);
    program.refresh_token = Some(token);
    assert_eq!(program.refreshes().status, 200);
    assert_eq!(alice.refreshes().status, 200);
}

#[test]
fn a_new_secret_signs_while_sessions_of_the_old_one_go_on() {
    use heirloom::domain::secret::Secret;
    let app = App::start();
    let newer = "another secret, made when the first was due to go";
    let rotated =
        app.sibling(|config| config.secrets = [newer, SECRET].map(|text| Secret::new(text).unwrap()).to_vec());
    let after = app.sibling(|config| config.secrets = vec![Secret::new(newer).unwrap()]);
    let alice = app.logged_in("alice@example.com");
    let mut at_rotated = alice.at(&rotated);
    assert_eq!(at_rotated.asks_who_am_i().status, 200);
    assert_eq!(at_rotated.refreshes().status, 200);
    assert_eq!(at_rotated.at(&after).asks_who_am_i().status, 200);
    assert_eq!(at_rotated.at(&after).refreshes().status, 200);
    let of_the_old_secret = app.logged_in("bob@example.com").cookie();
    assert_eq!(alice.at(&after).replays(&of_the_old_secret).verdict(), (401, "refresh_token_invalid"));
    assert_eq!(alice.replays(&of_the_old_secret).status, 200, "a refusal of an unknown key touched the family");
}

//! A browser or program that has logged in before keeps its way in while strangers guess.

use heirloom::config::Config;
use serde_json::json;

use crate::support::App;
use crate::support::app::{days, seconds};
use crate::support::browser::{COOKIE, DEVICE_COOKIE, PASSWORD, WRONG};

const ALICE: &str = "alice@example.com";

#[test]
fn a_known_device_has_few_tries_of_its_own_and_needs_the_password() {
    let app = App::start();
    let mut alice = app.logged_in(ALICE);
    let mut phone = app.browser();
    assert_eq!(phone.logs_in(ALICE).status, 200);
    let mut thief = app.browser();
    thief.device = alice.device.clone();
    assert_eq!(thief.request("POST", "/refresh").send().verdict(), (401, "refresh_token_missing"));
    thief.guesses(ALICE, 10);
    assert_eq!(thief.logs_in_with(ALICE, WRONG).retry_after(), 1);
    assert_eq!(phone.logs_in(ALICE).status, 200, "another device pays for it");
    app.browser().guesses(ALICE, 9);
    app.passes(seconds(1));
    assert_eq!(alice.logs_in(ALICE).status, 200);
    assert_ne!(alice.device, thief.device, "each login makes another device");
    thief.guesses(ALICE, 10);
    assert_eq!(alice.logs_in(ALICE).status, 200, "the thief's copy and its owner are counted together");
}

#[test]
fn what_is_no_genuine_device_cookie_of_this_account_is_a_strangers() {
    let app = App::start();
    let alice = app.logged_in(ALICE);
    let mallory = app.logged_in("mallory@example.com");
    app.browser().guesses(ALICE, 10);
    let genuine = alice.device.clone().unwrap();
    let of_mallory = mallory.device.clone().unwrap();
    let shown = |cookies: &[String], delivery: &str| {
        let login = json!({ "email": ALICE, "password": PASSWORD, "token_delivery": delivery });
        let request = alice.bare_request("POST", "/login").header("cookie", cookies.join("; "));
        request.json(&login).send()
    };
    let named = |value: &str| format!("{DEVICE_COOKIE}={value}");
    for planted in [
        vec![named(&of_mallory)],
        vec![named(&genuine[..70])],
        vec![named(&genuine.replace(&genuine[30..31], if &genuine[30..31] == "A" { "B" } else { "A" }))],
        vec![named("")],
        vec![named(&"A".repeat(72))],
        vec![named(alice.cookie.as_ref().unwrap())],
        vec![named(&genuine), named(&of_mallory)],
        vec![named(&genuine), named(&genuine)],
        vec![format!("%5F%5FHost-heirloom_device={genuine}")],
        vec![format!("heirloom_device={genuine}")],
        vec![format!("{COOKIE}={genuine}")],
    ] {
        assert_eq!(shown(&planted, "cookie").retry_after(), 1, "{planted:?}");
    }
    assert_eq!(shown(&[named(&genuine)], "body").retry_after(), 1, "a native app has no cookies");
    let answer = shown(&["a=b".to_owned(), named(&genuine)], "cookie");
    assert_eq!(answer.status, 200);
    app.passes(days(180));
    app.browser().guesses(ALICE, 10);
    assert_eq!(shown(&[named(&genuine)], "cookie").retry_after(), 1, "a device is remembered for ever");
}

#[test]
fn a_device_is_remembered_beside_the_session_and_beyond_it() {
    let app = App::start();
    let mut alice = app.browser();
    assert!(alice.registers(ALICE).device_cookie().is_none());
    let answer = alice.logs_in(ALICE);
    assert!(answer.device_cookie().unwrap().ends_with("; Max-Age=15552000"));
    let device = alice.device.clone().unwrap();
    assert_eq!(device.len(), 72);
    for answer in [alice.refreshes(), alice.logs_out()] {
        assert!(answer.refresh_cookie().is_some());
        assert_eq!(answer.device_cookie(), None);
    }
    let mut program = app.native_app();
    assert_eq!(program.logs_in(ALICE).header("set-cookie"), None);
    app.browser().guesses(ALICE, 10);
    assert_eq!(alice.logs_in_with(ALICE, WRONG).device_cookie(), None);
    assert_eq!(alice.logs_in(ALICE).status, 200);
    for (change, name) in [
        ((|config: &mut Config| config.cookie.is_insecure = true) as fn(&mut Config), "heirloom_device="),
        (|config| config.cookie.path = "/login".to_owned(), "__Secure-heirloom_device="),
        (|config| config.cookie.domain = Some("example.com".to_owned()), "__Secure-heirloom_device="),
    ] {
        let other = app.sibling(change);
        let login = json!({ "email": ALICE, "password": PASSWORD });
        app.passes(seconds(1));
        let answer = other.browser().bare_request("POST", "/login").json(&login).send();
        assert!(answer.device_cookie().unwrap().starts_with(name), "{answer:?}");
    }
}

#[test]
fn a_program_that_has_logged_in_before_has_few_tries_of_its_own() {
    let app = App::start();
    app.browser().registers(ALICE);
    let mut program = app.native_app();
    let answer = program.logs_in(ALICE);
    let first = program.device_token.clone().unwrap();
    assert!(first.starts_with("hld_") && first.len() == 76, "{first}");
    assert_eq!(answer.json["device_token"], first.as_str());
    assert!(program.refreshes().json["device_token"].is_null(), "only a login gives it");
    assert_eq!(program.logs_out().status, 200);
    // For as long as this goes on, no other device gets in.
    app.browser().guesses(ALICE, 10);
    assert_eq!(app.native_app().logs_in(ALICE).retry_after(), 1);
    assert_eq!(program.logs_in(ALICE).status, 200, "a bot locks a program out");
    assert_ne!(program.device_token.as_ref(), Some(&first), "each login makes another device");
    assert_eq!(app.browser().logs_in(ALICE).retry_after(), 1, "its login let the strangers in");
    let mut thief = app.native_app();
    thief.device_token = Some(first);
    for _ in 0..10 {
        assert_eq!(thief.logs_in_with(ALICE, WRONG).verdict(), (401, "invalid_credentials"));
    }
    assert_eq!(thief.logs_in(ALICE).retry_after(), 1);
    assert_eq!(program.logs_in(ALICE).status, 200, "the thief's copy and its owner are counted together");
}

#[test]
fn what_is_no_genuine_device_token_of_this_account_is_a_strangers() {
    let app = App::start();
    let browser = app.logged_in(ALICE);
    let (mut alice, mut mallory) = (app.native_app(), app.native_app());
    app.browser().registers("mallory@example.com");
    assert_eq!((alice.logs_in(ALICE).status, mallory.logs_in("mallory@example.com").status), (200, 200));
    app.browser().guesses(ALICE, 10);
    let genuine = alice.device_token.clone().unwrap();
    let shown = |token: serde_json::Value, delivery: &str| {
        let login = json!({ "email": ALICE, "password": PASSWORD, "token_delivery": delivery, "device_token": token });
        browser.bare_request("POST", "/login").json(&login).send()
    };
    let altered = genuine.replacen(&genuine[30..31], if &genuine[30..31] == "A" { "B" } else { "A" }, 1);
    for foreign in [
        mallory.device_token.as_ref().unwrap(),
        &altered,
        &genuine[..75],
        &genuine[4..],
        &format!("hld_{genuine}"),
        &format!("{genuine} "),
        browser.device.as_ref().unwrap(),
        alice.refresh_token.as_ref().unwrap(),
        "",
        "hld_",
        "\u{0}",
        &"A".repeat(60_000),
    ] {
        assert_eq!(shown(json!(foreign), "body").retry_after(), 1, "{foreign}");
    }
    assert_eq!(shown(json!(null), "body").retry_after(), 1);
    assert_eq!(shown(json!(genuine), "cookie").retry_after(), 1, "a browser has a cookie");
    for garbage in [json!(1), json!([genuine]), json!({})] {
        assert_eq!(shown(garbage, "body").verdict(), (422, "validation_failed"));
    }
    assert_eq!(shown(json!(genuine), "body").status, 200);
    app.passes(days(180));
    app.browser().guesses(ALICE, 10);
    assert_eq!(shown(json!(genuine), "body").retry_after(), 1, "a device is remembered for ever");
}

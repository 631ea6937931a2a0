//! Mails and webhooks: recovery of accounts, verified addresses and notices.

use heirloom::config::{MailBy, MailConfig, WebhookConfig};
use heirloom::domain::registration::Registration;
use serde_json::{Value, json};

use crate::support::App;
use crate::support::answer::Answer;
use crate::support::app::seconds;
use crate::support::browser::PASSWORD;
use crate::support::receiver::{Received, Receiver};

const ALICE: &str = "alice@example.com";
const NEW: &str = "four lamps in the cellar";
const SECRET: [u8; 32] = [7; 32];

/// A server that hands its mails and events to a backend of the operator's.
fn app(receiver: &Receiver, registration: Registration) -> App {
    let url = receiver.url();
    App::with(move |config| {
        config.messages.webhook = Some(WebhookConfig { url, secrets: vec![SECRET.to_vec().into()] });
        config.messages.mail = Some(MailConfig { by: MailBy::Webhook, from: String::new() });
        config.messages.public_url = Some("https://app.example/app/".to_owned());
        config.messages.service = "Shop".to_owned();
        config.registration = registration;
    })
}

fn posts(app: &App, path: &str, body: &Value) -> Answer {
    app.browser().bare_request("POST", path).json(body).send()
}

fn token_of(mail: &Value) -> String {
    let link = mail["link"].as_str().unwrap();
    let (page, token) = link.split_once("?token=").unwrap();
    assert!(page.starts_with("https://app.example/app/#/"), "{link}");
    token.to_owned()
}

fn resets(app: &App, token: &str) -> (u16, String) {
    let answer = posts(app, "/password/reset", &json!({ "token": token, "new_password": NEW }));
    (answer.status, answer.code().to_owned())
}

#[test]
fn a_forgotten_password_is_replaced_by_a_link_that_works_once() {
    let receiver = Receiver::start();
    let app = app(&receiver, Registration::Open);
    let mut alice = app.logged_in(ALICE);
    assert_eq!(posts(&app, "/password/forgot", &json!({ "email": " ALICE@example.com" })).status, 202);
    let mail = receiver.gets_mail("reset_password", ALICE);
    assert!(mail["text"].as_str().unwrap().contains("Shop"));
    let token = token_of(&mail);
    let short = posts(&app, "/password/reset", &json!({ "token": token, "new_password": "short" }));
    assert_eq!(short.verdict(), (422, "validation_failed"));
    assert_eq!(resets(&app, &token).0, 204);
    assert_eq!(resets(&app, &token), (401, "link_invalid".to_owned()), "it works once");
    assert_eq!(alice.refreshes().verdict(), (401, "session_revoked"));
    assert_eq!(alice.logs_in(ALICE).status, 401);
    let login = posts(&app, "/login", &json!({ "email": ALICE, "password": NEW }));
    assert_eq!(login.status, 200);
    receiver.gets_mail("password_changed", ALICE);
}

#[test]
fn a_link_is_spent_by_another_change_and_expires_after_an_hour() {
    let receiver = Receiver::start();
    let app = app(&receiver, Registration::Open);
    let _alice = app.logged_in(ALICE);
    let ask = || {
        assert_eq!(posts(&app, "/password/forgot", &json!({ "email": ALICE })).status, 202);
        token_of(&receiver.gets_mail("reset_password", ALICE))
    };
    let (first, second) = (ask(), ask());
    assert_eq!(resets(&app, &first).0, 204);
    assert_eq!(resets(&app, &second), (401, "link_invalid".to_owned()), "the password has changed since");
    let third = ask();
    app.passes(seconds(3_601));
    assert_eq!(resets(&app, &third), (401, "link_expired".to_owned()));
    for wrong in ["", "hll_", "hll_AAAA", &third[..third.len() - 2], &format!("{third}A")] {
        assert_eq!(resets(&app, wrong), (401, "link_invalid".to_owned()), "{wrong}");
    }
    let other = posts(&app, "/email/verify", &json!({ "token": ask() }));
    assert_eq!(other.verdict(), (401, "link_invalid"), "it is for another purpose");
}

#[test]
fn the_answer_is_the_same_for_every_address_and_nobody_unknown_gets_a_mail() {
    let receiver = Receiver::start();
    let app = app(&receiver, Registration::Open);
    let _alice = app.logged_in(ALICE);
    let mut answers = Vec::new();
    for email in [ALICE, "unknown@example.com", "no address", ""] {
        let answer = posts(&app, "/password/forgot", &json!({ "email": email }));
        answers.push((answer.status, answer.text.clone()));
    }
    answers.dedup();
    assert_eq!(answers, [(202, String::new())]);
    receiver.gets_mail("reset_password", ALICE);
    app.eventually(|| app.counts("SELECT count(*) AS number FROM outbox") == 0);
    let mails = receiver.received();
    assert!(mails.iter().all(|mail| mail.body["data"]["to"] != "unknown@example.com"), "{mails:?}");
    // An eleventh request within a second causes none.
    for _ in 0..20 {
        assert_eq!(posts(&app, "/password/forgot", &json!({ "email": ALICE })).status, 202);
    }
    app.eventually(|| app.counts("SELECT count(*) AS number FROM outbox") == 0);
    let count = receiver.received().iter().filter(|mail| mail.body["type"] == "mail.reset_password").count();
    assert!((1..=10).contains(&count), "{count}");
}

#[test]
fn a_registration_proves_its_address() {
    let receiver = Receiver::start();
    let app = app(&receiver, Registration::Open);
    let alice = app.logged_in(ALICE);
    assert_eq!(alice.asks_who_am_i().json["email_verified"], false);
    let token = token_of(&receiver.gets_mail("verify_email", ALICE));
    assert_eq!(posts(&app, "/email/verify", &json!({ "token": token })).status, 204);
    assert_eq!(alice.asks_who_am_i().json["email_verified"], true);
    assert_eq!(posts(&app, "/email/verify", &json!({ "token": token })).verdict(), (401, "link_invalid"));
    assert_eq!(receiver.gets("user.email_verified").body["data"]["kind"], "email_verified");
}

#[test]
fn a_verified_registration_does_not_tell_whether_the_address_has_an_account() {
    let receiver = Receiver::start();
    let app = app(&receiver, Registration::Verified);
    let register =
        |email: &str, password: &str| posts(&app, "/register", &json!({ "email": email, "password": password }));
    let first = register(ALICE, PASSWORD);
    assert_eq!(first.status, 202);
    let mail = receiver.gets_mail("finish_registration", ALICE);
    let login = || posts(&app, "/login", &json!({ "email": ALICE, "password": PASSWORD })).status;
    assert_eq!(login(), 401, "there is no account yet");
    let token = token_of(&mail);
    assert_eq!(posts(&app, "/email/verify", &json!({ "token": token })).status, 204);
    assert_eq!(posts(&app, "/email/verify", &json!({ "token": token })).verdict(), (401, "link_invalid"));
    assert_eq!(login(), 200);
    let again = register(ALICE, NEW);
    assert_eq!((again.status, &again.text), (202, &first.text));
    let notice = receiver.gets_mail("already_registered", ALICE);
    assert!(!notice["link"].as_str().unwrap().contains("token"));
    assert_eq!(login(), 200, "the password is still the first");
    assert_eq!(register("no address", "short").verdict(), (422, "validation_failed"));
}

#[test]
fn a_closed_server_creates_accounts_for_the_operator_only() {
    let app = App::with(|config| config.registration = Registration::Closed);
    let answer = posts(&app, "/register", &json!({ "email": ALICE, "password": PASSWORD }));
    assert_eq!(answer.verdict(), (403, "registration_closed"));
}

#[test]
fn an_address_is_changed_where_both_agree_and_the_old_one_can_undo_it() {
    let receiver = Receiver::start();
    let app = app(&receiver, Registration::Open);
    let alice = app.logged_in(ALICE);
    let change = |password: &str| {
        let body = json!({ "email": "new@example.com", "password": password });
        alice.with_access("POST", "/users/me/email").json(&body).send()
    };
    assert_eq!(change("a wrong password").verdict(), (403, "invalid_credentials"));
    assert_eq!(change(PASSWORD).status, 202);
    let notice = receiver.gets_mail("email_change_requested", ALICE);
    assert!(notice["text"].as_str().unwrap().contains("new@example.com"));
    let is_confirmation = |one: &Received| one.body["type"] == "mail.confirm_email";
    app.eventually(|| receiver.everything().iter().any(is_confirmation));
    let confirm = receiver.everything().into_iter().find(is_confirmation).unwrap().body["data"].clone();
    assert_eq!(confirm["to"], "new@example.com");
    assert_eq!(alice.asks_who_am_i().json["email"], ALICE);
    let token = token_of(&confirm);
    assert_eq!(posts(&app, "/email/confirm", &json!({ "token": token })).status, 204);
    assert_eq!(posts(&app, "/email/confirm", &json!({ "token": token })).verdict(), (401, "link_invalid"));
    let account = alice.asks_who_am_i().json;
    assert_eq!((&account["email"], &account["email_verified"]), (&json!("new@example.com"), &json!(true)));
    let undo = token_of(&receiver.gets_mail("email_changed", ALICE));
    app.passes(seconds(6 * 24 * 3600));
    assert_eq!(posts(&app, "/email/undo", &json!({ "token": undo })).status, 204);
    assert_eq!(posts(&app, "/login", &json!({ "email": "new@example.com", "password": PASSWORD })).status, 401);
    assert_eq!(
        posts(&app, "/login", &json!({ "email": ALICE, "password": PASSWORD })).status,
        401,
        "somebody knows it"
    );
    let reset = token_of(&receiver.gets_mail("reset_password", ALICE));
    assert_eq!(resets(&app, &reset).0, 204);
    assert_eq!(posts(&app, "/login", &json!({ "email": ALICE, "password": NEW })).status, 200);
}

#[test]
fn an_address_that_was_taken_meanwhile_is_not_given_twice() {
    let receiver = Receiver::start();
    let app = app(&receiver, Registration::Open);
    let alice = app.logged_in(ALICE);
    let body = json!({ "email": "bob@example.com", "password": PASSWORD });
    assert_eq!(alice.with_access("POST", "/users/me/email").json(&body).send().status, 202);
    let token = token_of(&receiver.gets_mail("confirm_email", "bob@example.com"));
    let _bob = app.logged_in("bob@example.com");
    assert_eq!(posts(&app, "/email/confirm", &json!({ "token": token })).verdict(), (409, "email_taken"));
}

#[test]
fn the_owner_learns_of_a_theft_and_the_backend_of_everything() {
    let receiver = Receiver::start();
    let app = app(&receiver, Registration::Open);
    let mut alice = app.logged_in(ALICE);
    let mut thief = alice.tab();
    for _ in 0..2 {
        assert_eq!(alice.refreshes().status, 200);
        app.passes(seconds(60));
    }
    assert_eq!(thief.refreshes().verdict(), (401, "refresh_token_reused"));
    let mail = receiver.gets_mail("reuse_detected", ALICE);
    let text = mail["text"].as_str().unwrap();
    assert!(text.contains("What to do") && text.contains("Used by: ureq, 127.0.0.1"), "{text}");
    assert!(text.contains("The session until then: ureq, 127.0.0.1"), "{text}");
    for reported in ["user.registered", "session.login_succeeded", "session.reuse_detected"] {
        let is_reported = |all: &[Received]| all.iter().any(|one| one.body["type"] == reported);
        app.eventually(|| is_reported(&receiver.everything()));
    }
}

#[test]
fn the_owner_learns_of_a_login_on_a_new_device_but_not_of_the_first() {
    let receiver = Receiver::start();
    let app = app(&receiver, Registration::Open);
    let mut alice = app.logged_in(ALICE);
    assert_eq!(alice.logs_in(ALICE).status, 200, "the device is known by its cookie");
    assert_eq!(app.browser().logs_in(ALICE).status, 200);
    let mail = receiver.gets_mail("new_device", ALICE);
    assert!(mail["text"].as_str().unwrap().contains("127.0.0.1"));
    app.eventually(|| app.counts("SELECT count(*) AS number FROM outbox") == 0);
    let all = receiver.everything();
    assert_eq!(all.iter().filter(|one| one.body["type"] == "mail.new_device").count(), 1);
}

#[test]
fn a_deleted_account_gets_no_mail_any_more() {
    let receiver = Receiver::start();
    receiver.will_answer(&[503; 8]);
    let app = app(&receiver, Registration::Open);
    let alice = app.logged_in(ALICE);
    let deletion = alice.with_access("DELETE", "/users/me").json(&json!({ "password": PASSWORD })).send();
    assert_eq!(deletion.status, 204);
    assert_eq!(app.counts("SELECT count(*) AS number FROM outbox"), 0);
}

#[test]
fn without_mail_nothing_is_offered_and_nothing_is_written() {
    let app = App::start();
    for path in ["/password/forgot", "/password/reset", "/email/verify", "/email/confirm", "/email/undo"] {
        assert_eq!(posts(&app, path, &json!({ "email": ALICE })).verdict(), (404, "not_offered"), "{path}");
    }
    let alice = app.logged_in(ALICE);
    let body = json!({ "email": "new@example.com", "password": PASSWORD });
    let refused = alice.with_access("POST", "/users/me/email").json(&body).send();
    assert_eq!(refused.verdict(), (404, "not_offered"));
    assert_eq!(app.counts("SELECT count(*) AS number FROM outbox"), 0);
    assert_eq!(app.browser().bare_request("GET", "/dev/mail").send().status, 404);
}

//! How messages are delivered: to whom, signed how, how often, and which not at all.

use std::collections::{BTreeMap, BTreeSet};

use heirloom::config::WebhookConfig;
use heirloom::delivery::letters::Letters;
use heirloom::domain::notice::Notice;
use serde_json::{Value, json};
use ureq::http::HeaderMap;

use crate::support::App;
use crate::support::answer::Answer;
use crate::support::app::{seconds, with_mail};
use crate::support::receiver::{Received, Receiver};

const ALICE: &str = "alice@example.com";
const SECRET: [u8; 32] = [7; 32];

/// A server with these secrets, whose mails and events go to `receiver`.
fn app(receiver: &Receiver, secrets: &[[u8; 32]], muted: &[Notice]) -> App {
    let (url, muted) = (receiver.url(), muted.to_vec());
    let secrets = secrets.iter().map(|secret| secret.to_vec().into()).collect();
    App::today_with(move |config| {
        with_mail(config);
        config.messages.webhook = Some(WebhookConfig { url, secrets });
        config.messages.muted = muted;
    })
}

fn posts(app: &App, path: &str, body: &Value) -> Answer {
    app.browser().bare_request("POST", path).json(body).send()
}

fn token_of(mail: &Value) -> &str {
    mail["link"].as_str().unwrap().split_once("?token=").unwrap().1
}

/// The headers of a webhook.
fn headers(one: &Received) -> HeaderMap {
    let named = [("webhook-id", &one.id), ("webhook-timestamp", &one.timestamp), ("webhook-signature", &one.signature)];
    named.into_iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
}

#[test]
fn a_notice_that_the_operator_has_turned_off_is_not_sent_and_what_was_asked_for_is() {
    let receiver = Receiver::start();
    let app = app(&receiver, &[SECRET], &[Notice::NewDevice, Notice::PasswordChanged]);
    let alice = app.logged_in(ALICE);
    // The reset verifies the address: a mail that is still to be written then is not needed.
    receiver.gets_mail("verify_email", ALICE);
    assert_eq!(app.browser().logs_in(ALICE).status, 200);
    assert_eq!(posts(&app, "/password/forgot", &json!({ "email": ALICE })).status, 202);
    let mail = receiver.gets_mail("reset_password", ALICE);
    let reset = json!({ "token": token_of(&mail), "new_password": "four lamps in the cellar" });
    assert_eq!(posts(&app, "/password/reset", &reset).status, 204);
    assert_eq!(alice.asks_who_am_i().verdict(), (401, "session_revoked"));
    app.eventually(|| app.counts("SELECT count(*) AS number FROM outbox") == 0);
    let sent = receiver.everything().into_iter().map(|one| one.body["type"].as_str().unwrap().to_owned());
    let mails: BTreeSet<String> = sent.filter(|kind| kind.starts_with("mail.")).collect();
    assert_eq!(mails, BTreeSet::from(["mail.verify_email", "mail.reset_password"].map(str::to_owned)));
}

#[test]
fn webhooks_are_signed_as_standard_webhooks_and_repeated_with_the_same_id() {
    let receiver = Receiver::start();
    receiver.will_answer(&[500, 302, 200]);
    let app = app(&receiver, &[SECRET], &[]);
    assert_eq!(app.browser().registers(ALICE).status, 201);
    app.eventually(|| receiver.received().len() >= 2);
    for _ in 0..6 {
        app.passes(seconds(60));
        std::thread::yield_now();
        app.eventually(|| {
            app.counts("SELECT count(*) AS number FROM outbox WHERE due_at <= now() - interval '1 year'") == 0
        });
    }
    app.eventually(|| {
        app.passes(seconds(30));
        app.counts("SELECT count(*) AS number FROM outbox") == 0
    });
    let all = receiver.received();
    let registered: Vec<_> = all.iter().filter(|one| one.body["type"] == "user.registered").collect();
    assert!(registered.iter().all(|one| one.id == registered[0].id), "{registered:?}");
    let signer = standardwebhooks::Webhook::from_bytes(SECRET.to_vec()).unwrap();
    for one in &all {
        let signature = signer.sign(&one.id, one.timestamp.parse().unwrap(), one.text.as_bytes()).unwrap();
        assert_eq!(one.signature, signature);
    }
}

#[test]
fn a_receiver_that_is_gone_gets_no_more_of_a_message_and_a_dead_one_for_a_day() {
    let receiver = Receiver::start();
    receiver.will_answer(&[410; 2]);
    let app = app(&receiver, &[SECRET], &[]);
    assert_eq!(app.browser().registers(ALICE).status, 201);
    let failed = || app.counts("SELECT count(*) AS number FROM outbox WHERE failed_at IS NOT NULL");
    app.eventually(|| failed() == 2);
    receiver.will_answer(&[503; 200]);
    assert_eq!(app.browser().registers("bob@example.com").status, 201);
    app.eventually(|| {
        app.passes(seconds(3_600));
        failed() == 4
    });
    assert_eq!(app.counts("SELECT count(*) AS number FROM outbox WHERE error LIKE '%503%'"), 2);
}

#[test]
fn messages_that_fail_keep_no_request_from_the_only_connection() {
    let app = App::today_with(|config| {
        with_mail(config);
        config.database.connections = 1;
    });
    let email = |number: u32| format!("user{number}@example.com");
    for number in 0..30 {
        assert_eq!(app.browser().registers(&email(number)).status, 201);
    }
    for number in 0..30 {
        app.passes(seconds(60));
        assert_eq!(app.browser().logs_in(&email(number)).status, 200);
    }
}

#[test]
fn a_directory_replaces_single_templates_and_a_broken_one_is_named() {
    let link = "https://app.example/#/reset?token=a&b".to_owned();
    let values = BTreeMap::from([("link", link)]);
    let place = tempfile::tempdir().unwrap();
    let directory = place.path().to_path_buf();
    std::fs::write(directory.join("verify_email.txt"), "Subject: Hello\n\nGo to {{ link }}").unwrap();
    let mail = Letters::new(Some(&directory)).unwrap().render("verify_email", &values).unwrap();
    assert_eq!((mail.subject.as_str(), mail.text.as_str()), ("Hello", "Go to https://app.example/#/reset?token=a&b\n"));
    std::fs::write(directory.join("verify_email.html"), "{{ unfinished").unwrap();
    let error = Letters::new(Some(&directory)).err().unwrap().to_string();
    assert!(error.contains("verify_email.html"), "{error}");
}

#[test]
fn while_a_secret_is_replaced_a_receiver_may_know_the_old_or_the_new_one() {
    let receiver = Receiver::start();
    let app = app(&receiver, &[[9; 32], SECRET], &[]);
    assert_eq!(app.browser().registers(ALICE).status, 201);
    let one = receiver.gets("user.registered");
    for known in [vec![9; 32], SECRET.to_vec()] {
        let verifier = standardwebhooks::Webhook::from_bytes(known).unwrap();
        verifier.verify(one.text.as_bytes(), &headers(&one)).unwrap();
    }
    let stranger = standardwebhooks::Webhook::from_bytes(vec![8; 32]).unwrap();
    assert!(stranger.verify(one.text.as_bytes(), &headers(&one)).is_err());
}

//! Mails over SMTP, to a mail server that is not ours.

use serde_json::{Value, json};

use super::client::{Client, PASSWORD};
use super::home::Home;
use super::mail_server::{Certificate, MailServer};
use super::program::eventually;
use super::serving::Serving;

/// A server whose mails go to this one. `more` are further settings.
fn serves(home: &Home, url: &str, more: &[(&str, &str)]) -> Serving {
    let mail = [
        ("HEIRLOOM_MAIL_URL", url),
        ("HEIRLOOM_MAIL_FROM", "Example <login@shop.example>"),
        ("HEIRLOOM_PUBLIC_URL", "https://app.example.com/"),
    ];
    Serving::start_with(home, &[], &[&mail[..], more].concat())
}

fn registers(serving: &Serving, email: &str) {
    let body = json!({"email": email, "password": PASSWORD}).to_string();
    let answer = Client::of(&serving.url).post("/register", &[], &body);
    assert_eq!(answer.status, 201, "{answer:?}");
}

/// What `heirloom outbox list` prints.
fn waiting(home: &Home) -> Vec<Value> {
    let ended = home.run(&["outbox", "list", "--json"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let listed: Value = serde_json::from_str(&ended.stdout).unwrap();
    listed.as_array().unwrap().clone()
}

/// Waits for the error of the one message in the outbox.
fn error(home: &Home) -> Value {
    let mut messages = Vec::new();
    eventually("an attempt fails", || {
        messages = waiting(home);
        messages.len() == 1 && messages[0]["error"].is_string()
    });
    messages.remove(0)
}

/// Waits until nothing is to be sent, and nothing was given up.
fn outbox_is_empty(home: &Home) {
    eventually("the outbox is empty", || waiting(home).is_empty());
}

#[test]
fn a_mail_arrives_as_text_and_html_also_at_an_international_address() {
    let home = Home::new();
    let Some(server) = MailServer::start(&home, &[]) else { return };
    let serving = serves(&home, &format!("smtp://127.0.0.1:{}", server.port), &[]);
    for email in ["alice@example.com", "alice@bücher.example"] {
        registers(&serving, email);
    }
    let mail = server.gets_mail_to("alice@example.com");
    assert_eq!(mail.from, "login@shop.example");
    assert_eq!(mail.header("From"), "Example <login@shop.example>");
    assert_eq!((mail.header("To"), mail.header("Auto-Submitted")), ("alice@example.com", "auto-generated"));
    assert_eq!(mail.header("Subject"), "Confirm your email address");
    assert!(mail.header("Message-ID").ends_with("@shop.example>") && !mail.header("Date").is_empty(), "{mail:?}");
    assert!(mail.header("Content-Type").starts_with("multipart/alternative"), "{mail:?}");
    for part in ["Content-Type: text/plain; charset=utf-8", "Content-Type: text/html; charset=utf-8"] {
        assert_eq!(mail.data.matches(part).count(), 1, "{mail:?}");
    }
    assert!(mail.data.contains("https://app.example.com/#/verify-email?token=3Dhll_"), "{mail:?}");
    let mail = server.gets_mail_to("alice@xn--bcher-kva.example");
    assert_eq!(mail.header("To"), "alice@xn--bcher-kva.example");
    outbox_is_empty(&home);
    assert_eq!(server.mails().len(), 2);
}

#[test]
fn mail_goes_only_through_encryption_by_a_trusted_certificate() {
    let home = Home::new();
    let certificate = Certificate::create(&home);
    let files = ["--cert", &certificate.certificate, "--key", &certificate.key];
    let login = ["--user", "heirloom", "--password", "a:b@c"];
    let demands = [&files[..], &login, &["--require"]].concat();
    let Some(server) = MailServer::start(&home, &demands) else { return };
    let url = format!("smtp://heirloom:a%3Ab%40c@localhost:{}?tls=required", server.port);

    let serving = serves(&home, &url, &[]);
    registers(&serving, "alice@example.com");
    let refused = error(&home)["error"].as_str().unwrap().to_owned();
    assert!(refused.contains("certificate"), "{refused}");
    assert!(server.mails().is_empty());
    serving.stops();

    let trusting = [("SSL_CERT_FILE", certificate.authority.as_str())];
    let serving = serves(&home, &url, &trusting);
    let mail = server.gets_mail_to("alice@example.com");
    assert_eq!((mail.is_encrypted, mail.user.as_deref()), (true, Some("heirloom")));
    outbox_is_empty(&home);
    serving.stops();

    // The operator's mistake, which costs no mail.
    let serving = serves(&home, &url.replace("a%3Ab", "wrong"), &trusting);
    registers(&serving, "bob@example.com");
    let refused = error(&home);
    assert_eq!(
        (&refused["error"], &refused["failed_at"]),
        (&json!("the mail server responded with 535"), &Value::Null)
    );
    serving.stops();

    // Nobody may take the encryption away.
    let plain = MailServer::start(&home, &[]).unwrap();
    let serving = serves(&home, &format!("smtp://localhost:{}?tls=required", plain.port), &trusting);
    let id = refused["id"].as_str().unwrap();
    assert_eq!(home.run(&["outbox", "retry", id]).code, Some(0));
    eventually("it is tried again", || waiting(&home)[0]["error"].as_str().unwrap().contains("STARTTLS"));
    serving.stops();

    let from_the_start = MailServer::start(&home, &[&files[..], &login, &["--tls"]].concat()).unwrap();
    let url = format!("smtps://heirloom:a%3Ab%40c@localhost:{}", from_the_start.port);
    let _serving = serves(&home, &url, &trusting);
    assert_eq!(home.run(&["outbox", "retry", id]).code, Some(0));
    assert!(from_the_start.gets_mail_to("bob@example.com").is_encrypted);
    outbox_is_empty(&home);
}

#[test]
fn a_refused_mail_is_given_up_a_postponed_one_is_tried_again_and_a_stalling_server_holds_up_no_other() {
    let home = Home::new();
    let Some(server) = MailServer::start(&home, &[]) else { return };
    let serving = serves(&home, &format!("smtp://127.0.0.1:{}", server.port), &[]);
    registers(&serving, "stalling@example.com");
    registers(&serving, "refused@example.com");
    let mut refused = Value::Null;
    eventually("a mail is given up", || {
        refused = waiting(&home).into_iter().find(|message| message["failed_at"].is_string()).unwrap_or_default();
        !refused.is_null()
    });
    assert_eq!((&refused["error"], &refused["attempts"]), (&json!("the mail server responded with 550"), &json!(1)));
    let id = refused["id"].as_str().unwrap();
    assert_eq!(home.run(&["outbox", "discard", id]).code, Some(0));

    registers(&serving, "later@example.com");
    server.gets_mail_to("later@example.com");
    registers(&serving, "alice@example.com");
    server.gets_mail_to("alice@example.com");
    let stalled = error(&home);
    assert_eq!(stalled["error"], "the mail server did not respond in time");
    assert_eq!(stalled["failed_at"], Value::Null);
    assert_eq!(server.mails().len(), 2);
}

//! `HEIRLOOM_PASSWORD_HOOK`: passwords that only the operator's former system knows.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};

use crate::support::App;
use crate::support::browser::{PASSWORD, WRONG};

const MATCH: &str = "HTTP/1.1 200 OK\r\ncontent-length: 27\r\nconnection: close\r\n\r\n{\"status\":\"password_match\"}";
const FORBIDDEN: &str = "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/// The former system, which says whatever the test wants.
struct FormerSystem {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Value>>>,
    says: Arc<Mutex<String>>,
}

impl FormerSystem {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (asked, says) = (Arc::<Mutex<Vec<Value>>>::default(), Arc::new(Mutex::new(MATCH.to_owned())));
        let (to, from) = (Arc::clone(&asked), Arc::clone(&says));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                to.lock().unwrap().push(respond(stream, &from.lock().unwrap()));
            }
        });
        Self { address, asked, says }
    }

    fn url(&self) -> String {
        format!("http://{}/check", self.address)
    }

    fn says(&self, response: &str) {
        response.clone_into(&mut self.says.lock().unwrap());
    }

    /// What it was asked since the last time.
    fn asked(&self) -> Vec<Value> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

fn respond(stream: TcpStream, response: &str) -> Value {
    let mut reader = BufReader::new(stream);
    let (mut line, mut length) = (String::new(), 0);
    while reader.read_line(&mut line).unwrap() > 2 {
        length =
            line.to_lowercase().strip_prefix("content-length: ").map_or(length, |text| text.trim().parse().unwrap());
        line.clear();
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let _ = reader.get_mut().write_all(response.as_bytes());
    serde_json::from_slice(&body).unwrap()
}

/// A server with the hook, where alice has no hash and bob has one.
fn app_with(url: String) -> App {
    let app = App::with(|config| config.password_hook = Some(url.into()));
    app.logged_in("alice@example.com");
    app.logged_in("bob@example.com");
    app.executes("UPDATE users SET password_hash = NULL WHERE email = 'alice@example.com'");
    app
}

fn has_hash(app: &App) -> bool {
    app.counts("SELECT count(password_hash) AS number FROM users WHERE email = 'alice@example.com'") == 1
}

#[test]
fn a_user_without_a_hash_logs_in_with_the_former_password_and_the_former_system_is_asked_once() {
    let former = FormerSystem::start();
    let app = app_with(former.url());
    let mut alice = app.browser();
    former.says(FORBIDDEN);
    assert_eq!(alice.logs_in_with("alice@example.com", WRONG).verdict(), (401, "invalid_credentials"));
    assert!(!has_hash(&app));
    former.says(MATCH);
    assert_eq!(alice.logs_in_with(" Alice@EXAMPLE.com", "an old one").status, 200);
    let asked = |password: &str| json!({ "identifier": "alice@example.com", "password": password });
    assert_eq!(former.asked(), [asked(WRONG), asked("an old one")]);
    assert!(has_hash(&app));

    assert_eq!(alice.refreshes().status, 200);
    assert_eq!(alice.logs_in_with("alice@example.com", "an old one").status, 200);
    assert_eq!(alice.logs_in_with("alice@example.com", WRONG).verdict(), (401, "invalid_credentials"));
    assert!(former.asked().is_empty());
}

#[test]
fn nobody_else_is_asked_about_and_nothing_but_a_login_asks() {
    let former = FormerSystem::start();
    let app = app_with(former.url());
    let mut bob = app.browser();
    assert_eq!(bob.logs_in_with("bob@example.com", WRONG).verdict(), (401, "invalid_credentials"));
    assert_eq!(bob.logs_in("bob@example.com").status, 200);
    assert_eq!(app.browser().logs_in("nobody@example.com").verdict(), (401, "invalid_credentials"));
    let mut alice = app.browser();
    assert_eq!(alice.logs_in("alice@example.com").status, 200);
    assert_eq!(former.asked().len(), 1);
    app.executes("UPDATE users SET password_hash = NULL WHERE email = 'alice@example.com'");
    assert_eq!(alice.refreshes().status, 200);
    let again = alice.with_access("POST", "/reauthenticate").json(&json!({ "password": PASSWORD })).send();
    assert_eq!(again.verdict(), (403, "invalid_credentials"));
    assert_eq!(alice.changes_password(PASSWORD, "five lamps on the stairs").verdict(), (403, "invalid_credentials"));
    assert!(former.asked().is_empty());
}

#[test]
fn a_disabled_user_learns_it_after_the_former_password_only() {
    let former = FormerSystem::start();
    let app = app_with(former.url());
    app.executes("UPDATE users SET is_active = false WHERE email = 'alice@example.com'");
    assert_eq!(app.browser().logs_in("alice@example.com").verdict(), (403, "account_disabled"));
    app.executes("UPDATE users SET password_hash = NULL WHERE email = 'alice@example.com'");
    former.says(FORBIDDEN);
    assert_eq!(app.browser().logs_in("alice@example.com").verdict(), (401, "invalid_credentials"));
}

#[test]
fn while_the_former_system_is_away_the_login_is_503_and_no_guess() {
    let former = FormerSystem::start();
    let app = app_with(former.url());
    for response in [
        "HTTP/1.1 500 Oops\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok",
        "HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        "",
    ] {
        former.says(response);
        // More than wrong passwords are looked at.
        for _ in 0..6 {
            let answer = app.browser().logs_in("alice@example.com");
            assert_eq!(answer.verdict(), (503, "unavailable"), "{response}");
            assert!(answer.headers.contains_key("retry-after") && !answer.text.contains("database"), "{answer:?}");
        }
        assert_eq!(former.asked().len(), 6, "no redirect is followed: {response}");
    }
    assert_eq!(app.browser().logs_in("bob@example.com").status, 200);
    assert!(!has_hash(&app));
    former.says(MATCH);
    assert_eq!(app.browser().logs_in("alice@example.com").status, 200);
    let gone = app_with("http://127.0.0.1:1/".to_owned());
    assert_eq!(gone.browser().logs_in("alice@example.com").verdict(), (503, "unavailable"));
}

//! Cases 3 and 11: another password ends what the old one began, and an answer does not tell who exists.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::json;

use super::super::client::{Client, PASSWORD};
use super::super::program::eventually;
use super::{Jar, Site, body_of, verdict};

/// Strapi CVE-2026-22706: sessions outlived a change of the password, unless an optional field said otherwise.
#[test]
fn case_3_another_password_ends_every_session_whatever_else_is_sent() {
    let site = Site::new();
    let serving = site.serves(&[]);
    let client = Client::of(&serving.url);
    let mut own = Jar::registered(&client, "alice@example.com");
    let mut others = [0, 1].map(|_| Jar::logged_in(&client, "alice@example.com", ""));
    let in_flight = Jar::logged_in(&client, "alice@example.com", "");
    let change = |body: serde_json::Value| {
        let authorization = own.bearer();
        client.post("/users/me/password", &[("authorization", &authorization)], &body.to_string())
    };
    for more in ["keep_sessions", "revoke_sessions", "logout_others", "session_id"] {
        let body = json!({ "current_password": PASSWORD, "new_password": "four lamps in the cellar", more: false });
        assert_eq!(verdict(&change(body)), (422, "validation_failed"), "{more}");
    }
    let has_changed = AtomicBool::new(false);
    let last = thread::scope(|scope| {
        let refreshing = scope.spawn(|| {
            let (client, mut jar) = (Client::of(&serving.url), in_flight);
            while !has_changed.load(Ordering::Relaxed) {
                let answer = jar.refreshes(&client);
                assert!([(200, ""), (401, "session_revoked")].contains(&verdict(&answer)), "{answer:?}");
            }
            jar
        });
        let body = json!({ "current_password": PASSWORD, "new_password": "four lamps in the cellar" });
        let answer = change(body);
        has_changed.store(true, Ordering::Relaxed);
        (Jar::from(&answer), refreshing.join().unwrap())
    });
    let (mut new, last) = last;
    for jar in others.iter_mut().chain([&mut { last }]) {
        assert_eq!(verdict(&jar.asks_who_am_i(&client)), (401, "session_revoked"));
        assert_eq!(verdict(&jar.refreshes(&client)), (401, "session_revoked"));
    }
    assert_eq!(verdict(&own.refreshes(&client)), (401, "session_revoked"));
    assert_eq!(new.refreshes(&client).status, 200);
    let old = json!({ "email": "alice@example.com", "password": PASSWORD }).to_string();
    assert_eq!(verdict(&client.post("/login", &[], &old)), (401, "invalid_credentials"));
}

/// Django CVE-2024-39329 and CVE-2025-13473, OpenSSH CVE-2016-6210: the time of an answer told which accounts exist. What
/// takes the time is the hash, and each of these costs one. (`make timing` compares the times themselves.)
#[test]
fn case_11_whoever_is_asked_for_one_hash_is_computed_and_the_answer_is_the_same() {
    let site = Site::new();
    let serving = site.serves(&[("HEIRLOOM_ADMIN_BIND", "127.0.0.1:0")]);
    let client = Client::of(&serving.url);
    for email in ["known@example.com", "disabled@example.com"] {
        Jar::registered(&client, email);
    }
    assert_eq!(site.executes("UPDATE users SET is_active = false WHERE email = 'disabled@example.com'"), 1);
    let mut admin = None;
    eventually("the admin address is logged", || {
        let log = serving.stderr_so_far();
        let address = log.split("admin=").nth(1).and_then(|rest| rest.split_whitespace().next());
        admin = address.map(|address| Client::of(&format!("http://{}", address.trim_start_matches("http://"))));
        admin.is_some()
    });
    let hashes = || {
        let page = admin.as_ref().unwrap().get("/metrics", &[]).body;
        let line = page.as_str().unwrap().lines().find(|line| line.starts_with("heirloom_password_hashes_total "));
        line.unwrap().rsplit_once(' ').unwrap().1.parse::<u64>().unwrap()
    };
    let long = "x".repeat(60_000);
    let mut told = Vec::new();
    for email in ["known@example.com", "disabled@example.com", "unknown@example.com", "no address", ""] {
        for password in ["a wrong password", &long] {
            let before = hashes();
            let login = json!({ "email": email, "password": password }).to_string();
            let answer = client.post("/login", &[], &login);
            assert_eq!(verdict(&answer), (401, "invalid_credentials"), "{email}");
            assert_eq!(hashes() - before, 1, "{email}, a password of {} bytes", password.len());
            let mut names: Vec<String> = answer.headers.iter().map(|(name, _)| name.clone()).collect();
            names.sort_unstable();
            told.push((body_of(&answer), names));
        }
    }
    told.dedup();
    assert_eq!(told.len(), 1, "{told:?}");
}

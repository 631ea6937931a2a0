//! Case 12: making the server compute until it is of no use to others.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Mutex;
use std::thread;

use serde_json::json;

use super::super::client::{Client, PASSWORD};
use super::super::serving::Serving;
use super::{Jar, Site, raw, verdict};

/// The most memory that the process has ever held, in MiB.
fn peak(serving: &Serving) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", serving.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}

/// Django CVE-2013-1443 (a password of a megabyte took a minute) and Gitea issue 14702 (memory without bound).
#[test]
fn case_12_five_hundred_logins_at_once_large_bodies_and_a_hostile_hash_cost_a_bounded_memory() {
    const AT_ONCE: usize = 500;
    /// Two hashes of 19 MiB at a time, 500 connections, and room for the allocator.
    const BOUND: u64 = 2 * 19 + 150;
    let site = Site::new();
    let serving = site.serves(&[]);
    let client = Client::of(&serving.url);
    let mut alice = Jar::registered(&client, "alice@example.com");
    let before = peak(&serving);

    let statuses = Mutex::new(BTreeMap::<(u16, String), usize>::new());
    thread::scope(|scope| {
        for number in 0..AT_ONCE {
            let (statuses, url) = (&statuses, &serving.url);
            scope.spawn(move || {
                let email = format!("nobody-{number}@example.com");
                let body = json!({ "email": email, "password": "a wrong password" }).to_string();
                let answer = Client::of(url).try_post("/login", &[], &body).unwrap();
                let (status, code) = verdict(&answer);
                *statuses.lock().unwrap().entry((status, code.to_owned())).or_default() += 1;
            });
        }
        // Whoever asks for something else is answered meanwhile, and whoever is logged in goes on.
        for _ in 0..20 {
            assert_eq!(client.get("/health/live", &[]).status, 200);
            assert_eq!(alice.refreshes(&client).status, 200);
        }
    });
    let statuses = statuses.into_inner().unwrap();
    let count = |status: u16, code: &str| statuses.get(&(status, code.to_owned())).copied().unwrap_or(0);
    assert_eq!(count(401, "invalid_credentials") + count(503, "overloaded"), AT_ONCE, "{statuses:?}");
    assert!(count(401, "invalid_credentials") >= 34, "those for whom there is room are served: {statuses:?}");

    for size in [1_900_000, 10_000_000] {
        let start =
            format!("POST /login HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n", serving.address());
        let announced = format!("{start}Content-Length: {size}\r\n\r\n{{\"email\":\"a@example.com\",\"password\":\"");
        let answer = raw(&serving, announced.as_bytes());
        assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
        let chunks = format!("10000\r\n{}\r\n", "x".repeat(0x10000)).repeat(2);
        let answer = raw(&serving, format!("{start}Transfer-Encoding: chunked\r\n\r\n{chunks}").as_bytes());
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 413"), "{answer}");
    }

    // Four GiB, said the row.
    let hostile = "$argon2id$v=19$m=4194304,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    assert_eq!(site.executes(&format!("UPDATE users SET password_hash = '{hostile}'")), 1);
    let login = json!({ "email": "alice@example.com", "password": PASSWORD }).to_string();
    let answer = client.try_post("/login", &[], &login).unwrap();
    assert_eq!(verdict(&answer), (500, "internal_error"), "{answer:?}");
    assert_eq!(alice.refreshes(&client).status, 200);
    let after = peak(&serving);
    assert!(after <= before + BOUND, "{after} MiB at the most, {before} MiB before");
}

//! Guessing and flooding, as a review did it: what strangers send costs those whom an account knows nothing.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Barrier, Mutex};
use std::thread;

use serde_json::json;

use super::super::client::{Answer, Client, PASSWORD};
use super::super::program::eventually;
use super::super::serving::Serving;
use super::{COOKIE, Jar, Site, set_cookie, verdict};

const ALICE: &str = "alice@example.com";
const DEVICE_COOKIE: &str = "__Host-heirloom_device";

/// The default limits, and a proxy that says where clients are.
const AS_SHIPPED: [(&str, &str); 2] = [("HEIRLOOM_LOGIN_RATE", "20/m"), ("HEIRLOOM_TRUSTED_PROXIES", "127.0.0.0/8")];

fn login(email: &str, password: &str) -> String {
    json!({ "email": email, "password": password }).to_string()
}

fn logs_in_from(client: &Client, address: &str, cookies: &str, body: &str) -> Answer {
    client.try_post("/login", &[("x-forwarded-for", address), ("cookie", cookies)], body).unwrap()
}

/// The statuses of a flood's logins, each to an account of its own, while `meanwhile` runs.
fn flood(
    serving: &Serving,
    count: usize,
    addresses: impl Fn(usize) -> String + Sync,
    meanwhile: impl FnOnce(&Flood),
) -> BTreeMap<u16, usize> {
    const AT_ONCE: usize = 80;
    let (flood, statuses) = (Flood(AtomicUsize::new(0)), Mutex::<BTreeMap<u16, usize>>::default());
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                let client = Client::of(&serving.url);
                loop {
                    let number = flood.0.fetch_add(1, Ordering::Relaxed);
                    if number >= count {
                        return;
                    }
                    let body = login(&format!("nobody-{number}@example.com"), "a wrong password");
                    let answer = logs_in_from(&client, &addresses(number), "", &body);
                    *statuses.lock().unwrap().entry(answer.status).or_default() += 1;
                }
            });
        }
        // Or a test that fails would wait for the whole flood.
        let _ends = EndsWhenItFails(&flood);
        eventually("the flood has begun", || flood.0.load(Ordering::Relaxed) > 2 * AT_ONCE);
        meanwhile(&flood);
    });
    statuses.into_inner().unwrap()
}

/// The number of its next login.
struct Flood(AtomicUsize);

impl Flood {
    fn ends(&self) {
        self.0.fetch_or(1 << 40, Ordering::Relaxed);
    }
}

struct EndsWhenItFails<'a>(&'a Flood);

impl Drop for EndsWhenItFails<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.ends();
        }
    }
}

/// One home line has 256 networks of 64 bits, and each had the limit of a client: 5,120 logins at once, and known devices got
/// 503 in 11 of 15.
#[test]
fn the_flood_of_one_home_line_is_one_clients() {
    const LOGINS: usize = 5_120;
    let site = Site::new();
    let serving = site.serves(&AS_SHIPPED);
    let client = Client::of(&serving.url);
    Jar::registered(&client, ALICE);
    let home_line = |number: usize| format!("2001:db8:1:{:x}::{:x}", 0x700 + number % 256, 1 + number / 256);
    let known = client.post("/login", &[], &login(ALICE, PASSWORD));
    let cookies = format!("{DEVICE_COOKIE}={}", set_cookie(&known, DEVICE_COOKIE).unwrap());
    let statuses = flood(&serving, LOGINS, home_line, |_| {
        for number in 0..15 {
            let answer = logs_in_from(&client, &format!("198.51.100.{number}"), &cookies, &login(ALICE, PASSWORD));
            assert_eq!(answer.status, 200, "{number}: {answer:?}");
        }
    });
    let looked_at: usize = [401, 503].iter().filter_map(|status| statuses.get(status)).sum();
    // Four times a client's twenty, and what comes back of it in the meantime.
    assert!((80..160).contains(&looked_at), "{statuses:?}");
}

/// Whoever floods from everywhere takes the places of strangers, and leaves those of known devices alone.
#[test]
fn a_flood_from_everywhere_leaves_known_devices_their_places() {
    let site = Site::new();
    let serving = site.serves(&AS_SHIPPED);
    let client = Client::of(&serving.url);
    let bearer = Jar::registered(&client, ALICE).bearer();
    let of_browser = client.post("/login", &[], &login(ALICE, PASSWORD));
    let mut program = json!({ "email": ALICE, "password": PASSWORD, "token_delivery": "body" });
    program["device_token"] = client.post("/login", &[], &program.to_string()).body["device_token"].clone();
    let everywhere = |number: usize| format!("10.{}.{}.{}", number / 65_536, number / 256 % 256, number % 256);
    let statuses = flood(&serving, 1 << 40, everywhere, |flood| {
        let cookies = format!("{DEVICE_COOKIE}={}", set_cookie(&of_browser, DEVICE_COOKIE).unwrap());
        for number in 0..15 {
            let address = format!("198.51.100.{number}");
            let answer = logs_in_from(&client, &address, &cookies, &login(ALICE, PASSWORD));
            assert_eq!(answer.status, 200, "{number}: {answer:?}");
            let answer = logs_in_from(&client, &address, "", &program.to_string());
            assert_eq!(answer.status, 200, "{number}: {answer:?}");
            let passwords = json!({ "current_password": "a wrong one", "new_password": "four lamps in the cellar" });
            let headers = [("authorization", bearer.as_str())];
            let answer = client.try_post("/users/me/password", &headers, &passwords.to_string()).unwrap();
            assert!([403, 429].contains(&answer.status), "{number}: {answer:?}");
        }
        flood.ends();
    });
    assert!(statuses.get(&503).is_some_and(|refused| *refused > 0), "the flood was no flood: {statuses:?}");
}

/// A bot that sends an attempt an hour kept a program's owner out for good: without cookies it was always a stranger.
#[test]
fn a_bot_does_not_lock_a_program_out_that_has_logged_in_before() {
    let site = Site::new();
    let serving = site.serves(&[]);
    let client = Client::of(&serving.url);
    Jar::registered(&client, ALICE);
    let mut body = json!({ "email": ALICE, "password": PASSWORD, "token_delivery": "body" });
    let answer = client.post("/login", &[], &body.to_string());
    body["device_token"] = answer.text("device_token").into();
    for _ in 0..10 {
        assert_eq!(verdict(&client.post("/login", &[], &login(ALICE, "a guess"))), (401, "invalid_credentials"));
    }
    assert_eq!(verdict(&client.post("/login", &[], &login(ALICE, PASSWORD))), (429, "too_many_attempts"));
    let answer = client.post("/login", &[], &body.to_string());
    assert_eq!(answer.status, 200, "{answer:?}");
}

/// Each ended the other's session in the other's browser, in the opposite order: 54 of 121 rounds were a deadlock and a 503.
#[test]
fn two_users_log_in_on_each_others_browser_at_the_limit_of_sessions() {
    const ROUNDS: usize = 121;
    let site = Site::new();
    let serving = site.serves(&[("HEIRLOOM_MAX_SESSIONS_PER_USER", "1")]);
    let emails = [ALICE, "bob@example.com"];
    let client = Client::of(&serving.url);
    let jars = emails.map(|email| Mutex::new(Jar::registered(&client, email)));
    let barrier = Barrier::new(2);
    let refused = AtomicUsize::new(0);
    thread::scope(|scope| {
        for (browser, jar) in jars.iter().enumerate() {
            let (barrier, refused, url) = (&barrier, &refused, &serving.url);
            scope.spawn(move || {
                let client = Client::of(url);
                for round in 1..=ROUNDS {
                    let cookie = format!("{COOKIE}={}", jar.lock().unwrap().refresh);
                    barrier.wait();
                    let body = login(emails[(browser + round) % 2], PASSWORD);
                    let answer = client.try_post("/login", &[("cookie", &cookie)], &body).unwrap();
                    match answer.status {
                        200 => *jar.lock().unwrap() = Jar::from(&answer),
                        503 => _ = refused.fetch_add(1, Ordering::Relaxed),
                        _ => panic!("{answer:?}"),
                    }
                }
            });
        }
    });
    assert_eq!(refused.into_inner(), 0, "of {ROUNDS} rounds");
    assert_eq!(serving.stops().code, Some(0));
    assert_eq!(site.counts("SELECT sum(deadlocks)::bigint AS number FROM pg_stat_database"), 0);
}

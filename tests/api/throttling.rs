//! Guessing is slowed down, and nobody else is.

use std::collections::BTreeSet;
use std::sync::Barrier;
use std::thread;

use heirloom::config::Config;
use heirloom::domain::outbox::Outgoing;
use heirloom::domain::policy::HashCost;
use heirloom::domain::throttle::Rate;
use serde_json::{Value, json};

use crate::support::app::{block_on, days, hours, seconds};
use crate::support::browser::{PASSWORD, WRONG};
use crate::support::{Answer, App};

const ALICE: &str = "alice@example.com";

fn a_minute(count: u32) -> Option<Rate> {
    Some(Rate { count: count.try_into().unwrap(), period: seconds(60) })
}

/// Behind a proxy on this machine, with the limits that the product has by default.
fn as_shipped(config: &mut Config) {
    config.throttle.login_rate = a_minute(20);
    config.throttle.refresh_rate = a_minute(300);
    config.throttle.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
}

fn count(answers: &[Answer], status: u16) -> usize {
    answers.iter().filter(|answer| answer.status == status).count()
}

#[test]
fn an_account_is_held_against_two_hundred_addresses_while_its_owners_browser_gets_in() {
    let app = App::with(as_shipped);
    let mut alice = app.logged_in(ALICE);
    let stranger = app.browser();
    let answers: Vec<Answer> =
        (0..200).map(|n| stranger.logs_in_from(&format!("203.0.113.{n}"), ALICE, WRONG)).collect();
    assert_eq!((count(&answers, 401), count(&answers, 429)), (10, 190));
    assert_eq!(
        stranger.logs_in_from("198.51.100.1", ALICE, PASSWORD).retry_after(),
        1,
        "the right one is not looked at"
    );
    assert_eq!(alice.logs_in_from("198.51.100.2", ALICE, PASSWORD).status, 200);
    assert_eq!(alice.logs_in(ALICE).status, 200);
    assert_eq!(alice.refreshes().status, 200);
    assert_eq!(stranger.logs_in_from("198.51.100.3", ALICE, WRONG).retry_after(), 1, "her login let the strangers in");
    assert_eq!(stranger.logs_in_from("198.51.100.4", "bob@example.com", WRONG).status, 401);
}

#[test]
fn an_address_is_held_against_two_hundred_accounts() {
    let app = App::with(as_shipped);
    let stranger = app.browser();
    let guess = |address: &str, n: u32| stranger.logs_in_from(address, &format!("user{n}@example.com"), WRONG);
    let answers: Vec<Answer> = (0..200).map(|n| guess("203.0.113.7", n)).collect();
    assert_eq!((count(&answers, 401), count(&answers, 429)), (20, 180));
    assert!(answers[20..].iter().all(|answer| answer.retry_after() == 3));
    assert_eq!(guess("203.0.113.8", 1_000).status, 401, "another address pays for it");
    app.passes(seconds(2));
    assert_eq!(guess("203.0.113.7", 1_001).retry_after(), 1);
    app.passes(seconds(1));
    assert_eq!(guess("203.0.113.7", 1_002).status, 401);
    assert_eq!(guess("203.0.113.7", 1_003).retry_after(), 3);
    let registers = json!({ "email": "new@example.com", "password": PASSWORD });
    let registers =
        stranger.bare_request("POST", "/register").header("x-forwarded-for", "203.0.113.7").json(&registers);
    assert_eq!(registers.send().retry_after(), 3, "registrations are not counted along");
}

#[test]
fn a_64_of_ipv6_is_one_address() {
    let app = App::with(as_shipped);
    let stranger = app.browser();
    let guess =
        |address: String, n: u32| stranger.logs_in_from(&address, &format!("user{n}@example.com"), WRONG).status;
    for n in 0..20 {
        assert_eq!(guess(format!("2001:db8:1:2:{n:x}::{n:x}"), n), 401);
    }
    assert_eq!(guess("[2001:db8:1:2:ffff::1]:443".to_owned(), 20), 429);
    assert_eq!(guess("2001:db8:1:3::1".to_owned(), 21), 401);
}

/// A home line has a /56, a tunnel or a hoster's customer a /48: each /64 of them gave as much as another client.
#[test]
fn the_64s_of_one_line_share_a_limit_and_other_lines_are_left_alone() {
    let app = App::with(as_shipped);
    let stranger = app.browser();
    let guess = |address: &str, n: u32| stranger.logs_in_from(address, &format!("user{n}@example.com"), WRONG);
    let guesses = |prefix: &str, from: u32| -> Vec<Answer> {
        (0..100).map(|n| guess(&format!("2001:db8:{prefix}{n:02x}::1"), from + n)).collect()
    };
    let of_a_56 = guesses("1:7", 0);
    assert_eq!((count(&of_a_56, 401), count(&of_a_56, 429)), (80, 20));
    assert!(of_a_56[80..].iter().all(|answer| answer.retry_after() == 1));
    let of_other_56s: Vec<Answer> = (1..9).flat_map(|line| guesses(&format!("2:{line}"), 1_000 + 100 * line)).collect();
    assert_eq!((count(&of_other_56s, 401), count(&of_other_56s, 429)), (320, 480), "a /48");
    assert_eq!(guess("2001:db8:3::1", 10_000).status, 401, "another /48 pays for it");
    app.passes(seconds(1));
    assert_eq!(guess("2001:db8:1:7ff::1", 10_001).status, 401, "a /56 is closed for good");
}

#[test]
fn headers_that_anyone_can_send_change_nothing() {
    let app = App::with(|config| config.throttle.login_rate = a_minute(10));
    let mut alice = app.logged_in(ALICE);
    let headers = ["x-forwarded-for", "forwarded", "x-real-ip", "true-client-ip", "cf-connecting-ip", "x-client-ip"];
    let guess = |n: usize, email: &str, password: &str| {
        let name = headers[n % headers.len()];
        let value = if name == "forwarded" { format!("for=198.51.100.{n}") } else { format!("198.51.100.{n}") };
        let body = json!({ "email": email, "password": password });
        let request = alice.bare_request("POST", "/login").header(name, &value).header("x-forwarded-for", &value);
        request.header("x-forwarded-for", "127.0.0.1").json(&body).send()
    };
    assert_eq!(guess(0, ALICE, PASSWORD).status, 200);
    let answers: Vec<Answer> = (1..20).map(|n| guess(n, &format!("user{n}@example.com"), WRONG)).collect();
    // Of ten, one went to registering and two to logging in.
    assert_eq!((count(&answers, 401), count(&answers, 429)), (7, 12));
    assert_eq!(app.reads("SELECT DISTINCT host(ip) AS word FROM token_families"), ["127.0.0.1"]);
    assert_eq!(app.reads("SELECT DISTINCT host(ip) AS word FROM session_events"), ["127.0.0.1"]);
    assert_eq!(alice.refreshes().status, 200);
}

#[test]
fn behind_a_trusted_proxy_the_client_is_the_hop_that_it_names() {
    let app = App::with(as_shipped);
    app.browser().registers(ALICE);
    let browser = app.browser();
    for (chain, stored) in [
        ("6.6.6.6, 203.0.113.7", "203.0.113.7"),
        ("6.6.6.6, ::ffff:203.0.113.8", "203.0.113.8"),
        ("203.0.113.9:4711, 127.0.0.1", "203.0.113.9"),
        ("6.6.6.6, [2001:db8::1]:443", "2001:db8::1"),
        ("6.6.6.6, unknown", "127.0.0.1"),
    ] {
        app.executes("DELETE FROM token_families");
        assert_eq!(browser.logs_in_from(chain, ALICE, PASSWORD).status, 200);
        assert_eq!(app.reads("SELECT host(ip) AS word FROM token_families"), [stored], "{chain}");
    }
}

#[test]
fn waits_double_up_to_an_hour_and_retry_after_is_right_to_the_second() {
    let app = App::start();
    let mut stranger = app.browser();
    stranger.registers(ALICE);
    stranger.guesses(ALICE, 10);
    for expected in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600, 3600, 3600] {
        assert_eq!(stranger.logs_in_with(ALICE, WRONG).retry_after(), expected);
        app.passes(seconds(expected) - std::time::Duration::from_millis(1));
        assert_eq!(stranger.logs_in(ALICE).retry_after(), 1, "knocking holds the door shut, or opens it too early");
        app.passes(std::time::Duration::from_millis(1));
        stranger.guesses(ALICE, 1);
    }
    app.passes(hours(1));
    assert_eq!(stranger.logs_in(ALICE).status, 200, "Retry-After was a promise");
}

#[test]
fn the_right_password_wipes_the_count() {
    let app = App::start();
    app.browser().registers(ALICE);
    for _ in 0..3 {
        // A new browser each time: none of them is known.
        app.browser().guesses(ALICE, 9);
        assert_eq!(app.browser().logs_in(ALICE).status, 200);
    }
    app.browser().guesses(ALICE, 10);
    assert_eq!(app.browser().logs_in(ALICE).retry_after(), 1);
    app.passes(seconds(1));
    assert_eq!(app.browser().logs_in(ALICE).status, 200);
    app.browser().guesses(ALICE, 10);
    assert_eq!(app.browser().logs_in(ALICE).retry_after(), 1, "the count went on from before the success");
    app.passes(seconds(1));
    app.executes("UPDATE users SET is_active = false");
    assert_eq!(app.browser().logs_in(ALICE).verdict(), (403, "account_disabled"));
    app.browser().guesses(ALICE, 10);
}

#[test]
fn after_a_day_without_tries_all_is_forgotten_and_a_wrong_clock_locks_nobody_out() {
    let app = App::start();
    let mut stranger = app.browser();
    stranger.guesses(ALICE, 10);
    app.executes("UPDATE login_throttles SET failures = 30");
    // An hour, less the head start of a network that has not made the account slow.
    assert_eq!(stranger.logs_in_with(ALICE, WRONG).retry_after(), 2700);
    app.passes(days(1));
    stranger.guesses(ALICE, 10);
    assert_eq!(stranger.logs_in_with(ALICE, WRONG).retry_after(), 1);
    app.executes("UPDATE login_throttles SET failures = 30, counted_at = counted_at + interval '1 year'");
    stranger.guesses(ALICE, 10);
    assert_eq!(app.counts("SELECT count(*) AS number FROM login_throttles"), 1);
}

#[test]
fn a_hundred_guesses_at_once_are_no_more_than_one_after_the_other() {
    let app = App::start();
    let other = app.sibling(|_| {});
    app.browser().registers(ALICE);
    let barrier = Barrier::new(100);
    let answers: Vec<Answer> = thread::scope(|scope| {
        let guesses: Vec<_> = (0..100)
            .map(|n| {
                let (app, barrier) = (if n % 2 == 0 { &app } else { &other }, &barrier);
                scope.spawn(move || {
                    barrier.wait();
                    app.browser().logs_in_with(ALICE, WRONG)
                })
            })
            .collect();
        guesses.into_iter().map(|guess| guess.join().unwrap()).collect()
    });
    assert_eq!((count(&answers, 401), count(&answers, 429)), (10, 90));
    assert_eq!(app.counts("SELECT failures::bigint AS number FROM login_throttles"), 10);
}

#[test]
fn processes_share_the_count_of_an_account() {
    let app = App::start();
    let other = app.sibling(|_| {});
    app.browser().registers(ALICE);
    app.browser().guesses(ALICE, 6);
    other.browser().guesses("  Alice@Example.COM ", 4);
    assert_eq!(app.browser().logs_in(ALICE).retry_after(), 1);
    assert_eq!(other.browser().logs_in(ALICE).retry_after(), 1);
    app.passes(seconds(1));
    assert_eq!(other.browser().logs_in(ALICE).status, 200);
    app.browser().guesses(ALICE, 9);
}

#[test]
fn who_mistypes_on_a_process_whose_clock_is_ahead_is_let_in_by_the_next() {
    let app = App::start();
    app.logged_in(ALICE);
    let ahead = app.sibling_ahead(seconds(5));
    for _ in 0..8 {
        assert_eq!(ahead.browser().logs_in_with(ALICE, WRONG).status, 401);
    }
    assert_eq!(app.browser().logs_in_with(ALICE, WRONG).status, 401);
    assert_eq!(app.browser().logs_in(ALICE).status, 200);
}

#[test]
fn known_and_unknown_accounts_are_refused_in_the_same_bytes() {
    let app = App::start();
    let mut stranger = app.browser();
    stranger.registers(ALICE);
    let mut told = BTreeSet::new();
    for email in [ALICE, "nobody@example.com", "not an address", ""] {
        stranger.guesses(email, 10);
        for password in [WRONG, PASSWORD] {
            let answer = stranger.logs_in_with(email, password);
            assert_eq!(answer.retry_after(), 1);
            let mut body = answer.json.clone();
            body["instance"] = Value::Null;
            let headers: BTreeSet<String> = answer
                .headers
                .iter()
                .filter(|(name, _)| !["x-request-id", "date"].contains(&name.as_str()))
                .map(|(name, value)| format!("{name}: {value:?}"))
                .collect();
            told.insert((body.to_string(), answer.text.len(), headers));
        }
    }
    assert_eq!(told.len(), 1, "{told:#?}");
    let rows = app.reads("SELECT login_throttles::text AS word FROM login_throttles");
    assert_eq!(rows.len(), 4);
    assert!(rows.iter().all(|row| !row.contains("example") && !row.contains("6578616d706c65")), "{rows:?}");
}

#[test]
fn a_try_that_nobody_judged_is_not_counted() {
    let app = App::with(|config| {
        config.hashes_at_once = std::num::NonZeroUsize::MIN;
        config.hash_cost = HashCost { memory: 19_456, passes: 2, parallelism: 1 };
    });
    let answers: Vec<Answer> = thread::scope(|scope| {
        let app = &app;
        let guesses: Vec<_> = (0..60)
            .map(|n| scope.spawn(move || app.browser().logs_in_with(&format!("user{n}@example.com"), WRONG)))
            .collect();
        guesses.into_iter().map(|guess| guess.join().unwrap()).collect()
    });
    assert_eq!(count(&answers, 401) + count(&answers, 503), 60);
    assert!(count(&answers, 503) > 0, "nothing was refused");
    let counted = app.counts("SELECT count(*) AS number FROM login_throttles WHERE failures = 1");
    assert_eq!(usize::try_from(counted).unwrap(), count(&answers, 401));
    assert_eq!(app.counts("SELECT sum(failures)::bigint AS number FROM login_throttles"), counted);
}

#[test]
fn a_refresh_too_many_keeps_the_cookie_and_goes_on_after_its_wait() {
    let app = App::with(|config| config.throttle.refresh_rate = a_minute(2));
    let mut alice = app.logged_in(ALICE);
    assert_eq!((alice.refreshes().status, alice.refreshes().status), (200, 200));
    let cookie = alice.cookie();
    let refused = alice.refreshes();
    assert_eq!(refused.retry_after(), 30);
    assert_eq!((refused.refresh_cookie(), alice.cookie()), (None, cookie));
    assert_eq!(alice.logs_in(ALICE).status, 200, "logins are limited by another rate");
    assert_eq!(alice.logs_out().status, 200);
    assert_eq!(alice.logs_in(ALICE).status, 200);
    app.passes(seconds(29));
    assert_eq!(alice.refreshes().retry_after(), 1);
    app.passes(seconds(1));
    assert_eq!(alice.refreshes().status, 200);
}

#[test]
fn old_counts_are_pruned_in_batches_by_any_number_of_processes() {
    use heirloom::db::{Database, DatabaseOptions, throttles};
    let app = App::start();
    let rows = "INSERT INTO login_throttles SELECT decode(lpad(to_hex(n), 64, '0'), 'hex'), 1, \
                timestamptz '2026-03-01 12:00:00Z' - n * interval '1 hour' FROM generate_series(1, 100) n";
    app.executes(rows);
    let options = DatabaseOptions {
        url: app.database.url().into(),
        connections: 4,
        prepare: true,
        timeout: seconds(10),
        outgoing: Outgoing::default(),
    };
    let database = Database::new(&options);
    let day_ago = app.clock.now() - days(1);
    let prune = || block_on(database.run(move |connection| throttles::prune(connection, day_ago, 10))).unwrap();
    assert_eq!(prune(), 10);
    assert_eq!(app.counts("SELECT count(*) AS number FROM login_throttles WHERE counted_at < '2026-02-25'"), 0);
    let pruned: usize = thread::scope(|scope| {
        let pruners: Vec<_> = (0..4).map(|_| scope.spawn(|| (0..5).map(|_| prune()).sum::<usize>())).collect();
        pruners.into_iter().map(|pruner| pruner.join().unwrap()).sum()
    });
    assert_eq!(pruned, 66);
    assert_eq!(app.counts("SELECT count(*) AS number FROM login_throttles"), 24);
}

#[test]
fn a_free_try_is_free_for_a_process_whose_clock_is_behind_too() {
    let app = App::start();
    let mut alice = app.browser();
    alice.registers("alice@example.com");
    alice.guesses("alice@example.com", 3);
    // Another process has counted the last of them, by its own clock.
    assert_eq!(app.executes("UPDATE login_throttles SET counted_at = counted_at + interval '2 seconds'"), 1);
    assert_eq!(alice.logs_in("alice@example.com").status, 200);
}

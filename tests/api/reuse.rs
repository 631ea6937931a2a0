//! Refreshing, as thieves do it.

use crate::support::App;
use crate::support::app::{days, seconds};

#[test]
fn an_old_token_ends_the_whole_family_and_no_other() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    let mut phone = app.browser();
    phone.logs_in("alice@example.com");
    let old = alice.cookie();
    alice.refreshes();
    alice.refreshes();
    let thief = app.browser();
    let answer = thief.replays(&old);
    assert_eq!(answer.verdict(), (401, "refresh_token_reused"));
    assert!(answer.clears_the_cookie());
    assert_eq!(alice.asks_who_am_i().verdict(), (401, "session_revoked"));
    let answer = alice.refreshes();
    assert_eq!(answer.verdict(), (401, "session_revoked"));
    assert_eq!(answer.json["reason"], "reuse");
    assert_eq!(alice.cookie, None);
    assert_eq!(phone.refreshes().status, 200);
    assert_eq!(phone.asks_who_am_i().status, 200);
}

#[test]
fn the_theft_is_on_record_once_with_both_addresses_and_its_distance() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    let old = alice.cookie();
    for _ in 0..3 {
        alice.refreshes();
    }
    for _ in 0..3 {
        app.browser().replays(&old);
    }
    let told = app.reads(
        "SELECT format('%s %s %s %s', detail->>'presented', detail->>'newest', detail->>'distance', detail->>'last_ip' = host(ip)) \
         AS word FROM session_events WHERE kind = 'reuse_detected'",
    );
    assert_eq!(told, ["1 4 3 t"]);
}

#[test]
fn a_grandparent_within_the_overlap_is_theft() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    let old = alice.cookie();
    alice.refreshes();
    alice.refreshes();
    assert_eq!(alice.replays(&old).verdict(), (401, "refresh_token_reused"));
}

#[test]
fn a_thief_who_uses_what_he_got_first_is_found_when_the_victim_comes() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    alice.asks_who_am_i();
    let mut thief = alice.tab();
    app.passes(seconds(600));
    assert_eq!(thief.refreshes().status, 200);
    thief.asks_who_am_i();
    app.settles();
    app.passes(seconds(11));
    assert_eq!(alice.refreshes().verdict(), (401, "refresh_token_reused"));
    assert_eq!(thief.refreshes().verdict(), (401, "session_revoked"));
}

#[test]
fn a_thief_who_trails_by_one_is_found_at_once() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    let mut retired = alice.cookie();
    let mut rounds = 0;
    loop {
        retired = std::mem::replace(&mut retired, alice.cookie());
        alice.refreshes();
        alice.asks_who_am_i();
        app.settles();
        app.passes(seconds(60));
        rounds += 1;
        if app.browser().replays(&retired).status == 401 {
            break;
        }
        assert!(rounds < 2, "a trailing thief goes unnoticed");
    }
    assert_eq!(alice.refreshes().verdict(), (401, "session_revoked"));
}

#[test]
fn a_thief_who_goes_first_and_stays_silent_is_found_at_the_fourth_refresh() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    for round in 1..=4 {
        alice.asks_who_am_i();
        app.settles();
        app.passes(days(1));
        assert_eq!(alice.tab().refreshes().status, 200, "the thief goes first");
        app.passes(seconds(11));
        let outcome = if round < 4 { 200 } else { 401 };
        assert_eq!(alice.refreshes().status, outcome, "round {round}");
    }
}

#[test]
fn generation_3_at_generation_5000_ends_the_family_for_every_connection() {
    let app = App::start();
    let other = app.sibling(|_| {});
    let mut alice = app.logged_in("alice@example.com");
    alice.refreshes();
    alice.refreshes();
    let third = alice.cookie();
    for _ in 3..5000 {
        assert_eq!(alice.refreshes().status, 200);
    }
    assert_eq!(app.counts("SELECT generation::bigint AS number FROM token_families"), 5000);
    assert_eq!(alice.at(&other).replays(&third).verdict(), (401, "refresh_token_reused"));
    assert_eq!(app.reads("SELECT revoked_reason AS word FROM token_families"), ["reuse"]);
    assert_eq!(alice.asks_who_am_i().verdict(), (401, "session_revoked"));
}

#[test]
fn a_thousand_forgeries_end_nothing() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    let genuine = alice.cookie();
    for n in 0..1000 {
        let mut forged = genuine.clone().into_bytes();
        let at = 3 + n % 71;
        forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
        let forged = String::from_utf8(forged).unwrap();
        assert_eq!(alice.replays(&forged).verdict(), (401, "refresh_token_invalid"), "{forged}");
    }
    assert_eq!(alice.refreshes().status, 200);
    assert_eq!(app.counts("SELECT count(*) AS number FROM token_families WHERE revoked_at IS NOT NULL"), 0);
}

#[test]
fn a_token_ninety_days_old_is_told_from_garbage() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    let old = alice.cookie();
    alice.refreshes();
    app.passes(days(90));
    assert_eq!(alice.replays(&old).verdict(), (401, "refresh_token_expired"));
}

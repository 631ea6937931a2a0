//! Replaced tokens that are presented again within the overlap window, in the place of the rotation and elsewhere.

use heirloom::config::Config;
use serde_json::json;

use crate::support::app::{hours, seconds};
use crate::support::browser::Browser;
use crate::support::{Answer, App};

const ALICE: &str = "alice@example.com";
const HOME: &str = "203.0.113.7";
const ELSEWHERE: &str = "198.51.100.66";

fn behind_a_proxy(config: &mut Config) {
    config.throttle.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
}

/// Alice at home, logged in, and the server that she uses.
fn alice() -> (App, Browser) {
    alice_under(behind_a_proxy)
}

fn alice_under(change: impl FnOnce(&mut Config)) -> (App, Browser) {
    let app = App::with(change);
    let mut alice = app.browser().copied_to(HOME);
    alice.registers(ALICE);
    assert_eq!(alice.logs_in(ALICE).status, 200);
    (app, alice)
}

/// Alice refreshes and uses what she gets; then `other` presents the token that she has just replaced.
fn follows(app: &App, alice: &mut Browser, other: &Browser) -> Answer {
    app.passes(seconds(840));
    let replaced = alice.cookie();
    assert_eq!(alice.refreshes().status, 200);
    assert_eq!(alice.asks_who_am_i().status, 200);
    app.settles();
    app.passes(seconds(2));
    other.replays(&replaced)
}

fn replays_on_record(app: &App) -> Vec<String> {
    app.reads(
        "SELECT format('%s at %s, replaced at %s', detail->>'generation', host(ip), detail->>'last_ip') AS word \
         FROM session_events WHERE kind = 'replayed_elsewhere' ORDER BY id",
    )
}

#[test]
fn a_thief_who_follows_from_elsewhere_is_on_record_each_time_and_caught_at_the_fifth() {
    let (app, mut alice) = alice();
    let thief = alice.copied_to(ELSEWHERE);
    for number in 2..=5 {
        assert!(follows(&app, &mut alice, &thief).refresh_cookie().is_some(), "generation {number}");
    }
    let told: Vec<String> = (2..=5).map(|number| format!("{number} at {ELSEWHERE}, replaced at {HOME}")).collect();
    assert_eq!(replays_on_record(&app), told);
    assert_eq!(follows(&app, &mut alice, &thief).verdict(), (401, "refresh_token_reused"));
    let answer = alice.refreshes();
    assert_eq!((answer.verdict(), &answer.json["reason"]), ((401, "session_revoked"), &json!("reuse")));
    assert_eq!(app.events(&alice).last().unwrap(), "reuse_detected");
}

#[test]
fn one_who_comes_before_the_confirmation_pays_as_well() {
    let (app, mut alice) = alice();
    let thief = alice.copied_to(ELSEWHERE);
    for is_caught in [false, false, false, false, true] {
        app.passes(seconds(840));
        let replaced = alice.cookie();
        alice.refreshes();
        assert_eq!(thief.replays(&replaced).status == 401, is_caught);
    }
}

#[test]
fn one_who_goes_first_is_found_by_the_replays_of_the_victim() {
    let (app, mut alice) = alice();
    let thief = alice.copied_to(ELSEWHERE);
    for is_caught in [false, false, false, false, true] {
        app.passes(seconds(840));
        assert_eq!(thief.replays(&alice.cookie()).status, 200);
        app.passes(seconds(5));
        assert_eq!(alice.refreshes().status == 401, is_caught);
    }
    assert_eq!(replays_on_record(&app)[0], format!("2 at {HOME}, replaced at {ELSEWHERE}"));
}

#[test]
fn in_one_generation_only_the_first_replay_from_elsewhere_costs_and_is_on_record() {
    let (app, mut alice) = alice();
    let replaced = alice.cookie();
    alice.refreshes();
    for number in 1..=20 {
        assert_eq!(alice.copied_to(&format!("198.51.100.{number}")).replays(&replaced).status, 200);
    }
    assert_eq!(replays_on_record(&app).len(), 1);
    assert_eq!(app.counts("SELECT recovery_tat AS number FROM token_families"), 2 + 7);
}

#[test]
fn tabs_in_one_place_race_for_nothing() {
    let (app, mut alice) = alice();
    for _ in 0..40 {
        let tab = alice.tab();
        assert_eq!(follows(&app, &mut alice, &tab).status, 200);
    }
    assert_eq!(app.counts("SELECT recovery_tat AS number FROM token_families"), 0);
    assert_eq!(app.events(&alice), ["registered", "login_succeeded"]);
}

/// Whoever is in a batch with the rotation shares it without any look at the row, so only in the same place.
#[test]
fn tabs_that_race_at_the_same_moment_cost_nothing_in_one_place_and_something_in_two() {
    let (app, mut alice) = alice();
    let race = |alice: &Browser, others: &[Browser]| {
        let cookie = alice.cookie();
        std::thread::scope(|scope| {
            for browser in others {
                let cookie = &cookie;
                scope.spawn(move || assert_eq!(browser.replays(cookie).status, 200));
            }
        });
    };
    for _ in 0..5 {
        app.passes(seconds(840));
        race(&alice, &(0..8).map(|_| alice.tab()).collect::<Vec<_>>());
        alice.refreshes();
    }
    assert_eq!(replays_on_record(&app), [""; 0]);
    app.passes(seconds(840));
    race(
        &alice,
        &(0..8).map(|n| if n % 2 == 0 { alice.tab() } else { alice.copied_to(ELSEWHERE) }).collect::<Vec<_>>(),
    );
    assert_eq!(replays_on_record(&app).len(), 1);
}

#[test]
fn a_device_that_changes_its_address_within_its_ipv6_network_stays_in_its_place() {
    let (app, alice) = alice();
    let mut phone = alice.copied_to("2001:db8:1:2:aaaa::1");
    phone.logs_in(ALICE);
    let same = phone.copied_to("2001:db8:1:2:bbbb::2");
    assert_eq!(follows(&app, &mut phone, &same).status, 200);
    assert_eq!(replays_on_record(&app), [""; 0]);
    let other = phone.copied_to("2001:db8:1:3:aaaa::1");
    assert_eq!(follows(&app, &mut phone, &other).status, 200);
    assert_eq!(replays_on_record(&app).len(), 1);
}

#[test]
fn another_user_agent_at_the_same_address_is_elsewhere() {
    let (app, mut alice) = alice();
    alice.user_agent = Some("Firefox".to_owned());
    let mut other = alice.tab();
    assert_eq!(follows(&app, &mut alice, &other).status, 200);
    assert_eq!(replays_on_record(&app), [""; 0]);
    other.user_agent = Some("curl".to_owned());
    assert_eq!(follows(&app, &mut alice, &other).status, 200);
    assert_eq!(replays_on_record(&app).len(), 1);
}

#[test]
fn without_credit_it_is_reuse_at_once() {
    let (app, mut alice) = alice_under(|config| {
        behind_a_proxy(config);
        config.rotation.recovery_burst = 0;
    });
    let thief = alice.copied_to(ELSEWHERE);
    let tab = alice.tab();
    assert_eq!(follows(&app, &mut alice, &tab).status, 200);
    assert_eq!(follows(&app, &mut alice, &thief).verdict(), (401, "refresh_token_reused"));
}

#[test]
fn a_recovery_moves_the_place_with_the_window() {
    let (app, mut alice) = alice();
    alice.refreshes();
    alice.asks_who_am_i();
    app.settles();
    app.passes(seconds(840));
    alice.refreshes_and_loses_the_answer();
    app.passes(hours(1));
    let mut cafe = alice.copied_to(ELSEWHERE);
    let (replaced, tab) = (cafe.cookie(), cafe.tab());
    assert_eq!(cafe.refreshes().status, 200);
    assert_eq!(tab.replays(&replaced).status, 200);
    assert_eq!(app.events(&cafe)[2..], ["answer_recovered"]);
}

/// As while a new version is rolled out: the row knows the address of its last rotation, and the login's user agent.
#[test]
fn a_row_of_an_older_version_is_compared_with_what_it_knows() {
    let (app, mut alice) = alice();
    for (other, is_elsewhere) in [(alice.tab(), false), (alice.copied_to(ELSEWHERE), true)] {
        app.passes(seconds(840));
        let replaced = alice.cookie();
        alice.refreshes();
        app.executes("UPDATE token_families SET user_agent_hash = NULL");
        assert_eq!(other.replays(&replaced).status, 200);
        assert_eq!(!replays_on_record(&app).is_empty(), is_elsewhere);
    }
}

#[test]
fn a_rotation_by_a_process_whose_clock_is_an_hour_ahead_keeps_no_window_open() {
    let (app, alice) = alice();
    alice.asks_who_am_i();
    let ahead = app.sibling_ahead(hours(1));
    let replaced = alice.cookie();
    let mut there = alice.at(&ahead);
    assert_eq!(there.refreshes().status, 200);
    there.asks_who_am_i();
    ahead.settles();
    app.passes(seconds(60));
    assert_eq!(alice.replays(&replaced).verdict(), (401, "refresh_token_reused"));
}

#[test]
fn the_metrics_count_replays_from_elsewhere_apart() {
    let (app, mut alice) = alice();
    let (tab, thief) = (alice.tab(), alice.copied_to(ELSEWHERE));
    follows(&app, &mut alice, &tab);
    follows(&app, &mut alice, &thief);
    let scrape = ureq::get(format!("{}/metrics", app.admin_url.as_ref().unwrap())).call().unwrap();
    let scrape = scrape.into_body().read_to_string().unwrap();
    for (outcome, count) in [("rotated", 2), ("replayed", 1), ("replayed_elsewhere", 1)] {
        assert!(scrape.contains(&format!("{{outcome=\"{outcome}\"}} {count}")), "{outcome}: {scrape}");
    }
}

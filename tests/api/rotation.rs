//! Refreshing, as honest clients do it.

use heirloom::domain::policy::RotationPolicy;
use serde_json::json;

use crate::support::App;
use crate::support::app::{days, hours, seconds};

#[test]
fn every_refresh_gives_a_new_token_and_the_session_goes_on() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    let session = alice.refreshes().json["session"]["id"].clone();
    for _ in 0..5 {
        let before = alice.cookie();
        let answer = alice.refreshes();
        assert_eq!(answer.status, 200);
        assert_ne!(alice.cookie(), before);
        assert_eq!(answer.json["session"]["id"], session);
        assert_eq!(alice.asks_who_am_i().json["email"], "alice@example.com");
    }
}

#[test]
fn a_second_tab_within_the_overlap_gets_the_same_successor() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    let mut tab = alice.tab();
    alice.refreshes();
    app.passes(seconds(10));
    assert_eq!(tab.refreshes().status, 200);
    assert_eq!(tab.cookie(), alice.cookie());
}

#[test]
fn replaying_does_not_hold_the_overlap_open() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    let old = alice.cookie();
    alice.refreshes();
    alice.asks_who_am_i();
    for _ in 0..4 {
        app.passes(seconds(2));
        assert_eq!(alice.replays(&old).status, 200);
    }
    app.passes(seconds(3));
    assert_eq!(alice.replays(&old).verdict(), (401, "refresh_token_reused"));
}

#[test]
fn without_an_overlap_a_retired_token_is_old_at_once() {
    let app = App::with(|config| config.rotation = RotationPolicy { overlap: seconds(0), ..config.rotation });
    let mut alice = app.logged_in("alice@example.com");
    let old = alice.cookie();
    alice.refreshes();
    alice.asks_who_am_i();
    app.settles();
    assert_eq!(alice.replays(&old).verdict(), (401, "refresh_token_reused"));
}

#[test]
fn an_answer_lost_eight_hours_ago_is_given_again() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    alice.asks_who_am_i();
    app.settles();
    alice.refreshes_and_loses_the_answer();
    app.passes(hours(8));
    let mut tab = alice.tab();
    assert_eq!(alice.refreshes().status, 200);
    // The repeated answer may get lost as well.
    app.passes(hours(8));
    assert_eq!(tab.refreshes().status, 200);
    assert_eq!(tab.cookie(), alice.cookie());
    assert_eq!(alice.refreshes().status, 200);
}

/// The server that renders a page has used the access token, and its response to the browser gets lost.
#[test]
fn a_page_that_was_lost_on_its_way_from_the_server_that_rendered_it_ends_no_session() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    alice.asks_who_am_i();
    app.settles();
    let mut rendering = alice.tab();
    rendering.refreshes();
    let page = rendering.with_access("GET", "/users/me").header("heirloom-confirm", "no").send();
    assert_eq!((page.status, &page.json["email"]), (200, &"alice@example.com".into()));
    app.settles();
    app.passes(hours(8));
    assert_eq!(alice.refreshes().status, 200);
    assert_eq!(alice.cookie(), rendering.cookie());
}

#[test]
fn a_request_confirms_the_generation_unless_it_only_reads_and_says_no() {
    for (method, path, value) in [("GET", "/users/me", "yes"), ("POST", "/users/me/password", "no")] {
        let app = App::start();
        let mut alice = app.logged_in("alice@example.com");
        alice.asks_who_am_i();
        let mut rendering = alice.tab();
        rendering.refreshes();
        let body = json!({ "current_password": "wrong", "new_password": "another long password" });
        let request = rendering.with_access(method, path).header("heirloom-confirm", value);
        if method == "GET" {
            request.send()
        } else {
            request.json(&body).send()
        };
        app.settles();
        app.passes(hours(8));
        assert_eq!(alice.refreshes().verdict(), (401, "refresh_token_reused"), "{method}");
    }
}

/// As line 6 of the rule has it for every client that confirms nothing.
#[test]
fn a_thief_who_only_reads_without_a_confirmation_is_found_at_the_users_fourth_refresh() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    let mut verdicts = Vec::new();
    for _ in 0..4 {
        alice.asks_who_am_i();
        app.settles();
        let mut thief = alice.copied_to("203.0.113.66");
        thief.refreshes();
        thief.with_access("GET", "/sessions").header("heirloom-confirm", "no").send();
        app.settles();
        app.passes(seconds(11));
        verdicts.push(alice.refreshes().status);
    }
    assert_eq!(verdicts, [200, 200, 200, 401]);
}

#[test]
fn tabs_that_wake_together_all_get_the_late_answer() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    alice.asks_who_am_i();
    app.settles();
    alice.refreshes_and_loses_the_answer();
    app.passes(hours(8));
    let mut slower = alice.tab();
    assert_eq!(alice.refreshes().status, 200);
    alice.asks_who_am_i();
    app.settles();
    app.passes(seconds(2));
    assert_eq!(slower.refreshes().status, 200, "the second tab to wake is taken for a thief");
    assert_eq!(slower.cookie(), alice.cookie());
    app.passes(seconds(9));
    assert_eq!(slower.asks_who_am_i().status, 200);
    app.settles();
    let retired = slower.cookie();
    slower.refreshes();
    slower.asks_who_am_i();
    app.settles();
    app.passes(seconds(11));
    assert_eq!(alice.replays(&retired).verdict(), (401, "refresh_token_reused"));
}

#[test]
fn a_confirmation_that_a_crash_took_back_is_written_again() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    alice.asks_who_am_i();
    app.settles();
    app.executes("UPDATE token_families SET confirmed = 0");
    // A crash ends every connection.
    app.database.cut_connections();
    app.eventually(|| {
        alice.asks_who_am_i();
        app.settles();
        app.counts("SELECT confirmed::bigint AS number FROM token_families") == 1
    });
    alice.refreshes_and_loses_the_answer();
    app.passes(hours(1));
    assert_eq!(alice.refreshes().status, 200);
}

#[test]
fn the_credit_for_lost_answers_runs_out_and_is_earned_again() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    for _ in 0..3 {
        alice.asks_who_am_i();
        app.settles();
        alice.refreshes_and_loses_the_answer();
        app.passes(hours(1));
        assert_eq!(alice.refreshes().status, 200);
    }
    for _ in 0..30 {
        assert_eq!(alice.refreshes().status, 200);
    }
    for outcome in [200, 200, 200, 401] {
        alice.asks_who_am_i();
        app.settles();
        alice.refreshes_and_loses_the_answer();
        app.passes(hours(1));
        assert_eq!(alice.refreshes().status, outcome);
    }
}

#[test]
fn a_client_that_never_confirms_gets_no_late_answer() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    alice.refreshes_and_loses_the_answer();
    app.passes(seconds(11));
    assert_eq!(alice.refreshes().verdict(), (401, "refresh_token_reused"));
}

#[test]
fn a_session_ends_when_it_is_idle_too_long_and_not_before() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    app.passes(days(7) - seconds(1));
    assert_eq!(alice.refreshes().status, 200);
    app.passes(days(7));
    let answer = alice.refreshes();
    assert_eq!(answer.verdict(), (401, "refresh_token_expired"));
    assert!(answer.clears_the_cookie());
}

#[test]
fn an_access_token_does_not_outlive_a_session_that_is_left_idle() {
    let app = App::with(|config| config.lifetimes.idle = seconds(60));
    let alice = app.logged_in("alice@example.com");
    assert_eq!(alice.asks_who_am_i().status, 200);
    app.passes(seconds(61));
    assert_eq!(alice.asks_who_am_i().verdict(), (401, "access_token_expired"));
    assert_eq!(alice.lists_her_sessions().verdict(), (401, "access_token_expired"));
}

#[test]
fn a_session_ends_at_its_absolute_limit_however_busy_it_is() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    for _ in 0..5 {
        app.passes(days(5));
        assert_eq!(alice.refreshes().status, 200);
    }
    app.passes(days(5) - seconds(1));
    let answer = alice.refreshes();
    assert_eq!(answer.status, 200);
    assert!(answer.refresh_cookie().unwrap().ends_with("Max-Age=1"), "{answer:?}");
    assert!(answer.json["expires_in"].as_i64().unwrap() <= 1, "an access token outlives its session");
    app.passes(seconds(1));
    assert_eq!(alice.refreshes().verdict(), (401, "refresh_token_expired"));
}

#[test]
fn a_rotation_that_the_database_lost_is_caught_up() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    let second = {
        alice.refreshes();
        alice.cookie()
    };
    alice.refreshes();
    alice.refreshes();
    app.loses_rotations(&alice, 2);
    assert_eq!(alice.refreshes().status, 200);
    assert_eq!(app.events(&alice), ["registered", "login_succeeded", "row_caught_up"]);
    app.passes(seconds(11));
    assert_eq!(alice.replays(&second).verdict(), (401, "refresh_token_reused"));
}

#[test]
fn a_confirmation_of_a_lost_rotation_catches_the_row_up_too() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    alice.refreshes();
    let old = alice.cookie();
    alice.refreshes();
    app.loses_rotations(&alice, 2);
    alice.asks_who_am_i();
    app.settles();
    assert_eq!(app.events(&alice), ["registered", "login_succeeded", "row_caught_up"]);
    // Two tabs that race right after the accident are still no theft.
    assert_eq!(alice.replays(&old).status, 200);
    assert_eq!(alice.refreshes().status, 200);
}

#[test]
fn two_processes_judge_alike() {
    let app = App::start();
    let other = app.sibling(|_| {});
    let mut alice = app.logged_in("alice@example.com");
    let old = alice.cookie();
    let mut elsewhere = alice.at(&other);
    alice.refreshes();
    assert_eq!(elsewhere.refreshes().status, 200);
    assert_eq!(elsewhere.cookie(), alice.cookie());
    assert_eq!(elsewhere.refreshes().status, 200);
    assert_eq!(alice.replays(&old).verdict(), (401, "refresh_token_reused"));
    assert_eq!(elsewhere.refreshes().verdict(), (401, "session_revoked"));
}

//! The session that a browser gets with a new password, and who is left without one.

use std::sync::Barrier;
use std::thread;

use serde_json::json;

use crate::support::App;
use crate::support::app::seconds;
use crate::support::browser::{Browser, PASSWORD};
use crate::support::database::session_of;
use crate::support::page::{ACCESS, CSRF, Page};

const NEW: &str = "four lamps in the cellar";

fn living(app: &App) -> i64 {
    app.counts("SELECT count(*) AS number FROM token_families WHERE revoked_at IS NULL")
}

#[test]
fn a_thief_with_the_same_cookie_and_access_token_is_left_with_nothing() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    let mut thief = alice.copied_to("203.0.113.9");
    assert_eq!(alice.changes_password(PASSWORD, NEW).status, 200);
    assert_eq!(thief.asks_who_am_i().verdict(), (401, "session_revoked"));
    assert_eq!(thief.with_access("GET", "/sessions").send().verdict(), (401, "session_revoked"));
    assert_eq!(thief.changes_password(NEW, PASSWORD).verdict(), (401, "session_revoked"));
    assert_eq!(thief.refreshes().verdict(), (401, "session_revoked"));
    assert_eq!(alice.refreshes().status, 200);
    assert_eq!(living(&app), 1);
}

#[test]
fn the_new_session_is_the_current_one_and_the_log_says_how_it_began() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    let before = session_of(&alice);
    app.passes(seconds(60));
    let answer = alice.changes_password(PASSWORD, NEW);
    let id = answer.json["session"]["id"].as_str().unwrap();
    assert_eq!((answer.json["token_type"].as_str(), id), (Some("Bearer"), session_of(&alice).as_str()));
    assert_eq!(answer.json["refresh_token"], json!(null), "the token of a cookie is in no body");
    let sessions = alice.lists_her_sessions().json["sessions"].as_array().unwrap().clone();
    assert_eq!(sessions.len(), 1);
    assert_eq!((&sessions[0]["id"], &sessions[0]["current"]), (&json!(id), &json!(true)));
    assert_eq!(sessions[0]["created_at"], "2026-03-01T12:01:00Z");
    let events = alice.with_access("GET", "/users/me/events").send().json["events"].as_array().unwrap().clone();
    let of_kind = |kind: &str| events.iter().find(|event| event["kind"] == kind).unwrap();
    assert_eq!(of_kind("password_changed")["session_id"], id);
    assert_eq!(of_kind("session_revoked")["session_id"], before);
    assert_eq!(of_kind("session_revoked")["detail"], json!({ "reason": "password_change" }));
}

#[test]
fn tokens_come_the_way_that_those_of_the_session_before_came() {
    let app = App::with(|config| config.cookie.with_access_token = true);
    let mut page = Page::logged_in(&app, "alice@example.com");
    let (access, csrf) = (page.access.clone().unwrap(), page.csrf.clone().unwrap());
    let body = json!({ "current_password": PASSWORD, "new_password": NEW });
    let answer = page.request("POST", "/users/me/password").header("x-csrf-token", &csrf).json(&body).send();
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.refresh_cookie().is_some() && answer.device_cookie().is_some());
    page.takes(&answer);
    page.browser.takes(&answer);
    assert!(page.access.as_ref() != Some(&access) && page.csrf.as_ref() != Some(&csrf));
    assert!(answer.set_cookie(ACCESS).is_some() && answer.set_cookie(CSRF).is_some());
    assert_eq!(page.asks_who_am_i().status, 200);
    let logout = page.request("POST", "/logout-all");
    assert_eq!(logout.header("x-csrf-token", page.csrf.as_ref().unwrap()).send().status, 200);

    let mut program = app.native_app();
    program.request("POST", "/register").json(&json!({ "email": "bob@example.com", "password": PASSWORD })).send();
    let bearer = format!("Bearer {}", program.logs_in("bob@example.com").access_token());
    let (old, old_device) = (program.token(), program.device_token.take());
    let change = program.request("POST", "/users/me/password").header("authorization", bearer);
    let answer = change.json(&body).send();
    assert_eq!(answer.status, 200, "{answer:?}");
    program.takes(&answer);
    assert_ne!(program.token(), old);
    assert!(program.device_token.is_some() && program.device_token != old_device, "as after a login");
    assert!(answer.json["refresh_expires_in"].is_number());
    assert_eq!(program.refreshes().status, 200);
    program.refresh_token = Some(old);
    assert_eq!(program.refreshes().verdict(), (401, "session_revoked"));
}

/// A tab may have sent the old cookie before the browser had the new one. Its answer may arrive after that of the change.
#[test]
fn a_refresh_that_was_late_does_not_take_the_new_cookie_away() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    let (mut tab, mut phone) = (alice.tab(), app.browser());
    phone.logs_in("alice@example.com");
    assert_eq!(alice.changes_password(PASSWORD, NEW).status, 200);
    let late = tab.refreshes();
    assert_eq!((late.verdict(), &late.json["reason"]), ((401, "session_revoked"), &json!("password_change")));
    assert_eq!(late.set_cookies().count(), 0, "the cookie may be the new session's by now: {late:?}");
    assert!(phone.refreshes().clears_the_cookie(), "another device has no new session");
    app.passes(seconds(61));
    assert!(tab.refreshes().clears_the_cookie(), "who still shows the old token has lost the answer");
    assert_eq!(alice.refreshes().status, 200);
}

/// Otherwise a browser whose user has logged out could be left with the new session.
#[test]
fn a_logout_that_crosses_the_change_ends_the_new_session_too() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    let mut tab = alice.tab();
    assert_eq!(alice.changes_password(PASSWORD, NEW).status, 200);
    assert_eq!(alice.changes_password(NEW, PASSWORD).status, 200);
    assert!(tab.logs_out().clears_the_cookie());
    assert_eq!(alice.asks_who_am_i().verdict(), (401, "session_revoked"));
    assert_eq!(alice.refreshes().verdict(), (401, "session_revoked"));
    assert_eq!(living(&app), 0);
}

#[test]
fn a_copy_of_the_old_cookie_cannot_log_the_owner_out_later() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    let mut thief = alice.copied_to("203.0.113.9");
    assert_eq!(alice.changes_password(PASSWORD, NEW).status, 200);
    app.passes(seconds(61));
    assert_eq!(thief.logs_out().status, 200);
    assert_eq!(alice.asks_who_am_i().status, 200);
    assert_eq!(alice.refreshes().status, 200);
}

#[test]
fn of_two_changes_at_once_one_wins_and_its_session_is_the_only_one() {
    let app = App::start();
    app.browser().registers("alice@example.com");
    let mut current = PASSWORD.to_owned();
    for round in 0..10 {
        let mut alice = app.browser();
        assert_eq!(alice.logs_in_with("alice@example.com", &current).status, 200);
        let mut phone = app.browser();
        phone.logs_in_with("alice@example.com", &current);
        // Two tabs of one browser, or two devices.
        let other = if round % 2 == 0 { alice.tab() } else { phone };
        let barrier = Barrier::new(2);
        let changed: Vec<(String, Browser)> = thread::scope(|scope| {
            let attempts = [(alice, "one"), (other, "other")].map(|(mut browser, who)| {
                let (barrier, current) = (&barrier, &current);
                let new = format!("the password of {who} in round {round}");
                scope.spawn(move || {
                    barrier.wait();
                    let answer = browser.changes_password(current, &new);
                    let verdict = (answer.status, answer.code().to_owned());
                    (verdict, new, browser)
                })
            });
            let answers = attempts.map(|attempt| attempt.join().unwrap());
            let lost = answers.iter().filter(|(verdict, ..)| *verdict == (401, "session_revoked".to_owned())).count();
            // The loser's password may have been looked at when it was an old one already.
            let wrong =
                answers.iter().filter(|(verdict, ..)| *verdict == (403, "invalid_credentials".to_owned())).count();
            assert_eq!(lost + wrong, 1, "{:?}", answers.each_ref().map(|(verdict, ..)| verdict.clone()));
            answers
                .into_iter()
                .filter(|(verdict, ..)| verdict.0 == 200)
                .map(|(_, new, browser)| (new, browser))
                .collect()
        });
        let [(new, mut winner)] = <[_; 1]>::try_from(changed).map_err(|changed| changed.len()).unwrap();
        assert_eq!(living(&app), 1);
        assert_eq!(winner.refreshes().status, 200);
        current = new;
    }
}

#[test]
fn a_browser_whose_other_tab_refreshes_during_the_change_stays_logged_in() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    for round in 0..20 {
        let passwords = [PASSWORD, NEW];
        let (current, new) = (passwords[round % 2], passwords[(round + 1) % 2]);
        let (mut tab, barrier) = (alice.tab(), Barrier::new(2));
        thread::scope(|scope| {
            scope.spawn(|| {
                barrier.wait();
                let last = (0..).map(|_| tab.refreshes()).find(|answer| answer.status != 200).unwrap();
                assert_eq!(last.verdict(), (401, "session_revoked"));
                assert_eq!(last.set_cookies().count(), 0, "{last:?}");
            });
            barrier.wait();
            assert_eq!(alice.changes_password(current, new).status, 200);
        });
        assert_eq!(alice.refreshes().status, 200);
        assert_eq!(living(&app), 1);
    }
}

/// Either the logout came first, and nothing was changed, or it ended the new session too.
#[test]
fn whichever_comes_first_a_logout_during_the_change_leaves_no_session() {
    let app = App::start();
    app.browser().registers("alice@example.com");
    let mut current = PASSWORD.to_owned();
    for round in 0..20 {
        let mut alice = app.browser();
        assert_eq!(alice.logs_in_with("alice@example.com", &current).status, 200);
        let mut tab = alice.tab();
        let (barrier, new) = (Barrier::new(2), format!("the password of round {round}"));
        thread::scope(|scope| {
            scope.spawn(|| {
                barrier.wait();
                assert_eq!(tab.logs_out().status, 200);
            });
            barrier.wait();
            let answer = alice.changes_password(&current, &new);
            match answer.status {
                200 => current.clone_from(&new),
                _ => assert_eq!(answer.verdict(), (401, "session_revoked")),
            }
        });
        assert_eq!(living(&app), 0, "round {round}");
    }
}

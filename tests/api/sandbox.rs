//! Families to practise on: what a server for development offers, and what one for production does not know.

use serde_json::{Value, json};

use crate::support::app::seconds;
use crate::support::browser::{Browser, PASSWORD, WRONG};
use crate::support::database::session_of;
use crate::support::{Answer, App};

const NOBODYS: &str = "00000000-0000-7000-8000-000000000000";

fn development() -> App {
    App::with(|config| config.is_development = true)
}

/// Somebody with a family to practise on, and the token of each of its generations.
struct Learner<'a> {
    app: &'a App,
    browser: Browser,
    id: String,
    tokens: Vec<String>,
    access_token: String,
}

impl<'a> Learner<'a> {
    fn begins(app: &'a App) -> Self {
        Self::begins_as(app, "alice@example.com")
    }

    fn begins_as(app: &'a App, email: &str) -> Self {
        let browser = app.logged_in(email);
        app.passes(seconds(1));
        let answer = browser.with_access("POST", "/dev/families").send();
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.header("set-cookie"), None, "the person's own session is left alone");
        let id = answer.json["session"]["id"].as_str().unwrap().to_owned();
        let mut learner = Self { app, browser, id, tokens: Vec::new(), access_token: String::new() };
        learner.takes(&answer);
        learner
    }

    fn shows(&self, generation: usize) -> Answer {
        let token = &self.tokens[generation - 1];
        self.browser.bare_request("POST", "/refresh").json(&json!({ "refresh_token": token })).send()
    }

    /// Refreshes and uses what comes of it.
    fn refreshes(&mut self) {
        let answer = self.shows(self.tokens.len());
        assert_eq!(decision(&answer), "rotated");
        self.takes(&answer);
        assert_eq!(self.browser.asks_who_am_i_with(&self.access_token).status, 200);
        self.app.settles();
    }

    fn takes(&mut self, answer: &Answer) {
        self.tokens.push(answer.json["refresh_token"].as_str().unwrap().to_owned());
        self.access_token = answer.access_token().to_owned();
    }

    fn looks(&self) -> Value {
        let answer = self.browser.with_access("GET", &format!("/dev/families/{}", self.id)).send();
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json
    }
}

fn decision(answer: &Answer) -> &str {
    answer.header("heirloom-decision").unwrap_or("none")
}

#[test]
fn a_family_is_shown_as_the_rule_sees_it() {
    let app = development();
    let mut alice = Learner::begins(&app);
    let begun = alice.looks();
    assert_eq!((&begun["generation"], &begun["confirmed"], &begun["recovered"]), (&json!(1), &json!(0), &json!(0)));
    assert_eq!((&begun["delivery"], &begun["credits"]), (&json!("body"), &json!(3)));
    assert_eq!(begun["policy"], json!({ "overlap": 10.0, "recovery_burst": 3, "recovery_every": 10 }));
    alice.refreshes();
    let used = alice.looks();
    assert_eq!(
        (&used["generation"], &used["confirmed"], &used["revoked_reason"]),
        (&json!(2), &json!(2), &Value::Null)
    );
}

#[test]
fn tabs_that_race_get_one_successor_and_the_answer_says_so() {
    let app = development();
    let alice = Learner::begins(&app);
    let (one, other) = (alice.shows(1), alice.shows(1));
    assert_eq!((decision(&one), decision(&other)), ("rotated", "replayed"));
    assert_eq!(one.json["refresh_token"], other.json["refresh_token"]);
}

#[test]
fn a_lost_answer_is_given_again_late_and_costs_a_credit() {
    let app = development();
    let mut alice = Learner::begins(&app);
    alice.refreshes();
    assert_eq!(decision(&alice.shows(2)), "rotated");
    app.passes(seconds(11));
    assert_eq!(decision(&alice.shows(2)), "recovered");
    let family = alice.looks();
    assert_eq!((&family["generation"], &family["recovered"], &family["credits"]), (&json!(3), &json!(3), &json!(2)));
}

#[test]
fn a_thief_ends_the_practice_family_and_not_the_session_that_it_was_begun_from() {
    let app = development();
    let mut alice = Learner::begins(&app);
    alice.refreshes();
    alice.refreshes();
    let answer = alice.shows(1);
    assert_eq!((answer.verdict(), decision(&answer)), ((401, "refresh_token_reused"), "reused"));
    assert_eq!(decision(&alice.shows(3)), "revoked");
    let family = alice.looks();
    assert_eq!(family["revoked_reason"], "reuse");
    assert!(family["revoked_at"].is_string());
    assert_eq!(alice.browser.refreshes().status, 200);
}

#[test]
fn ones_own_session_can_be_looked_at_and_nobody_elses() {
    let app = development();
    let alice = app.logged_in("alice@example.com");
    let mallory = Learner::begins_as(&app, "mallory@example.com").id;
    let own = alice.with_access("GET", &format!("/dev/families/{}", session_of(&alice))).send();
    assert_eq!((own.status, &own.json["delivery"]), (200, &json!("cookie")));
    for id in [mallory.as_str(), NOBODYS, "garbage"] {
        let answer = alice.with_access("GET", &format!("/dev/families/{id}")).send();
        assert_eq!(answer.verdict(), (404, "session_not_found"), "{id}");
    }
}

/// An access token would else be good for ever: each sandbox family would begin the next.
#[test]
fn a_practice_family_begins_no_other_and_is_soon_over() {
    let app = development();
    let mut alice = Learner::begins(&app);
    let begin = |token: &str| {
        alice.browser.bare_request("POST", "/dev/families").header("authorization", format!("Bearer {token}")).send()
    };
    assert_eq!(begin(&alice.access_token).verdict(), (404, "session_not_found"));
    let mut native = app.native_app();
    let answer = native.logs_in("alice@example.com");
    assert_eq!(begin(answer.access_token()).verdict(), (404, "session_not_found"));
    app.passes(seconds(14 * 60));
    alice.refreshes();
    app.passes(seconds(61));
    assert_eq!(alice.shows(2).verdict(), (401, "refresh_token_expired"));
}

#[test]
fn nobody_practises_without_a_good_access_token() {
    let app = development();
    let mut alice = app.logged_in("alice@example.com");
    let revoked = alice.access_token.clone().unwrap();
    let own = format!("/dev/families/{}", session_of(&alice));
    alice.logs_out();
    for (method, path) in [("POST", "/dev/families"), ("GET", own.as_str())] {
        let request = || alice.bare_request(method, path);
        assert_eq!(request().send().verdict(), (401, "access_token_missing"));
        let with = |token: &str| request().header("authorization", format!("Bearer {token}")).send();
        assert_eq!(with(&revoked).verdict(), (401, "session_revoked"));
        assert_eq!(with(&format!("{revoked}A")).verdict(), (401, "access_token_invalid"));
    }
    let foreign = alice.bare_request("POST", "/dev/families").header("sec-fetch-site", "cross-site").send();
    assert_eq!(foreign.verdict(), (403, "cross_site_request"));
    assert_eq!(alice.bare_request("GET", "/dev/families").send().verdict(), (405, "method_not_allowed"));
}

#[test]
fn the_beginning_of_a_practice_family_is_on_record() {
    let app = development();
    let alice = Learner::begins(&app);
    let events = alice.browser.with_access("GET", "/users/me/events").send();
    assert_eq!(events.json["events"][0]["kind"], "practice_began");
    assert_eq!(events.json["events"][0]["session_id"], alice.id.as_str());
    let sessions = alice.browser.lists_her_sessions();
    let named = sessions.json["sessions"].as_array().unwrap().iter().find(|session| session["id"] == alice.id.as_str());
    assert_eq!(named.unwrap()["device"], "Sandbox");
}

#[test]
fn production_has_nothing_of_it() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    let own = format!("/dev/families/{}", session_of(&alice));
    for (method, path) in [("POST", "/dev/families"), ("GET", "/dev/families"), ("GET", own.as_str())] {
        assert_eq!(alice.with_access(method, path).send().verdict(), (404, "not_found"), "{method} {path}");
    }
    assert_eq!(decision(&alice.refreshes()), "none");
    let told = app.reads("SELECT kind AS word FROM session_events WHERE kind = 'practice_began'");
    assert!(told.is_empty());
}

/// Each family would else have attempts of its own, and whoever has stolen an access token begins one after the other.
#[test]
fn wrong_passwords_in_a_practice_family_count_for_the_session_that_it_was_begun_from() {
    let app = development();
    let alice = Learner::begins(&app);
    let deletes = |token: &str, password: &str| {
        let request =
            alice.browser.bare_request("DELETE", "/users/me").header("authorization", format!("Bearer {token}"));
        request.json(&json!({ "password": password })).send()
    };
    let another = alice.browser.with_access("POST", "/dev/families").send();
    let own = alice.browser.access_token.clone().unwrap();
    let tokens = [own.as_str(), &alice.access_token, another.access_token()];
    for guess in 0..10 {
        assert_eq!(deletes(tokens[guess % 3], WRONG).verdict(), (403, "invalid_credentials"));
    }
    for token in tokens {
        assert_eq!(deletes(token, PASSWORD).retry_after(), 1);
    }
    app.passes(seconds(1));
    let later = alice.browser.with_access("POST", "/dev/families").send();
    assert_eq!(deletes(later.access_token(), WRONG).verdict(), (403, "invalid_credentials"));
    assert_eq!(deletes(later.access_token(), WRONG).retry_after(), 2, "a new family has new attempts");
    let elsewhere = app.native_app().logs_in("alice@example.com");
    assert_eq!(deletes(elsewhere.access_token(), PASSWORD).status, 204, "another login pays for it");
}

#[test]
fn practice_families_stay_within_the_limit_of_sessions_and_leave_the_own_one_alone() {
    let limited = |limit: u32| {
        App::with(|config| {
            config.is_development = true;
            config.sessions_per_user = limit.try_into().unwrap();
        })
    };
    let app = limited(3);
    let alice = app.logged_in("alice@example.com");
    for _ in 0..2 {
        app.passes(seconds(1));
        assert_eq!(app.browser().logs_in("alice@example.com").status, 200);
    }
    let mut families = Vec::new();
    for _ in 0..4 {
        app.passes(seconds(1));
        let begun = alice.with_access("POST", "/dev/families").send();
        assert_eq!(begun.status, 200);
        families.push(begun.json["session"]["id"].as_str().unwrap().to_owned());
        let live = app.reads("SELECT id::text AS word FROM token_families WHERE revoked_at IS NULL");
        assert_eq!(live.len(), 3);
        assert!(live.contains(&session_of(&alice)) && live.contains(families.last().unwrap()));
    }
    let ended = app.reads("SELECT DISTINCT revoked_reason AS word FROM token_families WHERE revoked_at IS NOT NULL");
    assert_eq!(ended, ["limit"]);
    let app = limited(1);
    let alice = app.logged_in("alice@example.com");
    assert_eq!(alice.with_access("POST", "/dev/families").send().verdict(), (404, "session_not_found"));
    assert_eq!(alice.asks_who_am_i().status, 200);
}

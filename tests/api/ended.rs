//! Ended means ended: whatever a process has heard, however late a transaction commits, and whatever the clocks do.

use std::cell::Cell;
use std::thread;

use diesel::connection::SimpleConnection as _;
use heirloom::db::ended_sessions;
use heirloom::service::Service;
use serde_json::json;

use crate::support::App;
use crate::support::app::{block_on, hours, seconds};
use crate::support::browser::{Browser, PASSWORD};
use crate::support::database::{claims, session_of};

fn accepts(service: &Service, browser: &Browser) -> bool {
    service.authenticate(browser.access_token.as_deref().unwrap()).is_ok()
}

/// The row says that the session has ended, and nothing has told the processes.
fn ends_behind_its_back(app: &App, browser: &Browser) {
    let session = session_of(browser);
    let ended = app.executes(&format!(
        "UPDATE token_families SET revoked_at = rotated_at, revoked_reason = 'logout' WHERE id = '{session}'"
    ));
    assert_eq!(ended, 1);
    assert!(accepts(app.service(), browser), "the process has not heard of it");
}

#[test]
fn a_notification_alone_ends_the_sessions_that_it_names() {
    let app = App::start();
    let (alice, bob, carol) =
        (app.logged_in("alice@example.com"), app.logged_in("bob@example.com"), app.logged_in("carol@example.com"));
    let named = [&alice, &bob].map(|browser| session_of(browser).replace('-', "")).join(",");
    app.eventually(|| {
        app.executes(&format!("SELECT pg_notify('heirloom_sessions_ended', '{named}')"));
        !accepts(app.service(), &alice) && !accepts(app.service(), &bob)
    });
    assert_eq!(app.counts("SELECT count(*) AS number FROM ended_sessions"), 0, "there was nothing to look up");
    for garbage in ["", "nonsense", &"x".repeat(7_999)] {
        app.executes(&format!("SELECT pg_notify('heirloom_sessions_ended', '{garbage}')"));
    }
    assert!(accepts(app.service(), &carol));
}

#[test]
fn what_a_request_finds_ended_is_known_from_then_on() {
    let app = App::with(|config| config.database.listen = false);
    type Find = fn(&mut Browser) -> (u16, String);
    let finds: [Find; 5] = [
        |browser| verdict(&browser.refreshes()),
        |browser| verdict(&browser.logs_out()),
        |browser| verdict(&browser.lists_her_sessions()),
        |browser| verdict(&browser.asks_who_am_i()),
        |browser| verdict(&browser.with_access("POST", "/logout-all").send()),
    ];
    for (number, find) in finds.into_iter().enumerate() {
        let mut browser = app.logged_in(&format!("user{number}@example.com"));
        ends_behind_its_back(&app, &browser);
        let before = browser.tab();
        let found = find(&mut browser);
        let expected = if number == 1 { (200, String::new()) } else { (401, "session_revoked".to_owned()) };
        assert_eq!(found, expected, "{number}");
        assert!(!accepts(app.service(), &before), "{number}");
    }
}

/// The session is noted once, however often its dead token is presented.
#[test]
fn a_repeated_logout_is_held_once() {
    let app = App::with(|config| config.database.listen = false);
    let alice = app.logged_in("alice@example.com");
    ends_behind_its_back(&app, &alice);
    let held = || app.scrape().value("heirloom_ended_sessions_held").unwrap();
    assert!(held().abs() < f64::EPSILON);
    for _ in 0..3 {
        assert_eq!(alice.tab().logs_out().status, 200);
        assert_eq!(alice.tab().refreshes().verdict(), (401, "session_revoked"));
        assert!((held() - 1.0).abs() < f64::EPSILON, "{}", held());
        assert!(!accepts(app.service(), &alice));
    }
}

fn verdict(answer: &crate::support::Answer) -> (u16, String) {
    let (status, code) = answer.verdict();
    (status, code.to_owned())
}

/// A session that has expired by this process's clock only is not put down as ended: the clock may be wrong.
#[test]
fn what_has_expired_is_not_taken_for_ended() {
    let app = App::start();
    let alice = app.logged_in("alice@example.com");
    app.executes("UPDATE token_families SET idle_expires_at = rotated_at");
    assert_eq!(alice.lists_her_sessions().verdict(), (401, "session_revoked"));
    assert_eq!(alice.with_access("POST", "/logout-all").send().verdict(), (401, "session_revoked"));
    assert!(accepts(app.service(), &alice));
}

/// The review's attack: a synchronous standby is lost, so the commit of a logout waits. When it is through, its time is long
/// past. The session's access token could end another device, log out all and delete the account.
#[test]
fn a_logout_whose_commit_is_held_for_ten_minutes_ends_the_session_everywhere() {
    let app = App::start();
    let hears = app.sibling(|_| {});
    let is_deaf = app.sibling(|config| config.database.listen = false);
    app.executes(
        "CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS \
         $$ BEGIN PERFORM pg_advisory_xact_lock(7); RETURN NULL; END $$",
    );
    app.executes(
        "CREATE CONSTRAINT TRIGGER hold AFTER INSERT ON ended_sessions DEFERRABLE INITIALLY DEFERRED \
         FOR EACH ROW EXECUTE FUNCTION hold()",
    );
    let mut alice = app.logged_in("alice@example.com");
    let stolen = alice.tab();
    let mut holder = app.database.connect();
    holder.batch_execute("SELECT pg_advisory_lock(7)").unwrap();
    thread::scope(|scope| {
        let leaving = scope.spawn(|| alice.logs_out().status);
        app.eventually(|| {
            app.counts(
                "SELECT count(*) AS number FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database \
                 WHERE datname = current_database() AND locktype = 'advisory' AND NOT granted",
            ) > 0
        });
        app.passes(seconds(600));
        for process in [&hears, &is_deaf] {
            process.catches_up();
            assert!(accepts(process.service(), &stolen), "the logout has not been committed");
        }
        holder.batch_execute("SELECT pg_advisory_unlock(7)").unwrap();
        assert_eq!(leaving.join().unwrap(), 200);
    });
    for process in [&app, &hears, &is_deaf] {
        process.eventually(|| !accepts(process.service(), &stolen));
        let at = stolen.at(process);
        assert_eq!(at.with_access("POST", "/logout-all").send().verdict(), (401, "session_revoked"));
        let deletion = at.with_access("DELETE", "/users/me").json(&json!({ "password": PASSWORD })).send();
        assert_eq!(deletion.verdict(), (401, "session_revoked"));
    }
}

/// What each reading returns, transaction by transaction.
#[test]
fn a_reader_misses_no_transaction_whatever_the_order_of_their_commits() {
    let app = App::start();
    let read = |since| app.database.runs(move |connection| ended_sessions::read(connection, since));
    let insert = |number: u32| {
        format!(
            "INSERT INTO ended_sessions (family_id, ended_at) VALUES ('00000000-0000-7000-8000-{number:012}', now())"
        )
    };
    let numbers = |news: &ended_sessions::News| {
        let mut numbers: Vec<u128> = news.ended.iter().map(|id| id.as_uuid().as_u128() & 0xffff).collect();
        numbers.sort_unstable();
        numbers
    };
    app.executes(&insert(1));
    let first = read(None);
    assert_eq!(numbers(&first), [1]);
    let mut slow = app.database.connect();
    slow.batch_execute(&format!("BEGIN; {}", insert(2))).unwrap();
    app.executes(&insert(3));
    let second = read(Some(first.position));
    assert!(numbers(&second).contains(&3) && !numbers(&second).contains(&2), "the slow one has not been committed");
    app.executes(&insert(4));
    let third = read(Some(second.position));
    assert!(numbers(&third).contains(&4));
    slow.batch_execute("COMMIT").unwrap();
    let fourth = read(Some(third.position));
    assert!(numbers(&fourth).contains(&2), "{fourth:?}");
    // What is read is not read for ever. Transactions of other databases of the server delay that.
    let last = Cell::new(fourth.position);
    app.eventually(|| {
        let news = read(Some(last.get()));
        last.set(news.position);
        numbers(&news).is_empty()
    });
    // A process of a version that does not know the columns writes the same statement.
    app.executes(&insert(5));
    assert_eq!(numbers(&read(Some(last.get()))), [5]);
}

#[test]
fn a_million_sessions_ended_at_once_are_only_told_to_be_looked_up() {
    let app = App::start();
    let is_deaf = app.sibling(|config| config.database.listen = false);
    let alice = app.logged_in("alice@example.com");
    app.executes(
        "INSERT INTO token_families SELECT (jsonb_populate_record(family, jsonb_build_object('id', gen_random_uuid()))).* \
         FROM token_families AS family, generate_series(1, 1500)",
    );
    let user = block_on(app.operator().find_user("alice@example.com")).unwrap().unwrap();
    let hears = app.sibling(|_| {});
    block_on(app.operator().revoke_sessions(user.id)).unwrap();
    for process in [&app, &hears, &is_deaf] {
        process.eventually(|| !accepts(process.service(), &alice));
    }
}

#[test]
fn processes_whose_clocks_are_apart_know_what_each_other_has_ended() {
    let app = App::start();
    for apart in [90_i64, -90, 3_600, -3_600] {
        for listen in [true, false] {
            let other = app.sibling_apart(apart, |config| config.database.listen = listen);
            other.catches_up();
            for (here, there) in [(&app, &other), (&other, &app)] {
                let who = format!("user{}{apart}{listen}@example.com", here.url.rsplit(':').next().unwrap());
                let mut alice = there.logged_in(&who);
                assert!(accepts(there.service(), &alice));
                assert_eq!(alice.at(here).logs_out().status, 200);
                there.eventually(|| !accepts(there.service(), &alice));
                assert_eq!(alice.refreshes().verdict(), (401, "session_revoked"));
            }
        }
    }
}

/// By the clock of a process that is behind, a token from one that is ahead lives longer.
#[test]
fn a_token_from_an_hour_ahead_is_refused_when_its_time_has_come() {
    let app = App::start();
    let ahead = app.sibling_ahead(hours(1));
    let mut alice = ahead.logged_in("alice@example.com");
    let stolen = alice.tab().at(&app);
    assert_eq!(stolen.asks_who_am_i().verdict(), (401, "access_token_invalid"), "it comes from the future");
    assert_eq!(alice.logs_out().status, 200);
    app.catches_up();
    for _ in 0..8 {
        app.passes(seconds(600));
        app.catches_up();
        assert!(!accepts(app.service(), &stolen));
    }
    let left = claims(stolen.access_token.as_deref().unwrap())["exp"].as_i64().unwrap();
    assert!(app.clock.now().unix_timestamp() > left, "it has expired by every clock");
}

#[test]
fn a_process_with_a_wrong_clock_takes_no_record_from_the_others() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    alice.logs_out();
    let ahead = app.sibling_ahead(hours(24));
    ahead.prunes();
    app.passes(hours(24));
    app.prunes();
    assert_eq!(app.counts("SELECT count(*) AS number FROM ended_sessions"), 1);
    app.executes("UPDATE ended_sessions SET recorded_at = now() - interval '149 minutes'");
    app.prunes();
    assert_eq!(app.counts("SELECT count(*) AS number FROM ended_sessions"), 1, "twice as long as a token may live");
    app.executes("UPDATE ended_sessions SET recorded_at = now() - interval '151 minutes'");
    app.prunes();
    assert_eq!(app.counts("SELECT count(*) AS number FROM ended_sessions"), 0);
}

/// What has expired by the clock of the process that ends all sessions may live by the others'.
#[test]
fn a_clock_that_is_ahead_spares_no_session() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    app.passes(hours(7 * 24 - 1) + seconds(1800));
    let ahead = app.sibling_ahead(seconds(3_000));
    let mut phone = ahead.browser();
    assert_eq!(phone.logs_in("alice@example.com").status, 200);
    let answer = phone.with_access("POST", "/logout-all").send();
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(alice.refreshes().verdict(), (401, "session_revoked"));
}

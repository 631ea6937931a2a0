//! The feeds of events and of ended sessions: complete in spite of late commits, and waiting for news.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::thread;

use diesel::connection::SimpleConnection as _;
use heirloom::domain::service_key::Scope;
use serde_json::{Value, json};

use crate::support::Answer;
use crate::support::App;
use crate::support::app::{block_on, seconds};
use crate::support::backend::Backend;
use crate::support::browser::PASSWORD;
use crate::support::database::session_of;

fn kinds(page: &Answer) -> Vec<&str> {
    let events = page.json["events"].as_array().unwrap_or_else(|| panic!("{page:?}"));
    events.iter().map(|event| event["kind"].as_str().unwrap()).collect()
}

fn cursor(page: &Answer) -> &str {
    page.json["cursor"].as_str().unwrap_or_else(|| panic!("{page:?}"))
}

fn after(backend: &Backend, path: &str, page: &Answer) -> Answer {
    let separator = if path.contains('?') { '&' } else { '?' };
    backend.gets(&format!("/service/{path}{separator}after={}", cursor(page)))
}

/// Reads on until that many events have come: transactions of other tests can delay the last ones.
fn gathers(backend: &Backend, query: &str, start: &Answer, count: usize) -> (Vec<Value>, Answer) {
    let (mut events, mut page) = (Vec::new(), None);
    while events.len() < count {
        let next = after(backend, &format!("events?wait=10{query}"), page.as_ref().unwrap_or(start));
        events.extend(next.json["events"].as_array().unwrap_or_else(|| panic!("{next:?}")).clone());
        page = Some(next);
    }
    (events, page.unwrap())
}

fn names(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["kind"].as_str().unwrap()).collect()
}

fn sessions(page: &Answer) -> Vec<String> {
    let ended = page.json["ended"].as_array().unwrap_or_else(|| panic!("{page:?}"));
    ended.iter().map(|ended| ended["session_id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn events_of_all_users_come_once_and_oldest_first() {
    let app = App::start();
    let backend = app.backend(&[Scope::EventsRead]);
    let empty = backend.gets("/service/events");
    assert_eq!((empty.status, kinds(&empty)), (200, vec![]));
    let (mut alice, bob) = (app.logged_in("alice@example.com"), app.logged_in("bob@example.com"));
    alice.logs_out();
    let (events, rest) = gathers(&backend, "&limit=1", &empty, 5);
    assert_eq!(names(&events), ["registered", "login_succeeded", "registered", "login_succeeded", "logout"]);
    assert_eq!(kinds(&after(&backend, "events", &rest)), [""; 0]);
    assert_eq!(kinds(&backend.gets("/service/events")).len(), 5, "a new consumer starts with the oldest");
    assert_eq!(kinds(&backend.gets("/service/events?limit=2")).len(), 2);
    let event = &events[3];
    assert_eq!(event["session_id"].as_str().unwrap(), session_of(&bob));
    assert_eq!(event["user_id"], bob.asks_who_am_i().json["id"]);
    for field in ["id", "at", "ip", "user_agent", "device", "detail"] {
        assert!(event.get(field).is_some(), "{field}");
    }
}

#[test]
fn events_from_before_their_order_was_recorded_come_first() {
    let app = App::start();
    app.logged_in("alice@example.com");
    app.executes("UPDATE session_events SET recorded_xid = NULL");
    app.logged_in("bob@example.com");
    let backend = app.backend(&[Scope::EventsRead]);
    let first = backend.gets("/service/events?limit=1");
    let (rest, last) = gathers(&backend, "&limit=1", &first, 3);
    assert_eq!(kinds(&after(&backend, "events", &last)), [""; 0]);
    let seen: Vec<Value> =
        first.json["events"].as_array().unwrap().iter().chain(&rest).map(|event| event["id"].clone()).collect();
    let ids = app.reads("SELECT id::text AS word FROM session_events ORDER BY recorded_xid NULLS FIRST, id");
    assert_eq!(seen, ids.iter().map(|id| json!(id)).collect::<Vec<Value>>());
}

#[test]
fn an_event_whose_transaction_commits_late_is_not_missed() {
    let app = App::start();
    let alice = app.logged_in("alice@example.com");
    let backend = app.backend(&[Scope::EventsRead]);
    let start = backend.gets("/service/events?after=e0.0.00000000000000000000000000000000&limit=1");
    let (_, page) = gathers(&backend, "", &start, 1);
    let mut late = app.database.connect();
    let user = alice.asks_who_am_i().json["id"].as_str().unwrap().to_owned();
    late.batch_execute(&format!(
        "BEGIN; INSERT INTO session_events (id, at, user_id, kind) VALUES (gen_random_uuid(), now(), '{user}', 'late')"
    ))
    .unwrap();
    app.logged_in("bob@example.com");
    let meanwhile = after(&backend, "events", &page);
    late.batch_execute("COMMIT").unwrap();
    assert_eq!(kinds(&meanwhile), [""; 0], "a later event waits for an earlier one");
    let (events, _) = gathers(&backend, "", &meanwhile, 3);
    assert_eq!(names(&events), ["late", "registered", "login_succeeded"]);
}

#[test]
fn a_consumer_of_events_waits_for_news() {
    let app = App::start();
    let backend = app.backend(&[Scope::EventsRead]);
    let page = backend.gets("/service/events");
    thread::scope(|scope| {
        let waiting = scope.spawn(|| after(&backend, "events?wait=30", &page));
        app.logged_in("alice@example.com");
        assert_eq!(kinds(&waiting.join().unwrap())[0], "registered");
    });
    for query in ["wait=31", "wait=-1", "limit=0", "limit=1001", "after=nonsense", "after=", "before=1"] {
        assert_eq!(backend.gets(&format!("/service/events?{query}")).verdict(), (422, "validation_failed"), "{query}");
    }
}

#[test]
fn every_way_to_end_a_session_is_in_the_feed_with_its_reason() {
    let app = App::start();
    let backend = app.trusted_backend();
    let start = backend.gets("/service/ended");
    assert_eq!((start.status, sessions(&start).len()), (200, 0));
    assert!(start.json["keep_for"].as_u64().unwrap() > 60);
    let mut people: Vec<_> = (0..6).map(|n| app.logged_in(&format!("user{n}@example.com"))).collect();
    let ids: Vec<String> = people.iter().map(session_of).collect();
    let users: Vec<Value> = people.iter().map(|person| person.asks_who_am_i().json["id"].clone()).collect();
    let path = |n: usize| format!("/service/users/{}", users[n].as_str().unwrap());
    people[0].logs_out();
    backend.request("DELETE", &format!("/service/sessions/{}", ids[1])).send();
    backend.request("PATCH", &path(2)).json(&json!({ "is_active": false })).send();
    backend.request("DELETE", &path(3)).send();
    app.executes(&format!("UPDATE users SET is_active = false WHERE id = '{}'", users[4].as_str().unwrap()));
    people[5].changes_password(PASSWORD, "five lamps on the stairs");
    let reasons = ["logout", "admin", "disabled", "admin", "disabled", "password_change"];
    let mut page = start;
    let mut found = Vec::new();
    while found.len() < 6 {
        page = after(&backend, "ended?wait=10", &page);
        assert_eq!(page.status, 200, "{page:?}");
        found.extend(page.json["ended"].as_array().unwrap().clone());
    }
    for n in 0..6 {
        let ended = found.iter().find(|ended| ended["session_id"] == json!(ids[n])).unwrap();
        assert_eq!((&ended["user_id"], &ended["reason"]), (&users[n], &json!(reasons[n])), "{ended}");
        assert!(ended["at"].is_string());
    }
    let mut all = sessions(&backend.gets("/service/ended"));
    all.sort();
    let mut expected = ids;
    expected.sort();
    assert_eq!(all, expected, "a new consumer starts with all that matter");
}

#[test]
fn any_process_reads_on_from_the_cursor_of_another() {
    let app = App::start();
    let sibling = app.sibling(|config| config.database.listen = false);
    let backend = app.trusted_backend();
    let other = backend.at_url(sibling.admin_url.clone().unwrap());
    let mut alice = app.logged_in("alice@example.com");
    let page = backend.gets("/service/ended");
    let session = session_of(&alice);
    alice.logs_out();
    let found = after(&other, "ended?wait=10", &page);
    assert_eq!(sessions(&found), std::slice::from_ref(&session));
    let mut bob = app.logged_in("bob@example.com");
    let of_bob = session_of(&bob);
    bob.logs_out();
    assert!(sessions(&after(&backend, "ended?wait=10", &found)).contains(&of_bob));
    let foreign = found.json["cursor"].as_str().unwrap().replacen('s', "s1", 1);
    let all = sessions(&backend.gets(&format!("/service/ended?after={foreign}")));
    assert!(all.contains(&session) && all.contains(&of_bob), "after a failover everything comes again");
}

#[test]
fn a_session_that_a_late_transaction_ends_is_not_missed() {
    let app = App::start();
    let backend = app.trusted_backend();
    let sibling = app.sibling(|_| {});
    let other = backend.at_url(sibling.admin_url.clone().unwrap());
    let (alice, mut bob) = (app.logged_in("alice@example.com"), app.logged_in("bob@example.com"));
    let page = backend.gets("/service/ended");
    let session = session_of(&alice);
    let mut late = app.database.connect();
    late.batch_execute(&format!(
        "BEGIN; UPDATE token_families SET revoked_at = rotated_at, revoked_reason = 'admin' WHERE id = '{session}'; \
         INSERT INTO ended_sessions (family_id, ended_at) VALUES ('{session}', now())"
    ))
    .unwrap();
    bob.logs_out();
    let meanwhile = after(&backend, "ended?wait=10", &page);
    assert_eq!(sessions(&meanwhile), [session_of(&bob)]);
    late.batch_execute("COMMIT").unwrap();
    for backend in [&backend, &other] {
        let mut found = after(backend, "ended?wait=10", &meanwhile);
        while !sessions(&found).contains(&session) {
            found = after(backend, "ended?wait=10", &found);
        }
        let ended = found.json["ended"].as_array().unwrap().iter().find(|ended| ended["session_id"] == json!(session));
        assert_eq!(ended.unwrap()["reason"], "admin", "an older process does not say it, and the session does");
    }
}

#[test]
fn a_stream_sends_each_ended_session_and_a_comment_in_between() {
    let app = App::start();
    let backend = app.backend(&[Scope::EndedRead]);
    let (mut alice, mut bob) = (app.logged_in("alice@example.com"), app.logged_in("bob@example.com"));
    let (of_alice, of_bob) = (session_of(&alice), session_of(&bob));
    let open = |newest: Option<&str>| {
        let mut request = backend.request("GET", "/service/ended").header("accept", "text/event-stream");
        if let Some(newest) = newest {
            request = request.header("last-event-id", newest);
        }
        let response = request.try_send().unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-store");
        BufReader::new(response.into_body().into_reader())
    };
    let next = |stream: &mut BufReader<_>| {
        let mut block: Vec<String> = Vec::new();
        loop {
            let mut line = String::new();
            BufReader::<ureq::BodyReader>::read_line(stream, &mut line).unwrap();
            match line.trim_end() {
                "" if block.iter().any(|line| !line.starts_with(':')) => return block,
                "" => block.clear(),
                line => block.push(line.to_owned()),
            }
        }
    };
    let mut stream = open(None);
    alice.logs_out();
    let event = next(&mut stream);
    let (id, data) = (event[0].strip_prefix("id: ").unwrap(), event[2].strip_prefix("data: ").unwrap());
    assert_eq!(event[1], "event: ended");
    let data: Value = serde_json::from_str(data).unwrap();
    assert_eq!((&data["session_id"], &data["reason"]), (&json!(of_alice), &json!("logout")));
    bob.logs_out();
    let mut again = open(Some(id));
    assert!(next(&mut again)[2].contains(&of_bob), "it reads on where the stream has ended");
    assert!(next(&mut stream)[2].contains(&of_bob));
    let mut line = String::new();
    stream.read_line(&mut line).unwrap();
    assert!(line.starts_with(": "), "{line:?}");
}

#[test]
fn a_key_that_is_revoked_meanwhile_gets_nothing_more() {
    let app = App::start();
    let backend = app.trusted_backend();
    let page = backend.gets("/service/ended");
    let mut stream = backend.request("GET", "/service/ended").header("accept", "text/event-stream").try_send().unwrap();
    thread::scope(|scope| {
        let events = scope.spawn(|| {
            backend.gets(
                "/service/events?after=e7fffffffffffffff.7fffffffffffffff.00000000000070008000000000000000&wait=30",
            )
        });
        let ended = scope.spawn(|| after(&backend, "ended?wait=30", &page));
        thread::yield_now();
        app.passes(seconds(1));
        assert!(block_on(app.service_keys().revoke(backend.key_id)).unwrap());
        app.passes(seconds(1));
        assert_eq!(ended.join().unwrap().verdict(), (401, "service_key_invalid"));
        assert_eq!(events.join().unwrap().verdict(), (401, "service_key_invalid"));
    });
    let _ = stream.body_mut().read_to_string();
}

#[test]
fn a_process_that_does_not_know_what_has_ended_says_so() {
    let app = App::with(|config| config.database.timeout = seconds(1));
    let backend = app.trusted_backend();
    let page = backend.gets("/service/ended");
    thread::scope(|scope| {
        let waiting = scope.spawn(|| after(&backend, "ended?wait=30", &page));
        app.database.set_reachable(false);
        app.passes(seconds(6));
        assert_eq!(waiting.join().unwrap().verdict(), (503, "unavailable"));
        app.database.set_reachable(true);
    });
}

#[test]
fn a_consumer_that_has_gone_holds_no_connection() {
    let app = App::start();
    let backend = app.trusted_backend();
    let open = || app.scrape().count("heirloom_http_connections_open{listener=\"admin\"}");
    let page = backend.gets("/service/ended");
    let before = open();
    let address = app.admin_url.as_ref().unwrap().strip_prefix("http://").unwrap();
    let mut consumers = Vec::new();
    for path in [format!("/service/ended?wait=30&after={}", cursor(&page)), "/service/events?wait=30".to_owned()] {
        let mut consumer = TcpStream::connect(address).unwrap();
        let key = &backend.key;
        write!(consumer, "GET {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {key}\r\n\r\n").unwrap();
        consumers.push(consumer);
    }
    app.eventually(|| open() == before + 2);
    drop(consumers);
    app.eventually(|| open() == before);
}

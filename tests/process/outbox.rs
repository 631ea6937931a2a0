//! No message is lost, and none gets a second id: two processes are killed while they send to a receiver that fails.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use serde_json::json;

use super::client::{Client, PASSWORD, Session};
use super::external_database::Somebodys;
use super::home::Home;
use super::outbox_receiver::{Fate, UnreliableReceiver};
use super::program::{TIMEOUT, eventually, within};
use super::serving::Serving;

const CLIENTS: usize = 8;
const KILLS: usize = 3;

const SETTINGS: [(&str, &str); 6] = [
    ("HEIRLOOM_SECRET", "a secret for the tests of thirty-two bytes and more"),
    ("HEIRLOOM_WEBHOOK_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
    // It lets sessions begin without a password.
    ("HEIRLOOM_DEV", "true"),
    ("HEIRLOOM_ACCESS_TOKEN_TTL", "1h"),
    ("HEIRLOOM_DATABASE_POOL", "4"),
    ("HEIRLOOM_LOG", "error"),
];

/// 400, or what `make outbox` says.
#[expect(clippy::disallowed_methods, reason = "a longer run of the same test")]
fn wanted() -> usize {
    std::env::var("HEIRLOOM_TEST_MESSAGES").map_or(400, |count| count.parse().unwrap())
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = Text)]
    id: String,
}

fn count(connection: &mut PgConnection, query: &str) -> usize {
    let query = format!("SELECT count(*) AS number FROM {query}");
    let number: Number = diesel::sql_query(query).get_result(connection).unwrap();
    usize::try_from(number.number).unwrap()
}

/// An access token of a new account.
fn begins(url: &str, email: &str) -> String {
    Session::registered(url, email);
    let body = json!({"email": email, "password": PASSWORD}).to_string();
    Client::of(url).post("/login", &[], &body).text("access_token")
}

/// Begins and ends sessions until `is_enough`, at whichever process responds. Neither costs a hash.
fn causes_events(access_token: &str, urls: &Mutex<[String; 2]>, is_enough: &AtomicBool) {
    let mut turn = 0;
    let mut posts = |path: &str, body: &str| {
        let mut done = None;
        eventually("a process responds", || {
            turn += 1;
            let url = urls.lock().unwrap()[turn % 2].clone();
            let header = ("authorization", format!("Bearer {access_token}"));
            let headers: &[_] = if path == "/logout" { &[] } else { &[(header.0, header.1.as_str())] };
            // A killed process may have done it already. Then it is done twice.
            done = Client::of(&url).try_post(path, headers, body).ok().filter(|answer| answer.status != 503);
            done.is_some()
        });
        let answer = done.unwrap();
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer
    };
    while !is_enough.load(Ordering::SeqCst) {
        let begun = posts("/dev/families", "");
        posts("/logout", &json!({"refresh_token": begun.text("refresh_token")}).to_string());
    }
}

#[test]
fn no_message_is_lost_or_sent_under_another_id_when_both_processes_are_killed() {
    let (home, receiver, messages) = (Home::new(), UnreliableReceiver::start(), wanted());
    let somebodys = Somebodys::server(&home);
    let database = somebodys.url("sessions");
    let url = receiver.url();
    let environment = [&[("DATABASE_URL", database.as_str()), ("HEIRLOOM_WEBHOOK_URL", &url)][..], &SETTINGS].concat();
    let migrated = home.run_with(&["migrate", "run"], &environment);
    assert_eq!(migrated.code, Some(0), "{migrated:?}");
    let start = || [(); 2].map(|()| Serving::start_with(&home, &[], &environment));
    let bound = TIMEOUT * (1 + u32::try_from(messages / 400).unwrap());
    let connection = &mut PgConnection::establish(&database).unwrap();

    let mut servers = Vec::from(start());
    let urls = Mutex::new([servers[0].url.clone(), servers[1].url.clone()]);
    let is_enough = &AtomicBool::new(false);
    let tokens: Vec<String> =
        (0..CLIENTS).map(|number| begins(&servers[0].url, &format!("user{number}@example.com"))).collect();
    thread::scope(|scope| {
        let servers = &mut servers;
        for token in tokens {
            let urls = &urls;
            scope.spawn(move || causes_events(&token, urls, is_enough));
        }
        for kill in 1..=KILLS {
            let before = messages * kill / (KILLS + 1);
            within(bound, "events happen", || count(connection, "session_events") >= before);
            // The receiver is away from the second kill until the third.
            match kill {
                2 => receiver.is_killed(),
                _ => receiver.comes_back(),
            }
            servers.drain(..).for_each(Serving::gets_killed);
            servers.extend(start());
            *urls.lock().unwrap() = [servers[0].url.clone(), servers[1].url.clone()];
            if messages > 1_000 {
                receiver.stalls();
            }
        }
        within(bound, "events happen", || count(connection, "session_events") >= messages);
        is_enough.store(true, Ordering::SeqCst);
    });
    drains(connection, &receiver, bound);
    for server in servers.drain(..) {
        assert_eq!(server.stops().code, Some(0));
    }
    judges(connection, &receiver);
}

#[test]
fn a_process_that_stops_waits_for_the_messages_that_it_is_sending() {
    let (home, receiver) = (Home::new(), UnreliableReceiver::start());
    receiver.takes_its_time();
    let somebodys = Somebodys::server(&home);
    let (database, url) = (somebodys.url("sessions"), receiver.url());
    let environment = [&[("DATABASE_URL", database.as_str()), ("HEIRLOOM_WEBHOOK_URL", &url)][..], &SETTINGS].concat();
    let serving = Serving::start_with(&home, &["--migrate"], &environment);
    let body = json!({"email": "alice@example.com", "password": PASSWORD}).to_string();
    assert_eq!(Client::of(&serving.url).post("/register", &[], &body).status, 201);
    eventually("the receiver has the message", || receiver.count() == 1);
    assert_eq!(serving.stops().code, Some(0));
    let connection = &mut PgConnection::establish(&database).unwrap();
    assert_eq!((count(connection, "outbox"), receiver.received().len()), (0, 1));
}

/// Lets the time pass that failed attempts and the leases of killed processes wait for, until nothing waits any more.
fn drains(connection: &mut PgConnection, receiver: &UnreliableReceiver, bound: Duration) {
    let mut before = None;
    within(bound, "nothing waits", || {
        let now = receiver.count();
        if before == Some(now) {
            let passes = "UPDATE outbox SET due_at = due_at - interval '2 minutes' WHERE failed_at IS NULL";
            diesel::sql_query(passes).execute(connection).unwrap();
        }
        before = Some(now);
        pause();
        count(connection, "outbox WHERE failed_at IS NULL") == 0
    });
}

#[expect(clippy::disallowed_methods, reason = "long enough for messages under way to arrive")]
fn pause() {
    thread::sleep(Duration::from_millis(700));
}

fn judges(connection: &mut PgConnection, receiver: &UnreliableReceiver) {
    let received = receiver.received();
    let (mut ids, mut bodies, mut fates) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    for one in &received {
        assert_eq!(one.path, "/hook", "a redirect was followed");
        let id = ids.entry(&one.event).or_insert(&one.id);
        assert_eq!(*id, &one.id, "the message of one event came with two ids");
        assert_eq!(*bodies.entry(&one.id).or_insert(&one.body), &one.body, "one id came with two bodies");
        fates.entry(&one.id).or_insert_with(Vec::new).push(one.fate);
    }
    assert_eq!(ids.values().collect::<BTreeSet<_>>().len(), ids.len(), "one id came for two events");
    let recorded: Vec<Id> = diesel::sql_query("SELECT id::text AS id FROM session_events").load(connection).unwrap();
    let recorded: BTreeSet<&String> = recorded.iter().map(|row| &row.id).collect();
    assert_eq!(recorded, ids.keys().copied().collect::<BTreeSet<_>>(), "the receiver got other events than happened");
    let is_final = |fate: &Fate| [Fate::Taken, Fate::Gone].contains(fate);
    for (id, fates) in &fates {
        assert!(fates.iter().any(is_final), "{id} is lost: {fates:?}");
    }
    // A killed process may have sent what another sends again.
    let failed = fates.values().filter(|fates| !fates.contains(&Fate::Taken)).count();
    assert!(count(connection, "outbox") >= failed, "a message that was given up is kept");
    assert_eq!(count(connection, "outbox"), count(connection, "outbox WHERE error LIKE '%410%'"));
    let repeated = fates.values().filter(|fates| fates.iter().filter(|fate| is_final(fate)).count() > 1).count();
    eprintln!(
        "{} messages in {} requests; {repeated} came again after a response that its process could not note",
        ids.len(),
        received.len()
    );
    assert!(repeated <= KILLS * 2 * 16, "{repeated} messages came again");
}

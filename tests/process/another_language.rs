//! Postgres in another language: what happened is known from codes and never from a text.

use std::thread;

use diesel::connection::SimpleConnection as _;
use serde_json::json;

use super::client::{Answer, Client, PASSWORD, Session};
use super::german_postgres::GermanPostgres;
use super::home::Home;
use super::program::{Ended, eventually};
use super::serving::Serving;

const SECRET: (&str, &str) = ("HEIRLOOM_SECRET", "a secret for the tests of thirty-two bytes and more");

struct German {
    postgres: GermanPostgres,
    home: Home,
}

impl German {
    /// With an empty database.
    fn new() -> Option<Self> {
        let home = Home::new();
        let postgres = GermanPostgres::start(&home)?;
        Some(Self { postgres, home })
    }

    /// With a server on a migrated database, and a session of alice's.
    fn serving() -> Option<(Self, Serving, Session)> {
        let german = Self::new()?;
        assert_eq!(german.runs(&["migrate", "run"]).code, Some(0));
        let url = german.postgres.url("sessions");
        let serving = Serving::start_with(&german.home, &[], &[("DATABASE_URL", &url), SECRET]);
        let session = Session::registered(&serving.url, "alice@example.com");
        Some((german, serving, session))
    }

    fn runs(&self, arguments: &[&str]) -> Ended {
        self.home.run_with(arguments, &[("DATABASE_URL", &self.postgres.url("sessions")), SECRET])
    }
}

#[track_caller]
fn is_told_to_come_back(answer: &Answer) {
    assert_eq!((answer.status, answer.text("code").as_str()), (503, "unavailable"), "{answer:?}");
    assert!(answer.header("retry-after").is_some(), "{answer:?}");
    assert_eq!(answer.header("set-cookie"), None, "{answer:?}");
}

fn logs_out(client: &Client, session: &Session) -> Answer {
    let body = json!({ "refresh_token": session.refresh_token }).to_string();
    client.try_post("/logout", &[], &body).unwrap()
}

fn logs_out_everywhere(client: &Client, session: &Session) -> Answer {
    let bearer = format!("Bearer {}", session.access_token);
    client.try_post("/logout-all", &[("authorization", &bearer)], "").unwrap()
}

fn readiness(client: &Client) -> (u16, String) {
    let answer = client.send("GET", "/health/ready", &[], b"");
    (answer.status, answer.text("status"))
}

#[test]
fn an_empty_database_lacks_migrations() {
    let Some(german) = German::new() else { return };
    for command in [&["serve"][..], &["user", "list"]] {
        let ended = german.runs(command);
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert!(ended.stderr.contains("`heirloom migrate run`"), "{ended:?}");
    }
    let status = german.runs(&["migrate", "status"]);
    assert!(status.code == Some(0) && status.stdout.lines().all(|line| line.starts_with("missing ")), "{status:?}");
    assert_eq!(german.runs(&["migrate", "revert"]).stdout, "No migration is applied.\n");
    assert_eq!(german.runs(&["migrate", "run"]).code, Some(0));
    assert_eq!(german.runs(&["user", "list"]).code, Some(0));
}

#[test]
fn a_server_whose_schema_is_taken_away_is_not_ready_and_logs_nobody_out() {
    let Some((german, serving, mut session)) = German::serving() else { return };
    let client = Client::of(&serving.url);
    while german.runs(&["migrate", "revert"]).stdout.starts_with("reverted ") {}
    assert_eq!(readiness(&client), (503, "not_migrated".to_owned()));
    is_told_to_come_back(&session.try_refresh(&client).unwrap());
}

#[test]
fn a_read_only_database_says_so_and_logs_nobody_out() {
    let Some((german, serving, mut session)) = German::serving() else { return };
    let client = Client::of(&serving.url);
    german.postgres.sets("SET default_transaction_read_only = on");
    eventually("the server notices", || readiness(&client) == (503, "database_read_only".to_owned()));
    for _ in 0..3 {
        is_told_to_come_back(&session.try_refresh(&client).unwrap());
        is_told_to_come_back(&logs_out(&client, &session));
        let login = json!({ "email": "alice@example.com", "password": PASSWORD }).to_string();
        is_told_to_come_back(&client.try_post("/login", &[], &login).unwrap());
    }
    for command in [&["user", "disable", "alice@example.com"][..], &["migrate", "run"]] {
        let ended = german.runs(command);
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert!(ended.stderr.contains("the database is read-only"), "{ended:?}");
    }
    german.postgres.sets("RESET default_transaction_read_only");
    eventually("the server is ready", || readiness(&client).0 == 200);
    session.is_alive_at(&serving.url);
}

#[test]
fn timeouts_and_deadlocks_are_told_to_come_back() {
    let Some((german, serving, mut session)) = German::serving() else { return };
    let client = Client::of(&serving.url);
    // A row that another transaction keeps: the timeout of our own.
    let mut holder = german.postgres.connect("sessions");
    holder.batch_execute("BEGIN; SELECT FROM token_families FOR UPDATE").unwrap();
    is_told_to_come_back(&logs_out(&client, &session));
    holder.batch_execute("ROLLBACK").unwrap();
    session.is_alive_at(&serving.url);

    // A table that a migration keeps: the operator's timeouts. Postgres reports these while it parses a statement.
    for setting in ["lock_timeout", "statement_timeout"] {
        german.postgres.sets(&format!("SET {setting} = '300ms'"));
        holder = german.postgres.connect("sessions");
        holder.batch_execute("SET statement_timeout = 0; BEGIN; LOCK TABLE users, token_families").unwrap();
        is_told_to_come_back(&session.try_refresh(&client).unwrap());
        is_told_to_come_back(&logs_out_everywhere(&client, &session));
        holder.batch_execute("ROLLBACK").unwrap();
        german.postgres.sets(&format!("RESET {setting}"));
        session.is_alive_at(&serving.url);
    }

    // The server locks the account and waits for the family, of which the other transaction waits for the account.
    holder = german.postgres.connect("sessions");
    holder.batch_execute("SET deadlock_timeout = '20s'; BEGIN; SELECT FROM token_families FOR UPDATE").unwrap();
    let answer = thread::scope(|scope| {
        let asks = scope.spawn(|| logs_out_everywhere(&client, &session));
        let mut watcher = german.postgres.connect("sessions");
        eventually("the server waits", || waits(&mut watcher));
        holder.batch_execute("SELECT FROM users FOR UPDATE; ROLLBACK").unwrap();
        asks.join().unwrap()
    });
    is_told_to_come_back(&answer);
    session.is_alive_at(&serving.url);
    assert_eq!(logs_out(&client, &session).status, 200);
}

#[test]
fn a_restart_and_a_full_server_log_nobody_out() {
    let Some((mut german, serving, mut session)) = German::serving() else { return };
    let client = Client::of(&serving.url);
    session.is_alive_at(&serving.url);
    german.postgres.stops();
    for _ in 0..3 {
        is_told_to_come_back(&session.try_refresh(&client).unwrap());
        assert_eq!(readiness(&client), (503, "database_unavailable".to_owned()));
    }
    german.postgres.starts();
    session.is_alive_at(&serving.url);
    // New connections are refused with a text, like those that no slot is left for.
    german.postgres.sets("ALLOW_CONNECTIONS false");
    is_told_to_come_back(&session.try_refresh(&client).unwrap());
    let ended = german.runs(&["user", "list"]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.stderr.contains("Check DATABASE_URL"), "{ended:?}");
    german.postgres.sets("ALLOW_CONNECTIONS true");
    session.is_alive_at(&serving.url);
    // A refused constraint is known by its name.
    let body = json!({ "email": "alice@example.com", "password": PASSWORD }).to_string();
    assert_eq!(client.post("/register", &[], &body).text("code"), "email_taken");
}

/// libpq would speak the language of the process if the process set one.
#[test]
fn the_language_of_the_user_changes_nothing() {
    let Some(german) = German::new() else { return };
    let locales = german.postgres.locales();
    let url = german.postgres.url("nothing");
    let language = [("LC_ALL", "de_DE.UTF-8"), ("LANGUAGE", "de"), ("LOCPATH", locales.to_str().unwrap())];
    let ended =
        german.home.run_with(&["user", "list"], &[&[("DATABASE_URL", url.as_str()), SECRET], &language[..]].concat());
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.stderr.contains("nothing") && ended.stderr.contains("Check DATABASE_URL"), "{ended:?}");
}

fn waits(watcher: &mut diesel::PgConnection) -> bool {
    use diesel::prelude::*;
    let sql = "SELECT FROM pg_stat_activity WHERE datname = 'sessions' AND wait_event_type = 'Lock'";
    diesel::sql_query(sql).execute(watcher).unwrap() > 0
}

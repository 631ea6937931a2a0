//! Users whom another service identifies: without a password, perhaps without an address.

use std::collections::BTreeSet;
use std::process::{Command, Output};

use diesel::RunQueryDsl as _;
use heirloom::db::migrations::Migrator;
use serde_json::{Value, json};

use crate::support::app::SECRET;
use crate::support::browser::{Browser, PASSWORD, WRONG};
use crate::support::{Answer, App};

/// What of an answer may differ by the request, and nothing else.
fn comparable(answer: &Answer) -> (u16, Value, BTreeSet<(String, String)>) {
    let mut body = answer.json.clone();
    body["instance"] = Value::Null;
    let headers = answer.headers.iter().filter(|(name, _)| !["x-request-id", "date"].contains(&name.as_str()));
    let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
    (answer.status, body, headers.collect())
}

/// Takes the account's password away, as it would be if another service had created it.
fn has_no_password(app: &App, email: &str) {
    assert_eq!(app.executes(&format!("UPDATE users SET password_hash = NULL WHERE email = '{email}'")), 1);
}

fn hashes(app: &App) -> u64 {
    app.scrape().count("heirloom_password_hashes_total")
}

#[test]
fn the_login_treats_an_account_without_a_password_as_it_treats_an_unknown_one() {
    let app = App::start();
    app.logged_in("alice@example.com");
    app.logged_in("bob@example.com");
    has_no_password(&app, "alice@example.com");
    let tries = |email: &str, password: &str| {
        let before = hashes(&app);
        let answer = app.browser().logs_in_with(email, password);
        (comparable(&answer), hashes(&app) - before)
    };
    let unknown = tries("nobody@example.com", PASSWORD);
    assert_eq!((unknown.0.0, unknown.1), (401, 1));
    assert_eq!(tries("alice@example.com", PASSWORD), unknown);
    assert_eq!(tries("alice@example.com", ""), tries("nobody@example.com", ""));
    assert_eq!(tries("bob@example.com", WRONG), unknown);
    app.settles();
    let failed = "SELECT count(*) AS number FROM session_events WHERE kind = 'login_failed'";
    assert_eq!(app.counts(failed), 2, "the owners can see it in their log");
}

#[test]
fn guesses_at_an_account_without_a_password_are_slowed_like_all_others() {
    let app = App::start();
    app.logged_in("alice@example.com");
    has_no_password(&app, "alice@example.com");
    let waits = |email: &str| {
        let mut stranger = app.browser();
        stranger.guesses(email, 10);
        stranger.logs_in_with(email, WRONG).retry_after()
    };
    assert_eq!(waits("alice@example.com"), waits("nobody@example.com"));
}

/// A session of an account without address and password.
fn from_elsewhere(app: &App) -> Browser {
    let alice = app.logged_in("alice@example.com");
    app.executes("UPDATE users SET email = NULL, password_hash = NULL, subject = 'auth0|42'");
    alice
}

#[test]
fn a_session_without_address_and_password_works_but_proves_no_password() {
    let app = App::start();
    let mut alice = from_elsewhere(&app);
    let me = alice.asks_who_am_i();
    assert_eq!((me.status, &me.json["email"], &me.json["has_password"]), (200, &Value::Null, &json!(false)));
    assert_eq!(alice.refreshes().status, 200);
    assert_eq!(alice.lists_her_sessions().status, 200);
    let before = hashes(&app);
    let answer = alice.changes_password(PASSWORD, "four lamps in the cellar");
    assert_eq!(answer.verdict(), (403, "invalid_credentials"));
    assert_eq!(hashes(&app) - before, 1);
    let delete = alice.with_access("DELETE", "/users/me").json(&json!({ "password": PASSWORD })).send();
    assert_eq!(delete.verdict(), (403, "invalid_credentials"));
    assert_eq!(alice.with_access("GET", "/users/me/events").send().status, 200);
    assert_eq!(alice.logs_out().status, 200);
}

fn command(app: &App, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_heirloom"));
    command.args(arguments).env_clear().env("DATABASE_URL", app.database.url()).env("HEIRLOOM_SECRET", SECRET);
    command.current_dir("/").output().unwrap()
}

fn prints(app: &App, arguments: &[&str]) -> String {
    let output = command(app, arguments);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn commands_name_an_account_without_an_address_by_its_id() {
    let app = App::today();
    let alice = from_elsewhere(&app);
    let id = alice.asks_who_am_i().json["id"].as_str().unwrap().to_owned();
    let list = prints(&app, &["user", "list"]);
    let row: Vec<&str> = list.lines().nth(1).unwrap().split_whitespace().collect();
    assert_eq!(row[..4], [id.as_str(), "-", "auth0|42", "true"], "{list}");
    let shown: Value = serde_json::from_str(&prints(&app, &["user", "show", &id, "--json"])).unwrap();
    assert_eq!((&shown["email"], &shown["subject"]), (&Value::Null, &json!("auth0|42")));
    assert_eq!((&shown["has_password"], &shown["claims"]), (&json!(false), &json!({})));
    assert_eq!(prints(&app, &["user", "disable", &id]), format!("Disabled {id}; sessions revoked: 1\n"));
    assert_eq!(prints(&app, &["session", "revoke-all", &id]), format!("{id}: sessions revoked: 0\n"));
    assert_eq!(prints(&app, &["user", "delete", &id]), format!("Deleted {id}; sessions revoked: 0\n"));
    assert_eq!(command(&app, &["user", "show", &id]).status.code(), Some(3));
}

#[test]
fn the_table_accepts_many_accounts_without_an_address_and_no_subject_twice() {
    let app = App::start();
    let adds = |values: &str| {
        let columns = "id, email, subject, claims, created_at";
        let sql = format!("INSERT INTO users ({columns}) VALUES (gen_random_uuid(), {values}, now())");
        diesel::sql_query(sql).execute(&mut app.database.connect()).map_err(|error| error.to_string())
    };
    for values in ["NULL, NULL, NULL", "NULL, NULL, '{}'", "NULL, 'a', NULL", "NULL, 'A', '{\"a\":1}'"] {
        assert_eq!(adds(values), Ok(1), "{values}");
    }
    let (long_subject, long_claims) = (format!("'{}'", "s".repeat(256)), format!("'{{{}}}'", " ".repeat(1023)));
    for (values, constraint) in [
        ("NULL, 'a', NULL", "users_subject_key"),
        ("NULL, '', NULL", "users_subject_check"),
        (&format!("NULL, {long_subject}, NULL"), "users_subject_check"),
        (&format!("NULL, NULL, {long_claims}"), "users_claims_check"),
        ("NULL, NULL, '[]'", "users_claims_check"),
    ] {
        let error = adds(values).unwrap_err();
        assert!(error.contains(constraint), "{values}: {error}");
    }
}

#[test]
fn the_schema_goes_back_without_the_accounts_that_the_version_before_cannot_read() {
    let app = App::start();
    app.logged_in("alice@example.com");
    app.logged_in("bob@example.com");
    app.logged_in("carol@example.com");
    app.executes("UPDATE users SET email = NULL WHERE email = 'bob@example.com'");
    has_no_password(&app, "carol@example.com");
    let mut migrator = Migrator::connect(&app.database.url().into(), true).unwrap();
    while !migrator.revert().unwrap().unwrap().ends_with("add_email_verified") {}
    assert_eq!(app.reads("SELECT email AS word FROM users"), ["alice@example.com"]);
    migrator.run().unwrap();
    assert_eq!(app.browser().logs_in("alice@example.com").status, 200);
}

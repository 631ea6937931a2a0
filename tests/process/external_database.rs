//! `DATABASE_URL`: a database that belongs to somebody else, which nobody changes unasked.

use std::net::TcpListener;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use heirloom::embedded_postgres::{EmbeddedPostgres, Options};

use super::client::{Client, Session};
use super::home::Home;
use super::serving::Serving;

const SECRET: (&str, &str) = ("HEIRLOOM_SECRET", "a secret for the tests of thirty-two bytes and more");

/// Somebody's Postgres, with an empty database in it.
pub struct Somebodys {
    server: EmbeddedPostgres,
}

impl Somebodys {
    pub fn server(home: &Home) -> Self {
        let directory = home.data().with_file_name("somebody");
        let server = EmbeddedPostgres::start(Options { directory, durable: false, settings: vec![] }).unwrap();
        let somebodys = Self { server };
        somebodys.creates("sessions");
        somebodys
    }

    pub fn creates(&self, database: &str) {
        let mut connection = PgConnection::establish(&self.server.database_url("postgres")).unwrap();
        diesel::sql_query(format!("CREATE DATABASE {database}")).execute(&mut connection).unwrap();
    }

    pub fn postmaster(&self) -> Option<u32> {
        self.server.postmaster_pid()
    }

    pub fn url(&self, database: &str) -> String {
        self.server.database_url(database)
    }
}

#[test]
fn a_schema_that_is_behind_is_named_with_the_command_that_helps_and_that_helps() {
    let home = Home::new();
    let somebodys = Somebodys::server(&home);
    let url = somebodys.url("sessions");
    let environment = [("DATABASE_URL", url.as_str()), SECRET];
    let run = |arguments: &[&str]| home.run_with(arguments, &environment);

    let ended = run(&["serve"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{ended:?}");
    assert!(ended.stderr.contains("`heirloom migrate run`"), "{ended:?}");
    let status = run(&["migrate", "status"]);
    let count = status.stdout.lines().count();
    assert!(status.code == Some(0) && count >= 3, "{status:?}");
    assert!(status.stdout.lines().all(|line| line.starts_with("missing  ")), "{status:?}");

    let migrated = run(&["migrate", "run"]);
    assert_eq!((migrated.code, migrated.stdout.lines().count()), (Some(0), count), "{migrated:?}");
    assert!(migrated.stdout.lines().all(|line| line.starts_with("applied ")), "{migrated:?}");
    assert!(run(&["migrate", "run"]).stdout.starts_with("The schema is up to date."));
    assert!(run(&["migrate", "status"]).stdout.lines().all(|line| line.starts_with("applied  ")));
    let serving = Serving::start_with(&home, &[], &environment);
    Session::registered(&serving.url, "alice@example.com");
    assert_eq!(Client::of(&serving.url).get("/health/ready", &[]).status, 200);
    assert_eq!(serving.stops().code, Some(0));
    assert!(!home.data().exists(), "no embedded database, no generated secret");

    let reverted = run(&["migrate", "revert"]);
    assert!(reverted.code == Some(0) && reverted.stdout.starts_with("reverted "), "{reverted:?}");
    let status = run(&["migrate", "status"]).stdout;
    let lines: Vec<&str> = status.lines().collect();
    let (newest, older) = lines.split_last().unwrap();
    assert!(newest.starts_with("missing  ") && older.iter().all(|line| line.starts_with("applied  ")), "{status}");
    assert_eq!(run(&["serve"]).code, Some(1));
}

#[test]
fn a_role_that_may_not_change_the_schema_serves_and_runs_commands() {
    let home = Home::new();
    let somebodys = Somebodys::server(&home);
    let owners = somebodys.url("sessions");
    let migrated = home.run_with(&["migrate", "run"], &[("DATABASE_URL", owners.as_str()), SECRET]);
    assert_eq!(migrated.code, Some(0), "{migrated:?}");
    let mut connection = PgConnection::establish(&owners).unwrap();
    let grants = "REVOKE CREATE ON SCHEMA public FROM PUBLIC; CREATE ROLE serving LOGIN; \
                  GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO serving";
    connection.batch_execute(grants).unwrap();
    let url = owners.replacen("://heirloom@", "://serving@", 1);
    assert_ne!(url, owners);
    let environment = [("DATABASE_URL", url.as_str()), SECRET];
    let serving = Serving::start_with(&home, &[], &environment);
    let mut session = Session::registered(&serving.url, "alice@example.com");
    session.is_alive_at(&serving.url);
    let shown = home.run_with(&["user", "show", "alice@example.com"], &environment);
    assert_eq!(shown.code, Some(0), "{shown:?}");
    assert_eq!(home.run_with(&["migrate", "status"], &environment).code, Some(0));
    assert_eq!(home.run_with(&["prune"], &environment).code, Some(0));
}

#[test]
fn serve_migrates_when_told_to_and_says_when_its_address_is_taken() {
    let home = Home::new();
    let somebodys = Somebodys::server(&home);
    let url = somebodys.url("sessions");
    let environment = [("DATABASE_URL", url.as_str()), SECRET];
    let serving = Serving::start_with(&home, &["--migrate"], &environment);
    Session::registered(&serving.url, "alice@example.com");
    serving.stops();

    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let ended = home.run_with(&["serve", "--bind", &address], &environment);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{ended:?}");
    assert!(ended.stderr.contains("HEIRLOOM_BIND") && ended.stderr.contains(&address), "{ended:?}");
}

#[test]
fn a_database_out_of_reach_ends_with_1_and_a_url_that_cannot_be_read_with_2_and_neither_shows_the_password() {
    let home = Home::new();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for (code, url) in [
        (1, format!("postgres://heirloom:canary-of-the-password@127.0.0.1:{port}/heirloom")),
        (1, format!("host=127.0.0.1 port={port} user=heirloom password=canary-of-the-password dbname=heirloom")),
        (1, "postgres://heirloom:canary-of-the-password@nowhere.invalid/heirloom".to_owned()),
        // What libpq makes of an @, a slash or a percent sign that stands in a password as it is.
        (2, format!("postgres://heirloom:p@canary@127.0.0.1:{port}/heirloom")),
        (2, format!("postgres://heirloom:canary/p@127.0.0.1:{port}/heirloom")),
        (2, format!("postgres://heirloom:100%-canary@127.0.0.1:{port}/heirloom")),
        (2, "postgres://heirloom:canary@[nonsense/heirloom".to_owned()),
        (2, "host=127.0.0.1 password=the canary".to_owned()),
        (2, "canary".to_owned()),
    ] {
        for command in [&["serve"][..], &["migrate", "run"]] {
            let ended = home.run_with(command, &[("DATABASE_URL", &url), SECRET]);
            assert_eq!((ended.code, ended.stdout.as_str()), (Some(code), ""), "{url}: {ended:?}");
            assert!(ended.stderr.contains("DATABASE_URL") && !ended.stderr.contains("canary"), "{url}: {ended:?}");
        }
    }
}

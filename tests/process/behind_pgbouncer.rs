//! Everything works behind PgBouncer in transaction mode, where each transaction may run in another session.

use std::thread;

use diesel::prelude::*;
use serde_json::json;

use super::client::{Client, Session};
use super::external_database::Somebodys;
use super::home::Home;
use super::pgbouncer::PgBouncer;
use super::program::{Ended, eventually};
use super::serving::Serving;

/// Somebody's Postgres behind PgBouncer, as the page on storage has it set up.
struct Pooled {
    pgbouncer: PgBouncer,
    somebodys: Somebodys,
    home: Home,
}

impl Pooled {
    fn new() -> Option<Self> {
        let home = Home::new();
        let somebodys = Somebodys::server(&home);
        let pgbouncer = PgBouncer::before(&somebodys, &home)?;
        Some(Self { pgbouncer, somebodys, home })
    }

    fn keeping_statements() -> Option<Self> {
        let home = Home::new();
        let somebodys = Somebodys::server(&home);
        let pgbouncer = PgBouncer::keeping_statements(200, &somebodys, &home)?;
        Some(Self { pgbouncer, somebodys, home })
    }

    fn environment<'a>(url: &'a str, others: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        let mut environment = vec![
            ("DATABASE_URL", url),
            ("HEIRLOOM_SECRET", "a secret for the tests of thirty-two bytes and more"),
            ("HEIRLOOM_DATABASE_PREPARE", "false"),
            ("HEIRLOOM_DATABASE_LISTEN", "false"),
        ];
        environment.extend(others);
        environment
    }

    fn serves(&self) -> Serving {
        Serving::start_with(&self.home, &[], &Self::environment(&self.pgbouncer.url(), &[]))
    }

    fn runs_with(&self, arguments: &[&str], others: &[(&str, &str)]) -> Ended {
        self.home.run_with(arguments, &Self::environment(&self.pgbouncer.url(), others))
    }

    #[track_caller]
    fn runs(&self, arguments: &[&str]) -> String {
        let ended = self.runs_with(arguments, &[]);
        assert_eq!(ended.code, Some(0), "{arguments:?}: {ended:?}");
        ended.stdout
    }
}

#[test]
fn every_start_and_every_command_beside_a_server_works() {
    let Some(pooled) = Pooled::new() else { return };
    assert!(pooled.runs(&["migrate", "run"]).contains("applied "));
    for round in 0..3 {
        let serving = pooled.serves();
        let email = format!("alice{round}@example.com");
        let mut session = Session::registered(&serving.url, &email);
        session.is_alive_at(&serving.url);
        assert!(pooled.runs(&["user", "list"]).contains(&email));
        assert!(pooled.runs(&["session", "list", &email]).contains("LAST USED"));
        assert!(!pooled.runs(&["migrate", "status"]).contains("missing"));
        assert_eq!(pooled.runs(&["migrate", "run"]), "The schema is up to date.\n");
        pooled.runs(&["prune"]);
        session.is_alive_at(&serving.url);
        pooled.runs(&["session", "revoke-all", &email]);
        let client = Client::of(&serving.url);
        let answer = session.try_refresh(&client).unwrap();
        assert_eq!((answer.status, answer.text("code").as_str()), (401, "session_revoked"));
        let bearer = format!("Bearer {}", session.access_token);
        eventually("the server learns what the command has ended", || {
            client.get("/users/me", &[("authorization", &bearer)]).status == 401
        });
        assert_eq!(client.get("/health/ready", &[]).status, 200);
        assert_eq!(serving.stops().code, Some(0));
    }
}

#[test]
fn two_servers_and_more_clients_than_sessions_of_the_database_serve_each_other_well() {
    const CLIENTS: usize = 12;
    let Some(pooled) = Pooled::new() else { return };
    pooled.runs(&["migrate", "run"]);
    let servers = [pooled.serves(), pooled.serves()];
    thread::scope(|scope| {
        for number in 0..CLIENTS {
            let servers = &servers;
            scope.spawn(move || {
                let email = format!("user{number}@example.com");
                let mut session = Session::registered(&servers[number % 2].url, &email);
                for step in 0..10 {
                    session.is_alive_at(&servers[step % 2].url);
                }
                // Another session of the account, which goes on when this one is logged out.
                let mut other = Session::logged_in(&servers[0].url, &email);
                let client = Client::of(&servers[1].url);
                let body = json!({ "refresh_token": session.refresh_token }).to_string();
                assert_eq!(client.post("/logout", &[], &body).status, 200);
                assert_eq!(session.try_refresh(&client).unwrap().status, 401);
                other.is_alive_at(&servers[1].url);
            });
        }
    });
    for serving in servers {
        assert!(!serving.stops().stderr.contains("ERROR"));
    }
}

/// The lock of the migrators lasts as long as their transaction, which keeps its session.
#[test]
fn of_several_migrators_at_once_one_migrates_and_the_others_find_nothing_to_do() {
    let Some(pooled) = Pooled::new() else { return };
    let outputs: Vec<String> = thread::scope(|scope| {
        let running: Vec<_> = (0..4).map(|_| scope.spawn(|| pooled.runs(&["migrate", "run"]))).collect();
        running.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(outputs.iter().filter(|output| output.contains("applied ")).count(), 1, "{outputs:?}");
    assert_eq!(outputs.iter().filter(|output| output.contains("up to date")).count(), 3, "{outputs:?}");
    assert!(pooled.runs(&["migrate", "revert"]).starts_with("reverted "));
    assert!(pooled.runs(&["migrate", "run"]).starts_with("applied "));
}

/// One name would mean another statement to each client of a session, and one client would run what another meant.
#[test]
fn with_prepared_statements_the_program_says_which_setting_helps() {
    let Some(pooled) = Pooled::new() else { return };
    let prepares = [("HEIRLOOM_DATABASE_PREPARE", "true")];
    pooled.runs(&["migrate", "run"]);
    for command in [&["serve"][..], &["user", "list"], &["serve"]] {
        let ended = pooled.runs_with(command, &prepares);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{ended:?}");
        assert!(ended.stderr.contains("HEIRLOOM_DATABASE_PREPARE=false"), "{ended:?}");
    }
}

/// Such a PgBouncer gives the statements names of its own.
#[test]
fn a_pgbouncer_that_keeps_prepared_statements_needs_no_setting() {
    let Some(pooled) = Pooled::keeping_statements() else { return };
    let url = pooled.pgbouncer.url();
    let prepares = [("HEIRLOOM_DATABASE_PREPARE", "true")];
    let environment = Pooled::environment(&url, &prepares);
    pooled.runs(&["migrate", "run"]);
    for round in 0..3 {
        let serving = Serving::start_with(&pooled.home, &[], &environment);
        let email = format!("alice{round}@example.com");
        let mut session = Session::registered(&serving.url, &email);
        for _ in 0..5 {
            session.is_alive_at(&serving.url);
            let ended = pooled.runs_with(&["user", "list"], &prepares);
            assert!(ended.code == Some(0) && ended.stdout.contains(&email), "{ended:?}");
        }
        assert_eq!(serving.stops().code, Some(0));
    }
}

#[test]
fn a_server_that_listens_notices_that_it_hears_nothing() {
    let Some(pooled) = Pooled::new() else { return };
    pooled.runs(&["migrate", "run"]);
    let url = pooled.pgbouncer.url();
    let environment = Pooled::environment(&url, &[("HEIRLOOM_DATABASE_LISTEN", "true")]);
    let serving = Serving::start_with(&pooled.home, &[], &environment);
    eventually("the server says so", || serving.stderr_so_far().contains("HEIRLOOM_DATABASE_LISTEN=false"));
    let session = Session::registered(&serving.url, "alice@example.com");
    pooled.runs(&["session", "revoke-all", "alice@example.com"]);
    let bearer = format!("Bearer {}", session.access_token);
    let client = Client::of(&serving.url);
    eventually("the query of each second finds it", || {
        client.get("/users/me", &[("authorization", &bearer)]).status == 401
    });
    assert_eq!(serving.stops().code, Some(0));
}

#[test]
fn a_restart_of_pgbouncer_or_of_the_sessions_behind_it_logs_nobody_out() {
    let Some(mut pooled) = Pooled::new() else { return };
    pooled.runs(&["migrate", "run"]);
    let serving = pooled.serves();
    let client = Client::of(&serving.url);
    let mut session = Session::registered(&serving.url, "alice@example.com");
    for round in 0..6 {
        if round % 2 == 0 {
            pooled.pgbouncer.restarts();
        } else {
            let mut connection = PgConnection::establish(&pooled.somebodys.url("postgres")).unwrap();
            let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'sessions'";
            diesel::sql_query(sql).execute(&mut connection).unwrap();
        }
        eventually("the session is refreshed", || {
            let answer = session.try_refresh(&client).unwrap();
            assert!(matches!(answer.status, 200 | 503), "{answer:?}");
            assert!(answer.status == 200 || answer.header("retry-after").is_some(), "{answer:?}");
            answer.status == 200
        });
        session.is_alive_at(&serving.url);
    }
    assert_eq!(serving.stops().code, Some(0));
}

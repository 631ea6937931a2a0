//! Attacks that others have suffered, replayed against the running program. `docs/security.md` lists them, each with its
//! public reference.

mod accounts;
mod cookies;
mod cross_site;
mod crowds;
mod deletion;
mod exhaustion;
mod followers;
mod guessing;
mod headers;
mod passwords;
mod rotation;
mod shared_sessions;
mod slow_clients;
mod tokens;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use serde_json::{Value, json};

use super::client::{Answer, Client, PASSWORD};
use super::external_database::Somebodys;
use super::home::Home;
use super::program::Ended;
use super::serving::Serving;

pub const SECRET: &str = "a secret for the attacks of thirty-two bytes and more";
pub const COOKIE: &str = "__Host-heirloom_refresh";

/// A database of somebody's, and any number of servers on it.
pub struct Site {
    // Dropped first: it works in a directory below the home.
    somebodys: Somebodys,
    home: Home,
}

impl Site {
    pub fn new() -> Self {
        let home = Home::new();
        Self { somebodys: Somebodys::server(&home), home }
    }

    pub fn serves(&self, environment: &[(&str, &str)]) -> Serving {
        let url = self.somebodys.url("sessions");
        let all = [&[("DATABASE_URL", url.as_str()), ("HEIRLOOM_SECRET", SECRET)], environment].concat();
        Serving::start_with(&self.home, &["--migrate"], &all)
    }

    /// A server that may have so many files open, and may raise that to `most`.
    pub fn serves_within(&self, files: &str, most: &str, environment: &[(&str, &str)]) -> Serving {
        let url = self.somebodys.url("sessions");
        let all = [&[("DATABASE_URL", url.as_str()), ("HEIRLOOM_SECRET", SECRET)], environment].concat();
        Serving::start_within(&self.home, [files, most], &["--migrate"], &all)
    }

    /// Runs a command on the database.
    pub fn commands(&self, arguments: &[&str]) -> Ended {
        self.commands_with(arguments, &[])
    }

    pub fn commands_with(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Ended {
        let url = self.somebodys.url("sessions");
        let all = [&[("DATABASE_URL", url.as_str()), ("HEIRLOOM_SECRET", SECRET)], environment].concat();
        self.home.run_with(arguments, &all)
    }

    pub fn executes(&self, sql: &str) -> usize {
        diesel::sql_query(sql).execute(&mut self.connect()).unwrap()
    }

    /// The one number called `number`.
    pub fn counts(&self, sql: &str) -> i64 {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = BigInt)]
            number: i64,
        }
        diesel::sql_query(sql).get_result::<Row>(&mut self.connect()).unwrap().number
    }

    /// The texts called `word`.
    pub fn reads(&self, sql: &str) -> Vec<String> {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = Text)]
            word: String,
        }
        let rows: Vec<Row> = diesel::sql_query(sql).load(&mut self.connect()).unwrap();
        rows.into_iter().map(|row| row.word).collect()
    }

    fn connect(&self) -> PgConnection {
        PgConnection::establish(&self.somebodys.url("sessions")).unwrap()
    }
}

/// A browser's cookies and the access token of its page.
#[derive(Clone, Debug)]
pub struct Jar {
    pub refresh: String,
    pub csrf: Option<String>,
    pub access_token: String,
}

impl Jar {
    pub fn registered(client: &Client, email: &str) -> Self {
        let body = json!({ "email": email, "password": PASSWORD }).to_string();
        let answer = client.post("/register", &[], &body);
        assert_eq!(answer.status, 201, "{answer:?}");
        Self::logged_in(client, email, "")
    }

    /// From a browser that holds `cookies` already.
    pub fn logged_in(client: &Client, email: &str, cookies: &str) -> Self {
        let body = json!({ "email": email, "password": PASSWORD }).to_string();
        let answer = client.post("/login", &[("cookie", cookies)], &body);
        Self::from(&answer)
    }

    pub fn from(answer: &Answer) -> Self {
        assert_eq!(answer.status, 200, "{answer:?}");
        let refresh = set_cookie(answer, COOKIE).unwrap();
        Self { refresh, csrf: set_cookie(answer, "__Host-heirloom_csrf"), access_token: answer.text("access_token") }
    }

    pub fn refreshes(&mut self, client: &Client) -> Answer {
        let answer = shows(client, &self.refresh);
        if answer.status == 200 {
            *self = Self::from(&answer);
        }
        answer
    }

    pub fn asks_who_am_i(&self, client: &Client) -> Answer {
        client.get("/users/me", &[("authorization", &self.bearer())])
    }

    pub fn bearer(&self) -> String {
        format!("Bearer {}", self.access_token)
    }
}

/// `/refresh` with this token in the cookie.
pub fn shows(client: &Client, token: &str) -> Answer {
    client.post("/refresh", &[("cookie", &format!("{COOKIE}={token}"))], "")
}

pub fn set_cookie(answer: &Answer, name: &str) -> Option<String> {
    let set = answer.headers.iter().filter(|(header, _)| header == "set-cookie");
    let found = set.filter_map(|(_, cookie)| cookie.split_once('=')).find(|(set, _)| *set == name);
    found.map(|(_, rest)| rest.split(';').next().unwrap().to_owned())
}

pub fn verdict(answer: &Answer) -> (u16, &str) {
    (answer.status, answer.body["code"].as_str().unwrap_or_default())
}

/// The body without what is different each time.
pub fn body_of(answer: &Answer) -> Value {
    let mut body = answer.body.clone();
    body["instance"] = Value::Null;
    body
}

/// For what no client library would send: all that comes back.
pub fn raw(serving: &Serving, request: &[u8]) -> String {
    let mut connection = TcpStream::connect(serving.address()).unwrap();
    connection.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    connection.write_all(request).unwrap();
    let mut answer = Vec::new();
    // The server may well hang up on it.
    let _ = connection.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

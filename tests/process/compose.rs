//! `docker-compose.yml` and the roles that it creates, on a Postgres that asks for passwords.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::Text;
use heirloom::embedded_postgres::{EmbeddedPostgres, Options, program};
use rand::Rng as _;

use super::client::Session;
use super::home::Home;
use super::program::eventually;
use super::serving::Serving;

const SECRET: (&str, &str) = ("HEIRLOOM_SECRET", "a secret for the tests of thirty-two bytes and more");

fn read(name: &str) -> String {
    fs::read_to_string(format!("{}/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

#[derive(QueryableByName)]
struct Words {
    #[diesel(sql_type = Text)]
    value: String,
}

/// A server such as the image starts, with a superuser `postgres`, that trusts nobody else.
struct Image {
    server: EmbeddedPostgres,
}

impl Image {
    fn start(home: &Home) -> Self {
        let directory = home.data().with_file_name("image");
        let hba = directory.join("data/pg_hba.conf");
        let server = EmbeddedPostgres::start(Options { directory, durable: false, settings: vec![] }).unwrap();
        let ours = server.database_url("postgres");
        PgConnection::establish(&ours).unwrap().batch_execute("CREATE ROLE postgres SUPERUSER LOGIN").unwrap();
        let image = Self { server };
        // The superuser of the embedded server has the name that Heirloom's role gets.
        image.executes("ALTER ROLE heirloom RENAME TO bootstrap");
        let mut hba = OpenOptions::new().write(true).truncate(true).open(hba).unwrap();
        hba.write_all(b"local all postgres trust\nlocal all all scram-sha-256\n").unwrap();
        image.executes("SELECT pg_reload_conf()");
        eventually("passwords are asked for", || {
            PgConnection::establish(&ours.replacen("heirloom@", "bootstrap@", 1)).is_err()
        });
        image
    }

    fn url(&self, role: &str, database: &str) -> String {
        self.server.database_url(database).replacen("heirloom@", &format!("{role}@"), 1)
    }

    fn connection(&self, database: &str) -> PgConnection {
        PgConnection::establish(&self.url("postgres", database)).unwrap()
    }

    fn executes(&self, sql: &str) {
        self.connection("postgres").batch_execute(sql).unwrap();
    }

    fn value(&self, database: &str, sql: &str) -> String {
        diesel::sql_query(format!("SELECT ({sql})::text AS value"))
            .get_result::<Words>(&mut self.connection(database))
            .unwrap()
            .value
    }

    /// As the image does for a new volume.
    fn initialises(&self, owner_password: &str, password: &str) {
        self.executes("DROP DATABASE IF EXISTS heirloom");
        self.executes("DROP ROLE IF EXISTS heirloom; DROP ROLE IF EXISTS heirloom_owner");
        let psql = program("psql").expect("psql comes with Postgres");
        let output = Command::new(psql)
            .args(["-v", "ON_ERROR_STOP=1", "--no-password", "--no-psqlrc", "--quiet", "--dbname"])
            .arg(self.url("postgres", "postgres"))
            .arg("--file")
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/compose/roles.sql"))
            .env_clear()
            .env("POSTGRES_OWNER_PASSWORD", owner_password)
            .env("POSTGRES_PASSWORD", password)
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
    }
}

#[expect(clippy::disallowed_methods, reason = "passwords as openssl draws them")]
fn random_password() -> String {
    let mut bytes = [0; 32];
    rand::rng().fill_bytes(&mut bytes);
    STANDARD.encode(bytes)
}

#[test]
fn there_is_no_default_password_and_no_password_is_a_part_of_a_url() {
    let file = read("docker-compose.yml");
    for name in ["POSTGRES_PASSWORD", "POSTGRES_OWNER_PASSWORD", "HEIRLOOM_SECRET"] {
        assert!(file.contains(&format!("\"${{{name}:?")), "without {name} it does not start, and says so");
        assert!(!file.contains(&format!("${{{name}:-")) && !file.contains(&format!("${{{name}-")), "{name}");
    }
    let urls: Vec<&str> = file.lines().filter(|line| line.contains("postgres://")).collect();
    assert_eq!(urls.len(), 2, "{urls:?}");
    assert!(urls.iter().all(|url| !url.contains('$')), "{urls:?}");
    assert!(file.contains("./deploy/compose/roles.sql:/docker-entrypoint-initdb.d/roles.sql"));
}

#[test]
fn forty_random_passwords_and_ones_of_odd_characters_all_connect() {
    let home = Home::new();
    let image = Image::start(&home);
    let odd = ["pa$$word", "it's \"quoted\"", "a@b:c/d?e#f%g", "back\\slash ", "%41+=/", "päß 🙂", "$HOME${HOME}"];
    let passwords = odd.map(str::to_owned).into_iter().chain((0..40).map(|_| random_password()));
    for password in passwords {
        image.initialises(&random_password(), &password);
        let url = image.url("heirloom", "heirloom");
        let status = |password: &str| {
            home.run_with(&["migrate", "status"], &[("DATABASE_URL", &url), ("PGPASSWORD", password), SECRET])
        };
        assert_eq!(status(&password).code, Some(0), "{password}: {:?}", status(&password));
        assert_eq!(status("another").code, Some(1));
    }
}

#[test]
fn the_owner_migrates_and_the_role_that_serves_can_change_no_schema() {
    let home = Home::new();
    let image = Image::start(&home);
    image.executes("ALTER ROLE postgres PASSWORD 'of the image'");
    let (of_owner, password) = (random_password(), random_password());
    image.initialises(&of_owner, &password);
    let (owner, serving) = (image.url("heirloom_owner", "heirloom"), image.url("heirloom", "heirloom"));
    let migrated = home.run_with(&["migrate", "run"], &[("DATABASE_URL", &owner), ("PGPASSWORD", &of_owner), SECRET]);
    assert_eq!(migrated.code, Some(0), "{migrated:?}");
    let environment = [("DATABASE_URL", serving.as_str()), ("PGPASSWORD", &password), SECRET];
    let server = Serving::start_with(&home, &[], &environment);
    Session::registered(&server.url, "alice@example.com").is_alive_at(&server.url);
    let deleted = home.run_with(&["user", "delete", "alice@example.com"], &environment);
    assert_eq!(deleted.code, Some(0), "{deleted:?}");
    assert_eq!(home.run_with(&["prune"], &environment).code, Some(0));
    let migrate = home.run_with(&["migrate", "revert"], &environment);
    assert_eq!(migrate.code, Some(1), "{migrate:?}");
    for right in ["rolsuper", "rolcreaterole", "rolcreatedb", "rolreplication", "rolbypassrls"] {
        let has =
            image.value("heirloom", &format!("SELECT bool_or({right}) FROM pg_roles WHERE rolname ~ '^heirloom'"));
        assert_eq!(has, "false", "{right}");
    }
    for forbidden in [
        "CREATE TABLE planted ()",
        "ALTER TABLE users ADD COLUMN planted text",
        "DROP TABLE users",
        "TRUNCATE users",
        "CREATE SCHEMA planted",
        "CREATE FUNCTION planted() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE DATABASE planted",
        "CREATE ROLE planted",
        "SET ROLE heirloom_owner",
    ] {
        let mut connection = image.connection("heirloom");
        connection.batch_execute("SET SESSION AUTHORIZATION heirloom").unwrap();
        assert!(connection.batch_execute(forbidden).is_err(), "{forbidden}");
    }
    let has_password = "SELECT rolpassword IS NOT NULL FROM pg_authid WHERE rolname = 'postgres'";
    assert_eq!(image.value("heirloom", has_password), "false", "the superuser cannot connect over the network");
}

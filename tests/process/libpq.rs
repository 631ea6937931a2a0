//! libpq reads the URL, and variables such as `PGPORT`. Those are for the operator's databases, not for the embedded one.

use std::fs;

use super::client::Session;
use super::home::Home;
use super::serving::Serving;

const SECRET: (&str, &str) = ("HEIRLOOM_SECRET", "a secret for the tests of thirty-two bytes and more");

/// Every variable of libpq that says where or how to connect, each with a value that leads nowhere.
const VARIABLES: &[(&str, &str)] = &[
    ("PGHOST", "db.invalid"),
    ("PGHOSTADDR", "192.0.2.1"),
    ("PGPORT", "6000"),
    ("PGDATABASE", "nowhere"),
    ("PGUSER", "nobody"),
    ("PGPASSWORD", "wrong"),
    ("PGPASSFILE", "/dev/null/nowhere"),
    ("PGSERVICE", "nowhere"),
    ("PGSERVICEFILE", "/dev/null/nowhere"),
    ("PGSYSCONFDIR", "/dev/null"),
    ("PGOPTIONS", "-c default_transaction_read_only=on"),
    ("PGSSLMODE", "verify-full"),
    ("PGSSLROOTCERT", "/dev/null/nowhere"),
    ("PGSSLMINPROTOCOLVERSION", "nonsense"),
    ("PGREQUIRESSL", "1"),
    ("PGREQUIREPEER", "nobody"),
    ("PGREQUIREAUTH", "scram-sha-256"),
    ("PGCHANNELBINDING", "require"),
    ("PGGSSENCMODE", "require"),
    ("PGTARGETSESSIONATTRS", "standby"),
    ("PGLOADBALANCEHOSTS", "nonsense"),
    ("PGCONNECT_TIMEOUT", "nonsense"),
    ("PGCLIENTENCODING", "nonsense"),
    ("PGDATESTYLE", "nonsense"),
    ("PGTZ", "nowhere/nowhere"),
    ("PGGEQO", "nonsense"),
];

#[test]
fn no_variable_of_the_shell_reaches_the_embedded_database() {
    let home = Home::new();
    let serving = Serving::start_with(&home, &[], VARIABLES);
    Session::registered(&serving.url, "alice@example.com").is_alive_at(&serving.url);
    let shown = home.run_with(&["user", "show", "alice@example.com"], VARIABLES);
    assert_eq!(shown.code, Some(0), "{shown:?}");
    let ended = serving.stops();
    assert!(ended.stderr.contains("PGPORT"), "the log names what is ignored: {ended:?}");
}

#[test]
fn no_such_variable_of_the_file_reaches_the_embedded_database_either() {
    let home = Home::new();
    fs::write(home.here(".env"), "PGPORT=6000\nPGSERVICE=nowhere\n").unwrap();
    let serving = Serving::start_with(&home, &[], &[("PGUSER", "nobody")]);
    Session::registered(&serving.url, "alice@example.com").is_alive_at(&serving.url);
}

#[test]
fn what_providers_add_for_other_drivers_is_ignored_and_named() {
    let home = Home::new();
    let url = "  postgres://u:p@127.0.0.1:1/db?pgbouncer=true&connection_limit=1&sslmode=require \n";
    let ended = home.run_with(&["check-config"], &[("DATABASE_URL", url), SECRET]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let noted: Vec<&str> = ended.stderr.lines().collect();
    assert_eq!(noted.len(), 2, "{ended:?}");
    assert!(noted[0].starts_with("heirloom: DATABASE_URL has the parameter pgbouncer, which is for other drivers"));
    assert!(noted[1].starts_with("heirloom: DATABASE_URL has the parameter connection_limit, "));
}

#[test]
fn a_url_that_libpq_does_not_read_is_refused_in_its_words_without_a_password() {
    let home = Home::new();
    for (url, said) in [
        ("postgres://u:canary@127.0.0.1:1/db?&sslmode=prefer", "missing key/value separator"),
        ("postgres://u:canary@127.0.0.1:1/db?sslmode", "\"sslmode\""),
        ("postgres://u:canary@127.0.0.1:1/db?pool=3", "invalid URI query parameter: \"pool\""),
        ("postgres://u:canary@127.0.0.1:1/db?sslmode=no-verify", "invalid sslmode value: \"no-verify\""),
        ("postgres://127.0.0.1:1/db?password=%00canary", "forbidden value"),
        ("host=127.0.0.1 port=1 password='canary", "unterminated quoted string"),
        ("service=nowhere", "definition of service \"nowhere\" not found"),
    ] {
        for command in [&["check-config"][..], &["serve"], &["migrate", "run"]] {
            let ended = home.run_with(command, &[("DATABASE_URL", url), SECRET]);
            assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{url}: {ended:?}");
            assert!(ended.stderr.contains("DATABASE_URL") && ended.stderr.contains(said), "{url}: {ended:?}");
            assert!(!ended.stderr.contains("canary"), "{url}: {ended:?}");
        }
    }
}

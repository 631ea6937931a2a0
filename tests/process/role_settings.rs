//! Settings that an operator or a provider has made for the database or its role. Each leaves the program correct, or is
//! named where the program cannot go on.

use std::thread;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::Text;
use serde_json::json;

use super::client::{Client, PASSWORD, Session};
use super::external_database::Somebodys;
use super::home::Home;
use super::program::{Ended, eventually};
use super::serving::Serving;

const SECRET: (&str, &str) = ("HEIRLOOM_SECRET", "a secret for the tests of thirty-two bytes and more");

#[derive(QueryableByName)]
struct Moment {
    #[diesel(sql_type = Text)]
    moment: String,
}

/// Somebody's database, with a role of its own for the program, that owns its schema.
struct Place {
    somebodys: Somebodys,
    home: Home,
}

impl Place {
    fn new() -> Self {
        let home = Home::new();
        let somebodys = Somebodys::server(&home);
        let place = Self { somebodys, home };
        place.executes("CREATE ROLE serving LOGIN; ALTER SCHEMA public OWNER TO serving");
        place
    }

    /// For new sessions of the role.
    fn sets(&self, settings: &[&str]) {
        for setting in settings {
            self.executes(&format!("ALTER ROLE serving SET {setting}"));
        }
    }

    fn migrated_with(settings: &[&str]) -> Self {
        let place = Self::new();
        place.sets(settings);
        assert_eq!(place.runs(&["migrate", "run"]).code, Some(0));
        place
    }

    fn url(&self) -> String {
        self.somebodys.url("sessions").replacen("://heirloom@", "://serving@", 1)
    }

    fn serves(&self) -> Serving {
        Serving::start_with(&self.home, &[], &[("DATABASE_URL", &self.url()), SECRET])
    }

    fn runs(&self, arguments: &[&str]) -> Ended {
        self.home.run_with(arguments, &[("DATABASE_URL", &self.url()), SECRET])
    }

    fn connect(&self) -> PgConnection {
        PgConnection::establish(&self.somebodys.url("sessions")).unwrap()
    }

    fn executes(&self, sql: &str) {
        self.connect().batch_execute(sql).unwrap();
    }

    /// How many sessions the role has for which `condition` holds.
    fn sessions(&self, condition: &str) -> usize {
        let sql = format!("SELECT FROM pg_stat_activity WHERE usename = 'serving' AND {condition}");
        diesel::sql_query(sql).execute(&mut self.connect()).unwrap()
    }
}

#[test]
fn at_a_higher_isolation_level_races_are_served_as_at_the_usual_one() {
    for level in ["repeatable read", "serializable"] {
        let place = Place::new();
        place.sets(&[&format!("default_transaction_isolation = '{level}'")]);
        // Those that waited have to see what the first has applied.
        let outputs: Vec<Ended> = thread::scope(|scope| {
            let running: Vec<_> = (0..4).map(|_| scope.spawn(|| place.runs(&["migrate", "run"]))).collect();
            running.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert!(outputs.iter().all(|output| output.code == Some(0)), "{outputs:?}");

        let servers = [place.serves(), place.serves()];
        let session = Session::registered(&servers[0].url, "alice@example.com");
        let statuses: Vec<u16> = thread::scope(|scope| {
            let running: Vec<_> = (0..12)
                .map(|tab| {
                    let (server, token) = (&servers[tab % 2], session.refresh_token.clone());
                    scope.spawn(move || races(&server.url, token))
                })
                .collect();
            running.into_iter().flat_map(|one| one.join().unwrap()).collect()
        });
        assert!(statuses.iter().all(|&status| matches!(status, 200 | 401 | 429)), "{level}: {statuses:?}");
        for serving in servers {
            let ended = serving.stops();
            assert!(!ended.stderr.contains("ERROR") && !ended.stderr.contains("aborted"), "{level}: {}", ended.stderr);
        }
    }
}

/// A tab that competes with others for the tokens of one session, for the counter of wrong passwords and for the account.
fn races(url: &str, refresh_token: String) -> Vec<u16> {
    let client = Client::of(url);
    let mut tab = Session { refresh_token, access_token: String::new() };
    let login = |password: &str| {
        let body = json!({ "email": "alice@example.com", "password": password, "token_delivery": "body" });
        client.try_post("/login", &[], &body.to_string()).unwrap()
    };
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(tab.try_refresh(&client).unwrap().status);
        let answer = login(PASSWORD);
        statuses.push(answer.status);
        if answer.status == 200 {
            let bearer = format!("Bearer {}", answer.text("access_token"));
            statuses.push(client.send("GET", "/sessions", &[("authorization", bearer.as_bytes())], b"").status);
        }
        statuses.push(login("not the password").status);
    }
    statuses
}

/// Nothing of ours is sent or read as a text that depends on them.
#[test]
fn how_values_are_written_and_read_does_not_matter() {
    const AGENT: &str = r"it's \'a\\gent\x41 $1";
    let place = Place::migrated_with(&[
        "DateStyle = 'SQL, DMY'",
        "IntervalStyle = 'sql_standard'",
        "TimeZone = 'Pacific/Kiritimati'",
        "bytea_output = 'escape'",
        "extra_float_digits = -15",
        "standard_conforming_strings = off",
        "escape_string_warning = on",
        "backslash_quote = off",
        "quote_all_identifiers = on",
        "array_nulls = off",
        "transform_null_equals = on",
        "client_encoding = 'LATIN1'",
        "plan_cache_mode = 'force_custom_plan'",
        "enable_indexscan = off",
    ]);
    let serving = place.serves();
    let mut session = Session::registered(&serving.url, "ålïçé@example.com");
    for _ in 0..3 {
        session.is_alive_at(&serving.url);
    }
    let bearer = format!("Bearer {}", session.access_token);
    let client = Client::of(&serving.url);
    let listed = client.get("/sessions", &[("authorization", &bearer)]);
    let created = listed.body[0]["created_at"].as_str().or(listed.body["sessions"][0]["created_at"].as_str());
    let created = created.unwrap_or_else(|| panic!("{listed:?}")).to_owned();
    let sql = format!("SELECT FROM token_families WHERE abs(extract(epoch FROM created_at - '{created}')) < 0.001");
    assert_eq!(diesel::sql_query(sql).execute(&mut place.connect()).unwrap(), 1, "{created}");
    let login = json!({ "email": "ålïçé@example.com", "password": PASSWORD, "token_delivery": "body" }).to_string();
    assert_eq!(client.post("/login", &[("user-agent", AGENT)], &login).status, 200);
    let stored = diesel::sql_query("SELECT FROM token_families WHERE user_agent = $1").bind::<Text, _>(AGENT);
    assert_eq!(stored.execute(&mut place.connect()).unwrap(), 1);
    let shown = place.runs(&["user", "show", "ålïçé@example.com", "--json"]);
    assert!(shown.code == Some(0) && shown.stdout.contains("ålïçé"), "{shown:?}");
    assert_eq!(place.runs(&["prune"]).code, Some(0));
}

/// They limit what serves requests. A migration takes as long as it takes, and so does another one that it waits for.
#[test]
fn a_migration_outlasts_the_timeouts_of_its_role() {
    let place = Place::new();
    place.sets(&[
        "statement_timeout = '200ms'",
        "lock_timeout = '200ms'",
        "idle_in_transaction_session_timeout = '200ms'",
    ]);
    let mut other = place.connect();
    other.batch_execute("BEGIN; SELECT pg_advisory_xact_lock(7522534692758712173)").unwrap();
    thread::scope(|scope| {
        let migrating = scope.spawn(|| place.runs(&["migrate", "run"]));
        let waits = "wait_event = 'advisory' AND clock_timestamp() > query_start + interval '1 second'";
        eventually("the migrator has waited for a second", || place.sessions(waits) == 1);
        other.batch_execute("COMMIT").unwrap();
        let ended = migrating.join().unwrap();
        assert_eq!(ended.code, Some(0), "{ended:?}");
    });
    // It does not wait for a table: requests would wait behind it.
    let lock = "SELECT 'LOCK TABLE ' || string_agg(quote_ident(tablename), ', ') || ' IN ACCESS SHARE MODE' \
                FROM pg_tables WHERE schemaname = 'public' AND tablename <> '__diesel_schema_migrations'";
    other.batch_execute(&format!("BEGIN; DO $$ BEGIN EXECUTE ({lock}); END $$")).unwrap();
    assert_eq!(place.runs(&["migrate", "revert"]).code, Some(1));
    other.batch_execute("COMMIT").unwrap();
    assert_eq!(place.runs(&["migrate", "revert"]).code, Some(0));
}

#[test]
fn idle_connections_that_the_database_closes_cost_no_request() {
    let place = Place::migrated_with(&["idle_session_timeout = '300ms'"]);
    let serving = place.serves();
    let client = Client::of(&serving.url);
    let mut session = Session::registered(&serving.url, "alice@example.com");
    for _ in 0..4 {
        let sql = "SELECT clock_timestamp()::text AS moment";
        let now: Moment = diesel::sql_query(sql).get_result(&mut place.connect()).unwrap();
        eventually("the database has closed what was there", || {
            place.sessions(&format!("backend_start < '{}'", now.moment)) == 0
        });
        let answer = session.try_refresh(&client).unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
    }
}

#[test]
fn the_tables_are_where_search_path_puts_them_and_a_wrong_one_is_named() {
    let place = Place::new();
    place.executes("CREATE SCHEMA sessions AUTHORIZATION serving");
    place.sets(&["search_path = sessions"]);
    assert_eq!(place.runs(&["migrate", "run"]).code, Some(0));
    let serving = place.serves();
    Session::registered(&serving.url, "alice@example.com").is_alive_at(&serving.url);
    assert_eq!(serving.stops().code, Some(0));

    place.sets(&["search_path = public"]);
    for command in [&["serve"][..], &["user", "list"]] {
        let ended = place.runs(command);
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert!(ended.stderr.contains("search_path") && ended.stderr.contains("schema sessions"), "{ended:?}");
    }
    for nowhere in ["''", "nowhere"] {
        place.sets(&[&format!("search_path = {nowhere}")]);
        let ended = place.runs(&["migrate", "run"]);
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert!(ended.stderr.contains("no schema of search_path exists"), "{ended:?}");
    }
    place.sets(&["search_path = public, sessions"]);
    assert!(place.runs(&["user", "list"]).stdout.contains("alice@example.com"));
}

#[test]
fn a_role_that_may_only_read_is_told_to_come_back_and_keeps_its_sessions() {
    let place = Place::migrated_with(&[]);
    let serving = place.serves();
    let mut session = Session::registered(&serving.url, "alice@example.com");
    place.sets(&["default_transaction_read_only = on"]);
    place.executes("SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity WHERE usename = 'serving'");
    let client = Client::of(&serving.url);
    eventually("the server notices", || {
        client.send("GET", "/health/ready", &[], b"").text("status") == "database_read_only"
    });
    let answer = session.try_refresh(&client).unwrap();
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")), "{answer:?}");
    // It starts, since a standby may become the primary.
    let other = place.serves();
    assert_eq!(Client::of(&other.url).send("GET", "/health/ready", &[], b"").text("status"), "database_read_only");
    let ended = place.runs(&["user", "delete", "alice@example.com"]);
    assert!(ended.code == Some(1) && ended.stderr.contains("read-only"), "{ended:?}");
    // A right that is missing.
    place.sets(&["default_transaction_read_only = off"]);
    place.executes("ALTER TABLE token_families OWNER TO heirloom; REVOKE ALL ON token_families FROM serving");
    place.executes("SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity WHERE usename = 'serving'");
    let mut answer = session.try_refresh(&client).unwrap();
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")), "{answer:?}");
    place.executes("GRANT ALL ON token_families TO serving");
    eventually("the session goes on", || {
        answer = session.try_refresh(&client).unwrap();
        answer.status == 200
    });
}

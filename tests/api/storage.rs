//! What the database holds, and what a rotation costs it.

use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use heirloom::db::families;
use heirloom::db::{Connection, DbError, rotation_batch, users};
use heirloom::domain::Timestamp;
use heirloom::domain::account::{Email, User};
use heirloom::domain::claims::Claims;
use heirloom::domain::client::Client;
use heirloom::domain::family::{Delivery, Family};
use heirloom::domain::ids::{FamilyId, UserId};
use heirloom::domain::password::PasswordHash;
use heirloom::domain::policy::Lifetimes;
use heirloom::domain::refresh_token::PresentedToken;
use heirloom::domain::rotation::Generation;
use heirloom::embedded_postgres::program;

use crate::support::App;
use crate::support::app::eventually;
use crate::support::postgres::TestDatabase;

/// The table of sessions, or its partitions.
const TABLES: &str = "SELECT relid FROM pg_partition_tree('token_families') WHERE isleaf \
                      UNION SELECT 'token_families'::regclass";

/// On a Postgres of its own: connections that others are just making hold back what every page may reclaim, and the test
/// would count how busy the machine is.
#[test]
fn ten_thousand_rotations_are_heap_only_and_the_table_does_not_grow() {
    rotations_are_heap_only(&Claims::default(), 1);
}

#[test]
fn so_they_are_with_512_bytes_of_claims() {
    let claims = Claims::new([("roles".to_owned(), "r".repeat(500).into())]).unwrap();
    assert_eq!(claims.to_json().len(), 512);
    rotations_are_heap_only(&claims, 2);
}

fn rotations_are_heap_only(claims: &Claims, pages: i64) {
    let database = TestDatabase::alone();
    let now = time::macros::datetime!(2026-03-01 12:00:00 UTC);
    let families = ten_families(&database, claims, now);
    rotate_all(&database, &families, 1000, now);
    let count = |sql: &str| database.counts(sql);
    let statistic = |name: &str| {
        count(&format!("SELECT sum({name})::bigint AS number FROM pg_stat_user_tables WHERE relid IN ({TABLES})"))
    };
    // Statistics are told when a connection ends, by its own process.
    eventually(|| statistic("n_tup_upd") >= 10_000);
    assert_eq!((statistic("n_tup_upd"), statistic("n_tup_hot_upd")), (10_000, 10_000));
    assert_eq!(count("SELECT count(*) AS number FROM token_families"), 10);
    assert_eq!(count("SELECT min(generation)::bigint AS number FROM token_families"), 1001);
    let largest = count(&format!("SELECT max(pg_relation_size(relid)) AS number FROM ({TABLES}) AS tables"));
    // Of partitions, each may have fewer rows.
    assert!((8192..=pages * 8192).contains(&largest), "ten rows need {largest} bytes");
}

#[expect(clippy::disallowed_methods, reason = "a test draws for itself")]
fn ten_families(database: &TestDatabase, claims: &Claims, now: Timestamp) -> Vec<FamilyId> {
    let mut rng = rand::rng();
    let email = Email::parse("alice@example.com").unwrap();
    let user = User::registered(UserId::new(now, &mut rng), email, now);
    let begin = |_| {
        let id = FamilyId::new(now, &mut rng);
        let mut family = Family::begin(id, user.id, Delivery::Cookie, now, &Lifetimes::default());
        family.content.claims = claims.clone();
        family.user_agent = Some("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0".to_owned());
        family
    };
    let families: Vec<Family> = (0..10).map(begin).collect();
    let ids = families.iter().map(|family| family.id).collect();
    database.runs(move |connection| {
        users::insert(connection, &user, Some(&PasswordHash::from_stored("none".to_owned())))?;
        families.iter().try_for_each(|family| families::insert(connection, family))
    });
    ids
}

/// Rotates every family, round by round, by the statement that refreshes are. One by one: all ten live on one page, whose
/// room is made for some of its rows at once. On a busy machine all rounds take longer than one connection may.
fn rotate_all(database: &TestDatabase, families: &[FamilyId], rounds: u32, now: Timestamp) {
    let rounds: Vec<u32> = (1..=rounds).collect();
    for portion in rounds.chunks(100) {
        let (portion, families) = (portion.to_vec(), families.to_vec());
        database
            .runs(move |connection| portion.iter().try_for_each(|&round| rotate(connection, &families, round, now)));
    }
}

fn rotate(connection: &mut Connection, families: &[FamilyId], round: u32, at: Timestamp) -> Result<(), DbError> {
    let generation = Generation::new(round).unwrap();
    for &family_id in families {
        let presented =
            PresentedToken { family_id, generation, delivery: Delivery::Cookie, at, client: Client::default() };
        let rotated = rotation_batch::rotate(connection, &[&presented], &Lifetimes::default())?;
        assert_eq!(rotated.len(), 1, "generation {round} is not the newest");
    }
    Ok(())
}

#[test]
fn a_dump_holds_neither_a_token_nor_its_bytes_nor_a_password() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    alice.refreshes();
    alice.asks_who_am_i();
    app.settles();
    let dump = Command::new(program("pg_dump").unwrap()).arg(app.database.url()).output().unwrap();
    assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
    let dump = String::from_utf8(dump.stdout).unwrap();
    assert!(dump.contains("alice@example.com"), "the dump is of another database");
    let token = alice.cookie();
    let bytes = URL_SAFE_NO_PAD.decode(&token[3..]).unwrap();
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let access = alice.access_token.clone().unwrap();
    for secret in [
        &token[3..],
        &token[30..],
        &hex(&bytes),
        &hex(&bytes[21..]),
        &hex(&bytes[21..37]),
        &access,
        access.split('.').nth(2).unwrap(),
        crate::support::browser::PASSWORD,
    ] {
        assert!(!dump.contains(secret), "{secret} is in the dump");
    }
}

#[test]
fn migrations_go_up_and_down_and_up_again() {
    use heirloom::db::migrations::Migrator;
    let app = App::start();
    let tables = || {
        app.reads(
            "SELECT relname::text AS word FROM pg_class WHERE relnamespace = current_schema()::regnamespace ORDER BY 1",
        )
    };
    let mut migrator = Migrator::connect(&app.database.url().into(), true).unwrap();
    while migrator.revert().unwrap().is_some() {}
    migrator.run().unwrap();
    let before = tables();
    while migrator.revert().unwrap().is_some() {}
    assert_eq!(tables(), ["__diesel_schema_migrations", "__diesel_schema_migrations_pkey"]);
    assert!(migrator.status().unwrap().iter().all(|migration| !migration.is_applied));
    assert_eq!(app.browser().bare_request("GET", "/health/ready").send().json["status"], "not_migrated");
    assert_eq!(migrator.run().unwrap().len(), migrator.status().unwrap().len());
    assert_eq!(tables(), before);
    assert_eq!(migrator.run().unwrap(), Vec::<String>::new());
    assert_eq!(app.logged_in("alice@example.com").refreshes().status, 200);
}

#[test]
fn columns_that_contradict_each_other_are_refused_by_the_table() {
    use diesel::RunQueryDsl as _;
    let app = App::start();
    app.logged_in("alice@example.com");
    for (change, constraint) in [
        ("confirmed = generation + 1", "token_families_confirmed_check"),
        ("recovered = generation + 1", "token_families_recovered_check"),
        ("revoked_at = now()", "token_families_revoked_check"),
        ("revoked_reason = 'logout'", "token_families_revoked_check"),
        ("revoked_at = now(), revoked_reason = 'whim'", "token_families_revoked_reason_check"),
        ("idle_expires_at = expires_at + interval '1 second'", "token_families_expiry_check"),
        ("delivery = 'pigeon'", "token_families_delivery_check"),
        ("generation = 0, confirmed = 0", "token_families_generation_check"),
    ] {
        let sql = format!("UPDATE token_families SET {change}");
        let error = diesel::sql_query(sql).execute(&mut app.database.connect()).unwrap_err().to_string();
        assert!(error.contains(constraint), "{change}: {error}");
    }
}

//! What the database holds, and what a rotation costs it.

use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::support::App;

#[test]
fn ten_thousand_rotations_are_heap_only_and_the_table_does_not_grow() {
    let app = App::start();
    let mut clients: Vec<_> = (0..10).map(|n| app.logged_in(&format!("user{n}@example.com"))).collect();
    let size = || app.counts("SELECT pg_relation_size('token_families') AS number");
    // Without a vacuum's help: the rows clean up behind themselves.
    app.executes("ALTER TABLE token_families SET (autovacuum_enabled = false)");
    for _ in 0..1000 {
        for client in &mut clients {
            assert_eq!(client.refreshes().status, 200);
        }
    }
    // Statistics are told when a connection has been idle for a while, or ends.
    drop(clients);
    let updates = || app.counts("SELECT n_tup_upd AS number FROM pg_stat_user_tables WHERE relname = 'token_families'");
    app.eventually(|| updates() >= 10_000);
    assert_eq!(
        app.counts("SELECT n_tup_hot_upd AS number FROM pg_stat_user_tables WHERE relname = 'token_families'"),
        updates()
    );
    assert_eq!(app.counts("SELECT count(*) AS number FROM token_families"), 10);
    assert_eq!(size(), 8192, "ten rows need more than a page");
    assert_eq!(app.counts("SELECT count(*) AS number FROM session_events"), 20);
}

#[test]
fn a_dump_holds_neither_a_token_nor_its_bytes_nor_a_password() {
    let app = App::start();
    let mut alice = app.logged_in("alice@example.com");
    alice.refreshes();
    alice.asks_who_am_i();
    app.settles();
    let dump = Command::new(pg_dump()).arg(app.database.url()).output().unwrap();
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
        app.reads("SELECT relname::text AS word FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1")
    };
    let before = tables();
    let mut migrator = Migrator::connect(&app.database.url().into()).unwrap();
    while migrator.revert().unwrap().is_some() {}
    assert_eq!(tables(), ["__diesel_schema_migrations", "__diesel_schema_migrations_pkey"]);
    assert!(migrator.status().unwrap().iter().all(|migration| !migration.is_applied));
    assert_eq!(app.browser().bare_request("GET", "/health/ready").send().json["status"], "not_migrated");
    assert_eq!(migrator.run().unwrap().len(), 4);
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

fn pg_dump() -> String {
    let found = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut beside: Vec<_> = found.map(|entry| entry.path().join("bin/pg_dump")).filter(|path| path.exists()).collect();
    beside.sort();
    beside.pop().map_or_else(|| "pg_dump".to_owned(), |path| path.to_string_lossy().into_owned())
}

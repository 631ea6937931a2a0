//! Statements that also a partitioned table, or a database on several machines, carries out as they are meant.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::json;

use crate::support::App;
use crate::support::app::{block_on, days, seconds};
use crate::support::browser::PASSWORD;
use crate::support::database::session_of;
use crate::support::statements;

const NEW_PASSWORD: &str = "five lamps on the stairs";

/// Makes the program change rows of every kind.
fn uses_everything(app: &App) {
    let mut alice = app.logged_in("alice@example.com");
    let old = alice.cookie();
    for _ in 0..2 {
        assert_eq!(alice.refreshes().status, 200);
    }
    alice.asks_who_am_i();
    app.settles();
    for _ in 0..12 {
        alice.logs_in_with("alice@example.com", "a wrong one");
    }
    assert_eq!(alice.replays(&old).verdict(), (401, "refresh_token_reused"));
    app.passes(days(1));
    for _ in 0..3 {
        assert_eq!(alice.logs_in("alice@example.com").status, 200);
    }
    assert_eq!(alice.with_access("POST", "/dev/families").send().status, 200);
    let mut other = app.logged_in("bob@example.com");
    assert_eq!(alice.with_access("DELETE", &format!("/sessions/{}", session_of(&alice))).send().status, 204);
    assert_eq!(alice.logs_in("alice@example.com").status, 200);
    assert_eq!(alice.with_access("POST", "/logout-all").send().status, 200);
    let passwords = json!({ "current_password": PASSWORD, "new_password": NEW_PASSWORD });
    let answer = other.with_access("POST", "/users/me/password").json(&passwords).send();
    assert_eq!(answer.status, 200);
    assert_eq!(other.logs_in_with("bob@example.com", NEW_PASSWORD).status, 200);
    assert_eq!(other.with_access("DELETE", "/users/me").json(&json!({ "password": NEW_PASSWORD })).send().status, 204);
    assert_eq!(alice.logs_in("alice@example.com").status, 200);
    let user = block_on(app.operator().find_user("alice@example.com")).unwrap().unwrap();
    block_on(app.operator().set_active(user.id, false)).unwrap();
    block_on(app.operator().set_active(user.id, true)).unwrap();
    assert_eq!(alice.logs_in("alice@example.com").status, 200);
    block_on(app.operator().revoke_all_sessions(|_| {})).unwrap();
    app.passes(days(400));
    app.executes("UPDATE ended_sessions SET recorded_at = recorded_at - interval '1 day'");
    app.prunes();
    app.passes(seconds(1));
    app.settles();
}

/// The names before an opening parenthesis.
fn functions(statement: &str) -> BTreeSet<&str> {
    let before = statement.split('(').map(|part| part.trim_end().trim_end_matches('"'));
    before.filter_map(|part| part.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next()).collect()
}

fn changes_rows(statement: &str) -> bool {
    // The definition of a trigger names the changes that it follows.
    if statement.trim_start().starts_with("CREATE ") {
        return false;
    }
    let words: BTreeSet<String> = statement.split_whitespace().map(str::to_ascii_uppercase).collect();
    let locks = words.contains("SELECT") && (words.contains("FOR") && !words.contains("SET"));
    ["INSERT", "DELETE"].iter().any(|word| words.contains(*word)) || (words.contains("UPDATE") && !locks)
}

/// A function with side effects, or whose value changes from call to call, keeps a distributed database from choosing where
/// a change runs, or it gives each copy another row.
#[test]
fn no_change_of_rows_calls_a_volatile_function_and_none_names_a_place_in_the_table() {
    let app = App::with(|config| config.is_development = true);
    uses_everything(&app);
    let volatile = app.reads("SELECT DISTINCT proname::text AS word FROM pg_proc WHERE provolatile = 'v'");
    let volatile: BTreeSet<&str> = volatile.iter().map(String::as_str).collect();
    let sent = statements::noted();
    let changes: Vec<&String> = sent.iter().filter(|statement| changes_rows(statement)).collect();
    for table in ["users", "token_families", "session_events", "ended_sessions", "login_throttles", "deleted_accounts"]
    {
        assert!(changes.iter().any(|statement| statement.contains(table)), "no change of {table} was seen");
    }
    for statement in &sent {
        assert!(!statement.contains("ctid"), "{statement}");
    }
    for statement in changes {
        let called: Vec<&str> = functions(statement).intersection(&volatile).copied().collect();
        assert!(called.is_empty(), "{called:?} in {statement}");
    }
}

#[test]
fn the_check_sees_what_it_looks_for() {
    let before = "UPDATE t SET a = 1 WHERE (SELECT set_config('synchronous_commit', 'off', true)) = 'off'";
    assert!(changes_rows(before) && functions(before).contains("set_config"));
    assert!(changes_rows("DELETE  FROM \"t\" WHERE \"now\" ($1)"));
    assert!(functions("INSERT INTO t VALUES (\"nextval\" ($1))").contains("nextval"));
    assert!(!changes_rows("SELECT a FROM t WHERE set_config($1, $2, $3) = $4 FOR UPDATE"));
    assert!(!changes_rows("SELECT FROM t FOR NO KEY UPDATE SKIP LOCKED"));
    assert!(!changes_rows("CREATE TRIGGER a AFTER UPDATE OF b ON t FOR EACH ROW EXECUTE FUNCTION c()"));
}

/// What no test runs.
#[test]
fn no_source_file_names_a_place_in_a_table() {
    let mut directories = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs" || extension == "sql") {
                let text = std::fs::read_to_string(&path).unwrap();
                let mut code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
                assert!(!code.any(|line| line.contains("ctid")), "{}", path.display());
            }
        }
    }
}

//! Transactions that lock several rows lock them in one order, so no two of them wait for each other.

use std::sync::{Arc, Barrier};
use std::thread;

use heirloom::domain::ids::UserId;
use serde_json::json;

use crate::support::app::{App, block_on, eventually, seconds};
use crate::support::browser::{Browser, PASSWORD};
use crate::support::database::session_of;

/// As many as each user has on the stage.
const LIMIT: u32 = 3;

/// Holds each row that is being changed for a moment, and so makes sure that the transactions of a pair overlap. An expired
/// session is held until the other transaction is done with the live ones.
const DAWDLE: &str = "CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS \
    'BEGIN \
         PERFORM pg_sleep(CASE WHEN OLD.idle_expires_at > OLD.rotated_at THEN 0.02 ELSE 0.15 END); \
         RETURN COALESCE(NEW, OLD); \
     END'";
const DAWDLE_OVER_FAMILIES: &str = "CREATE TRIGGER dawdle BEFORE UPDATE OF revoked_at OR DELETE ON token_families \
    FOR EACH ROW EXECUTE FUNCTION dawdle()";

/// A user at the limit of sessions, each in a browser of its own.
struct User {
    email: String,
    id: UserId,
    /// The least recently used first.
    browsers: Vec<Browser>,
    /// Its session has expired.
    abandoned: Browser,
    /// A token of the first session that a rotation has replaced long ago.
    old_token: String,
}

impl User {
    fn appears(app: &App, name: &str) -> Self {
        let email = format!("{name}@example.com");
        let registered = app.browser().registers(&email);
        let id: UserId = registered.json["id"].as_str().unwrap().parse::<uuid::Uuid>().unwrap().into();
        let mut abandoned = app.browser();
        assert_eq!(abandoned.logs_in(&email).status, 200);
        app.executes(&format!(
            "UPDATE token_families SET idle_expires_at = rotated_at WHERE user_id = '{}'",
            id.as_uuid()
        ));
        let mut browsers: Vec<Browser> = (0..LIMIT).map(|_| app.browser()).collect();
        for browser in &mut browsers {
            assert_eq!(browser.logs_in(&email).status, 200);
        }
        let old_token = browsers[0].cookie();
        for _ in 0..2 {
            assert_eq!(browsers[0].refreshes().status, 200);
        }
        // Order and age: the first is the least recently used, and there is a family to prune.
        app.executes(&format!(
            "UPDATE token_families SET rotated_at = created_at - interval '1 hour' \
             WHERE user_id = '{0}' AND generation > 1",
            id.as_uuid()
        ));
        app.executes(&format!(
            "INSERT INTO token_families (id, user_id, created_at, authenticated_at, expires_at, idle_expires_at, \
                                         rotated_at, generation, delivery) \
             SELECT gen_random_uuid(), '{}', t, t, t, t, t, 1, 'body' FROM (SELECT timestamptz '2020-01-01' AS t) old",
            id.as_uuid()
        ));
        Self { email, id, browsers, abandoned, old_token }
    }
}

/// Something that locks several rows for `me`. `other` is the user at the next computer.
type UseCase = fn(&App, me: &User, other: &User) -> u16;

const USE_CASES: [(&str, UseCase); 14] = [
    ("logs in on the other's browser", |_, me, other| other.browsers[0].clone().logs_in(&me.email).status),
    ("logs in on a new device", |app, me, _| app.browser().logs_in(&me.email).status),
    ("logs out everywhere", |_, me, _| me.browsers[1].with_access("POST", "/logout-all").send().status),
    ("logs out", |_, me, _| me.browsers[0].clone().logs_out().status),
    ("logs out late", |_, me, _| me.abandoned.clone().logs_out().status),
    ("changes the password", |_, me, _| {
        let passwords = json!({ "current_password": PASSWORD, "new_password": "five lamps on the stairs" });
        me.browsers[1].with_access("POST", "/users/me/password").json(&passwords).send().status
    }),
    ("changes the password and logs out with the session before", |_, me, _| {
        let passwords = json!({ "current_password": PASSWORD, "new_password": "six lamps under the roof" });
        let change = me.browsers[2].with_access("POST", "/users/me/password").json(&passwords).send().status;
        change.max(me.browsers[2].clone().logs_out().status)
    }),
    ("ends the session of another device", |_, me, _| {
        let other = format!("/sessions/{}", session_of(&me.browsers[0]));
        me.browsers[2].with_access("DELETE", &other).send().status
    }),
    ("deletes the account", |_, me, _| {
        me.browsers[2].with_access("DELETE", "/users/me").json(&json!({ "password": PASSWORD })).send().status
    }),
    ("begins a sandbox", |_, me, _| me.browsers[2].with_access("POST", "/dev/families").send().status),
    ("is robbed", |_, me, _| me.browsers[0].replays(&me.old_token).status),
    ("is disabled", |app, me, _| block_on(app.operator().set_active(me.id, false)).map_or(503, |_| 200)),
    ("is logged out with all others", |app, _, _| {
        block_on(app.operator().revoke_all_sessions(|_| {})).map_or(503, |_| 200)
    }),
    ("is pruned", |app, _, _| {
        app.prunes();
        200
    }),
];

fn race(app: &App, first: impl FnOnce() -> u16 + Send, second: impl FnOnce() -> u16 + Send) -> (u16, u16) {
    let barrier = Barrier::new(2);
    let statuses = thread::scope(|scope| {
        let (first, second) = (
            scope.spawn(|| {
                barrier.wait();
                first()
            }),
            scope.spawn(|| {
                barrier.wait();
                second()
            }),
        );
        (first.join().unwrap(), second.join().unwrap())
    });
    app.settles();
    statuses
}

/// In each pair, the two act for two users, each on the other's browser, and then both for one user.
#[test]
fn no_pair_of_transactions_waits_for_each_other() {
    let app = App::with(|config| {
        config.sessions_per_user = LIMIT.try_into().unwrap();
        config.is_development = true;
        config.database.connections = 8;
    });
    app.executes(DAWDLE);
    app.executes(DAWDLE_OVER_FAMILIES);
    let mut failures = Vec::new();
    for (at, (first_name, first)) in USE_CASES.iter().enumerate() {
        for (second_name, second) in &USE_CASES[at..] {
            let stage = || {
                let (alice, bob) = (User::appears(&app, "alice"), User::appears(&app, "bob"));
                app.passes(seconds(20));
                (alice, bob)
            };
            let mut judge = |of: &str, (one, other): (u16, u16)| {
                if one >= 500 || other >= 500 {
                    failures.push(format!("{first_name} and {second_name}, {of}: {one} and {other}"));
                }
                app.executes("TRUNCATE users CASCADE");
            };
            let (alice, bob) = stage();
            judge("two users", race(&app, || first(&app, &alice, &bob), || second(&app, &bob, &alice)));
            let (alice, bob) = stage();
            judge("one user", race(&app, || first(&app, &alice, &bob), || second(&app, &alice, &bob)));
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
    // Connections report what befell them when they close.
    let database = Arc::clone(&app.database);
    drop(app);
    let open = "SELECT count(*) - 1 AS number FROM pg_stat_activity WHERE datname = current_database()";
    eventually(|| database.counts(open) == 0);
    assert_eq!(
        database.counts("SELECT deadlocks AS number FROM pg_stat_database WHERE datname = current_database()"),
        0
    );
}

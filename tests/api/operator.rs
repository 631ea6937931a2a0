//! The operator at the command line, beside a server that runs.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::support::App;
use crate::support::app::SECRET;
use crate::support::browser::PASSWORD;
use crate::support::database::session_of;

pub struct Told {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Told {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|_| panic!("{} {}", self.out, self.err))
    }
}

pub fn command(app: &App, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_heirloom"));
    command.args(arguments).env_clear().env("DATABASE_URL", app.database.url()).env("HEIRLOOM_SECRET", SECRET);
    command.current_dir("/").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

pub fn heirloom(app: &App, arguments: &[&str], input: &str) -> Told {
    let mut child = command(app, arguments).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Told { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
}

#[test]
fn accounts_are_made_shown_and_deleted_and_exit_codes_tell_what_happened() {
    let app = App::today();
    let made = heirloom(&app, &["user", "create", "Alice@example.com", "--json"], "three lamps on the stairs\n");
    assert_eq!((made.code, &made.json()["email"]), (0, &"alice@example.com".into()), "{}", made.err);
    assert_eq!(app.browser().logs_in("alice@example.com").status, 200);
    let taken = heirloom(&app, &["user", "create", "alice@example.com"], "three lamps on the stairs\n");
    assert_eq!((taken.code, taken.out.as_str()), (4, ""));
    assert!(taken.err.contains("already has an account"), "{}", taken.err);
    let weak = heirloom(&app, &["user", "create", "bob@example.com"], "password1\n");
    assert!(weak.code == 4 && weak.err.contains("most common"), "{}", weak.err);
    let table = heirloom(&app, &["user", "list"], "");
    assert!(table.out.starts_with("ID ") && table.out.lines().count() == 2, "{}", table.out);
    let shown = heirloom(&app, &["user", "show", "alice@example.com", "--json"], "").json();
    assert_eq!((&shown["sessions"], &shown["is_active"]), (&1.into(), &true.into()));
    let by_id = heirloom(&app, &["user", "show", shown["id"].as_str().unwrap(), "--json"], "").json();
    assert_eq!(by_id, shown);
    assert_eq!(heirloom(&app, &["user", "delete", "alice@example.com"], "").code, 0);
    assert_eq!(app.counts("SELECT count(*) AS number FROM users"), 0);
    let gone = heirloom(&app, &["user", "show", "alice@example.com"], "");
    assert!(gone.code == 3 && gone.err.contains("does not exist"), "{}", gone.err);
    assert_eq!(heirloom(&app, &["user", "paint"], "").code, 2);
}

#[expect(clippy::disallowed_methods, reason = "when another program is killed is a matter of the machine's time")]
fn wait(time: Duration) {
    std::thread::sleep(time);
}

#[test]
fn two_commands_at_once_or_one_that_is_killed_leave_no_half_done_user() {
    let app = App::today();
    let mut codes: Vec<i32> = std::thread::scope(|scope| {
        let create = || heirloom(&app, &["user", "create", "alice@example.com"], "three lamps on the stairs\n").code;
        let both: Vec<_> = (0..2).map(|_| scope.spawn(create)).collect();
        both.into_iter().map(|told| told.join().unwrap()).collect()
    });
    codes.sort_unstable();
    assert_eq!(codes, [0, 4]);
    for n in 0..12 {
        let email = format!("user{n}@example.com");
        let mut child = command(&app, &["user", "create", &email]).spawn().unwrap();
        child.stdin.take().unwrap().write_all(b"three lamps on the stairs\n").unwrap();
        // Later each time, so that some are killed before their work, some in it, and some behind it.
        wait(Duration::from_millis(8 * n));
        let _ = child.kill();
        child.wait().unwrap();
    }
    let users = app.counts("SELECT count(*) AS number FROM users");
    let events = app.counts("SELECT count(*) AS number FROM session_events WHERE kind = 'registered'");
    assert!(users >= 1 && users == events, "{users} users and {events} events");
}

#[test]
fn a_running_server_notices_at_once_what_the_operator_ends() {
    let app = App::today();
    let alice = app.logged_in("alice@example.com");
    let mut phone = app.browser();
    phone.logs_in("alice@example.com");
    let is_out = |token: &str| app.service().authenticate(token).is_err();
    let (laptop_token, phone_token) = (alice.access_token.clone().unwrap(), phone.access_token.clone().unwrap());

    let listed = heirloom(&app, &["session", "list", "alice@example.com", "--json"], "").json();
    assert_eq!(listed.as_array().unwrap().len(), 2);
    assert_eq!(heirloom(&app, &["session", "revoke", &session_of(&phone)], "").code, 0);
    app.eventually(|| is_out(&phone_token));
    assert!(!is_out(&laptop_token));
    assert_eq!(heirloom(&app, &["session", "revoke", &session_of(&phone)], "").code, 3);
    assert_eq!(phone.refreshes().json["reason"], "admin");

    assert_eq!(heirloom(&app, &["user", "disable", "alice@example.com"], "").code, 0);
    app.eventually(|| is_out(&laptop_token));
    let refused = alice.tab().refreshes();
    assert_eq!((refused.verdict(), refused.json["reason"].as_str()), ((401, "session_revoked"), Some("disabled")));
    assert_eq!(app.browser().logs_in("alice@example.com").verdict(), (403, "account_disabled"));
    assert_eq!(heirloom(&app, &["user", "enable", "alice@example.com"], "").code, 0);
    assert_eq!(alice.tab().refreshes().verdict(), (401, "session_revoked"));
    assert_eq!(app.browser().logs_in("alice@example.com").status, 200);
}

#[test]
fn another_password_from_the_operator_ends_every_session() {
    let app = App::today();
    let mut alice = app.logged_in("alice@example.com");
    let changed = heirloom(&app, &["user", "set-password", "alice@example.com"], "four lamps in the cellar\n");
    assert!(changed.code == 0 && changed.out.contains("sessions revoked: 1"), "{}{}", changed.out, changed.err);
    assert_eq!(alice.refreshes().json["reason"], "password_change");
    assert_eq!(alice.logs_in_with("alice@example.com", PASSWORD).status, 401);
    assert_eq!(alice.logs_in_with("alice@example.com", "four lamps in the cellar").status, 200);
}

#[test]
fn another_password_from_the_operator_lets_the_owner_in_past_what_strangers_have_guessed() {
    let app = App::today();
    app.browser().registers("alice@example.com");
    app.browser().guesses("alice@example.com", 10);
    let mut alice = app.browser();
    assert_eq!(alice.logs_in("alice@example.com").verdict(), (429, "too_many_attempts"));
    assert_eq!(heirloom(&app, &["user", "set-password", "alice@example.com"], "four lamps in the cellar\n").code, 0);
    assert_eq!(alice.logs_in_with("alice@example.com", "four lamps in the cellar").status, 200);
}

#[test]
fn everybody_can_be_sent_home_after_a_restore() {
    let app = App::today();
    let mut clients: Vec<_> = (0..12).map(|n| app.logged_in(&format!("user{n}@example.com"))).collect();
    let ended = heirloom(&app, &["session", "revoke-all", "--everybody", "--json"], "");
    assert_eq!(ended.json()["sessions_ended"], 12, "{}", ended.err);
    for client in &mut clients {
        assert_eq!(client.refreshes().json["reason"], "admin");
    }
    assert_eq!(heirloom(&app, &["session", "revoke-all"], "").code, 2, "nobody is sent home by leaving out a name");
}

#[test]
fn pruning_by_hand_takes_what_is_over_and_two_at_once_do_not_meet() {
    let app = App::today();
    for n in 0..5 {
        app.logged_in(&format!("user{n}@example.com"));
    }
    app.executes("UPDATE token_families SET idle_expires_at = '2020-01-01', expires_at = '2020-01-01' WHERE true");
    let pruned: i64 = std::thread::scope(|scope| {
        let both: Vec<_> = (0..2).map(|_| scope.spawn(|| heirloom(&app, &["prune", "--json"], "").json())).collect();
        both.into_iter().map(|told| told.join().unwrap()["sessions"].as_i64().unwrap()).sum()
    });
    assert_eq!(pruned, 5);
    assert_eq!(app.counts("SELECT count(*) AS number FROM token_families"), 0);
    assert_eq!(app.counts("SELECT count(*) AS number FROM users"), 5);
}

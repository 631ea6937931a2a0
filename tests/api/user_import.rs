//! `heirloom user import` and `heirloom user export`.

use std::io::Write as _;

use serde_json::{Value, json};

use crate::operator::{Told, command, heirloom};
use crate::support::App;
use crate::support::foreign::{email, line, password};

const KINDS: [&str; 11] = [
    "bcrypt-2a",
    "bcrypt-2b",
    "bcrypt-2y",
    "scrypt",
    "pbkdf2-sha256",
    "pbkdf2-sha512",
    "passlib",
    "django",
    "argon2i",
    "argon2d",
    "argon2id",
];

const ALL_USERS: &str = "SELECT count(*) AS number FROM users";

fn imports(app: &App, arguments: &[&str], lines: &str) -> Told {
    heirloom(app, &[&["user", "import", "-"], arguments].concat(), lines)
}

/// The numbers of the summary: imported, skipped, refused.
fn counts(told: &Told) -> [u64; 3] {
    let json = told.json();
    ["imported", "skipped", "refused"].map(|name| json[name].as_u64().unwrap())
}

fn lines_of_all_kinds(each: usize) -> String {
    let of_kind = |kind: &'static str| (0..each).map(move |number| format!("{}\n", line(kind, number)));
    KINDS.into_iter().flat_map(of_kind).collect()
}

fn stored_hash(app: &App, email: &str) -> String {
    app.reads(&format!("SELECT password_hash AS word FROM users WHERE email = '{email}'")).remove(0)
}

#[test]
fn users_of_every_kind_log_in_with_the_password_they_had_and_get_a_new_hash() {
    let app = App::today();
    let (lines, each) = (lines_of_all_kinds(100), 100);
    let all = (KINDS.len() * each) as u64;
    let told = imports(&app, &["--json"], &lines);
    assert_eq!((told.code, told.err.as_str(), counts(&told)), (0, "", [all, 0, 0]));
    for kind in KINDS {
        for number in [0, 1, 42, each - 1] {
            let (email, password) = (email(kind, number), password(kind, number));
            let before = stored_hash(&app, &email);
            let mut browser = app.browser();
            assert_eq!(browser.logs_in_with(&email, "three lamps").verdict(), (401, "invalid_credentials"), "{before}");
            assert_eq!(stored_hash(&app, &email), before);
            assert_eq!(browser.logs_in_with(&email, &password).status, 200, "{before}");
            let after = stored_hash(&app, &email);
            assert!(after.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{before} became {after}");
            assert_eq!(browser.refreshes().status, 200);
            assert_eq!(browser.logs_in_with(&email, &password).status, 200);
            assert_eq!(stored_hash(&app, &email), after);
        }
    }
    let before = app.reads("SELECT users::text AS word FROM users ORDER BY id");
    let told = imports(&app, &["--json"], &lines);
    assert_eq!((told.code, told.err.as_str(), counts(&told)), (0, "", [0, all, 0]));
    assert_eq!(app.reads("SELECT users::text AS word FROM users ORDER BY id"), before);
}

#[test]
fn what_a_line_says_is_what_the_user_has() {
    let app = App::today();
    let user = json!({ "email": "Alice@B\u{fc}cher.example", "email_verified": true, "subject": "auth0|42", "is_active": false,
        "claims": { "plan": "pro" }, "created_at": "2020-05-17T10:30:00.123456789+02:00" });
    let told = imports(&app, &[], &format!("\u{feff}{user}\r\n\n   \n{{\"subject\":\"43\"}}"));
    assert_eq!(told.out, "Imported 2 users; already there: 0; refused: 0\n");
    let shown = heirloom(&app, &["user", "list", "--json"], "").json();
    let found = shown.as_array().unwrap().iter().find(|user| user["subject"] == "auth0|42").unwrap();
    let expected = json!({ "id": found["id"], "email": "alice@b\u{fc}cher.example", "email_verified": true, "subject": "auth0|42",
        "has_password": false, "claims": { "plan": "pro" }, "is_active": false, "created_at": "2020-05-17T08:30:00.123456Z" });
    assert_eq!(*found, expected);
    assert_eq!(app.counts("SELECT count(*) AS number FROM session_events"), 0);
}

#[test]
fn each_bad_line_is_named_with_its_reason_and_costs_no_other() {
    let app = App::today();
    app.logged_in("taken@example.com");
    app.executes("UPDATE users SET subject = 'taken'");
    app.logged_in("also@example.com");
    app.logged_in("third@example.com");
    let long = "s".repeat(256);
    let bad = [
        (r#"{"email":"a"#.to_owned(), "is not JSON: look at column 11"),
        ("[]".to_owned(), "is not a JSON object"),
        (r#"{"email":"b@example.com","password_hash":"$2b$04$tooshort"}"#.to_owned(), "`password_hash` is a broken bcrypt hash"),
        (
            r#"{"email":"b@example.com","password_hash":"5f4dcc3b5aa765d61d8327deb882cf99"}"#.to_owned(),
            "`password_hash` is no hash of a known kind: bcrypt, scrypt, PBKDF2 with SHA-256 or SHA-512, or Argon2",
        ),
        (
            r#"{"email":"b@example.com","password_hash":"$2b$31$44AIUAJyYGpa8IgJywSI3uEKL9bbdc5aUs4uKZSn9Mo8NuXra7y/C"}"#.to_owned(),
            "`password_hash` costs too much to check: a bcrypt cost of at most 14 is allowed",
        ),
        (format!(r#"{{"subject":"{long}"}}"#), "`subject` must have 1 to 255 bytes and no control characters"),
        (
            r#"{"subject":"c","claims":{"sub":"x"}}"#.to_owned(),
            "`claims` must not contain `sub`, which is a registered name or one that access tokens use themselves",
        ),
        (r#"{"email":"good-0@EXAMPLE.com"}"#.to_owned(), "`email` is the same as in line 1"),
        (r#"{"email":"other@example.com","subject":"good-0"}"#.to_owned(), "`subject` is the same as in line 1"),
        (r#"{"email":"taken@example.com","subject":"new"}"#.to_owned(), "`email` is that of a user without this subject"),
        ("{}".to_owned(), "has neither `email` nor `subject`, so the import could not find the user again"),
        (r#"{"email":"d@example.com","role":"admin"}"#.to_owned(), "`role` is no field of a user"),
        (" ".repeat(70_000) + "{", "is longer than 65536 bytes"),
    ];
    let good = |number: usize| format!(r#"{{"email":"good-{number}@example.com","subject":"good-{number}"}}"#);
    let mut lines: Vec<Vec<u8>> = Vec::new();
    let mut expected = String::new();
    for (number, (line, reason)) in bad.iter().enumerate() {
        lines.extend([good(number).into_bytes(), line.clone().into_bytes()]);
        expected += &format!("line {}: {reason}\n", lines.len());
    }
    lines.push(b"{\"email\":\"\xe4@example.com\"}".to_vec());
    expected += &format!("line {}: is not valid UTF-8\n", lines.len());
    lines.push(br#"{"email":"also@example.com","created_at":"2020-01-01T00:00:00Z"}"#.to_vec());
    expected += &format!("line {}: `email` is that of a user who was created at another time\n", lines.len());
    lines.extend(
        [&br#"{"email":"third@example.com"}"#[..], br#"{"subject":"taken","email":"new@example.com"}"#]
            .map(<[u8]>::to_vec),
    );
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("users.jsonl");
    std::fs::write(&path, lines.join(&b'\n')).unwrap();
    let path = path.to_str().unwrap();
    let all = [bad.len() as u64, 2, bad.len() as u64 + 2];

    let told = heirloom(&app, &["user", "import", path, "--dry-run", "--json"], "");
    assert_eq!((told.code, told.err.as_str(), counts(&told)), (5, expected.as_str(), all));
    assert_eq!(told.json()["dry_run"], true);
    assert_eq!(app.counts(ALL_USERS), 3);
    let told = heirloom(&app, &["user", "import", path], "");
    assert_eq!((told.code, told.err.as_str()), (5, expected.as_str()));
    assert_eq!(told.out, format!("Imported {} users; already there: {}; refused: {}\n", all[0], all[1], all[2]));
    let told = heirloom(&app, &["user", "import", path, "--json"], "");
    assert_eq!((told.code, told.err.as_str(), counts(&told)), (5, expected.as_str(), [0, all[0] + all[1], all[2]]));
    assert_eq!(heirloom(&app, &["user", "import", "/nowhere"], "").code, 1);
}

#[test]
fn a_line_that_only_the_database_refuses_costs_no_other_of_its_batch() {
    let app = App::today();
    app.executes("ALTER TABLE users ADD CONSTRAINT nobody_is_called_so CHECK (subject NOT LIKE 'no-%')");
    let lines: Vec<String> =
        (0..2_500).map(|n| format!("{{\"subject\":\"{}{n}\"}}", if n % 997 == 5 { "no-" } else { "" })).collect();
    let told = imports(&app, &["--json"], &lines.join("\n"));
    let line =
        |number: u32| format!("line {number}: could not be stored: constraint nobody_is_called_so refused the write\n");
    assert_eq!((told.code, told.err), (5, [6, 1003, 2000].map(line).concat()));
    assert_eq!(app.counts(ALL_USERS), 2_497);
}

#[test]
fn addresses_in_a_former_spelling_are_known() {
    let app = App::today();
    app.logged_in("alice@xn--bcher-kva.example");
    app.executes("UPDATE users SET email = 'alice@b\u{fc}cher.example'");
    app.executes("INSERT INTO canonical_emails SELECT 'alice@xn--bcher-kva.example', id FROM users");
    let line = "{\"email\":\"alice@B\u{fc}cher.example\"}";
    for arguments in [&["--json"][..], &["--json", "--dry-run"]] {
        assert_eq!(counts(&imports(&app, arguments, line)), [0, 1, 0]);
    }
    assert_eq!(app.counts(ALL_USERS), 1);
}

#[test]
fn an_import_that_is_killed_or_run_twice_at_once_is_finished_by_another() {
    let app = App::today();
    let lines: String =
        (0..5_000).map(|n| format!("{{\"email\":\"user-{n}@example.com\",\"subject\":\"{n}\"}}\n")).collect();
    let mut child = command(&app, &["user", "import", "-"]).spawn().unwrap();
    let half = lines.len() / 2;
    // It waits for the rest of a line.
    child.stdin.as_mut().unwrap().write_all(&lines.as_bytes()[..half]).unwrap();
    app.eventually(|| app.counts(ALL_USERS) >= 1_000);
    child.kill().unwrap();
    child.wait().unwrap();
    let there = app.counts(ALL_USERS).unsigned_abs();
    assert_eq!((there % 1_000, there < 5_000), (0, true), "whole batches");
    let both: Vec<[u64; 3]> = std::thread::scope(|scope| {
        let both: Vec<_> = (0..2).map(|_| scope.spawn(|| counts(&imports(&app, &["--json"], &lines)))).collect();
        both.into_iter().map(|told| told.join().unwrap()).collect()
    });
    assert_eq!(both[0][0] + both[1][0], 5_000 - there, "{both:?}");
    assert_eq!((both[0][2], both[1][2]), (0, 0), "{both:?}");
    assert_eq!(app.counts(ALL_USERS), 5_000);
}

#[test]
fn without_the_database_an_import_says_what_is_done_and_ends_with_1() {
    let app = App::today();
    app.database.set_read_only(true);
    let told = imports(&app, &[], "{\"subject\":\"a\"}\n");
    assert_eq!((told.code, told.out.as_str()), (1, ""));
    assert!(
        told.err.contains("read-only") && told.err.contains("0 users are imported. Run the command again"),
        "{}",
        told.err
    );
    app.database.set_read_only(false);
}

#[test]
fn an_export_is_what_another_server_imports() {
    let (app, other) = (App::today(), App::today());
    imports(&app, &[], &lines_of_all_kinds(3));
    let odd =
        json!({ "subject": "\u{202e}odd \"one\"", "is_active": false, "claims": { "a": ["\u{1f9ca}", 1.5, null] } });
    imports(&app, &[], &odd.to_string());
    app.logged_in("alice@example.com");
    let exported = heirloom(&app, &["user", "export"], "");
    assert_eq!((exported.code, exported.err.as_str()), (0, ""));
    assert_eq!(exported.out.lines().count(), KINDS.len() * 3 + 2);
    assert!(
        !exported.out.contains("password_hash") && !exported.out.contains('$') && !exported.out.contains('\u{202e}')
    );
    let exported = heirloom(&app, &["user", "export", "--with-password-hashes"], "").out;
    let told = imports(&other, &["--json"], &exported);
    assert_eq!((told.code, told.err.as_str()), (0, ""));
    let again = heirloom(&other, &["user", "export", "--with-password-hashes", "--json"], "").out;
    let sorted = |lines: &str| -> Vec<String> {
        let mut lines: Vec<String> = lines.lines().map(str::to_owned).collect();
        lines.sort_unstable();
        lines
    };
    assert_eq!(sorted(&again), sorted(&exported));
    assert_eq!(other.browser().logs_in("alice@example.com").status, 200);
    let emails = |lines: &str| -> Vec<Value> {
        lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["email"].clone()).collect()
    };
    // The server's clock stands since before.
    assert_eq!(emails(&exported)[1..=KINDS.len() * 3], emails(&lines_of_all_kinds(3)), "in the order of the import");
    assert_eq!(emails(&again), emails(&exported));
}

//! `docs/operating.md` shows what the commands print: each is run as it is written there.

use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::json;

use crate::support::App;
use crate::support::app::SECRET;
use crate::support::browser::PASSWORD;

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const ALICE: &str = "alice@example.com";
const PROMPTS: [&str; 2] = ["New password:", "Repeat password:"];

/// A command of the page, and what it prints there.
struct Shown {
    command: String,
    output: Vec<String>,
}

fn page() -> String {
    fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/operating.md")).unwrap()
}

/// The commands of the section `heading`, in order. A password is typed where the page has a prompt, and piped here.
fn shown_in(heading: &str) -> Vec<Shown> {
    let page = page();
    let section = page.split(&format!("\n## {heading}\n")).nth(1).unwrap().split("\n## ").next().unwrap();
    let mut shown: Vec<Shown> = Vec::new();
    for block in section.split("```text\n").skip(1) {
        for line in block.split("```").next().unwrap().lines() {
            match line.strip_prefix("$ ") {
                Some(command) => shown.push(Shown { command: command.to_owned(), output: Vec::new() }),
                None if PROMPTS.contains(&line) => {}
                None => shown.last_mut().unwrap().output.push(line.to_owned()),
            }
        }
    }
    assert!(!shown.is_empty(), "{heading} shows no command");
    shown
}

/// Standard error and then standard output of a line such as `NAME=value heirloom user list`.
fn printed_by(line: &str, environment: &[(&str, &str)]) -> Vec<String> {
    let (variables, arguments) = line.split_once("heirloom ").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_heirloom"));
    command.args(arguments.split(' ')).env_clear().envs(environment.iter().copied());
    command.envs(variables.split_whitespace().map(|variable| variable.split_once('=').unwrap()));
    command.current_dir("/").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // One that reads no password may be gone already.
    let _ = child.stdin.take().unwrap().write_all(format!("{PASSWORD}\n").as_bytes());
    let output = child.wait_with_output().unwrap();
    String::from_utf8([output.stderr, output.stdout].concat()).unwrap().lines().map(str::to_owned).collect()
}

/// What stays the same each time: ids, times, secrets and the width of columns differ.
fn shape(line: &str) -> String {
    let is_secret =
        |word: &str| word.len() == 43 && !word.contains('.') || word.len() == 70 && word.starts_with("hls_");
    let is_time = |word: &str| word.ends_with('Z') && word.contains('T') && word.starts_with("20");
    let shaped = |word: &str| match word {
        word if uuid::Uuid::parse_str(word).is_ok() => "ID".to_owned(),
        word if is_time(word) => "TIME".to_owned(),
        word if is_secret(word) => "SECRET".to_owned(),
        word => word.to_owned(),
    };
    let words = line.split_whitespace().map(|word| {
        let parts = word.split_inclusive(['"', ',', '}']).map(|part| {
            let bare = part.trim_end_matches(['"', ',', '}']);
            format!("{}{}", shaped(bare), &part[bare.len()..])
        });
        parts.collect::<String>()
    });
    words.collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn assert_prints(shown: &Shown, printed: &[String]) {
    let shapes = |lines: &[String]| lines.iter().map(|line| shape(line)).collect::<Vec<_>>();
    assert_eq!(shapes(printed), shapes(&shown.output), "docs/operating.md shows another output of {}", shown.command);
}

fn log_in(app: &App, email: &str) {
    let login = json!({ "email": email, "password": PASSWORD });
    let answer = app.browser().bare_request("POST", "/login").json(&login).header("user-agent", FIREFOX).send();
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[test]
fn the_page_shows_what_commands_on_settings_print() {
    for shown in shown_in("Starting and stopping").iter().filter(|shown| !shown.command.ends_with("serve")) {
        assert_prints(shown, &printed_by(&shown.command, &[]));
    }
}

#[test]
fn the_page_shows_what_serving_logs() {
    let shown = shown_in("Starting and stopping").remove(0);
    let sources = ["app.rs", "app/database.rs", "app/secret_file.rs", "app/server.rs", "app/mod.rs", "cli/serve.rs"]
        .map(|file| fs::read_to_string(format!("{}/src/{file}", env!("CARGO_MANIFEST_DIR"))).unwrap_or_default())
        .concat();
    assert_eq!(shown.output.len(), 4);
    for line in &shown.output[..3] {
        let (_, logged) = line.split_once(" INFO ").or_else(|| line.split_once(" WARN ")).unwrap();
        let fields = logged.find('=').map_or(logged.len(), |at| logged[..at].rfind(' ').unwrap());
        assert!(sources.contains(&logged[..fields]), "docs/operating.md shows {logged}, which is not logged");
    }
}

#[test]
fn the_page_shows_what_commands_on_the_schema_print() {
    let app = App::today();
    let url = app.database.url();
    let environment = [("DATABASE_URL", url.as_str()), ("HEIRLOOM_SECRET", SECRET)];
    let shown = shown_in("The schema");
    let missing = shown[0].output.iter().filter(|line| line.starts_with("missing")).count();
    for _ in 0..missing {
        printed_by("heirloom migrate revert", &environment);
    }
    for shown in &shown {
        assert_prints(shown, &printed_by(&shown.command, &environment));
    }
}

#[test]
fn the_page_shows_what_commands_on_accounts_sessions_and_service_keys_print() {
    let app = App::today();
    let url = app.database.url();
    let environment = [("DATABASE_URL", url.as_str()), ("HEIRLOOM_SECRET", SECRET)];
    for shown in ["Accounts", "Sessions", "Service keys"].into_iter().flat_map(shown_in) {
        let mut command = shown.command.clone();
        match command.as_str() {
            // Between the commands of the page, its users do what users do.
            "heirloom user show alice@example.com --json" | "heirloom user set-password alice@example.com" => {
                log_in(&app, ALICE);
            }
            "heirloom session list alice@example.com" => {
                app.browser().registers(ALICE);
                log_in(&app, ALICE);
            }
            "heirloom session revoke-all alice@example.com" => log_in(&app, ALICE),
            "heirloom session revoke-all --everybody" => {
                app.logged_in("bob@example.com");
                log_in(&app, ALICE);
            }
            _ => {}
        }
        let mut expected = shown;
        let of_one = [("heirloom session revoke ", "token_families"), ("heirloom service-key revoke ", "service_keys")];
        for (revoke, table) in of_one {
            let Some(written) = command.strip_prefix(revoke) else { continue };
            let living = app.reads(&format!("SELECT id::text AS word FROM {table} WHERE revoked_at IS NULL")).remove(0);
            expected.output.iter_mut().for_each(|line| *line = line.replace(written, &living));
            command = format!("{revoke}{living}");
        }
        assert_prints(&expected, &printed_by(&command, &environment));
    }
}

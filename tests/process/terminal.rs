//! What people see at a terminal, and scripts do not: a question before what cannot be undone, pages, addresses.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use rustix::process::Signal;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use super::client::Session;
use super::home::Home;
use super::program::{eventually, send};
use super::serving::Serving;

/// A program at a terminal.
pub struct Terminal {
    child: Child,
    keyboard: File,
    screen: Arc<Mutex<String>>,
}

impl Terminal {
    fn runs(home: &Home, arguments: &[&str]) -> Self {
        Self::runs_with(home, arguments, &[])
    }

    pub fn runs_with(home: &Home, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let ours: OwnedFd = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&ours).unwrap();
        unlockpt(&ours).unwrap();
        let path = ptsname(&ours, Vec::new()).unwrap().into_string().unwrap();
        let theirs = || OpenOptions::new().read(true).write(true).open(&path).unwrap();
        let mut command = home.command(arguments, environment);
        command.stdin(theirs()).stdout(theirs()).stderr(Stdio::from(theirs()));
        let child = command.spawn().unwrap();
        drop(command);
        let keyboard = File::from(ours);
        let (mut output, screen) = (keyboard.try_clone().unwrap(), Arc::new(Mutex::new(String::new())));
        let shown = Arc::clone(&screen);
        // Reading fails when the program has closed the terminal.
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                shown.lock().unwrap().push_str(&String::from_utf8_lossy(&bytes[..count]));
            }
        });
        Self { child, keyboard, screen }
    }

    pub fn shows(&self, text: &str) {
        eventually(text, || self.screen.lock().unwrap().contains(text));
    }

    pub fn types(&mut self, text: &str) {
        self.keyboard.write_all(text.as_bytes()).unwrap();
    }

    pub fn ends(&mut self) -> (Option<i32>, String) {
        let mut status = None;
        eventually("the program ends", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        (status.unwrap().code(), self.screen.lock().unwrap().clone())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn what_cannot_be_undone_is_asked_at_a_terminal_only_and_not_with_yes() {
    let home = Home::new();
    let serving = Serving::start(&home);
    let names = ["alice", "bob", "carol"];
    let mut sessions = names.map(|name| Session::registered(&serving.url, &format!("{name}@example.com")));
    let delete = ["user", "delete", "alice@example.com"];
    for (typed, code) in [("n\n", Some(4)), ("\n", Some(4)), ("what?\n", Some(4)), ("yes\n", Some(0))] {
        let mut terminal = Terminal::runs(&home, &delete);
        terminal.shows("Delete alice@example.com with all sessions and events? This cannot be undone. [y/N] ");
        terminal.types(typed);
        let (ended, screen) = terminal.ends();
        assert_eq!(ended, code, "{screen}");
        assert_eq!(screen.contains("nothing was changed"), code == Some(4), "{screen}");
        assert_eq!(home.run(&["user", "show", "alice@example.com"]).code == Some(0), code == Some(4), "{typed:?}");
    }
    let (code, screen) = Terminal::runs(&home, &["user", "delete", "bob@example.com", "--yes"]).ends();
    assert_eq!(code, Some(0), "{screen}");
    let mut terminal = Terminal::runs(&home, &["session", "revoke-all", "--everybody"]);
    terminal.shows("Log everybody out, with 1 sessions? [y/N] ");
    terminal.types("n\n");
    assert_eq!(terminal.ends().0, Some(4));
    sessions[2].is_alive_at(&serving.url);
    // A script has no terminal.
    let ended = home.run(&["session", "revoke-all", "--everybody"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), "Sessions revoked: 1\n"), "{ended:?}");
    assert_eq!(home.run(&["user", "delete", "carol@example.com"]).code, Some(0));
}

#[test]
fn a_person_sees_the_addresses_of_the_app_and_the_documentation_and_a_program_one_line() {
    let home = Home::new();
    let mut terminal = Terminal::runs(&home, &["serve"]);
    terminal.shows("/docs\r\n");
    send(terminal.child.id(), Signal::TERM);
    let (code, screen) = terminal.ends();
    assert_eq!(code, Some(0), "{screen}");
    let lines: Vec<&str> = screen.lines().skip_while(|line| !line.starts_with("Heirloom serves ")).take(3).collect();
    let url = lines[0].strip_prefix("Heirloom serves ").unwrap();
    assert_eq!(lines[1..], [format!("  web app:       {url}/app/"), format!("  documentation: {url}/docs")]);

    let serving = Serving::start_with(&home, &["--base-path", "/auth", "--docs", "off"], &[]);
    let url = serving.url.clone();
    let ended = serving.stops();
    assert_eq!(ended.stdout, format!("Heirloom serves {url}\n"));
    let listening = ended.stderr.lines().find(|line| line.contains("Listening")).unwrap();
    assert!(listening.contains(&format!("app=\"{url}/app/\"")) && !listening.contains("docs="), "{listening}");
}

#[test]
fn accounts_are_listed_in_pages() {
    let home = Home::new();
    let serving = Serving::start(&home);
    for number in 0..5 {
        Session::registered(&serving.url, &format!("user{number}@example.com"));
    }
    let listed = |arguments: &[&str]| home.run(&[&["user", "list"], arguments].concat());
    let names = |text: &str| -> Vec<String> {
        let words = text.split_whitespace().filter(|word| word.ends_with("@example.com"));
        words.map(|word| word.trim_end_matches("@example.com").to_owned()).collect()
    };
    let all = listed(&[]);
    assert_eq!(names(&all.stdout), ["user0", "user1", "user2", "user3", "user4"], "{all:?}");
    assert_eq!(all.stderr, "");
    let first = listed(&["--limit", "2"]);
    assert_eq!(names(&first.stdout), ["user0", "user1"]);
    let next = first.stderr.trim_end().rsplit_once(' ').unwrap().1;
    assert_eq!(first.stderr, format!("There are more: heirloom user list --after {next}\n"));
    assert_eq!(names(&listed(&["--after", next, "--limit", "3"]).stdout), ["user2", "user3", "user4"]);
    let json = listed(&["--json", "--limit", "2"]);
    let rows: Vec<serde_json::Value> = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!((rows.len(), json.stderr.as_str()), (2, ""));
    assert_eq!(listed(&["--json", "--after", "ffffffff-ffff-7fff-bfff-ffffffffffff"]).stdout, "[]\n");
    assert_eq!(listed(&["--limit", "0"]).code, Some(2));
}

#[test]
fn an_import_shows_its_progress_at_a_terminal_only() {
    let home = Home::new();
    let lines: String = (0..20_000).map(|number| format!("{{\"subject\":\"{number}\"}}\n")).collect();
    std::fs::write(home.here("users.jsonl"), lines + "[]\n").unwrap();
    let (code, screen) = Terminal::runs_with(&home, &["user", "import", "users.jsonl"], &[("TERM", "xterm")]).ends();
    assert_eq!(code, Some(5), "{screen}");
    assert!(screen.contains("KiB of ") && screen.contains("line 20001: is not a JSON object\r\n"), "{screen}");
    assert!(screen.contains("Imported 20000 users; already there: 0; refused: 1\r\n"), "{screen}");
    let ended = home.run(&["user", "import", "users.jsonl", "--dry-run"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(5), "line 20001: is not a JSON object\n"));
    assert_eq!(ended.stdout, "Would import 0 users; already there: 20000; refused: 1\n");
}

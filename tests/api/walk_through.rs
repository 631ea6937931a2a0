//! `docs/walk-through.md`, run as it is written.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::support::App;
use crate::support::app::seconds;

/// What each block prints, by its shape: `…` on the page stands for any text.
#[test]
fn the_walk_through_prints_what_its_page_shows() {
    let app = App::start();
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/walk-through.md")).unwrap();
    let steps = steps(&page);
    assert!(steps.len() >= 8, "{} steps", steps.len());
    let directory = tempfile::tempdir().unwrap();
    put_sleep_aside(directory.path());
    let script: String = steps
        .iter()
        .enumerate()
        .map(|(at, (script, _))| format!("exec >step{at}.txt 2>&1\n{script}\n"))
        .collect::<String>()
        .replace("http://127.0.0.1:8080", &app.url);
    let finished = AtomicBool::new(false);
    let status = thread::scope(|scope| {
        scope.spawn(|| move_the_clock_when_asked(&app, directory.path(), &finished));
        let mut bash = Command::new("bash");
        let path = format!("{}:{}", directory.path().display(), "/usr/local/bin:/usr/bin:/bin");
        bash.arg("-eu").arg("-c").arg(&script).env("PATH", path).current_dir(directory.path());
        let status = bash.status().unwrap();
        finished.store(true, Ordering::SeqCst);
        status
    });
    for (at, (script, expected)) in steps.iter().enumerate() {
        let printed = fs::read_to_string(directory.path().join(format!("step{at}.txt"))).unwrap_or_default();
        assert!(matches(expected, &printed), "{script}\nprinted\n{printed}\ninstead of\n{expected}");
    }
    assert!(status.success());
}

/// The blocks to run, each with the block of what it prints.
fn steps(page: &str) -> Vec<(String, String)> {
    let mut blocks = page.split("```").skip(1).step_by(2);
    let mut steps = Vec::new();
    while let (Some(script), Some(output)) = (blocks.next(), blocks.next()) {
        let (Some(script), Some(output)) = (script.strip_prefix("sh\n"), output.strip_prefix("text\n")) else {
            panic!("the walk-through has sh blocks, each followed by a text block: {script}");
        };
        steps.push((script.to_owned(), output.to_owned()));
    }
    steps
}

/// Replaces `sleep`: the test moves the server's clock instead.
fn put_sleep_aside(directory: &Path) {
    let path = directory.join("sleep");
    let mut file = fs::File::create(&path).unwrap();
    // It gives up without a response: the test then fails instead of waiting indefinitely.
    write!(
        file,
        "#!/bin/sh\ncd '{}' && echo \"$1\" > asked.tmp && mv asked.tmp asked\n\
         n=0; while [ -e asked ]; do n=$((n + 1)); [ $n -lt 3000 ] && /bin/sleep 0.01 || exit 1; done\n",
        directory.display()
    )
    .unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn move_the_clock_when_asked(app: &App, directory: &Path, finished: &AtomicBool) {
    let asked = directory.join("asked");
    app.eventually(|| {
        if let Ok(text) = fs::read_to_string(&asked) {
            app.settles();
            app.passes(seconds(text.trim().parse().unwrap()));
            fs::remove_file(&asked).unwrap();
        }
        finished.load(Ordering::SeqCst)
    });
}

fn matches(expected: &str, printed: &str) -> bool {
    let (mut expected, mut printed) = (expected.trim().lines(), printed.trim().lines());
    loop {
        match (expected.next(), printed.next()) {
            (None, None) => return true,
            (Some(expected), Some(printed)) if line_matches(expected, printed) => {}
            _ => return false,
        }
    }
}

fn line_matches(expected: &str, printed: &str) -> bool {
    let mut parts = expected.split('…');
    let Some(mut rest) = parts.next().and_then(|first| printed.strip_prefix(first)) else { return false };
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        let found = if parts.peek().is_none() && !part.is_empty() {
            rest.ends_with(part).then(|| rest.len() - part.len())
        } else {
            rest.find(part)
        };
        match found {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
        if parts.peek().is_none() && part.is_empty() {
            return true;
        }
    }
    rest.is_empty()
}

#[test]
fn the_comparison_can_fail() {
    assert!(matches("a…c\n200", "abbc\n200\n"));
    assert!(matches("{\"id\":\"…\"}", "{\"id\":\"\"}"));
    for printed in ["abb\n200", "abbc\n201", "abbc", "abbc\n200\nmore"] {
        assert!(!matches("a…c\n200", printed), "{printed}");
    }
}

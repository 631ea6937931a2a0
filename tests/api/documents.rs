//! The documents and the program say the same.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::support::App;

fn openapi() -> Value {
    serde_json::from_str(&heirloom::http::openapi_json("")).unwrap()
}

#[test]
fn the_committed_openapi_document_is_the_one_that_is_served() {
    let app = App::start();
    let served = app.browser().bare_request("GET", "/openapi.json").send();
    assert_eq!(served.header("content-type"), Some("application/json"));
    assert!(served.text == heirloom::http::openapi_json(""));
    let committed = fs::read_to_string(root().join("openapi.json")).unwrap();
    assert!(committed == served.text, "openapi.json is not what is served: run `make openapi`");
}

#[test]
fn every_operation_of_the_document_is_served_and_answers_as_it_says() {
    let app = App::with_mail();
    let browser = app.browser();
    let some_id = "00000000-0000-7000-8000-000000000000";
    for (path, item) in openapi()["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let answer = browser.bare_request(&method.to_uppercase(), &path.replace("{id}", some_id)).send();
            assert!(![404, 405].contains(&answer.status), "{method} {path}: {answer:?}");
            let responses = operation["responses"].as_object().unwrap();
            assert!(
                responses.contains_key(&answer.status.to_string()) || responses.contains_key("default"),
                "{method} {path}: {answer:?}"
            );
        }
    }
}

#[test]
fn every_code_that_the_document_promises_exists() {
    let known: BTreeSet<String> = fs::read_to_string(root().join("src/http/wire/problems.rs"))
        .unwrap()
        .lines()
        .filter_map(|line| line.trim().split_once(": ")?.1.split('"').nth(1).map(str::to_owned))
        .filter(|code| code.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
        .collect();
    let document = heirloom::http::openapi_json("");
    let named: BTreeSet<&str> = document.split('`').skip(1).step_by(2).filter(|word| word.contains('_')).collect();
    for code in ["email_taken", "refresh_token_reused", "session_revoked", "unavailable"] {
        assert!(known.contains(code), "{code} is not among {known:?}");
    }
    for code in named {
        let fields = ["token_delivery", "refresh_token", "access_token", "device_token"];
        let is_field = fields.iter().any(|field| code.starts_with(field));
        assert!(known.contains(code) || is_field, "{code} is promised and does not exist");
    }
}

#[test]
fn the_page_for_people_needs_no_other_host() {
    let app = App::start();
    let browser = app.browser();
    let page = browser.bare_request("GET", "/docs").send();
    assert_eq!(page.status, 200);
    assert!(page.header("content-type").unwrap().starts_with("text/html"));
    assert!(!page.text.contains("//"), "the page names another host: {}", page.text);
    let linked: Vec<&str> =
        page.text.split(['"']).filter(|text| text.starts_with("docs/") || *text == "openapi.json").collect();
    assert_eq!(linked.len(), 6, "{linked:?}");
    for path in linked {
        let asset = browser.bare_request("GET", &format!("/{path}")).send();
        assert_eq!(asset.status, 200, "{path}");
        assert!(asset.text.len() > 50 || path.ends_with("png"), "{path} is empty");
    }
    for path in ["/docs/nope.js", "/docs/..%2f..%2fetc%2fpasswd"] {
        assert_eq!(browser.bare_request("GET", path).send().verdict(), (404, "not_found"));
    }
}

#[test]
fn the_example_of_the_settings_names_each_and_shows_its_default() {
    use clap::Args as _;
    let example = fs::read_to_string(root().join(".env.example")).unwrap();
    let shown: BTreeSet<&str> =
        example.lines().filter_map(|line| Some(line.strip_prefix('#')?.split_once('=')?.0)).collect();
    let command = heirloom::config::Settings::augment_args(clap::Command::new("serve"));
    let known: BTreeSet<&str> =
        command.get_arguments().map(|setting| setting.get_env().unwrap().to_str().unwrap()).collect();
    assert_eq!(shown, known);
    for setting in command.get_arguments() {
        let name = setting.get_env().unwrap().to_str().unwrap();
        let default = setting.get_default_values()[0].to_str().unwrap();
        let has_default = !default.is_empty();
        assert!(!has_default || example.contains(&format!("#{name}={default}\n")), "{name} is {default} by default");
    }
}

#[test]
fn the_operators_page_shows_every_command() {
    let page = fs::read_to_string(root().join("docs/operating.md")).unwrap();
    let mut commands = Vec::new();
    for command in subcommands(&[]) {
        match subcommands(&[&command]) {
            below if below.is_empty() => commands.push(command),
            below => commands.extend(below.into_iter().map(|name| format!("{command} {name}"))),
        }
    }
    assert!(commands.len() >= 17, "{commands:?}");
    for command in commands {
        assert!(page.contains(&format!("heirloom {command}")), "{command} is not shown");
    }
}

/// As `--help` lists them.
fn subcommands(of: &[&str]) -> Vec<String> {
    let help = std::process::Command::new(env!("CARGO_BIN_EXE_heirloom")).args(of).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let Some(list) = help.split("Commands:\n").nth(1) else { return Vec::new() };
    // What does not fit on a line goes on further to the right.
    let entries = list.lines().take_while(|line| line.starts_with("  ")).filter(|line| !line.starts_with("   "));
    let names = entries.filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").map(str::to_owned).collect()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

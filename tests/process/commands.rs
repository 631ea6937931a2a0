//! The small commands.

use super::home::Home;

#[test]
fn a_generated_secret_is_one_line_that_is_accepted_and_never_the_same() {
    let home = Home::new();
    let generate = || home.run(&["secret", "generate"]);
    let (one, other) = (generate(), generate());
    assert_eq!((one.code, one.stderr.as_str()), (Some(0), ""), "{one:?}");
    assert_eq!(one.stdout.lines().count(), 1);
    assert_ne!(one.stdout, other.stdout);
    let checked = home.run_with(&["check-config"], &[("HEIRLOOM_SECRET", one.stdout.trim_end())]);
    assert_eq!(checked.code, Some(0), "{checked:?}");
}

#[test]
fn openapi_prints_the_committed_document() {
    let ended = Home::new().run(&["openapi"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    let committed = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json")).unwrap();
    assert!(ended.stdout == committed, "openapi.json is not what the routes make: run `make openapi`");
    let ended = Home::new().run(&["openapi", "--service"]);
    let committed = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/service-openapi.json")).unwrap();
    assert!(ended.stdout == committed, "service-openapi.json is not what the routes make: run `make openapi`");
}

#[test]
fn the_version_is_printed() {
    let ended = Home::new().run(&["--version"]);
    assert_eq!((ended.code, ended.stdout), (Some(0), format!("heirloom {}\n", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn help_lists_every_command_and_the_settings_with_their_variables() {
    let home = Home::new();
    let help = home.run(&["--help"]);
    assert_eq!(help.code, Some(0));
    for command in ["serve", "migrate", "check-config", "openapi", "secret"] {
        assert!(help.stdout.contains(command), "{command}");
    }
    let help = home.run_with(&["serve", "--help"], &[("HEIRLOOM_SECRET", "canary-of-the-secret")]);
    for variable in ["DATABASE_URL", "HEIRLOOM_SECRET", "HEIRLOOM_DATA_DIR", "HEIRLOOM_LOG_FORMAT"] {
        assert!(help.stdout.contains(variable), "{variable}");
    }
    assert!(!help.stdout.contains("canary"), "help shows what is set, except for secrets");
    assert!(help.stdout.contains("[default: 15m]") && !help.stdout.contains("[default: ]"), "{}", help.stdout);
    let (options, settings) = help.stdout.split_once("\nDatabase:\n").unwrap();
    assert!(options.contains("--migrate") && !settings.contains("--migrate"), "settings have sections of their own");
}

#[test]
fn what_is_no_command_ends_with_2() {
    let home = Home::new();
    for arguments in [&["frobnicate"][..], &["serve", "--frobnicate"], &["migrate"], &["secret"], &[]] {
        let ended = home.run(arguments);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(ended.stderr.contains("Usage"), "{ended:?}");
    }
}

/// Every command with its own, from the help.
fn commands(home: &Home, of: &[String]) -> Vec<Vec<String>> {
    let arguments: Vec<&str> = of.iter().map(String::as_str).chain(["--help"]).collect();
    let help = home.run(&arguments).stdout;
    let mut found = vec![of.to_vec()];
    let list = help.split("Commands:\n").nth(1).unwrap_or_default();
    let entries = list.lines().take_while(|line| line.starts_with("  ")).filter(|line| !line.starts_with("   "));
    for name in entries.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help") {
        found.extend(commands(home, &[of, &[name.to_owned()]].concat()));
    }
    found
}

#[test]
fn every_command_and_argument_is_described_and_the_short_help_is_short() {
    let home = Home::new();
    let commands = commands(&home, &[]);
    assert!(commands.len() > 20, "{commands:?}");
    for command in commands {
        let help = |flag| home.run(&command.iter().map(String::as_str).chain([flag]).collect::<Vec<_>>()).stdout;
        let (short, long) = (help("-h"), help("--help"));
        assert!(short.lines().count() <= 45, "{command:?} has {} lines", short.lines().count());
        assert!(long.lines().count() >= short.lines().count(), "{command:?}");
        for line in short.lines().filter(|line| line.starts_with("  ")) {
            let is_name_only = !line.trim().contains("  ") && !line.starts_with("          ");
            assert!(!is_name_only, "{command:?} does not describe {line}");
        }
    }
}

#[test]
fn completions_and_manual_pages_name_the_commands() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = home.run_with(&["completions", shell], &[("HEIRLOOM_SECRET", "canary")]);
        assert_eq!((script.code, script.stderr.as_str()), (Some(0), ""), "{script:?}");
        assert!(script.stdout.contains("revoke-all") && !script.stdout.contains("canary"), "{shell}");
    }
    assert_eq!(home.run(&["completions", "cmd"]).code, Some(2));
    let page = home.run(&["man"]);
    assert!(page.code == Some(0) && page.stdout.contains(".TH heirloom 1"), "{page:?}");
    let directory = home.here("man");
    let set = [("HEIRLOOM_SECRET", "canary"), ("HEIRLOOM_ISSUER", "canary"), ("DATABASE_URL", "canary")];
    let written = home.run_with(&["man", "--out", directory.to_str().unwrap()], &set);
    assert_eq!((written.code, written.stdout.as_str()), (Some(0), ""), "{written:?}");
    let serve = std::fs::read_to_string(directory.join("heirloom-serve.1")).unwrap();
    assert!(serve.contains("HEIRLOOM_ACCESS_TOKEN_TTL") && !serve.contains("canary"));
    assert!(directory.join("heirloom-user-set-password.1").is_file());
}

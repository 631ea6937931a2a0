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

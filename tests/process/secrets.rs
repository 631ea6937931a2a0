//! Secrets come from the environment, from files, or from systemd; never from the command line.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::Path;

use super::client::Session;
use super::external_database::Somebodys;
use super::home::Home;
use super::serving::Serving;

const SECRET: &str = "canary-of-the-secret-0123456789abcdef";
const URL: &str = "postgres://heirloom:canary@127.0.0.1:1/heirloom";
const NO_PASSWORD: &str = "postgres://heirloom@127.0.0.1:1/heirloom";
const WEBHOOK_SECRET: &str = "whsec_canaryOfTheSecretOfWebhooks4cana";
const SOMEBODY: u32 = 65_534;

/// A file of the working directory with this text, which only its owner can read.
fn file(home: &Home, name: &str, text: &str) -> String {
    let path = home.here(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    path.display().to_string()
}

#[test]
fn a_secret_on_the_command_line_is_refused_with_the_reason() {
    let home = Home::new();
    for (flag, value) in [
        ("--secret", SECRET),
        ("--database-url", URL),
        ("--database-url", "postgres://h/db?password=canary"),
        ("--database-url", "host=h password=canary"),
        ("--mail-url", "smtp://heirloom:canary@127.0.0.1:1"),
        ("--webhook-secret", WEBHOOK_SECRET),
        ("--password-hook", "https://heirloom:canary@127.0.0.1:1/"),
    ] {
        for command in ["check-config", "serve"] {
            let ended = home.run_with(&[command, flag, value], &[("HEIRLOOM_SECRET", SECRET)]);
            assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{ended:?}");
            assert!(ended.stderr.contains(&format!("heirloom: {flag} ")), "{ended:?}");
            assert!(ended.stderr.contains("/proc") && ended.stderr.contains("_FILE"), "{ended:?}");
            assert!(!ended.stderr.contains("canary"), "{ended:?}");
        }
    }
    let ended = home.run_with(&["check-config", "--database-url", NO_PASSWORD], &[("HEIRLOOM_SECRET", SECRET)]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
}

#[test]
fn the_secret_and_the_url_come_from_files() {
    let home = Home::new();
    let somebodys = Somebodys::server(&home);
    let secret = file(&home, "secret", &format!("{SECRET}\n"));
    let url = file(&home, "url", &format!("  {}\r\n", somebodys.url("sessions")));
    let environment = [("HEIRLOOM_SECRET_FILE", secret.as_str()), ("DATABASE_URL_FILE", url.as_str())];
    let serving = Serving::start_with(&home, &["--migrate"], &environment);
    let mut alice = Session::registered(&serving.url, "alice@example.com");
    assert_eq!(serving.stops().code, Some(0));
    assert!(!home.data().exists(), "no embedded database");
    // The same secret, so the session goes on.
    let url = somebodys.url("sessions");
    let serving = Serving::start_with(&home, &[], &[("HEIRLOOM_SECRET", SECRET), ("DATABASE_URL", &url)]);
    alice.is_alive_at(&serving.url);
}

#[test]
fn credentials_of_systemd_are_found_by_their_names() {
    let home = Home::new();
    file(&home, "credentials/heirloom_secret", "too short\n");
    file(&home, "credentials/heirloom_database_url", "nonsense");
    let directory = home.here("credentials").display().to_string();
    let checked = || home.run_with(&["check-config"], &[("CREDENTIALS_DIRECTORY", &directory)]);
    let ended = checked();
    assert_eq!(ended.code, Some(2), "{ended:?}");
    for named in
        ["heirloom_secret, whose text holds a secret of 9 bytes", "heirloom_database_url, whose text must look"]
    {
        assert!(ended.stderr.contains(&format!("CREDENTIALS_DIRECTORY names {directory}/{named}")), "{ended:?}");
    }
    file(&home, "credentials/heirloom_secret", SECRET);
    file(&home, "credentials/heirloom_database_url", NO_PASSWORD);
    assert_eq!(checked().code, Some(0));
    let both = [("CREDENTIALS_DIRECTORY", directory.as_str()), ("HEIRLOOM_SECRET", SECRET)];
    let ended = home.run_with(&["check-config"], &both);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stderr.contains("HEIRLOOM_SECRET and CREDENTIALS_DIRECTORY both have a value"), "{ended:?}");
}

#[test]
fn the_url_of_the_mail_server_and_the_secret_of_webhooks_come_from_files_and_credentials_too() {
    let home = Home::new();
    let mail_url = file(&home, "mail-url", "smtp://heirloom:canary@127.0.0.1:1\n");
    let secret = file(&home, "webhook-secret", &format!("{WEBHOOK_SECRET}\n"));
    let receiver = ("HEIRLOOM_WEBHOOK_URL", "http://127.0.0.1:1/");
    let files = [("HEIRLOOM_MAIL_URL_FILE", mail_url.as_str()), ("HEIRLOOM_WEBHOOK_SECRET_FILE", secret.as_str())];
    let ended = home.run_with(&["check-config"], &[files[0], files[1], receiver]);
    // What they are for is missing, so they were read.
    assert_eq!(ended.code, Some(2), "{ended:?}");
    for required in ["HEIRLOOM_MAIL_FROM is required", "HEIRLOOM_PUBLIC_URL is required"] {
        assert!(ended.stderr.contains(required), "{ended:?}");
    }
    let rest = [receiver, ("HEIRLOOM_MAIL_FROM", "a@example.com"), ("HEIRLOOM_PUBLIC_URL", "https://example.com/")];
    let checked = |more: &[(&str, &str)]| home.run_with(&["check-config"], &[&rest[..], more].concat());
    assert_eq!(checked(&files).code, Some(0));
    let ended = checked(&[]);
    assert!(ended.stderr.contains("HEIRLOOM_WEBHOOK_SECRET is required"), "{ended:?}");
    file(&home, "credentials/heirloom_mail_url", "smtp://heirloom:canary@127.0.0.1:1");
    file(&home, "credentials/heirloom_webhook_secret", WEBHOOK_SECRET);
    let directory = home.here("credentials").display().to_string();
    let credentials = ("CREDENTIALS_DIRECTORY", directory.as_str());
    assert_eq!(checked(&[credentials]).code, Some(0));
    let ended = checked(&[credentials, files[1]]);
    let both = "HEIRLOOM_WEBHOOK_SECRET_FILE and CREDENTIALS_DIRECTORY both have a value";
    assert!(ended.code == Some(2) && ended.stderr.contains(both), "{ended:?}");
    for (name, text) in [("mail-url", "http://canary"), ("webhook-secret", "whsec_canary")] {
        file(&home, name, text);
    }
    let ended = checked(&files);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    for (path, must_be) in [(&mail_url, "smtp://HOST:PORT"), (&secret, "whsec_ and the base64")] {
        assert!(ended.stderr.contains(&format!("names {path}, whose text must be {must_be}")), "{ended:?}");
    }
    assert!(!ended.stderr.contains("canary"), "{ended:?}");
}

#[test]
fn a_value_and_a_file_at_once_are_refused_by_both_names() {
    let home = Home::new();
    let (secret, url) = (file(&home, "secret", SECRET), file(&home, "url", NO_PASSWORD));
    for (one, value, other, path) in [
        ("HEIRLOOM_SECRET", SECRET, "HEIRLOOM_SECRET_FILE", &secret),
        ("DATABASE_URL", NO_PASSWORD, "DATABASE_URL_FILE", &url),
    ] {
        let ended = home.run_with(&["check-config"], &[(one, value), (other, path), ("HEIRLOOM_SECRET_FILE", &secret)]);
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(
            ended.stderr.contains(&format!("heirloom: {one} and {other} both have a value; remove one")),
            "{ended:?}"
        );
        let empty = home.run_with(&["check-config"], &[(one, ""), (other, path), ("HEIRLOOM_SECRET_FILE", &secret)]);
        assert_eq!(empty.code, Some(0), "{empty:?}");
    }
}

#[test]
fn a_file_that_cannot_be_trusted_is_refused_and_one_that_all_can_read_is_noted() {
    let home = Home::new();
    let path = file(&home, "secret", SECRET);
    let checked = |path: &str| home.run_with(&["check-config"], &[("HEIRLOOM_SECRET_FILE", path)]);
    let refused = |path: &str, reason: &str| {
        let ended = checked(path);
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.stderr.starts_with(&format!("heirloom: HEIRLOOM_SECRET_FILE names {path}, which ")), "{ended:?}");
        assert!(ended.stderr.contains(reason) && !ended.stderr.contains("canary"), "{ended:?}");
    };
    fs::set_permissions(&path, Permissions::from_mode(0o444)).unwrap();
    let ended = checked(&path);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stderr.contains("every user of this machine can read"), "{ended:?}");
    fs::set_permissions(&path, Permissions::from_mode(0o622)).unwrap();
    refused(&path, "chmod go-w");
    refused(&home.here("missing").display().to_string(), "No such file");
    refused(&file(&home, "empty", "\n"), "is empty");
    if rustix::process::geteuid().is_root() {
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        chown(&path, Some(SOMEBODY), None).unwrap();
        refused(&path, "chown");
    }
}

/// As root, so that there is somebody else to own it.
#[test]
fn a_data_directory_or_generated_secret_of_somebody_else_is_refused() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let home = Home::new();
    let commands = [&["serve"][..], &["user", "list"], &["migrate", "status"]];
    let refused = |path: &Path| {
        for command in commands {
            let ended = home.run(command);
            assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{command:?}: {ended:?}");
            assert!(ended.stderr.contains(&format!("HEIRLOOM_DATA_DIR: {} ", path.display())), "{ended:?}");
        }
    };
    fs::create_dir(home.data()).unwrap();
    let data = home.data().display().to_string();
    chown(&data, Some(SOMEBODY), None).unwrap();
    refused(&home.data());
    chown(&data, Some(0), None).unwrap();
    fs::set_permissions(&data, Permissions::from_mode(0o777)).unwrap();
    refused(&home.data());
    fs::set_permissions(&data, Permissions::from_mode(0o755)).unwrap();
    fs::create_dir(home.data().join("postgres")).unwrap();
    chown(home.data().join("postgres"), Some(SOMEBODY), None).unwrap();
    refused(&home.data().join("postgres"));
    chown(home.data().join("postgres"), Some(0), None).unwrap();
    Serving::start(&home).stops();
    chown(home.data().join("secret"), Some(SOMEBODY), None).unwrap();
    for command in [&["serve"][..], &["user", "list"]] {
        let ended = home.run(command);
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.stderr.contains("chown"), "{ended:?}");
    }
}

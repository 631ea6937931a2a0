//! A wrong value is refused with the name of its variable, together with all other wrong values.

use clap::Args as _;
use heirloom::config::Settings;

use crate::{DATABASE, SECRET, assert_refused, resolve, settings};

const TOO_LONG_HELP: &str = match std::str::from_utf8(&[b'x'; 301]) {
    Ok(text) => text,
    Err(_) => panic!(),
};

/// Settings that do not depend on others, with values that each of them refuses.
const WRONG: &[(&str, &[&str])] = &[
    ("HEIRLOOM_BIND", &["8080", "127.0.0.1", "127.0.0.1:65536", "localhost:8080", "::1:8080"]),
    (
        "HEIRLOOM_BASE_PATH",
        &["auth", "//auth", "/a//b", "/a/../b", "/.", "/a b", "/a?b", "/a#b", "/a;b", "/{id}", "/ä"],
    ),
    ("HEIRLOOM_ACCESS_TOKEN_ALG", &["none", "RS256", "ES384", "HS512", "EdDSA,HS256"]),
    ("HEIRLOOM_ACCESS_TOKEN_TTL", &["15", "15 parsecs", "-15m", "0s", "999ms", "99999y"]),
    ("HEIRLOOM_REFRESH_IDLE_TTL", &["soon", "7", "0s", "-1d"]),
    ("HEIRLOOM_REFRESH_ABSOLUTE_TTL", &["6d 23h", "never", "30", "11y"]),
    ("HEIRLOOM_REFRESH_OVERLAP", &["10", "ten seconds", "-1s", "1e3s"]),
    ("HEIRLOOM_REFRESH_RECOVERY_BURST", &["-1", "1.5", "three", "4294967296"]),
    ("HEIRLOOM_REFRESH_RECOVERY_EVERY", &["0", "-1", "10s", "ten"]),
    ("HEIRLOOM_ISSUER", &["a\nb", "a\u{1b}[31m"]),
    ("HEIRLOOM_AUDIENCE", &["a\rb", "a\0b"]),
    (
        "HEIRLOOM_ALLOWED_ORIGINS",
        &[
            "*",
            "null",
            "app.example.com",
            "https://app.example.com/",
            "https://app.example.com/path",
            "https://*.example.com",
            "https://APP.example.com",
            "https://app.example.com:443",
            "https://app.example.com https://b.example",
            "https://app.example.com;https://b.example",
            "ftp://app.example.com",
            "file://",
            "htps://app.example.com",
            "capacitor://localhost/",
            "chrome-extension://*",
        ],
    ),
    ("HEIRLOOM_COOKIE_SAMESITE", &["loose", "strict,lax", "true"]),
    ("HEIRLOOM_COOKIE_PATH", &["auth", "/a;Domain=evil.example", "/a b", "/ä", "/a,b"]),
    (
        "HEIRLOOM_COOKIE_DOMAIN",
        &["https://example.com", "a.example;Path=/", "a b", "exämple.com", "*", "-", ".", "a..b", "-a.b"],
    ),
    ("HEIRLOOM_COOKIE_INSECURE", &["maybe", "2", "truee"]),
    ("HEIRLOOM_APP", &["maybe", "2", "/app"]),
    ("HEIRLOOM_DOCS", &["maybe", "2", "/docs"]),
    ("HEIRLOOM_ADMIN_HOSTS", &["heirloom:9090", "http://heirloom", "*", "a b", "-a", "a..b", "é"]),
    ("HEIRLOOM_SERVICE_API", &["on", "true", "admin,public", "127.0.0.1:9090"]),
    ("HEIRLOOM_DEV", &["maybe", "2", "prod"]),
    ("HEIRLOOM_DATABASE_POOL", &["0", "-1", "eight", "1001", "8.0"]),
    ("HEIRLOOM_ROTATION_WORKERS", &["0", "65", "one"]),
    ("HEIRLOOM_DATABASE_PREPARE", &["perhaps"]),
    ("HEIRLOOM_PASSWORD_MIN_LENGTH", &["7", "0", "65", "eight"]),
    ("HEIRLOOM_ARGON2_MEMORY", &["7167", "19455", "262145", "19MiB"]),
    ("HEIRLOOM_ARGON2_PASSES", &["0", "17", "two"]),
    ("HEIRLOOM_ARGON2_LANES", &["0", "17"]),
    ("HEIRLOOM_HASHES_AT_ONCE", &["0", "1025", "all"]),
    (
        "HEIRLOOM_PASSWORD_HOOK",
        &[
            "legacy",
            "ftp://example.com",
            "http://legacy.example.com",
            "http://10.0.0.1/",
            "http://127.0.0.1/#a",
            "http://localhost.example/",
        ],
    ),
    ("HEIRLOOM_BODY_TIMEOUT", &["0s", "99ms", "10"]),
    ("HEIRLOOM_KEEP_ALIVE", &["0s", "999ms", "75", "off"]),
    ("HEIRLOOM_MAX_CONNECTIONS", &["0", "-1", "1000001", "many", "off"]),
    ("HEIRLOOM_MAX_CONNECTIONS_PER_ADDRESS", &["0", "-1", "1000001", "a quarter"]),
    ("HEIRLOOM_MAIL_URL", &["localhost:25", "http://mail.example", "smtp://", "hook"]),
    ("HEIRLOOM_MAIL_FROM", &["a\nb"]),
    ("HEIRLOOM_MAIL_MUTED", &["newdevice", "new_device,verify_email", "all"]),
    ("HEIRLOOM_PUBLIC_URL", &["app.example.com", "ftp://example.com", "https://example.com/#/app"]),
    ("HEIRLOOM_RECOVERY_HELP", &["a\nb", TOO_LONG_HELP]),
    ("HEIRLOOM_REGISTRATION", &["maybe", "on", "open,closed"]),
    ("HEIRLOOM_WEBHOOK_URL", &["backend", "file:///tmp/hook"]),
    ("HEIRLOOM_WEBHOOK_SECRET", &["secret", "whsec_", "whsec_c2hvcnQ=", "whsec_not base64"]),
    ("HEIRLOOM_LOG", &["in\nfo"]),
    ("HEIRLOOM_LOG_FORMAT", &["xml", "text,json"]),
    ("HEIRLOOM_ADMIN_BIND", &["9090", "localhost", "none"]),
    ("HEIRLOOM_MAX_SESSIONS_PER_USER", &["0", "-1", "10001", "many"]),
    ("HEIRLOOM_EVENT_RETENTION", &["0s", "59m", "90", "for ever"]),
    ("HEIRLOOM_ACCESS_COOKIE", &["maybe", "2"]),
    ("HEIRLOOM_DATABASE_LISTEN", &["perhaps"]),
    ("HEIRLOOM_LOGIN_RATE", &["20", "0/s", "20/d", "often"]),
    ("HEIRLOOM_REFRESH_RATE", &["300", "-1/m", "1000001/s", "on"]),
    ("HEIRLOOM_TRUSTED_PROXIES", &["nginx", "10.0.0.0/33", "0.0.0.0/0", "::/0", "10.0.0.1, 10.0.0.0/0"]),
];

/// The table without the values.
fn wrong() -> impl Iterator<Item = (&'static str, &'static str)> {
    WRONG.iter().flat_map(|&(variable, values)| values.iter().map(move |&value| (variable, value)))
}

#[test]
fn the_table_has_every_setting_that_can_be_wrong_by_itself() {
    let command = Settings::augment_args(clap::Command::new("heirloom"));
    for setting in command.get_arguments() {
        let variable = setting.get_env().unwrap().to_str().unwrap();
        let is_apart = ["DATABASE_URL", "HEIRLOOM_SECRET", "HEIRLOOM_DATA_DIR", "HEIRLOOM_MAIL_TEMPLATES"]
            .contains(&variable)
            || variable.ends_with("_FILE");
        assert!(is_apart || WRONG.iter().any(|(name, _)| *name == variable), "{variable} has no wrong values");
    }
}

#[test]
fn a_wrong_value_is_refused_with_the_name_of_its_variable_and_no_other() {
    for (variable, value) in wrong() {
        assert_refused(variable, &[(variable, value)]);
    }
}

/// A second sentence would be about a value that was not given.
#[test]
fn one_mistake_is_reported_once() {
    for (variable, value) in wrong() {
        let errors = resolve(&[(variable, value)]).unwrap_err();
        assert_eq!(errors.0.len(), 1, "{variable}={value:?} is reported as:\n{errors}");
    }
}

#[test]
fn an_empty_value_is_none() {
    for &(variable, _) in WRONG {
        for empty in ["", "  ", "\n"] {
            assert!(resolve(&[(variable, empty)]).is_ok(), "{variable} = {empty:?}");
        }
    }
}

#[test]
fn all_wrong_values_are_reported_at_once() {
    let mut everything = vec![("HEIRLOOM_SECRET", "short")];
    everything.extend(WRONG.iter().map(|&(variable, values)| (variable, *values.last().unwrap())));
    let reported = resolve(&everything).unwrap_err().to_string();
    for (variable, _) in everything {
        assert!(reported.lines().any(|line| line.starts_with(&format!("{variable} "))), "{variable}: {reported}");
    }
}

#[test]
fn an_error_quotes_the_value_and_says_what_it_must_be() {
    for (variable, value, sentence) in [
        ("HEIRLOOM_BIND", "localhost", "is \"localhost\" but must be an address such as 127.0.0.1:8080."),
        ("HEIRLOOM_ADMIN_BIND", "none", "is \"none\" but must be an address such as 127.0.0.1:9090, or off."),
        ("HEIRLOOM_DATABASE_POOL", "0", "is \"0\" but must be a whole number from 1 to 1000."),
        ("HEIRLOOM_ROTATION_WORKERS", "65", "is \"65\" but must be a whole number from 1 to 64."),
        ("HEIRLOOM_ACCESS_TOKEN_TTL", "soon", "is \"soon\" but must be a duration such as 15m or 7d."),
        ("HEIRLOOM_ACCESS_TOKEN_TTL", "0s", "is \"0s\" but must be at least 1s."),
        ("HEIRLOOM_ACCESS_TOKEN_TTL", "11y", "is \"11y\" but must be at most ten years."),
        ("HEIRLOOM_APP", "maybe", "is \"maybe\" but must be true or false."),
        ("HEIRLOOM_COOKIE_SAMESITE", "loose", "is \"loose\" but must be one of strict, lax, none."),
        ("HEIRLOOM_LOGIN_RATE", "often", "is \"often\" but must be a rate such as 20/m, or off."),
        ("HEIRLOOM_ISSUER", "a\nb", "contains a control character."),
    ] {
        assert_eq!(resolve(&[(variable, value)]).unwrap_err().to_string(), format!("{variable} {sentence}"));
    }
}

#[test]
fn every_wrong_item_of_a_list_is_reported() {
    let lists = [("HEIRLOOM_TRUSTED_PROXIES", "10.0.0.0/8, nginx, 0.0.0.0/0"), ("HEIRLOOM_ALLOWED_ORIGINS", "*,null")];
    let reported = resolve(&lists).unwrap_err().to_string();
    for item in ["contains \"nginx\"", "contains 0.0.0.0/0", "contains \"*\"", "contains \"null\""] {
        assert!(reported.contains(item), "{item}: {reported}");
    }
    assert!(!reported.contains("10.0.0.0/8,"), "{reported}");
}

#[test]
fn neither_errors_nor_debug_output_contain_a_secret_or_the_databases_password() {
    for (variable, value) in wrong() {
        for secret in [SECRET, "canary-too-short", &format!("{SECRET},canary-too-short"), &"canary".repeat(8)] {
            let variables = [("DATABASE_URL", DATABASE), ("HEIRLOOM_SECRET", secret), (variable, value)];
            for count in [2, 3] {
                let settings = settings(&variables[..count]);
                let mut printed = format!("{settings:?} {settings:#?}");
                match resolve(&variables[..count]) {
                    Ok(config) => printed += &format!("{config:?} {config:#?}"),
                    Err(errors) => printed += &format!("{errors} {errors:?} {errors:#?}"),
                }
                assert!(!printed.contains("canary"), "{printed}");
            }
        }
    }
}

#[test]
fn a_name_that_belongs_to_no_setting_is_an_error() {
    let error = Settings::from_variables(&[("HEIRLOOM_BINT", "127.0.0.1:1")]).unwrap_err();
    assert!(error.to_string().contains("HEIRLOOM_BINT"), "{error}");
}

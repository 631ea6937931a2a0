//! Settings: the defaults, and that everything that cannot be right is refused with the name of its variable and without
//! the secrets of anybody.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::path::PathBuf;
use std::time::Duration;

use clap::Args as _;
use heirloom::config::{Config, ConfigErrors, DatabasePlace, LogFormat, Settings};
use heirloom::domain::policy::{AccessTokenAlgorithm, CookiePolicy, HashCost, SameSite};
use secrecy::ExposeSecret as _;

const SECRET: &str = "canary-of-the-secret-0123456789abcdef";
const OLDER: &str = "canary-of-the-older-secret-0123456789";
const DATABASE: &str = "postgres://heirloom:canary-of-the-password@db.example/heirloom";
const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn resolve(settings: &Settings) -> Result<Config, ConfigErrors> {
    Config::resolve(settings, Some(PathBuf::from("/data")))
}

fn resolved(change: impl FnOnce(&mut Settings)) -> Config {
    resolve(&settings(change)).unwrap()
}

fn settings(change: impl FnOnce(&mut Settings)) -> Settings {
    let mut settings = Settings::default();
    change(&mut settings);
    settings
}

#[track_caller]
fn assert_refused(variable: &str, settings: &Settings) {
    let errors = resolve(settings).expect_err(variable);
    assert!(errors.0.iter().all(|error| error.variable == variable), "{variable}: {errors}");
    assert!(errors.to_string().starts_with(&format!("{variable} ")), "{errors}");
}

#[test]
fn without_any_setting_the_defaults_hold() {
    let config = resolved(|_| ());
    assert!(matches!(&config.database.place, DatabasePlace::Embedded(path) if path.as_os_str() == "/data"));
    assert_eq!(config.database.connections, 8);
    assert!(config.database.prepare);
    assert_eq!(config.bind.to_string(), "127.0.0.1:8080");
    assert_eq!(config.base_path, "");
    assert!(config.secrets.is_empty(), "the embedded database keeps a generated secret");
    assert_eq!(config.access_token.algorithm, AccessTokenAlgorithm::EdDsa);
    assert_eq!(config.access_token.ttl, MINUTE * 15);
    assert_eq!((config.access_token.issuer.as_str(), config.access_token.audience.as_str()), ("heirloom", "heirloom"));
    assert_eq!((config.lifetimes.idle, config.lifetimes.absolute), (DAY * 7, DAY * 30));
    assert_eq!(config.rotation.overlap, Duration::from_secs(10));
    assert_eq!((config.rotation.recovery_burst, config.rotation.recovery_every), (3, 10));
    assert_eq!(config.password.min_length, 8);
    assert_eq!(config.hash_cost, HashCost { memory: 19_456, passes: 2, parallelism: 1 });
    let cookie = CookiePolicy {
        same_site: SameSite::Strict,
        path: "/".to_owned(),
        domain: None,
        is_insecure: false,
        with_access_token: false,
    };
    assert_eq!(config.cookie, cookie);
    assert!(config.allowed_origins.is_empty());
    assert_eq!((config.log.filter.as_str(), config.log.format), ("info", LogFormat::Text));
    assert!(config.has_app && config.is_development, "with the embedded database on a loopback address");
}

#[test]
fn what_is_typed_is_what_holds() {
    let text = |text: &str| Some(text.to_owned());
    let config = resolved(|settings| {
        settings.database_url = Some(DATABASE.into());
        settings.secret = Some(format!("{SECRET}, {OLDER}").into());
        settings.bind = text("[::1]:0");
        settings.base_path = text("/auth/");
        settings.access_token_alg = text("hs256");
        settings.access_token_ttl = text("1h 30m");
        settings.refresh_overlap = text("0s");
        settings.refresh_recovery_burst = text("0");
        settings.refresh_idle_ttl = text("400d");
        settings.refresh_absolute_ttl = text("400d");
        settings.allowed_origins = text("https://app.example.com, http://localhost:5173,");
        settings.cookie_samesite = text("None");
        settings.cookie_path = text("/auth");
        settings.cookie_domain = text("example.com");
        settings.database_pool = text("1");
        settings.database_prepare = text("off");
        settings.log_format = text("json");
        settings.app = text("off");
    });
    assert!(matches!(&config.database.place, DatabasePlace::External(url) if url.expose_secret() == DATABASE));
    assert_eq!(
        config.secrets.iter().map(|secret| secret.as_bytes()).collect::<Vec<_>>(),
        [SECRET.as_bytes(), OLDER.as_bytes()]
    );
    assert_eq!((config.bind.port(), config.base_path.as_str()), (0, "/auth"));
    assert_eq!(config.access_token.algorithm, AccessTokenAlgorithm::Hs256);
    assert_eq!(config.access_token.ttl, MINUTE * 90);
    assert_eq!((config.rotation.overlap, config.rotation.recovery_burst), (Duration::ZERO, 0));
    assert_eq!((config.lifetimes.idle, config.lifetimes.absolute), (DAY * 400, DAY * 400));
    let origins: Vec<&str> = config.allowed_origins.iter().map(|origin| origin.as_str()).collect();
    assert_eq!(origins, ["https://app.example.com", "http://localhost:5173"]);
    assert_eq!((config.cookie.same_site, config.cookie.path.as_str()), (SameSite::None, "/auth"));
    assert_eq!(config.cookie.domain.as_deref(), Some("example.com"));
    assert_eq!((config.database.connections, config.database.prepare), (1, false));
    assert_eq!(config.log.format, LogFormat::Json);
    assert!(!config.has_app && !config.is_development);
}

type Set = fn(&mut Settings, Option<String>);

/// Settings that stand alone, with values that none of them can have.
const WRONG: &[(&str, Set, &[&str])] = &[
    ("HEIRLOOM_BIND", |s, v| s.bind = v, &["8080", "127.0.0.1", "127.0.0.1:65536", "localhost:8080", "::1:8080"]),
    (
        "HEIRLOOM_BASE_PATH",
        |s, v| s.base_path = v,
        &["auth", "//auth", "/a//b", "/a/../b", "/.", "/a b", "/a?b", "/a#b", "/a;b", "/{id}", "/ä"],
    ),
    ("HEIRLOOM_ACCESS_TOKEN_ALG", |s, v| s.access_token_alg = v, &["none", "RS256", "ES256", "HS512", "EdDSA,HS256"]),
    (
        "HEIRLOOM_ACCESS_TOKEN_TTL",
        |s, v| s.access_token_ttl = v,
        &["15", "15 parsecs", "-15m", "0s", "999ms", "99999y"],
    ),
    ("HEIRLOOM_REFRESH_IDLE_TTL", |s, v| s.refresh_idle_ttl = v, &["soon", "7", "0s", "-1d"]),
    ("HEIRLOOM_REFRESH_ABSOLUTE_TTL", |s, v| s.refresh_absolute_ttl = v, &["6d 23h", "never", "30", "11y"]),
    ("HEIRLOOM_REFRESH_OVERLAP", |s, v| s.refresh_overlap = v, &["10", "ten seconds", "-1s", "1e3s"]),
    ("HEIRLOOM_REFRESH_RECOVERY_BURST", |s, v| s.refresh_recovery_burst = v, &["-1", "1.5", "three", "4294967296"]),
    ("HEIRLOOM_REFRESH_RECOVERY_EVERY", |s, v| s.refresh_recovery_every = v, &["0", "-1", "10s", "ten"]),
    ("HEIRLOOM_ISSUER", |s, v| s.issuer = v, &["a\nb", "a\u{1b}[31m"]),
    ("HEIRLOOM_AUDIENCE", |s, v| s.audience = v, &["a\rb", "a\0b"]),
    (
        "HEIRLOOM_ALLOWED_ORIGINS",
        |s, v| s.allowed_origins = v,
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
        ],
    ),
    ("HEIRLOOM_COOKIE_SAMESITE", |s, v| s.cookie_samesite = v, &["loose", "strict,lax", "true"]),
    ("HEIRLOOM_COOKIE_PATH", |s, v| s.cookie_path = v, &["auth", "/a;Domain=evil.example", "/a b", "/ä", "/a,b"]),
    (
        "HEIRLOOM_COOKIE_DOMAIN",
        |s, v| s.cookie_domain = v,
        &["https://example.com", "a.example;Path=/", "a b", "exämple.com", "*", "-", ".", "a..b", "-a.b"],
    ),
    ("HEIRLOOM_COOKIE_INSECURE", |s, v| s.cookie_insecure = v, &["maybe", "2", "truee"]),
    ("HEIRLOOM_APP", |s, v| s.app = v, &["maybe", "2", "/app"]),
    ("HEIRLOOM_DEV", |s, v| s.dev = v, &["maybe", "2", "prod"]),
    ("HEIRLOOM_DATABASE_POOL", |s, v| s.database_pool = v, &["0", "-1", "eight", "1001", "8.0"]),
    ("HEIRLOOM_ROTATION_LANES", |s, v| s.rotation_workers = v, &["0", "65", "one"]),
    ("HEIRLOOM_DATABASE_PREPARE", |s, v| s.database_prepare = v, &["perhaps"]),
    ("HEIRLOOM_PASSWORD_MIN_LENGTH", |s, v| s.password_min_length = v, &["7", "0", "65", "eight"]),
    ("HEIRLOOM_ARGON2_MEMORY", |s, v| s.argon2_memory = v, &["7167", "19455", "262145", "19MiB"]),
    ("HEIRLOOM_ARGON2_PASSES", |s, v| s.argon2_passes = v, &["0", "17", "two"]),
    ("HEIRLOOM_ARGON2_LANES", |s, v| s.argon2_lanes = v, &["0", "17"]),
    ("HEIRLOOM_HASHES_AT_ONCE", |s, v| s.hashes_at_once = v, &["0", "1025", "all"]),
    ("HEIRLOOM_BODY_TIMEOUT", |s, v| s.body_timeout = v, &["0s", "99ms", "10"]),
    ("HEIRLOOM_LOG", |s, v| s.log = v, &["in\nfo"]),
    ("HEIRLOOM_LOG_FORMAT", |s, v| s.log_format = v, &["xml", "text,json"]),
];

#[test]
fn a_wrong_value_is_refused_with_the_name_of_its_variable_and_no_other() {
    for &(variable, set, values) in WRONG {
        for &value in values {
            assert_refused(variable, &settings(|settings| set(settings, Some(value.to_owned()))));
        }
    }
}

/// A second sentence would be about a value that nobody typed.
#[test]
fn one_mistake_is_told_once() {
    for &(variable, set, values) in WRONG {
        for &value in values {
            let errors = resolve(&settings(|settings| set(settings, Some(value.to_owned())))).unwrap_err();
            assert_eq!(errors.0.len(), 1, "{variable}={value:?} is answered with:\n{errors}");
        }
    }
}

#[test]
fn an_empty_value_is_none() {
    for &(variable, set, _) in WRONG {
        for empty in ["", "  ", "\n"] {
            let settings = settings(|settings| set(settings, Some(empty.to_owned())));
            assert!(resolve(&settings).is_ok(), "{variable} = {empty:?}");
        }
    }
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let everything = settings(|settings| {
        settings.secret = Some("short".into());
        for &(_, set, values) in WRONG {
            set(settings, values.last().map(|&value| value.to_owned()));
        }
    });
    let told = resolve(&everything).unwrap_err().to_string();
    assert!(told.lines().any(|line| line.starts_with("HEIRLOOM_SECRET ")), "{told}");
    for (variable, _, _) in WRONG {
        assert!(told.lines().any(|line| line.starts_with(&format!("{variable} "))), "{variable} is not in: {told}");
    }
}

#[test]
fn weak_secrets_are_refused_wherever_they_stand() {
    let thirty_one = &SECRET[..31];
    for typed in [
        "x",
        thirty_one,
        &format!("{SECRET},{thirty_one}"),
        &format!("{thirty_one},{SECRET}"),
        &format!("{SECRET},,{OLDER}"),
        &format!("{SECRET},"),
        "change-me-run-heirloom-secret-generate",
        &"a".repeat(64),
        &"abcd".repeat(16),
        &format!("{}{}", "é".repeat(15), "!"),
    ] {
        for database in [None, Some(DATABASE.into())] {
            let settings = Settings { secret: Some(typed.into()), database_url: database, ..Settings::default() };
            assert_refused("HEIRLOOM_SECRET", &settings);
        }
    }
    assert_eq!(resolved(|settings| settings.secret = Some(SECRET[..32].into())).secrets.len(), 1);
}

#[test]
fn what_is_no_place_of_a_database_is_refused_and_not_quoted() {
    for wrong in ["nonsense", "mysql://u:p@h/db", "//db", "postgres://u:p@ss@h/db"] {
        let secret = Some(SECRET.into());
        assert_refused("DATABASE_URL", &Settings { database_url: Some(wrong.into()), secret, ..Settings::default() });
    }
    for right in ["postgres:///db", "postgresql://u@h/db", "host=/run/postgresql dbname=db", "service=heirloom"] {
        let secret = Some(SECRET.into());
        let settings = Settings { database_url: Some(right.into()), secret, ..Settings::default() };
        assert!(Config::resolve(&settings, None).is_ok(), "{right}");
    }
}

#[test]
fn a_database_of_ones_own_needs_a_secret_of_ones_own() {
    for secret in [None, Some(""), Some("  ")] {
        let secret = secret.map(Into::into);
        assert_refused(
            "HEIRLOOM_SECRET",
            &Settings { database_url: Some(DATABASE.into()), secret, ..Settings::default() },
        );
    }
}

#[test]
fn an_embedded_database_needs_a_place() {
    let errors = Config::resolve(&Settings::default(), None).unwrap_err();
    assert_eq!(errors.0.len(), 1);
    assert_eq!(errors.0[0].variable, "HEIRLOOM_DATA_DIR");
    let told = settings(|settings| settings.data_dir = Some("/elsewhere".to_owned()));
    let place = Config::resolve(&told, None).unwrap().database.place;
    assert!(matches!(place, DatabasePlace::Embedded(path) if path.as_os_str() == "/elsewhere"));
}

#[test]
fn lifetimes_that_contradict_each_other_or_the_browsers_are_refused() {
    let lifetimes = |idle: &str, absolute: &str| Settings {
        refresh_idle_ttl: Some(idle.to_owned()),
        refresh_absolute_ttl: Some(absolute.to_owned()),
        ..Settings::default()
    };
    assert!(resolve(&lifetimes("30d", "30d")).is_ok());
    assert_refused("HEIRLOOM_REFRESH_ABSOLUTE_TTL", &lifetimes("30d 1s", "30d"));
    assert_refused("HEIRLOOM_REFRESH_ABSOLUTE_TTL", &settings(|s| s.refresh_idle_ttl = Some("31d".to_owned())));
    assert_refused("HEIRLOOM_REFRESH_IDLE_TTL", &lifetimes("400d 1s", "500d"));
}

#[test]
fn cookies_without_secure_are_for_loopback_addresses_only() {
    let insecure = |bind: &str, same_site: &str| Settings {
        bind: Some(bind.to_owned()),
        cookie_insecure: Some("true".to_owned()),
        cookie_samesite: Some(same_site.to_owned()),
        ..Settings::default()
    };
    for loopback in ["127.0.0.1:8080", "127.8.8.8:0", "[::1]:8080"] {
        assert!(resolve(&insecure(loopback, "lax")).unwrap().cookie.is_insecure);
        assert_refused("HEIRLOOM_COOKIE_SAMESITE", &insecure(loopback, "none"));
    }
    for open in ["0.0.0.0:8080", "[::]:8080", "192.168.0.1:8080", "10.0.0.1:8080", "[fe80::1]:8080"] {
        assert_refused("HEIRLOOM_COOKIE_INSECURE", &insecure(open, "strict"));
    }
}

/// It lets whoever has an access token begin a session without a password.
#[test]
fn a_server_is_for_development_where_only_this_machine_reaches_it() {
    let told = |bind: &str, database: Option<&str>, proxies: &str, dev: Option<&str>| Settings {
        bind: Some(bind.to_owned()),
        database_url: database.map(Into::into),
        secret: database.map(|_| SECRET.into()),
        trusted_proxies: Some(proxies.to_owned()),
        dev: dev.map(str::to_owned),
        ..Settings::default()
    };
    let is_development = |settings: &Settings| resolve(settings).unwrap().is_development;
    let (loopback, open) = ("127.0.0.1:8080", "0.0.0.0:8080");
    assert!(is_development(&told(loopback, None, "", None)));
    for by_itself in
        [told(loopback, Some(DATABASE), "", None), told(open, None, "", None), told(loopback, None, "10.0.0.1", None)]
    {
        assert!(!is_development(&by_itself), "{by_itself:?}");
    }
    assert!(is_development(&told(loopback, Some(DATABASE), "", Some("true"))));
    assert!(!is_development(&told(loopback, None, "", Some("off"))));
    for database in [None, Some(DATABASE)] {
        assert_refused("HEIRLOOM_DEV", &told(open, database, "", Some("true")));
        assert_refused("HEIRLOOM_DEV", &told(loopback, database, "127.0.0.1", Some("true")));
    }
}

#[test]
fn a_hash_that_costs_too_little_is_refused_whichever_way_it_is_made_cheap() {
    let cost = |memory: &str, passes: &str| Settings {
        argon2_memory: Some(memory.to_owned()),
        argon2_passes: Some(passes.to_owned()),
        ..Settings::default()
    };
    for (memory, passes) in
        [("47104", "1"), ("19456", "2"), ("12288", "3"), ("9216", "4"), ("7168", "5"), ("65536", "16")]
    {
        assert!(resolve(&cost(memory, passes)).is_ok(), "{memory} KiB, {passes} passes");
    }
    for (memory, passes) in
        [("47103", "1"), ("19455", "2"), ("12287", "3"), ("9215", "4"), ("19456", "1"), ("7168", "4")]
    {
        assert_refused("HEIRLOOM_ARGON2_MEMORY", &cost(memory, passes));
    }
}

/// A thief who goes first and uses nothing costs his victim one credit at each refresh. Earned back as fast, none is ever
/// missing, and he is never noticed.
#[test]
fn a_credit_for_each_generation_is_refused() {
    assert_refused("HEIRLOOM_REFRESH_RECOVERY_EVERY", &settings(|s| s.refresh_recovery_every = Some("1".to_owned())));
    assert_eq!(resolved(|s| s.refresh_recovery_every = Some("2".to_owned())).rotation.recovery_every, 2);
}

#[test]
fn neither_errors_nor_debug_output_hold_a_secret_or_the_databases_password() {
    let mut all = vec![settings(|_| ())];
    for &(_, set, values) in WRONG {
        all.extend(values.iter().map(|&value| settings(|settings| set(settings, Some(value.to_owned())))));
    }
    for settings in &mut all {
        for secret in [SECRET, "canary-too-short", &format!("{SECRET},canary-too-short"), &"canary".repeat(8)] {
            settings.database_url = Some(DATABASE.into());
            settings.secret = Some(secret.into());
            let mut printed = format!("{settings:?} {settings:#?}");
            match resolve(settings) {
                Ok(config) => printed += &format!("{config:?} {config:#?}"),
                Err(errors) => printed += &format!("{errors} {errors:?} {errors:#?}"),
            }
            assert!(!printed.contains("canary"), "{printed}");
        }
    }
}

#[test]
fn each_setting_is_a_flag_and_a_variable_of_the_same_name_and_help_shows_no_secret() {
    let command = Settings::augment_args(clap::Command::new("heirloom"));
    assert!(command.get_arguments().count() > 25);
    for argument in command.get_arguments() {
        let flag = argument.get_long().unwrap();
        let variable = argument.get_env().unwrap().to_str().unwrap();
        let named = flag.to_uppercase().replace('-', "_");
        assert!(
            variable == format!("HEIRLOOM_{named}") || (variable, flag) == ("DATABASE_URL", "database-url"),
            "{flag}"
        );
        let is_secret = ["database-url", "secret"].contains(&flag);
        assert_eq!(argument.is_hide_env_values_set(), is_secret, "{flag}: help shows the values of variables");
    }
}

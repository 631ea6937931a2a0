//! Settings: the defaults, and that everything wrong is refused with the name of its variable and without any secret.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

#[path = "settings/wrong_values.rs"]
mod wrong_values;

use std::path::PathBuf;
use std::time::Duration;

use clap::Args as _;
use heirloom::config::{Config, ConfigErrors, DatabasePlace, LogFormat, Settings};
use heirloom::domain::policy::{
    AccessTokenAlgorithm, CookiePolicy, HashCost, Lifetimes, RotationPolicy, SameSite, ServiceApi,
};
use secrecy::ExposeSecret as _;

const SECRET: &str = "canary-of-the-secret-0123456789abcdef";
const OLDER: &str = "canary-of-the-older-secret-0123456789";
const DATABASE: &str = "postgres://heirloom:canary-of-the-password@db.example/heirloom";
const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn settings(variables: &[(&str, &str)]) -> Settings {
    Settings::from_variables(variables).unwrap()
}

fn resolve(variables: &[(&str, &str)]) -> Result<Config, ConfigErrors> {
    Config::resolve(&settings(variables), Some(PathBuf::from("/data")))
}

#[track_caller]
fn assert_refused(variable: &str, variables: &[(&str, &str)]) {
    let errors = resolve(variables).expect_err(variable);
    assert!(errors.0.iter().all(|error| error.variable == variable), "{variable}: {errors}");
    assert!(errors.to_string().starts_with(&format!("{variable} ")), "{errors}");
}

#[test]
fn without_any_setting_the_defaults_apply() {
    let config = resolve(&[]).unwrap();
    assert!(matches!(&config.database.place, DatabasePlace::Embedded(path) if path.as_os_str() == "/data"));
    assert_eq!(config.database.connections, 8);
    assert_eq!(config.database.rotation_workers.get(), 1);
    assert!(config.database.prepare && config.database.listen);
    assert_eq!(config.bind.to_string(), "127.0.0.1:8080");
    assert_eq!(config.admin_bind.unwrap().to_string(), "127.0.0.1:9090");
    assert!(!config.is_admin_bind_given);
    assert_eq!(config.base_path, "");
    assert!(config.secrets.is_empty(), "the embedded database generates a secret");
    assert_eq!(config.access_token.algorithm, AccessTokenAlgorithm::EdDsa);
    assert_eq!(config.access_token.ttl, MINUTE * 15);
    assert_eq!((config.access_token.issuer.as_str(), config.access_token.audience.as_str()), ("heirloom", "heirloom"));
    assert_eq!((config.lifetimes.idle, config.lifetimes.absolute), (DAY * 7, DAY * 30));
    assert_eq!(config.rotation.overlap, Duration::from_secs(10));
    assert_eq!((config.rotation.recovery_burst, config.rotation.recovery_every), (3, 10));
    assert_eq!((config.sessions_per_user.get(), config.event_retention), (100, DAY * 90));
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
    assert_eq!(config.body_timeout, Duration::from_secs(10));
    assert_eq!(config.keep_alive, Duration::from_secs(75), "balancers give up an idle connection after 60 seconds");
    let rates = [config.throttle.login_rate, config.throttle.refresh_rate].map(Option::unwrap);
    assert_eq!(rates.map(|rate| (rate.count.get(), rate.period)), [(20, MINUTE), (300, MINUTE)]);
    assert!(config.throttle.trusted_proxies.is_empty());
    assert_eq!((config.log.filter.as_str(), config.log.format), ("info", LogFormat::Text));
    assert!(config.has_docs && config.admin_hosts.is_empty() && config.warnings.is_empty());
    assert_eq!(config.service_api, ServiceApi::Admin);
    assert!(config.has_app && config.is_development, "with the embedded database on a loopback address");
}

/// Tests of the rule use the policies' own defaults.
#[test]
fn the_defaults_of_the_policies_are_those_of_the_settings() {
    let config = resolve(&[]).unwrap();
    let (rotation, lifetimes) = (RotationPolicy::default(), Lifetimes::default());
    assert_eq!(format!("{:?}", config.rotation), format!("{rotation:?}"));
    assert_eq!(format!("{:?}", config.lifetimes), format!("{lifetimes:?}"));
    assert_eq!((config.cookie, config.hash_cost), (CookiePolicy::default(), HashCost::default()));
}

#[test]
fn given_values_apply() {
    let config = resolve(&[
        ("DATABASE_URL", DATABASE),
        ("HEIRLOOM_SECRET", &format!("{SECRET}, {OLDER}")),
        ("HEIRLOOM_BIND", "[::1]:0"),
        ("HEIRLOOM_ADMIN_BIND", "127.0.0.1:9090"),
        ("HEIRLOOM_BASE_PATH", "/auth/"),
        ("HEIRLOOM_ACCESS_TOKEN_ALG", "hs256"),
        ("HEIRLOOM_ACCESS_TOKEN_TTL", "1h 30m"),
        ("HEIRLOOM_REFRESH_OVERLAP", "0s"),
        ("HEIRLOOM_REFRESH_RECOVERY_BURST", "0"),
        ("HEIRLOOM_REFRESH_IDLE_TTL", "400d"),
        ("HEIRLOOM_REFRESH_ABSOLUTE_TTL", "400d"),
        ("HEIRLOOM_ALLOWED_ORIGINS", "https://app.example.com, http://localhost:5173,"),
        ("HEIRLOOM_COOKIE_SAMESITE", "None"),
        ("HEIRLOOM_COOKIE_PATH", "/auth"),
        ("HEIRLOOM_COOKIE_DOMAIN", "example.com"),
        ("HEIRLOOM_DATABASE_POOL", "1"),
        ("HEIRLOOM_ROTATION_WORKERS", "64"),
        ("HEIRLOOM_DATABASE_PREPARE", "off"),
        ("HEIRLOOM_LOGIN_RATE", "off"),
        ("HEIRLOOM_REFRESH_RATE", "OFF"),
        ("HEIRLOOM_LOG_FORMAT", "json"),
        ("HEIRLOOM_APP", "off"),
        ("HEIRLOOM_DOCS", "off"),
        ("HEIRLOOM_SERVICE_API", "Public"),
        ("HEIRLOOM_ADMIN_HOSTS", "Heirloom, heirloom.monitoring.svc."),
    ])
    .unwrap();
    assert!(matches!(&config.database.place, DatabasePlace::External(url) if url.expose_secret() == DATABASE));
    assert_eq!(
        config.secrets.iter().map(|secret| secret.as_bytes()).collect::<Vec<_>>(),
        [SECRET.as_bytes(), OLDER.as_bytes()]
    );
    assert_eq!((config.bind.port(), config.base_path.as_str()), (0, "/auth"));
    assert!(config.is_admin_bind_given, "the default, but given");
    assert_eq!(config.access_token.algorithm, AccessTokenAlgorithm::Hs256);
    assert_eq!(config.access_token.ttl, MINUTE * 90);
    assert_eq!((config.rotation.overlap, config.rotation.recovery_burst), (Duration::ZERO, 0));
    assert_eq!((config.lifetimes.idle, config.lifetimes.absolute), (DAY * 400, DAY * 400));
    let origins: Vec<&str> = config.allowed_origins.iter().map(|origin| origin.as_str()).collect();
    assert_eq!(origins, ["https://app.example.com", "http://localhost:5173"]);
    assert_eq!((config.cookie.same_site, config.cookie.path.as_str()), (SameSite::None, "/auth"));
    assert_eq!(config.cookie.domain.as_deref(), Some("example.com"));
    assert_eq!((config.database.connections, config.database.prepare), (1, false));
    assert_eq!(config.database.rotation_workers.get(), 64);
    assert!(config.throttle.login_rate.is_none() && config.throttle.refresh_rate.is_none());
    assert_eq!(config.log.format, LogFormat::Json);
    assert!(!config.has_app && !config.has_docs && !config.is_development);
    assert_eq!(config.admin_hosts, ["heirloom", "heirloom.monitoring.svc"]);
    assert_eq!(config.service_api, ServiceApi::Public);
}

#[test]
fn the_service_api_needs_the_address_that_it_is_wanted_at() {
    let place = |variables: &[(&str, &str)]| resolve(variables).unwrap().service_api;
    let no_admin = ("HEIRLOOM_ADMIN_BIND", "off");
    assert_eq!(place(&[no_admin]), ServiceApi::Off, "nobody asked for it");
    assert_eq!(place(&[no_admin, ("HEIRLOOM_SERVICE_API", "public")]), ServiceApi::Public);
    assert_eq!(place(&[("HEIRLOOM_SERVICE_API", "off")]), ServiceApi::Off);
    assert_refused("HEIRLOOM_SERVICE_API", &[no_admin, ("HEIRLOOM_SERVICE_API", "admin")]);
}

#[test]
fn weak_secrets_are_refused_wherever_they_stand() {
    let thirty_one = &SECRET[..31];
    for secret in [
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
        assert_refused("HEIRLOOM_SECRET", &[("HEIRLOOM_SECRET", secret)]);
        assert_refused("HEIRLOOM_SECRET", &[("HEIRLOOM_SECRET", secret), ("DATABASE_URL", DATABASE)]);
    }
    assert_eq!(resolve(&[("HEIRLOOM_SECRET", &SECRET[..32])]).unwrap().secrets.len(), 1);
}

#[test]
fn text_that_is_no_database_url_is_refused_and_not_quoted() {
    for wrong in ["nonsense", "mysql://u:p@h/db", "//db", "postgres://u:p@ss@h/db"] {
        let variables = [("DATABASE_URL", wrong), ("HEIRLOOM_SECRET", SECRET)];
        assert_refused("DATABASE_URL", &variables);
        assert!(!resolve(&variables).unwrap_err().to_string().contains(wrong));
        assert!(Config::resolve(&settings(&variables), None).is_err_and(|errors| errors.0.len() == 1));
    }
    for right in ["postgres:///db", "postgresql://u@h/db", "host=/run/postgresql dbname=db", "service=heirloom"] {
        let settings = settings(&[("DATABASE_URL", right), ("HEIRLOOM_SECRET", SECRET)]);
        assert!(Config::resolve(&settings, None).is_ok(), "{right}");
    }
}

#[test]
fn a_database_of_ones_own_needs_a_secret_of_ones_own() {
    assert_refused("HEIRLOOM_SECRET", &[("DATABASE_URL", DATABASE)]);
    for empty in ["", "  "] {
        assert_refused("HEIRLOOM_SECRET", &[("DATABASE_URL", DATABASE), ("HEIRLOOM_SECRET", empty)]);
    }
}

#[test]
fn an_embedded_database_needs_a_directory() {
    let errors = Config::resolve(&settings(&[]), None).unwrap_err();
    assert_eq!(errors.0.len(), 1);
    assert_eq!(errors.0[0].variable, "HEIRLOOM_DATA_DIR");
    let given = settings(&[("HEIRLOOM_DATA_DIR", "/elsewhere")]);
    let place = Config::resolve(&given, None).unwrap().database.place;
    assert!(matches!(place, DatabasePlace::Embedded(path) if path.as_os_str() == "/elsewhere"));
}

#[test]
fn lifetimes_that_contradict_each_other_or_the_browsers_are_refused() {
    let (idle, absolute) = ("HEIRLOOM_REFRESH_IDLE_TTL", "HEIRLOOM_REFRESH_ABSOLUTE_TTL");
    assert!(resolve(&[(idle, "30d"), (absolute, "30d")]).is_ok());
    assert_refused(absolute, &[(idle, "30d 1s"), (absolute, "30d")]);
    assert_refused(absolute, &[(idle, "31d")]);
    assert_refused(idle, &[(idle, "400d 1s"), (absolute, "500d")]);
}

#[test]
fn cookies_without_secure_are_for_loopback_addresses_only() {
    let insecure = |bind, same_site| {
        [("HEIRLOOM_BIND", bind), ("HEIRLOOM_COOKIE_INSECURE", "true"), ("HEIRLOOM_COOKIE_SAMESITE", same_site)]
    };
    for loopback in ["127.0.0.1:8080", "127.8.8.8:0", "[::1]:8080"] {
        assert!(resolve(&insecure(loopback, "lax")).unwrap().cookie.is_insecure);
        assert_refused("HEIRLOOM_COOKIE_SAMESITE", &insecure(loopback, "none"));
    }
    for open in ["0.0.0.0:8080", "[::]:8080", "192.168.0.1:8080", "10.0.0.1:8080", "[fe80::1]:8080"] {
        assert_refused("HEIRLOOM_COOKIE_INSECURE", &insecure(open, "strict"));
    }
}

/// Its sandbox lets anyone with an access token start a session without a password.
#[test]
fn a_server_is_for_development_where_only_this_machine_reaches_it() {
    let given = |bind, database: Option<&'static str>, proxies, dev| {
        let secret = database.map_or("", |_| SECRET);
        [
            ("HEIRLOOM_BIND", bind),
            ("DATABASE_URL", database.unwrap_or_default()),
            ("HEIRLOOM_SECRET", secret),
            ("HEIRLOOM_TRUSTED_PROXIES", proxies),
            ("HEIRLOOM_DEV", dev),
        ]
    };
    let is_development = |variables: &[(&str, &str)]| resolve(variables).unwrap().is_development;
    let (loopback, open) = ("127.0.0.1:8080", "0.0.0.0:8080");
    assert!(is_development(&given(loopback, None, "", "")));
    for by_itself in
        [given(loopback, Some(DATABASE), "", ""), given(open, None, "", ""), given(loopback, None, "10.0.0.1", "")]
    {
        assert!(!is_development(&by_itself), "{by_itself:?}");
    }
    assert!(is_development(&given(loopback, Some(DATABASE), "", "true")));
    assert!(!is_development(&given(loopback, None, "", "off")));
    for database in [None, Some(DATABASE)] {
        assert_refused("HEIRLOOM_DEV", &given(open, database, "", "true"));
        assert_refused("HEIRLOOM_DEV", &given(loopback, database, "127.0.0.1", "true"));
    }
}

#[test]
fn a_hash_that_costs_too_little_is_refused_whichever_way_it_is_made_cheap() {
    let cost = |memory, passes| [("HEIRLOOM_ARGON2_MEMORY", memory), ("HEIRLOOM_ARGON2_PASSES", passes)];
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

/// A thief who rotates first and stays idle costs the victim one recovery at each refresh. If each rotation earned one back,
/// the thief would never be noticed.
#[test]
fn a_recovery_for_each_rotation_is_refused() {
    assert_refused("HEIRLOOM_REFRESH_RECOVERY_EVERY", &[("HEIRLOOM_REFRESH_RECOVERY_EVERY", "1")]);
    assert_eq!(resolve(&[("HEIRLOOM_REFRESH_RECOVERY_EVERY", "2")]).unwrap().rotation.recovery_every, 2);
}

#[test]
fn what_is_accepted_and_should_be_known_is_a_warning() {
    let warnings = |variables: &[(&str, &str)]| -> Vec<String> {
        resolve(variables).unwrap().warnings.iter().map(|warning| warning.variable.clone()).collect()
    };
    for loopback in ["127.0.0.1:9090", "[::1]:0", "off"] {
        assert!(warnings(&[("HEIRLOOM_ADMIN_BIND", loopback)]).is_empty(), "{loopback}");
    }
    for open in ["0.0.0.0:9090", "[::]:9090", "10.0.0.1:9090"] {
        assert_eq!(warnings(&[("HEIRLOOM_ADMIN_BIND", open)]), ["HEIRLOOM_ADMIN_BIND"], "{open}");
    }
    let url = format!("{DATABASE}?pgbouncer=true&schema=public");
    let variables = [("DATABASE_URL", url.as_str()), ("HEIRLOOM_SECRET", SECRET)];
    assert_eq!(warnings(&variables), ["DATABASE_URL", "DATABASE_URL"]);
    let place = resolve(&variables).unwrap().database.place;
    assert!(matches!(&place, DatabasePlace::External(url) if url.expose_secret() == DATABASE));
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
            variable == format!("HEIRLOOM_{named}")
                || [("DATABASE_URL", "database-url"), ("DATABASE_URL_FILE", "database-url-file")]
                    .contains(&(variable, flag)),
            "{flag}"
        );
        let is_secret = ["database-url", "secret", "mail-url", "webhook-secret", "password-hook"].contains(&flag);
        assert_eq!(argument.is_hide_env_values_set(), is_secret, "{flag}: help shows the values of variables");
    }
}

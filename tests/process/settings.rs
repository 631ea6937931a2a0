//! Settings as the program gets them: from flags, the environment and `.env`.

use std::fs;

use super::home::Home;

const SECRET: &str = "canary-of-the-secret-0123456789abcdef";
const DATABASE: &str = "postgres://heirloom:canary-of-the-password@127.0.0.1:1/heirloom";

#[test]
fn good_settings_are_fine_and_nothing_is_done_with_them() {
    let home = Home::new();
    for environment in [&[][..], &[("HEIRLOOM_SECRET", SECRET), ("DATABASE_URL", DATABASE)]] {
        let ended = home.run_with(&["check-config"], environment);
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{ended:?}");
        assert_eq!(ended.stdout.lines().count(), 1);
    }
    assert!(!home.data().exists());
}

#[test]
fn what_looks_like_a_setting_and_is_none_is_told() {
    let home = Home::new();
    fs::write(home.here(".env"), "HEIRLOOM_TRUSTED_PROXYS=127.0.0.1\n").unwrap();
    let ended = home.run_with(&["check-config"], &[("HEIRLOOM_SECRETS", "canary")]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let told: Vec<&str> = ended.stderr.lines().collect();
    assert_eq!(told.len(), 2, "{ended:?}");
    assert!(told[0].contains("HEIRLOOM_SECRETS") && told[1].contains("HEIRLOOM_TRUSTED_PROXYS"), "{ended:?}");
    assert!(!ended.stderr.contains("canary"));
}

#[test]
fn each_setting_that_cannot_be_right_is_named_and_ends_with_2() {
    let home = Home::new();
    for (variable, environment) in [
        ("HEIRLOOM_BIND", &[("HEIRLOOM_BIND", "localhost")][..]),
        ("HEIRLOOM_SECRET", &[("HEIRLOOM_SECRET", "canary")]),
        ("HEIRLOOM_SECRET", &[("HEIRLOOM_SECRET", "change-me-run-heirloom-secret-generate")]),
        ("HEIRLOOM_SECRET", &[("DATABASE_URL", DATABASE)]),
        (
            "HEIRLOOM_SECRET",
            &[("HEIRLOOM_SECRET", "canary-canary-canary-canary-canary,canary-canary-canary-canary-canary")],
        ),
        ("HEIRLOOM_BASE_PATH", &[("HEIRLOOM_BASE_PATH", "auth")]),
        ("HEIRLOOM_ACCESS_TOKEN_ALG", &[("HEIRLOOM_ACCESS_TOKEN_ALG", "none")]),
        ("HEIRLOOM_ACCESS_TOKEN_TTL", &[("HEIRLOOM_ACCESS_TOKEN_TTL", "soon")]),
        ("HEIRLOOM_REFRESH_IDLE_TTL", &[("HEIRLOOM_REFRESH_IDLE_TTL", "0s")]),
        ("HEIRLOOM_REFRESH_ABSOLUTE_TTL", &[("HEIRLOOM_REFRESH_ABSOLUTE_TTL", "1d")]),
        ("HEIRLOOM_REFRESH_OVERLAP", &[("HEIRLOOM_REFRESH_OVERLAP", "-1s")]),
        ("HEIRLOOM_ALLOWED_ORIGINS", &[("HEIRLOOM_ALLOWED_ORIGINS", "*")]),
        ("HEIRLOOM_COOKIE_SAMESITE", &[("HEIRLOOM_COOKIE_SAMESITE", "none"), ("HEIRLOOM_COOKIE_INSECURE", "true")]),
        ("HEIRLOOM_COOKIE_INSECURE", &[("HEIRLOOM_BIND", "0.0.0.0:0"), ("HEIRLOOM_COOKIE_INSECURE", "true")]),
        ("HEIRLOOM_DATABASE_POOL", &[("HEIRLOOM_DATABASE_POOL", "0")]),
        ("HEIRLOOM_PASSWORD_MIN_LENGTH", &[("HEIRLOOM_PASSWORD_MIN_LENGTH", "4")]),
        ("HEIRLOOM_LOG", &[("HEIRLOOM_LOG", "heirloom=loud")]),
        ("HEIRLOOM_LOG_FORMAT", &[("HEIRLOOM_LOG_FORMAT", "xml")]),
    ] {
        for command in ["check-config", "serve"] {
            let ended = home.run_with(&[command], environment);
            assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{command}, {environment:?}: {ended:?}");
            assert!(ended.stderr.starts_with(&format!("heirloom: {variable} ")), "{command}: {ended:?}");
            assert!(!ended.stderr.contains("canary"), "{ended:?}");
        }
    }
    assert!(!home.data().exists(), "nothing is begun with settings that cannot be right");
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    let wrong = [("HEIRLOOM_BIND", "nowhere"), ("HEIRLOOM_LOG_FORMAT", "xml"), ("HEIRLOOM_SECRET", "canary")];
    let ended = Home::new().run_with(&["check-config"], &wrong);
    for (variable, _) in wrong {
        assert!(ended.stderr.contains(variable), "{ended:?}");
    }
}

/// Each of the three is wrong in its own way, so that the refusal shows which one was believed.
#[test]
fn a_flag_wins_over_the_environment_and_that_over_the_file() {
    let home = Home::new();
    fs::write(home.here(".env"), "HEIRLOOM_BASE_PATH=from-file\n").unwrap();
    let believed = |arguments: &[&str], environment: &[(&str, &str)]| {
        let ended = home.run_with(&[&["check-config"], arguments].concat(), environment);
        assert_eq!(ended.code, Some(2), "{ended:?}");
        ended.stderr
    };
    let environment = [("HEIRLOOM_BASE_PATH", "from-environment")];
    assert!(believed(&[], &[]).contains("\"from-file\""));
    assert!(believed(&[], &environment).contains("\"from-environment\""));
    assert!(believed(&["--base-path", "from-flag"], &environment).contains("\"from-flag\""));
}

#[test]
fn a_file_that_cannot_be_read_is_not_passed_over_and_its_secrets_are_not_shown() {
    let home = Home::new();
    for line in ["HEIRLOOM_SECRET='canary-of-the-secret", "HEIRLOOM_SECRET=canary of the secret", "canary", "=canary"] {
        fs::write(home.here(".env"), format!("# comment\n{line}\n")).unwrap();
        let ended = home.run(&["check-config"]);
        assert_eq!(ended.code, Some(2), "{line}: {ended:?}");
        assert!(ended.stderr.contains(".env") && !ended.stderr.contains("canary"), "{ended:?}");
    }
}

#[test]
fn a_former_name_still_works_as_variable_and_as_flag() {
    let home = Home::new();
    let refused = |arguments: &[&str], environment: &[(&str, &str)]| {
        let ended = home.run_with(&[&["check-config"], arguments].concat(), environment);
        assert_eq!(ended.code, Some(2), "{ended:?}");
        ended.stderr
    };
    let range = "is \"0\" but must be a whole number from 1 to 64.";
    let former = [("HEIRLOOM_ROTATION_LANES", "0")];
    assert_eq!(refused(&[], &former), format!("heirloom: HEIRLOOM_ROTATION_LANES {range}\n"));
    let by_flag = refused(&["--rotation-lanes", "0"], &[]);
    assert_eq!(by_flag, format!("heirloom: HEIRLOOM_ROTATION_WORKERS {range}\n"));
    for environment in [
        &[("HEIRLOOM_ROTATION_LANES", "2")][..],
        &[("HEIRLOOM_ROTATION_LANES", "2"), ("HEIRLOOM_ROTATION_WORKERS", "2")],
        &[("HEIRLOOM_ROTATION_LANES", ""), ("HEIRLOOM_ROTATION_WORKERS", "2"), ("HEIRLOOM_APP", "")],
    ] {
        let ended = home.run_with(&["check-config"], environment);
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{ended:?}");
    }
}

#[test]
fn a_setting_with_two_values_is_refused_by_both_its_names() {
    let both = [("HEIRLOOM_ROTATION_LANES", "2"), ("HEIRLOOM_ROTATION_WORKERS", "3"), ("HEIRLOOM_BIND", "nowhere")];
    let ended = Home::new().run_with(&["check-config"], &both);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    let conflict = "HEIRLOOM_ROTATION_WORKERS differs from HEIRLOOM_ROTATION_LANES, its former name; remove \
                    HEIRLOOM_ROTATION_LANES.";
    assert!(ended.stderr.contains(conflict) && ended.stderr.contains("HEIRLOOM_BIND "), "{ended:?}");
}

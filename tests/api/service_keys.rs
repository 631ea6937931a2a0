//! Service keys: what they permit, and until when.

use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use heirloom::domain::ids::ServiceKeyId;
use heirloom::domain::secret::Secret;
use heirloom::domain::service_key::{KeyName, Scope};
use heirloom::embedded_postgres::program;
use heirloom::service::Authorization;
use secrecy::ExposeSecret as _;

use crate::support::App;
use crate::support::app::{SECRET, block_on, days};

const NEW_SECRET: &str = "another secret for the tests of thirty-two bytes and more";

fn created(app: &App, scopes: &[Scope]) -> (ServiceKeyId, String) {
    let name = KeyName::parse("billing").unwrap();
    let (key, text) = block_on(app.service_keys().create(name, scopes.iter().copied().collect())).unwrap();
    (key.id, text.expose_secret().to_owned())
}

fn judged(app: &App, text: &str, needed: Scope) -> Authorization {
    block_on(app.service_keys().authorize(text.as_bytes(), needed)).unwrap()
}

fn is_granted(app: &App, text: &str) -> bool {
    matches!(judged(app, text, Scope::UsersRead), Authorization::Granted(_))
}

#[test]
fn a_key_permits_its_scopes_and_nothing_else() {
    let app = App::start();
    for own in Scope::EVERY {
        let (id, text) = created(&app, &[own]);
        for needed in Scope::EVERY {
            match judged(&app, &text, needed) {
                Authorization::Granted(backend) => assert_eq!((needed, backend.key_id), (own, id)),
                refused => {
                    assert_ne!(needed, own);
                    assert_eq!(refused, Authorization::InsufficientScope(id));
                }
            }
        }
    }
}

#[test]
fn a_revoked_key_is_dead_on_every_process_at_once_and_for_good() {
    let app = App::start();
    let sibling = app.sibling(|config| config.database.listen = false);
    let (id, text) = created(&app, &[Scope::UsersRead]);
    let (_, other) = created(&app, &[Scope::UsersRead]);
    assert!(is_granted(&app, &text) && is_granted(&sibling, &text));
    assert!(block_on(app.service_keys().revoke(id)).unwrap());
    for process in [&app, &sibling] {
        assert_eq!(judged(process, &text, Scope::UsersRead), Authorization::Invalid);
        assert!(is_granted(process, &other), "another key has the same name");
    }
    assert!(!block_on(app.service_keys().revoke(id)).unwrap());
    assert_eq!(block_on(app.service_keys().list()).unwrap().len(), 2, "a revoked key is still listed");
}

#[test]
fn a_key_outlives_a_new_secret_and_ends_with_the_secret_that_made_it() {
    let app = App::start();
    let secrets = |texts: &[&str]| texts.iter().map(|text| Secret::new(text).unwrap()).collect::<Vec<_>>();
    let both = app.sibling(|config| config.secrets = secrets(&[NEW_SECRET, SECRET]));
    let new = app.sibling(|config| config.secrets = secrets(&[NEW_SECRET]));
    let (_, old_text) = created(&app, &[Scope::UsersRead]);
    let (_, new_text) = created(&both, &[Scope::UsersRead]);
    let accepted = |process: &App| (is_granted(process, &old_text), is_granted(process, &new_text));
    assert_eq!(accepted(&app), (true, false));
    assert_eq!(accepted(&both), (true, true));
    assert_eq!(accepted(&new), (false, true));
}

#[test]
fn the_day_of_the_last_use_is_recorded_once_a_day() {
    let app = App::start();
    let (_, text) = created(&app, &[Scope::UsersRead]);
    let row =
        || app.reads("SELECT coalesce(last_used_on::text, '-') || ' ' || xmin AS word FROM service_keys").remove(0);
    assert!(row().starts_with("- "));
    judged(&app, &text, Scope::UsersWrite);
    let first = row();
    assert!(first.starts_with("2026-03-01 "), "{first}");
    judged(&app, &text, Scope::UsersRead);
    assert_eq!(row(), first, "the row is written once a day");
    app.passes(days(1));
    judged(&app, &text, Scope::UsersRead);
    assert!(row().starts_with("2026-03-02 "));
}

#[test]
fn a_text_without_a_valid_tag_does_not_reach_the_database() {
    let app = App::start();
    let (_, text) = created(&app, &[Scope::UsersRead]);
    app.database.set_reachable(false);
    let forged = format!("{}-{}", &text[..40], &text[41..]);
    for text in [forged.as_str(), "hls_", "hl_x", "", "\u{0}"] {
        assert_eq!(judged(&app, text, Scope::UsersRead), Authorization::Invalid, "{text:?}");
    }
    assert!(block_on(app.service_keys().authorize(text.as_bytes(), Scope::UsersRead)).is_err());
    app.database.set_reachable(true);
}

#[test]
fn a_dump_contains_no_key() {
    let app = App::start();
    let (id, text) = created(&app, &[Scope::UsersRead]);
    judged(&app, &text, Scope::UsersRead);
    let dump = Command::new(program("pg_dump").unwrap()).arg(app.database.url()).output().unwrap();
    let dump = String::from_utf8(dump.stdout).unwrap();
    assert!(dump.contains(&id.to_string()), "the dump is of another database");
    let bytes = URL_SAFE_NO_PAD.decode(&text[4..]).unwrap();
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    for secret in [&text[4..], &text[30..], &hex(&bytes[17..]), &hex(&bytes[17..33])] {
        assert!(!dump.contains(secret), "{secret} is in the dump");
    }
}

//! `heirloom service-key`.

use serde_json::Value;

use super::home::Home;
use super::program::Ended;

fn json(ended: &Ended) -> Value {
    assert_eq!(ended.code, Some(0), "{ended:?}");
    serde_json::from_str(&ended.stdout).unwrap()
}

#[test]
fn a_key_is_printed_once_and_its_row_is_listed_until_and_after_it_is_revoked() {
    let home = Home::new();
    let create = ["service-key", "create", "billing", "--scope", "users:read,sessions:write", "--json"];
    let created = json(&home.run(&create));
    let (id, key) = (created["id"].as_str().unwrap(), created["key"].as_str().unwrap());
    assert!(key.starts_with("hls_") && key.len() == 70, "{created}");
    let listed = home.run(&["service-key", "list", "--json"]);
    assert!(!listed.stdout.contains("hls_"), "{listed:?}");
    let row = json(&listed)[0].clone();
    assert_eq!((&row["id"], &row["name"]), (&created["id"], &"billing".into()));
    assert_eq!(row["scopes"], serde_json::json!(["users:read", "sessions:write"]));
    assert_eq!((&row["last_used_on"], &row["revoked_at"]), (&Value::Null, &Value::Null));

    assert_eq!(json(&home.run(&["service-key", "revoke", id, "--json"]))["id"], created["id"]);
    assert!(json(&home.run(&["service-key", "list", "--json"]))[0]["revoked_at"].is_string());
    let again = home.run(&["service-key", "revoke", id]);
    assert_eq!((again.code, again.stdout.as_str()), (Some(3), ""), "{again:?}");
}

#[test]
fn a_wrong_argument_creates_no_key() {
    let home = Home::new();
    let long = "n".repeat(101);
    for (arguments, code) in [
        (&["billing"][..], 2),
        (&["billing", "--scope", "users"], 2),
        (&["billing", "--scope", "users:read,"], 2),
        (&["billing", "--scope", ""], 2),
        (&["--scope", "users:read"], 2),
        (&["", "--scope", "users:read"], 4),
        (&["a\u{202e}b", "--scope", "users:read"], 4),
        (&[&long, "--scope", "users:read"], 4),
    ] {
        let ended = home.run(&[&["service-key", "create"], arguments].concat());
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(code), ""), "{arguments:?}: {ended:?}");
    }
    let ended = home.run(&["service-key", "create", "billing", "--scope", "everything"]);
    assert!(ended.stderr.contains("users:read") && ended.stderr.contains("ended:read"), "{ended:?}");
    assert_eq!(home.run(&["service-key", "list", "--json"]).stdout, "[]\n");
    assert_eq!(home.run(&["service-key", "revoke", "billing"]).code, Some(2));
}

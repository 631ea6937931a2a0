//! How a token is written, and that nothing else passes for one.

use heirloom::crypto::access_token::AccessTokenError::Invalid;
use heirloom::crypto::refresh_token::RefreshTokens;
use heirloom::domain::policy::AccessTokenAlgorithm::{EdDsa, Es256, Hs256};
use secrecy::ExposeSecret as _;
use serde_json::json;

use super::forge::*;

#[test]
fn one_text_only_stands_for_a_token() {
    let token = issue(&tokens(EdDsa, &[OLD]));
    let parts: Vec<&str> = token.split('.').collect();
    let (header, claims, signature) = (parts[0], parts[1], parts[2]);
    for addition in ["=", "==", " ", "\n", "\t", "\r\n", "\0", "%20", ".", "A", ";"] {
        for other in [
            format!("{token}{addition}"),
            format!("{addition}{token}"),
            format!("{header}{addition}.{claims}.{signature}"),
            format!("{header}.{claims}{addition}.{signature}"),
            format!("{header}.{claims}.{addition}{signature}"),
        ] {
            assert_invalid(&other, &format!("{other:?}"));
        }
    }
    for other in [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        format!("{header}.{claims}"),
        format!("{header}.{claims}."),
        format!("{header}..{signature}"),
        format!(".{claims}.{signature}"),
        format!("{header}.{claims}.{signature}.{signature}"),
        format!("{header}.{claims}.{signature}.{header}.{claims}"),
        format!("Bearer {token}"),
        token.repeat(2),
        json!({ "payload": claims, "protected": header, "signature": signature }).to_string(),
        json!({ "payload": claims, "signatures": [{ "protected": header, "signature": signature }] }).to_string(),
        "a".repeat(1024 * 1024),
        format!("{token}{}", "A".repeat(1024 * 1024)),
        ".".repeat(1024 * 1024),
    ] {
        assert_invalid(&other, &other[..other.len().min(80)]);
    }
}

#[test]
fn every_changed_character_is_noticed_the_last_one_of_each_part_too() {
    let token = issue(&tokens(EdDsa, &[OLD]));
    let tokens = tokens(EdDsa, &[OLD]);
    for at in 0..token.len() {
        for other in [b'A', b'B', b'_', b'.', b'+', 0] {
            let mut bytes = token.clone().into_bytes();
            if bytes[at] == other {
                continue;
            }
            bytes[at] = other;
            let changed = String::from_utf8(bytes).unwrap();
            assert_eq!(tokens.verify(&changed, NOW), Err(Invalid), "character {at}");
        }
    }
    // The last character of an Ed25519 signature carries four bits that nothing reads.
    let (last, alphabet) = (token.len() - 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
    for other in alphabet.chars().filter(|&other| !token.ends_with(other)) {
        assert_eq!(tokens.verify(&format!("{}{other}", &token[..last]), NOW), Err(Invalid));
    }
}

#[test]
fn access_and_refresh_tokens_do_not_pass_for_each_other() {
    for algorithm in [EdDsa, Es256, Hs256] {
        let access = tokens(algorithm, &[OLD]);
        let refresh = RefreshTokens::new(&keyring(&[OLD]));
        let refresh_token = refresh.mint(grant().family_id, grant().generation);
        assert_eq!(access.verify(refresh_token.expose_secret(), NOW), Err(Invalid));
        assert!(refresh.verify(issue(&access).as_bytes()).is_err());
    }
    let keyring = keyring(&[OLD]);
    let keys = keyring.newest();
    let by_refresh_key = jws(&header("HS256", OLD).to_string(), &text(claims()), hs256(keys.refresh.expose()));
    assert_eq!(tokens(Hs256, &[OLD]).verify(&by_refresh_key, NOW), Err(Invalid));
    let by_seed = jws(&header("HS256", OLD).to_string(), &text(claims()), hs256(keys.access_ed25519.expose()));
    assert_eq!(tokens(Hs256, &[OLD]).verify(&by_seed, NOW), Err(Invalid));
}

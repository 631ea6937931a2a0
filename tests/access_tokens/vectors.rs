//! The vectors that every verifier must pass (`vectors/access_tokens.json`): each is what it says, and Heirloom itself agrees.
//! `make vectors` writes them; signatures with ES256 differ each time.

use std::collections::HashSet;
use std::path::PathBuf;

use heirloom::crypto::access_token::AccessTokenError;
use heirloom::domain::policy::AccessTokenAlgorithm::EdDsa;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey, crypto};
use serde_json::{Map, Value, json};

use super::forge::*;
use super::vector_list::{ENDED, document, pair_public};

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors/access_tokens.json")
}

fn file() -> Value {
    serde_json::from_str(&std::fs::read_to_string(path()).unwrap()).unwrap()
}

/// The token without the signature, and the signature.
fn split(vector: &Value) -> (&str, &str) {
    vector["token"].as_str().unwrap().rsplit_once('.').unwrap_or_default()
}

#[test]
fn the_file_has_the_vectors_of_the_list() {
    let mut list = document();
    #[expect(clippy::disallowed_methods, reason = "a switch of this test, not a setting")]
    if std::env::var("HEIRLOOM_TEST_WRITE_VECTORS").is_ok() {
        std::fs::create_dir_all(path().parent().unwrap()).unwrap();
        std::fs::write(path(), format!("{}\n", serde_json::to_string_pretty(&list).unwrap())).unwrap();
        return;
    }
    let mut file = file();
    for document in [&mut list, &mut file] {
        for vector in document["vectors"].as_array_mut().unwrap() {
            if vector["signed_by"] == "p256" {
                vector["token"] = split(vector).0.into();
            }
        }
    }
    assert_eq!(file, list, "run `make vectors`");
}

#[test]
fn each_token_differs_from_a_good_one_in_what_the_vector_names_and_in_nothing_else() {
    let file = file();
    let mut names = HashSet::new();
    for vector in file["vectors"].as_array().unwrap() {
        let name = vector["name"].as_str().unwrap();
        assert!(names.insert(name), "{name} twice");
        if vector["form"] != "compact" {
            continue;
        }
        let merged = |good: &Value, change: &Value| {
            let mut merged: Map<String, Value> = good.as_object().unwrap().clone();
            for (key, value) in change.as_object().unwrap() {
                match value {
                    Value::Null => merged.remove(key),
                    value => merged.insert(key.clone(), value.clone()),
                };
            }
            Value::Object(merged)
        };
        let token = vector["token"].as_str().unwrap();
        let good = &file["good"];
        assert_eq!(part(token, 0), merged(&good["header"], &vector["header"]), "{name}");
        assert_eq!(part(token, 1), merged(&good["claims"], &vector["claims"]), "{name}");
        let (message, signature) = split(vector);
        let is_signed_by = |signer: &str| match file["signers"][signer].as_object() {
            Some(jwk) => {
                let jwk: Jwk = serde_json::from_value(Value::Object(jwk.clone())).unwrap();
                let algorithm = jwk.common.key_algorithm.unwrap().to_string().parse().unwrap();
                let key = DecodingKey::from_jwk(&jwk).unwrap();
                crypto::verify(signature, message.as_bytes(), &key, algorithm).is_ok_and(|valid| valid)
            }
            None => false,
        };
        let signed_by: Vec<&str> = file["signers"]
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .filter(|signer| is_signed_by(signer))
            .collect();
        let expected = vector["signed_by"].as_str().filter(|signer| file["signers"].get(signer).is_some());
        assert_eq!(signed_by, expected.into_iter().collect::<Vec<_>>(), "{name}");
        if vector["signed_by"] == "the public key as a MAC key" {
            let key = DecodingKey::from_secret(&pair_public());
            assert!(crypto::verify(signature, message.as_bytes(), &key, Algorithm::HS256).unwrap(), "{name}");
        }
    }
    assert!(names.len() >= 60, "{}", names.len());
}

#[test]
fn heirloom_itself_judges_them_as_the_vectors_say() {
    let file = file();
    for vector in file["vectors"].as_array().unwrap() {
        let secrets: &[&str] = if vector["jwks"] == "rotated" { &[NEW, OLD] } else { &[OLD] };
        let tokens = tokens(EdDsa, secrets);
        assert_eq!(serde_json::to_value(tokens.jwks()).unwrap(), file["jwks"][vector["jwks"].as_str().unwrap()]);
        let at = NOW + time::Duration::seconds(vector["at"].as_i64().unwrap() - NOW.unix_timestamp());
        let verdict = match tokens.verify(vector["token"].as_str().unwrap(), at) {
            Ok(grant) if grant.family_id.as_uuid().to_string() == ENDED => "session_revoked",
            Ok(_) => "accepted",
            Err(AccessTokenError::Invalid) => "access_token_invalid",
            Err(AccessTokenError::Expired) => "access_token_expired",
        };
        assert_eq!(json!(verdict), vector["expect"], "{}", vector["name"]);
    }
}

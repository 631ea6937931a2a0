//! What is given out, and how others verify it.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use heirloom::crypto::access_token::AccessTokenError::Invalid;
use heirloom::domain::policy::AccessTokenAlgorithm::{EdDsa, Es256, Hs256};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use super::forge::*;

#[test]
fn an_issued_token_says_what_it_should_and_nothing_else() {
    let tokens = tokens(EdDsa, &[OLD]);
    let issued = tokens.issue(&grant(), NOW, FAR, &mut rng());
    let token = issued.token.expose_secret();
    assert_eq!(part(token, 0), header("EdDSA", OLD));
    let found = part(token, 1);
    let mut expected = claims();
    expected.insert("jti".to_owned(), found["jti"].clone());
    expected.insert("exp".to_owned(), json!(NOW.unix_timestamp() + issued.expires_in));
    assert_eq!(found, Value::Object(expected));
    assert!(token.len() < 1024, "{} bytes", token.len());
    assert!(!format!("{issued:?}").contains(token.split('.').nth(2).unwrap()));
}

#[test]
fn ten_thousand_tokens_have_ids_of_their_own_and_lives_within_five_per_cent() {
    let tokens = tokens(Hs256, &[OLD]);
    let mut rng = rng();
    let (mut ids, mut lives) = (HashSet::new(), HashSet::new());
    for _ in 0..10_000 {
        let issued = tokens.issue(&grant(), NOW, FAR, &mut rng);
        assert!((TTL - TTL / 20..=TTL).contains(&issued.expires_in), "{}", issued.expires_in);
        lives.insert(issued.expires_in);
        let id = part(issued.token.expose_secret(), 1)["jti"].as_str().unwrap().to_owned();
        assert!(URL_SAFE_NO_PAD.decode(&id).unwrap().len() >= 16);
        assert!(ids.insert(id));
    }
    assert_eq!(lives.len(), 46, "every second of the five per cent is drawn");
}

#[test]
fn no_token_outlives_its_session_or_is_dead_when_given_out() {
    for (seconds_left, longest) in [(3_600, TTL), (TTL, TTL), (600, 600), (1, 1), (0, 1), (-10, 1)] {
        let tokens = tokens(EdDsa, &[OLD]);
        let issued = tokens.issue(&grant(), NOW, NOW + time::Duration::seconds(seconds_left), &mut rng());
        assert!((1..=longest).contains(&issued.expires_in), "{seconds_left}: {}", issued.expires_in);
        let claims = part(issued.token.expose_secret(), 1);
        assert_eq!(claims["exp"], json!(NOW.unix_timestamp() + issued.expires_in));
    }
    for seconds in [1, 2, 19] {
        let issued = with_ttl(EdDsa, &[OLD], seconds).issue(&grant(), NOW, FAR, &mut rng());
        assert_eq!(issued.expires_in.unsigned_abs(), seconds);
    }
}

#[test]
fn a_new_secret_signs_and_an_old_one_verifies_until_it_is_removed() {
    for (algorithm, name) in [(EdDsa, "EdDSA"), (Es256, "ES256"), (Hs256, "HS256")] {
        let (old, both, new) = (tokens(algorithm, &[OLD]), tokens(algorithm, &[NEW, OLD]), tokens(algorithm, &[NEW]));
        assert_eq!(both.verify(&issue(&old), NOW), Ok(grant()));
        let expected = if name == "ES256" { p256_header(NEW) } else { header(name, NEW) };
        assert_eq!(part(&issue(&both), 0), expected);
        assert_eq!(both.verify(&issue(&both), NOW), Ok(grant()));
        assert_eq!(new.verify(&issue(&both), NOW), Ok(grant()));
        assert_eq!(old.verify(&issue(&both), NOW), Err(Invalid));
        assert_eq!(new.verify(&issue(&old), NOW), Err(Invalid));
    }
}

#[test]
fn others_verify_with_the_published_keys() {
    for (algorithm, expected, jwa) in
        [(EdDsa, ["OKP", "Ed25519", "EdDSA"], Algorithm::EdDSA), (Es256, ["EC", "P-256", "ES256"], Algorithm::ES256)]
    {
        let tokens = tokens(algorithm, &[NEW, OLD]);
        let published = serde_json::to_value(tokens.jwks()).unwrap();
        let keys = published["keys"].as_array().unwrap();
        let of_this_algorithm = |key: &Value| ["kty", "crv", "alg"].map(|name| key[name].clone()) == expected;
        assert_eq!(keys.iter().map(of_this_algorithm).collect::<Vec<_>>(), [true, true, false, false]);
        let token = issue(&tokens);
        let key = keys.iter().find(|key| key["kid"] == part(&token, 0)["kid"]).unwrap();
        assert_eq!(key, &keys[0], "the key that signs comes first");
        assert!(keys.iter().all(|key| key["use"] == "sig"));
        assert!(keys.iter().all(|key| key.get("d").is_none()), "no private part is published");
        let decoding = DecodingKey::from_jwk(&serde_json::from_value(key.clone()).unwrap()).unwrap();
        let mut validation = Validation::new(jwa);
        validation.set_audience(&["the-api"]);
        validation.validate_exp = false;
        let decoded = jsonwebtoken::decode::<Value>(&token, &decoding, &validation).unwrap();
        assert_eq!(decoded.claims["sub"], json!(grant().user_id.as_uuid()));
    }
}

#[test]
fn no_key_is_published_where_keys_are_shared_secrets() {
    let published = serde_json::to_value(tokens(Hs256, &[NEW, OLD]).jwks()).unwrap();
    assert_eq!(published, json!({ "keys": [] }));
}

//! The vectors that every verifier must pass.

use std::sync::LazyLock;

use heirloom_verify::{Refusal, TokenVerifier, parse_key_set};
use serde_json::Value;

pub static VECTORS: LazyLock<Value> = LazyLock::new(|| {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/access_tokens.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
});

pub fn all() -> &'static [Value] {
    VECTORS["vectors"].as_array().unwrap()
}

pub fn named(name: &str) -> &'static Value {
    all().iter().find(|vector| vector["name"] == name).unwrap_or_else(|| panic!("no vector {name:?}"))
}

#[cfg(feature = "http")]
pub fn token(name: &str) -> &'static str {
    named(name)["token"].as_str().unwrap()
}

pub fn text(member: &str) -> &'static str {
    VECTORS[member].as_str().unwrap()
}

fn verifier(vector: &Value) -> TokenVerifier {
    let set = VECTORS["jwks"][vector["jwks"].as_str().unwrap()].to_string();
    TokenVerifier::new(text("issuer"), text("audience"), parse_key_set(&set).unwrap())
}

#[test]
fn every_vector_is_judged_as_it_says_the_first_time_and_again() {
    assert!(all().len() > 100);
    for vector in all() {
        let verifier = verifier(vector);
        for _ in 0..2 {
            let verdict = verifier.check(vector["token"].as_str().unwrap(), vector["at"].as_i64().unwrap());
            let verdict = match verdict {
                Ok(claims) if VECTORS["ended"].as_array().unwrap().contains(&claims.session_id.to_string().into()) => {
                    Refusal::SessionEnded.code()
                }
                Ok(_) => "accepted",
                Err(error) => Refusal::from(error).code(),
            };
            assert_eq!(vector["expect"], verdict, "{}", vector["name"]);
        }
    }
}

#[test]
fn claims_beyond_the_known_ones_reach_the_app() {
    let vector = named("a token with more claims");
    let claims = verifier(vector).check(vector["token"].as_str().unwrap(), vector["at"].as_i64().unwrap()).unwrap();
    assert_eq!(claims.amr.as_deref(), Some(&["pwd".to_owned(), "otp".to_owned()][..]));
    assert_eq!(claims.acr.as_deref(), Some("2"));
    assert_eq!(claims.act.as_ref().unwrap().sub, "support");
    assert_eq!(claims.more.keys().collect::<Vec<_>>(), ["plan", "role"]);
    assert_eq!(claims.more["plan"]["seats"], 5);
    assert!(claims.has("role", "admin") && !claims.has("role", "user") && !claims.has("nothing", "admin"));
    assert_eq!((claims.generation, &*claims.token_id), (7, "c29tZXRoaW5nIHJhbmRvbQ"));
}

#[test]
fn keys_of_other_kinds_are_left_out_and_a_set_without_keys_is_refused() {
    let good = &VECTORS["jwks"]["current"]["keys"][0];
    let mut encryption = good.clone();
    encryption["use"] = "enc".into();
    let mut mismatch = good.clone();
    mismatch["alg"] = "ES256".into();
    let rsa = serde_json::json!({ "kty": "RSA", "kid": "r", "n": "AQAB", "e": "AQAB" });
    let set = |keys: &[&Value]| serde_json::json!({ "keys": keys }).to_string();
    assert_eq!(parse_key_set(&set(&[&rsa, good, &encryption, &mismatch])).unwrap().len(), 1);
    for bad in ["", "[]", "{}", r#"{"keys":{}}"#, r#"{"keys":[]}"#, &set(&[&rsa, &encryption, &mismatch])] {
        assert!(parse_key_set(bad).is_err(), "{bad}");
    }
}

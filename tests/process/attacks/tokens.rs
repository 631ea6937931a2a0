//! Case 5: access tokens that somebody else has made.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use heirloom::crypto::keys::Keyring;
use heirloom::domain::secret::Secret;
use serde_json::{Value, json};

use super::super::client::Client;
use super::{Jar, SECRET, Site, body_of, verdict};

fn jws(header: &Value, claims: &Value, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let message = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string())).join(".");
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(sign(message.as_bytes())))
}

fn part(token: &str, at: usize) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(at).unwrap()).unwrap()).unwrap()
}

fn with(part: &Value, name: &str, value: Value) -> Value {
    let mut part = part.clone();
    match value {
        Value::Null => drop(part.as_object_mut().unwrap().remove(name)),
        value => part[name] = value,
    }
    part
}

/// PyJWT CVE-2022-29217, fast-jwt CVE-2023-48223, CVE-2018-0114 (a key that the token brings along), jsonwebtoken
/// CVE-2026-25537 (claims of another type than expected counted as absent).
#[test]
#[expect(clippy::disallowed_methods, reason = "the server under attack goes by the machine's clock")]
fn case_5_no_forged_access_token_gets_in_and_all_get_the_same_answer() {
    let site = Site::new();
    let serving = site.serves(&[]);
    let client = Client::of(&serving.url);
    let alice = Jar::registered(&client, "alice@example.com");
    let (header, claims) = (part(&alice.access_token, 0), part(&alice.access_token, 1));
    let keyring = Keyring::derive(&[Secret::new(SECRET).unwrap()]).unwrap();
    let right = Ed25519KeyPair::from_seed_unchecked(keyring.newest().access_ed25519.expose()).unwrap();
    let with_right_key = |message: &[u8]| right.sign(message).as_ref().to_vec();
    let asks = |token: &str| client.get("/users/me", &[("authorization", &format!("Bearer {token}"))]);
    // The forger's own work is not why a forgery is refused.
    assert_eq!(asks(&jws(&header, &claims, with_right_key)).status, 200);

    let mut forged = Vec::new();
    for algorithm in ["none", "None", "nOnE", "", "HS256", "HS512", "RS256", "PS256", "ES256", "eddsa"] {
        let header = with(&header, "alg", json!(algorithm));
        forged.push(jws(&header, &claims, |_| Vec::new()));
        forged.push(jws(&header, &claims, with_right_key));
    }
    let public = right.public_key().as_ref().to_vec();
    let jwk = client.get("/.well-known/jwks.json", &[]).body["keys"][0].clone();
    assert_eq!(jwk["x"], URL_SAFE_NO_PAD.encode(&public), "the published key is the one that is attacked");
    let der = [b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00", &public[..]].concat();
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(&der));
    for key in [&public[..], &der, pem.as_bytes(), jwk.to_string().as_bytes(), b""] {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key);
        let sign = |message: &[u8]| hmac::sign(&key, message).as_ref().to_vec();
        forged.push(jws(&with(&header, "alg", json!("HS256")), &claims, sign));
    }
    let own = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
    let with_own_key = |message: &[u8]| own.sign(message).as_ref().to_vec();
    let own_jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode(own.public_key().as_ref()) });
    forged.push(jws(&header, &claims, with_own_key));
    for (name, value) in [
        ("jwk", own_jwk),
        ("jku", json!("http://127.0.0.1:1/keys.json")),
        ("x5u", json!("http://127.0.0.1:1/key.pem")),
        ("x5c", json!([STANDARD.encode(&der)])),
    ] {
        forged.push(jws(&with(&header, name, value.clone()), &claims, with_own_key));
        forged.push(jws(&with(&with(&header, name, value), "kid", Value::Null), &claims, with_own_key));
    }
    let long = "x".repeat(10_000);
    for kid in ["../../../dev/null", "' OR 1=1 --", "", "0", long.as_str()] {
        forged.push(jws(&with(&header, "kid", json!(kid)), &claims, with_right_key));
        forged.push(jws(&with(&header, "kid", json!(kid)), &claims, |_| Vec::new()));
    }
    for typ in [Value::Null, json!("JWT"), json!("id+jwt"), json!(["at+jwt"]), json!("")] {
        forged.push(jws(&with(&header, "typ", typ), &claims, with_right_key));
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    for (claim, values) in [
        ("iss", vec![Value::Null, json!("heirloom "), json!(["heirloom"]), json!({}), json!(1)]),
        ("aud", vec![Value::Null, json!("other"), json!(["other"]), json!(true)]),
        ("exp", vec![Value::Null, json!((now + 900).to_string()), json!({}), json!(-1), json!([now + 900])]),
        ("nbf", vec![json!(now + 900), json!((now - 900).to_string())]),
        ("sub", vec![Value::Null, json!("someone"), json!(1)]),
        ("sid", vec![Value::Null, json!("' OR 1=1 --"), json!(7)]),
        ("gen", vec![Value::Null, json!("1"), json!(-1), json!(1.5)]),
    ] {
        forged.extend(values.into_iter().map(|value| jws(&header, &with(&claims, claim, value), with_right_key)));
    }
    let [start, middle, end] = alice.access_token.split('.').collect::<Vec<_>>().try_into().unwrap();
    forged.push(format!("{start}.{middle}."));
    forged.push(format!("{start}.{middle}.{end}="));
    forged.push(format!("{start}.{middle}.{end}."));
    forged.push(format!("{start}..{end}"));
    forged.push(alice.refresh.clone());
    assert!(forged.len() > 70);

    let mut told = Vec::new();
    for token in &forged {
        let answer = asks(token);
        assert_eq!(verdict(&answer), (401, "access_token_invalid"), "{token:.300}");
        told.push(body_of(&answer));
    }
    told.dedup();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(alice.asks_who_am_i(&client).status, 200);
}

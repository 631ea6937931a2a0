//! Tokens that somebody else has made, or that were made for something else.

use aws_lc_rs::signature::KeyPair as _;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use heirloom::crypto::access_token::AccessTokenError::Invalid;
use heirloom::domain::policy::AccessTokenAlgorithm::{EdDsa, Es256, Hs256};
use serde_json::{Value, json};

use super::forge::*;

#[test]
fn what_the_forger_signs_with_the_right_key_verifies_like_what_is_issued() {
    for (algorithm, forged) in [
        (EdDsa, signed(&text(claims()))),
        (Es256, jws(&p256_header(OLD).to_string(), &text(claims()), es256(OLD))),
        (
            Hs256,
            jws(
                &header("HS256", OLD).to_string(),
                &text(claims()),
                hs256(keyring(&[OLD]).newest().access_hs256.expose()),
            ),
        ),
    ] {
        let tokens = tokens(algorithm, &[OLD]);
        assert_eq!(tokens.verify(&forged, NOW), Ok(grant()));
        assert_eq!(tokens.verify(&issue(&tokens), NOW), Ok(grant()));
    }
}

#[test]
fn no_algorithm_but_the_configured_one_is_accepted() {
    for algorithm in
        ["none", "None", "nOnE", "NONE", "", "HS256", "HS384", "HS512", "ES256", "RS256", "PS256", "eddsa", "Ed25519"]
    {
        let header = header(algorithm, OLD).to_string();
        let claims = text(claims());
        assert_invalid(&jws(&header, &claims, |_| Vec::new()), algorithm);
        assert_invalid(&jws(&header, &claims, ed25519(OLD)), algorithm);
        assert_invalid(&jws(&header, &claims, hs256(b"")), algorithm);
    }
    assert_invalid(&jws(&header("EdDSA", OLD).to_string(), &text(claims()), |_| Vec::new()), "an empty signature");
    assert_invalid(&jws(&header("EdDSA", OLD).to_string(), &text(claims()), |_| vec![0; 64]), "a signature of zeroes");
    let header = json!({ "typ": "at+jwt", "kid": keyring(&[OLD]).newest().access_kid });
    assert_invalid(&headed(&header), "no algorithm");
}

#[test]
fn the_public_key_is_no_mac_key() {
    let public = pair(OLD).public_key().as_ref().to_vec();
    let der = [&[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00], &public[..]].concat();
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(&der));
    let x = URL_SAFE_NO_PAD.encode(&public);
    for key in [&public[..], &der, pem.as_bytes(), pem.trim_end().as_bytes(), x.as_bytes()] {
        let forged = jws(&header("HS256", OLD).to_string(), &text(claims()), hs256(key));
        assert_invalid(&forged, "an HS256 token under EdDSA");
        assert_eq!(tokens(Hs256, &[OLD]).verify(&forged, NOW), Err(Invalid));
    }
}

#[test]
fn genuine_tokens_of_the_other_algorithm_are_refused() {
    let (eddsa, hs256) = (tokens(EdDsa, &[OLD]), tokens(Hs256, &[OLD]));
    assert_eq!(eddsa.verify(&issue(&hs256), NOW), Err(Invalid));
    assert_eq!(hs256.verify(&issue(&eddsa), NOW), Err(Invalid));
    let es256 = tokens(Es256, &[OLD]);
    assert_eq!(es256.verify(&issue(&hs256), NOW), Err(Invalid));
    assert_eq!(hs256.verify(&issue(&es256), NOW), Err(Invalid));
}

#[test]
fn either_asymmetric_algorithm_accepts_the_other_by_the_key_of_its_own_kid_only() {
    let (eddsa, ecdsa) = (tokens(EdDsa, &[OLD]), tokens(Es256, &[OLD]));
    assert_eq!(eddsa.verify(&issue(&ecdsa), NOW), Ok(grant()));
    assert_eq!(ecdsa.verify(&issue(&eddsa), NOW), Ok(grant()));
    assert_ne!(part(&issue(&eddsa), 0)["kid"], part(&issue(&ecdsa), 0)["kid"]);
    let mut under_the_name_of_the_other = header("EdDSA", OLD);
    under_the_name_of_the_other["kid"] = p256_header(OLD)["kid"].clone();
    assert_invalid(
        &jws(&under_the_name_of_the_other.to_string(), &text(claims()), ed25519(OLD)),
        "kid of the P-256 key",
    );
    assert_invalid(&jws(&header("ES256", OLD).to_string(), &text(claims()), es256(OLD)), "kid of the Ed25519 key");
    let public = p256(OLD).public_key().as_ref().to_vec();
    for key in [&public[..], &public[1..], URL_SAFE_NO_PAD.encode(&public[1..33]).as_bytes()] {
        let mut header = p256_header(OLD);
        header["alg"] = json!("HS256");
        assert_invalid(&jws(&header.to_string(), &text(claims()), hs256(key)), "the public point as MAC key");
    }
    for signature in [vec![], vec![0; 64], vec![0xff; 64], vec![1; 63]] {
        assert_invalid(&jws(&p256_header(OLD).to_string(), &text(claims()), |_| signature.clone()), "no signature");
    }
}

#[test]
fn keys_are_found_by_a_known_kid_and_in_no_other_way() {
    let kid = |kid: Value| headed(&json!({ "typ": "at+jwt", "alg": "EdDSA", "kid": kid }));
    let newest = keyring(&[NEW]).newest().access_kid.clone();
    for unknown in [
        json!(newest),
        json!(""),
        json!("../../../../dev/null"),
        json!("/etc/passwd"),
        json!("' OR 1=1 --"),
        json!("http://127.0.0.1:1/keys.json"),
        json!("x".repeat(10 * 1024)),
        json!(keyring(&[OLD]).newest().access_kid.to_uppercase()),
        json!(keyring(&[OLD]).newest().id.0),
        json!([keyring(&[OLD]).newest().access_kid]),
        Value::Null,
    ] {
        assert_invalid(&kid(unknown.clone()), &unknown.to_string());
    }
    assert_invalid(&headed(&json!({ "typ": "at+jwt", "alg": "EdDSA" })), "no kid");
    let by_another = jws(&header("EdDSA", OLD).to_string(), &text(claims()), ed25519(NEW));
    assert_invalid(&by_another, "another key under this kid");
}

#[test]
fn keys_that_a_token_brings_along_are_not_used() {
    let x = URL_SAFE_NO_PAD.encode(pair(NEW).public_key());
    let kid = keyring(&[OLD]).newest().access_kid.clone();
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": kid, "x": x });
    for (name, value) in [
        ("jwk", jwk),
        ("jku", json!("http://127.0.0.1:1/jwks.json")),
        ("x5u", json!("http://127.0.0.1:1/cert.pem")),
        ("x5c", json!([STANDARD.encode(pair(NEW).public_key())])),
    ] {
        for kid in [json!(kid), json!("mine"), Value::Null] {
            let mut header = header("EdDSA", OLD);
            header["kid"] = kid;
            header[name] = value.clone();
            assert_invalid(&jws(&header.to_string(), &text(claims()), ed25519(NEW)), name);
        }
    }
}

#[test]
fn only_access_tokens_are_of_the_right_type() {
    for typ in [
        json!("JWT"),
        json!("jwt"),
        json!("AT+JWT"),
        json!("id+jwt"),
        json!("at+jwt "),
        json!(""),
        json!(1),
        Value::Null,
    ] {
        let mut header = header("EdDSA", OLD);
        header["typ"] = typ.clone();
        assert_invalid(&headed(&header), &typ.to_string());
    }
    let mut header = header("EdDSA", OLD);
    header.as_object_mut().unwrap().remove("typ");
    assert_invalid(&headed(&header), "no type");
}

#[test]
fn extensions_that_must_be_understood_are_refused() {
    for crit in [json!(["exp"]), json!(["b64"]), json!([]), json!("exp")] {
        let mut header = header("EdDSA", OLD);
        header["b64"] = json!(true);
        header["crit"] = crit.clone();
        assert_invalid(&headed(&header), &crit.to_string());
    }
}

#[test]
fn every_claim_has_to_be_there_and_of_its_type() {
    let wrong_everywhere = [Value::Null, json!({}), json!([]), json!(true), json!(1.5), json!("")];
    let wrong = [
        (
            "iss",
            vec![
                json!("https://issuer.example/"),
                json!("HTTPS://ISSUER.EXAMPLE"),
                json!(["https://issuer.example"]),
                json!(7),
            ],
        ),
        ("aud", vec![json!("the-api "), json!("The-Api"), json!(["the-api"]), json!(["the-api", "other"]), json!(7)]),
        ("sub", vec![json!("alice"), json!(7), json!([grant().user_id.as_uuid()])]),
        ("sid", vec![json!("alice"), json!(7), json!([grant().family_id.as_uuid()])]),
        ("gen", vec![json!("7"), json!(7.0), json!(-7), json!(1_u64 << 31), json!(1_u64 << 32)]),
        ("jti", vec![json!(7)]),
        ("iat", vec![json!(NOW.unix_timestamp().to_string()), json!(NOW.unix_timestamp() as f64), json!(u64::MAX)]),
        ("exp", vec![json!(FAR.unix_timestamp().to_string()), json!(FAR.unix_timestamp() as f64), json!(u64::MAX)]),
        ("auth_time", vec![json!("1"), json!(1.0), json!(i64::MAX), json!(i64::MIN)]),
    ];
    for (claim, values) in wrong {
        let mut without = claims();
        without.remove(claim);
        assert_invalid(&signed(&text(without)), claim);
        // Nothing is asked of a `jti` but that it is a text.
        let everywhere = wrong_everywhere.iter().filter(|value| claim != "jti" || !value.is_string());
        for value in everywhere.chain(&values) {
            assert_invalid(&signed(&text(with(claim, value.clone()))), &format!("{claim} = {value}"));
        }
    }
    for payload in ["", "{}", "[]", "null", "7", "\"the-api\"", "{", "\u{0}"] {
        assert_invalid(&signed(payload), payload);
    }
}

#[test]
fn a_claim_or_a_header_that_stands_twice_is_refused() {
    let once = text(claims());
    for (claim, value) in claims() {
        let twice = format!("{},\"{claim}\":{value}}}", &once[..once.len() - 1]);
        assert_invalid(&signed(&twice), &twice);
    }
    let header = header("EdDSA", OLD).to_string();
    for addition in ["\"alg\":\"EdDSA\"", "\"alg\":\"none\"", "\"typ\":\"at+jwt\""] {
        let twice = format!("{},{addition}}}", &header[..header.len() - 1]);
        assert_invalid(&jws(&twice, &once, ed25519(OLD)), &twice);
    }
}

//! The list of vectors. Each is a change of a good token.

use aws_lc_rs::signature::KeyPair as _;
use heirloom::domain::policy::AccessTokenAlgorithm::EdDsa;
use serde_json::{Value, json};

use super::forge::*;

/// A session that the feed has named.
pub const ENDED: &str = "01980000-0000-7000-8000-0000000000ed";

const ACCEPTED: &str = "accepted";
const INVALID: &str = "access_token_invalid";
const EXPIRED: &str = "access_token_expired";
const REVOKED: &str = "session_revoked";

struct Vector {
    name: String,
    header: Value,
    claims: Value,
    signed_by: &'static str,
    expect: &'static str,
    jwks: &'static str,
    /// Seconds after `NOW`.
    later: i64,
}

/// A good token of the Ed25519 key, to be changed.
fn vector(name: impl Into<String>, expect: &'static str) -> Vector {
    let (header, claims) = (json!({}), json!({}));
    Vector { name: name.into(), header, claims, signed_by: "ed25519", expect, jwks: "current", later: 0 }
}

impl Vector {
    /// With these header fields; `null` removes one.
    fn header(mut self, change: Value) -> Self {
        self.header.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        self
    }

    fn claims(mut self, change: Value) -> Self {
        self.claims = change;
        self
    }

    fn by(mut self, signer: &'static str) -> Self {
        self.signed_by = signer;
        if signer == "p256" { self.header(p256_header(OLD)) } else { self }
    }

    fn at(mut self, later: i64) -> Self {
        self.later = later;
        self
    }

    fn rotated(mut self) -> Self {
        self.jwks = "rotated";
        self
    }

    fn token(&self) -> String {
        let merged = |mut good: Value, change: &Value| {
            let good = good.as_object_mut().unwrap();
            for (key, value) in change.as_object().unwrap() {
                if value.is_null() {
                    good.remove(key)
                } else {
                    good.insert(key.clone(), value.clone())
                };
            }
            Value::Object(good.clone()).to_string()
        };
        let (header, claims) =
            (merged(header("EdDSA", OLD), &self.header), merged(Value::Object(claims()), &self.claims));
        match self.signed_by {
            "ed25519" => jws(&header, &claims, ed25519(OLD)),
            "next ed25519" => jws(&header, &claims, ed25519(NEW)),
            "p256" => jws(&header, &claims, es256(OLD)),
            "the public key as a MAC key" => jws(&header, &claims, hs256(&pair_public())),
            "zeroes" => jws(&header, &claims, |_| vec![0; 64]),
            _ => jws(&header, &claims, |_| Vec::new()),
        }
    }

    fn to_json(&self) -> Value {
        json!({
            "name": self.name, "form": "compact", "token": self.token(), "header": self.header, "claims": self.claims,
            "signed_by": self.signed_by, "jwks": self.jwks, "at": NOW.unix_timestamp() + self.later, "expect": self.expect,
        })
    }
}

pub fn pair_public() -> Vec<u8> {
    pair(OLD).public_key().as_ref().to_vec()
}

fn headers() -> Vec<Vector> {
    let mut list = vec![
        vector("no algorithm is named", INVALID).header(json!({ "alg": null })),
        vector("EdDSA token under the kid of the P-256 key", INVALID).header(json!({ "kid": p256_header(OLD)["kid"] })),
        vector("ES256 token under the kid of the Ed25519 key", INVALID)
            .by("p256")
            .header(json!({ "kid": header("", OLD)["kid"] })),
        vector("HS256 with the public key as the secret", INVALID)
            .header(json!({ "alg": "HS256" }))
            .by("the public key as a MAC key"),
        vector("the key of another service under a known kid", INVALID).by("next ed25519"),
        vector("an unknown kid", INVALID).header(json!({ "kid": "unknown" })),
        vector("a kid that is a path", INVALID).header(json!({ "kid": "../../dev/null" })),
        vector("a kid that is a number", INVALID).header(json!({ "kid": 7 })),
        vector("no kid", INVALID).header(json!({ "kid": null })),
        vector("no typ", INVALID).header(json!({ "typ": null })),
        vector("a key in the header", INVALID)
            .header(json!({ "kid": "mine", "jwk": public_jwk(NEW) }))
            .by("next ed25519"),
        vector("the address of a key in the header", INVALID)
            .header(json!({ "kid": "mine", "jku": "http://127.0.0.1:1/jwks.json" }))
            .by("next ed25519"),
        vector("an extension that must be understood", INVALID).header(json!({ "crit": ["b64"], "b64": true })),
    ];
    for algorithm in ["none", "None", "nOnE", "HS256", "RS256", "ES256", "ES384", "eddsa"] {
        list.push(
            vector(format!("alg {algorithm} without a signature"), INVALID)
                .header(json!({ "alg": algorithm }))
                .by("nothing"),
        );
        list.push(
            vector(format!("alg {algorithm} with the signature of Ed25519"), INVALID)
                .header(json!({ "alg": algorithm })),
        );
    }
    for typ in ["JWT", "AT+JWT", "id+jwt", "dpop+jwt", ""] {
        list.push(vector(format!("typ {typ:?}"), INVALID).header(json!({ "typ": typ })));
    }
    list
}

fn public_jwk(secret: &str) -> Value {
    serde_json::to_value(&tokens(EdDsa, &[secret]).jwks().keys[0]).unwrap()
}

fn signatures() -> Vec<Vector> {
    ["EdDSA", "ES256"]
        .iter()
        .flat_map(|&algorithm| {
            let of = |name: &str| {
                let vector = vector(format!("{algorithm}: {name}"), INVALID);
                if algorithm == "ES256" { vector.header(p256_header(OLD)) } else { vector }
            };
            [of("no signature").by("nothing"), of("a signature of zeroes").by("zeroes")]
        })
        .collect()
}

fn wrong_claims() -> Vec<Vector> {
    let mut list = Vec::new();
    for (claim, wrong) in [
        ("iss", vec![json!("https://issuer.example/"), json!("heirloom"), json!(["https://issuer.example"]), json!(7)]),
        ("aud", vec![json!("The-Api"), json!(""), json!(["the-api"]), json!(["the-api", "other"]), json!(7)]),
        ("sub", vec![json!("alice"), json!(7)]),
        ("sid", vec![json!("alice"), json!(7)]),
        ("gen", vec![json!("7"), json!(-7), json!(1.5), json!(1_u64 << 31)]),
        ("jti", vec![json!(7)]),
        ("iat", vec![json!("1772366400"), json!(1_772_366_400.5)]),
        ("exp", vec![json!("1772367300"), json!(1_772_367_300.5), json!(true)]),
        ("nbf", vec![json!("1772366400")]),
        ("auth_time", vec![json!("1"), json!(1.5)]),
    ] {
        if claim != "nbf" {
            list.push(vector(format!("no {claim}"), INVALID).claims(json!({ claim: null })));
        }
        for value in wrong {
            list.push(vector(format!("{claim} is {value}"), INVALID).claims(json!({ claim: value })));
        }
    }
    list
}

fn times() -> Vec<Vector> {
    let now = NOW.unix_timestamp();
    vec![
        vector("in the last second before exp", ACCEPTED).at(TTL - 1),
        vector("in the second of exp, which is rounded down", ACCEPTED).at(TTL),
        vector("a second after exp", EXPIRED).at(TTL + 1),
        vector("a day after exp", EXPIRED).at(TTL + 86_400),
        vector("expired, signed by another", INVALID).at(TTL + 1).by("next ed25519"),
        vector("expired, for another audience", INVALID).at(TTL + 1).claims(json!({ "aud": "other" })),
        vector("issued by a clock that is five seconds ahead", ACCEPTED).claims(json!({ "iat": now + 5 })),
        vector("issued by a clock that is six seconds ahead", INVALID).claims(json!({ "iat": now + 6 })),
        vector("not before a moment that has passed", ACCEPTED).claims(json!({ "nbf": now })),
        vector("not before a moment in five seconds", ACCEPTED).claims(json!({ "nbf": now + 5 })),
        vector("not before a moment in six seconds", INVALID).claims(json!({ "nbf": now + 6 })),
    ]
}

fn good() -> Vec<Vector> {
    let more = json!({ "role": "admin", "plan": { "name": "team", "seats": 5 }, "amr": ["pwd", "otp"], "acr": "2", "act": { "sub": "support" } });
    vec![
        vector("a good token with EdDSA", ACCEPTED),
        vector("a good token with ES256", ACCEPTED).by("p256"),
        vector("a token with more claims", ACCEPTED).claims(more),
        vector("a token of the former key, after a rotation", ACCEPTED).rotated(),
        vector("a token of the new key, after a rotation", ACCEPTED)
            .header(header("EdDSA", NEW))
            .by("next ed25519")
            .rotated(),
        vector("a token of the new key, before the verifier has it", INVALID)
            .header(header("EdDSA", NEW))
            .by("next ed25519"),
        vector("an ended session", REVOKED).claims(json!({ "sid": ENDED })),
        vector("an ended session with ES256", REVOKED).claims(json!({ "sid": ENDED })).by("p256"),
        vector("an ended session, expired", EXPIRED).claims(json!({ "sid": ENDED })).at(TTL + 1),
        vector("an ended session, signed by another", INVALID).claims(json!({ "sid": ENDED })).by("next ed25519"),
    ]
}

/// Texts that are no token in the compact form.
fn malformed() -> Vec<Value> {
    let token = vector("", ACCEPTED).token();
    let parts: Vec<&str> = token.split('.').collect();
    let (header, claims, signature) = (parts[0], parts[1], parts[2]);
    let flipped =
        format!("{}{}", &token[..token.len() - 10], if token.as_bytes()[token.len() - 10] == b'A' { "B" } else { "A" });
    let list = [
        ("two parts", format!("{header}.{claims}")),
        ("four parts", format!("{token}.{signature}")),
        ("no header", format!(".{claims}.{signature}")),
        ("no claims", format!("{header}..{signature}")),
        ("a dot", ".".to_owned()),
        ("two dots", "..".to_owned()),
        ("padding", format!("{token}==")),
        ("padding inside", format!("{header}=.{claims}.{signature}")),
        ("a space after", format!("{token} ")),
        ("a line break inside the signature", format!("{header}.{claims}.{}\n{}", &signature[..40], &signature[40..])),
        ("the alphabet of plain base64", format!("{header}.{claims}.{}", "+/".repeat(43))),
        ("another spelling of the same signature", respelled(&token)),
        ("one changed character of the signature", format!("{flipped}{}", &token[token.len() - 9..])),
        ("the claims are not JSON", jws(&self::header("EdDSA", OLD).to_string(), "{", ed25519(OLD))),
        ("the claims are a list", jws(&self::header("EdDSA", OLD).to_string(), "[]", ed25519(OLD))),
        ("the header is not JSON", jws("{", &text(super::forge::claims()), ed25519(OLD))),
        (
            "the JSON serialization",
            json!({ "payload": claims, "protected": header, "signature": signature }).to_string(),
        ),
        ("a refresh token", format!("hl_{}", "A".repeat(71))),
        ("too long", long_token()),
        ("much too long", "a".repeat(20_000)),
        ("not ASCII", format!("{header}.{claims}.é{signature}")),
    ];
    let json = |(name, token): (&str, String)| {
        json!({ "name": format!("malformed: {name}"), "form": "other", "token": token, "jwks": "current",
                "at": NOW.unix_timestamp(), "expect": INVALID })
    };
    list.into_iter().map(json).collect()
}

/// Another last character, which differs in bits that a lenient decoder ignores.
fn respelled(token: &str) -> String {
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let last = alphabet.find(&token[token.len() - 1..]).unwrap();
    format!("{}{}", &token[..token.len() - 1], &alphabet[last + 1..last + 2])
}

/// Genuine in every other respect.
fn long_token() -> String {
    jws(&header("EdDSA", OLD).to_string(), &text(with("padding", "a".repeat(4_000).into())), ed25519(OLD))
}

pub fn document() -> Value {
    let lists = [good(), times(), wrong_claims(), headers(), signatures()];
    let vectors: Vec<Value> = lists.iter().flatten().map(Vector::to_json).chain(malformed()).collect();
    let jwks = |secrets: &[&str]| serde_json::to_value(tokens(EdDsa, secrets).jwks()).unwrap();
    let current = jwks(&[OLD]);
    json!({
        "issuer": "https://issuer.example",
        "audience": "the-api",
        "good": { "header": header("EdDSA", OLD), "claims": claims() },
        "ended": [ENDED],
        "signers": { "ed25519": current["keys"][0], "p256": current["keys"][1], "next ed25519": jwks(&[NEW])["keys"][0] },
        "jwks": { "current": current, "rotated": jwks(&[NEW, OLD]) },
        "vectors": vectors,
    })
}

//! When a token is valid.

use heirloom::crypto::access_token::AccessTokenError::{Expired, Invalid};
use heirloom::domain::policy::AccessTokenAlgorithm::EdDsa;
use secrecy::ExposeSecret as _;
use serde_json::json;

use super::forge::*;

#[test]
fn times_are_judged_with_a_small_leeway_and_no_more() {
    let tokens = tokens(EdDsa, &[OLD]);
    let now = NOW.unix_timestamp();
    for (claim, at, verdict) in [
        ("iat", now + 5, Ok(grant())),
        ("iat", now + 6, Err(Invalid)),
        ("iat", now + 86_400, Err(Invalid)),
        ("nbf", now - 1, Ok(grant())),
        ("nbf", now + 5, Ok(grant())),
        ("nbf", now + 6, Err(Invalid)),
        ("exp", now + 1, Ok(grant())),
        ("exp", now, Ok(grant())),
        ("exp", now - 1, Err(Expired)),
        ("exp", now - 6, Err(Expired)),
        ("exp", 0, Err(Expired)),
    ] {
        assert_eq!(tokens.verify(&signed(&text(with(claim, json!(at)))), NOW), verdict, "{claim} = {at}");
    }
    for nbf in [json!("0"), json!(0.5), json!([0])] {
        assert_invalid(&signed(&text(with("nbf", nbf.clone()))), &nbf.to_string());
    }
}

#[test]
fn an_expiry_beyond_all_time_does_not_upset_the_arithmetic() {
    let forged = signed(&text(with("exp", json!(i64::MAX))));
    assert_eq!(tokens(EdDsa, &[OLD]).verify(&forged, NOW), Ok(grant()));
}

#[test]
fn an_issued_token_lives_to_its_expiry_by_the_servers_clock() {
    let tokens = tokens(EdDsa, &[OLD]);
    let issued = tokens.issue(&grant(), NOW, FAR, &mut rng());
    let verify = |seconds: i64| tokens.verify(issued.token.expose_secret(), NOW + time::Duration::seconds(seconds));
    assert_eq!(verify(0), Ok(grant()));
    assert_eq!(verify(issued.expires_in), Ok(grant()));
    assert_eq!(verify(issued.expires_in + 1), Err(Expired));
    assert_eq!(verify(issued.expires_in + 1_000_000), Err(Expired));
    assert_eq!(verify(-5), Ok(grant()));
    assert_eq!(verify(-6), Err(Invalid), "a token from the future");
}

#[test]
fn only_a_token_that_is_right_in_every_other_respect_is_called_expired() {
    let expired = json!(NOW.unix_timestamp() - 60);
    assert_eq!(tokens(EdDsa, &[OLD]).verify(&signed(&text(with("exp", expired.clone()))), NOW), Err(Expired));
    for (claim, wrong) in
        [("aud", json!("other")), ("gen", json!(1_u64 << 31)), ("iat", json!(NOW.unix_timestamp() + 60))]
    {
        let mut claims = with("exp", expired.clone());
        claims.insert(claim.to_owned(), wrong);
        assert_invalid(&signed(&text(claims)), claim);
    }
    let by_another = jws(&header("EdDSA", OLD).to_string(), &text(with("exp", expired)), ed25519(NEW));
    assert_invalid(&by_another, "another's signature");
}

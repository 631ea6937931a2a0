//! A running server is restarted with another signature algorithm of access tokens, and its clients go on.

use serde_json::json;

use super::client::{Client, Session};
use super::home::Home;
use super::serving::Serving;

fn me(serving: &Serving, access_token: &str) -> (u16, String) {
    let bearer = format!("Bearer {access_token}");
    let answer = Client::of(&serving.url).get("/users/me", &[("authorization", &bearer)]);
    (answer.status, answer.body["code"].as_str().unwrap_or_default().to_owned())
}

fn algorithms(serving: &Serving) -> Vec<String> {
    let answer = Client::of(&serving.url).get("/.well-known/jwks.json", &[]);
    let keys = answer.body["keys"].as_array().unwrap().clone();
    assert!(keys.iter().all(|key| key["use"] == json!("sig")));
    keys.iter().map(|key| key["alg"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn tokens_of_the_former_algorithm_live_through_a_change_of_the_algorithm_and_back() {
    let home = Home::new();
    let serve = |algorithm| Serving::start_with(&home, &[], &[("HEIRLOOM_ACCESS_TOKEN_ALG", algorithm)]);
    let serving = serve("EdDSA");
    let mut alice = Session::registered(&serving.url, "alice@example.com");
    assert_eq!(algorithms(&serving), ["EdDSA", "ES256"]);
    serving.stops();
    for (algorithm, published) in [("ES256", ["ES256", "EdDSA"]), ("EdDSA", ["EdDSA", "ES256"])] {
        let serving = serve(algorithm);
        let former = alice.access_token.clone();
        assert_eq!(me(&serving, &former), (200, String::new()));
        assert_eq!(algorithms(&serving), published);
        alice.is_alive_at(&serving.url);
        let newer = alice.access_token.clone();
        assert_ne!(newer.split('.').next(), former.split('.').next(), "another algorithm and kid");
        assert_eq!(me(&serving, &newer), (200, String::new()));
        assert_eq!(me(&serving, &former), (200, String::new()));
        serving.stops();
    }
    let serving = serve("HS256");
    assert_eq!(me(&serving, &alice.access_token), (401, "access_token_invalid".to_owned()));
    assert_eq!(algorithms(&serving), Vec::<String>::new());
    alice.is_alive_at(&serving.url);
    serving.stops();
}

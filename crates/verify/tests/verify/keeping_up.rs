//! How a verifier learns of keys and ended sessions, and what it does while it cannot.

use std::time::Duration;

use heirloom_verify::{Refusal, Verifier, WhenUnknown};

use super::stub::{KEY, Stub, eventually};
use super::vectors::{VECTORS, all, token};

const GOOD: &str = "a good token with EdDSA";
const GOOD_P256: &str = "a good token with ES256";
const OF_THE_NEW_KEY: &str = "a token of the new key, after a rotation";
const UNKNOWN_KID: &str = "an unknown kid";

async fn ready(stub: &Stub) -> Verifier {
    let verifier = stub.builder().0.start().unwrap();
    verifier.verify(token(GOOD)).await.unwrap();
    verifier
}

async fn following(stub: &Stub, when_unknown: WhenUnknown) -> (Verifier, heirloom_verify::Clock) {
    let (builder, clock) = stub.builder();
    let verifier = builder.ended_sessions(&stub.url, KEY).when_unknown(when_unknown).start().unwrap();
    eventually("the feed has responded", async || verifier.knows_ended_sessions()).await;
    verifier.verify(token(GOOD)).await.unwrap();
    (verifier, clock)
}

fn session_of_the_good_tokens() -> &'static str {
    VECTORS["good"]["claims"]["sid"].as_str().unwrap()
}

#[tokio::test]
async fn every_vector_is_judged_as_it_says_with_the_ended_sessions_of_the_feed() {
    for jwks in ["current", "rotated"] {
        let stub = Stub::start();
        stub.publishes(jwks);
        let (verifier, clock) = following(&stub, WhenUnknown::Accept).await;
        for vector in all().iter().filter(|vector| vector["jwks"] == jwks) {
            clock.set(vector["at"].as_i64().unwrap());
            let verdict = verifier.verify(vector["token"].as_str().unwrap()).await;
            let verdict = verdict.err().map_or("accepted", Refusal::code);
            assert_eq!(vector["expect"], verdict, "{}", vector["name"]);
        }
    }
}

#[tokio::test]
async fn a_logout_is_refused_within_a_second() {
    let stub = Stub::start();
    let (verifier, _) = following(&stub, WhenUnknown::Accept).await;
    let ended_at = tokio::time::Instant::now();
    stub.ends(session_of_the_good_tokens());
    for name in [GOOD, GOOD_P256] {
        eventually("the session has ended", async || verifier.verify(token(name)).await == Err(Refusal::SessionEnded))
            .await;
    }
    assert!(ended_at.elapsed() < Duration::from_secs(1), "{:?}", ended_at.elapsed());
    assert_eq!(verifier.ended_sessions(), 2);
    let requests = stub.feed_requests();
    assert_eq!(requests[..2], ["/service/ended", "/service/ended?after=1&wait=15"]);
}

#[tokio::test]
async fn the_keys_are_fetched_once_and_for_unknown_keys_at_most_every_30_seconds() {
    let stub = Stub::start();
    let (builder, clock) = stub.builder();
    let verifier = builder.start().unwrap();
    for _ in 0..20 {
        verifier.verify(token(GOOD)).await.unwrap();
        verifier.verify(token(GOOD_P256)).await.unwrap();
    }
    assert_eq!(stub.key_requests(), 1);
    let now = clock.now();
    for (later, requests) in [(0, 2), (29, 2), (30, 3), (59, 3), (60, 4)] {
        clock.set(now + later);
        for _ in 0..20 {
            assert_eq!(verifier.verify(token(UNKNOWN_KID)).await, Err(Refusal::Invalid));
        }
        assert_eq!(stub.key_requests(), requests, "after {later} seconds");
    }
}

#[tokio::test]
async fn a_token_of_a_new_key_is_accepted_and_one_of_a_removed_key_is_not() {
    let stub = Stub::start();
    let verifier = ready(&stub).await;
    stub.publishes("rotated");
    assert_eq!(verifier.verify_now(token(OF_THE_NEW_KEY)), Err(Refusal::Invalid), "it does not wait");
    assert!(verifier.verify(token(OF_THE_NEW_KEY)).await.is_ok());
    assert!(verifier.verify(token(GOOD)).await.is_ok());
    let other = ready_at_the_last_key(&stub).await;
    assert_eq!(other.verify(token(GOOD)).await, Err(Refusal::Invalid));
}

/// Has verified a good token of the key that is removed then.
async fn ready_at_the_last_key(stub: &Stub) -> Verifier {
    stub.publishes("current");
    let verifier = ready(stub).await;
    stub.publishes_the_last_key_only();
    assert!(verifier.verify(token(OF_THE_NEW_KEY)).await.is_ok());
    verifier
}

#[tokio::test]
async fn the_last_keys_stay_in_use_through_an_outage() {
    let stub = Stub::start();
    let verifier = ready(&stub).await;
    stub.goes_down();
    assert_eq!(verifier.verify(token(UNKNOWN_KID)).await, Err(Refusal::Unavailable), "it may be a new key");
    for _ in 0..3 {
        assert!(verifier.verify(token(GOOD)).await.is_ok());
        assert!(verifier.verify(token(GOOD_P256)).await.is_ok());
    }
    assert!(!verifier.has_keys());
    stub.publishes("rotated");
    stub.comes_back();
    eventually("the keys are fetched by themselves", async || verifier.has_keys()).await;
    assert!(verifier.verify(token(OF_THE_NEW_KEY)).await.is_ok());
}

#[tokio::test]
async fn nothing_is_called_invalid_before_the_keys_are_there() {
    let stub = Stub::start();
    stub.goes_down();
    let verifier = stub.builder().0.start().unwrap();
    assert_eq!(verifier.verify(token(GOOD)).await, Err(Refusal::Unavailable));
    assert_eq!(verifier.verify_now(token(GOOD)), Err(Refusal::Unavailable));
    assert_eq!(verifier.verify("nonsense").await, Err(Refusal::Invalid));
    stub.comes_back();
    eventually("the token is accepted", async || verifier.verify(token(GOOD)).await.is_ok()).await;
}

#[tokio::test]
async fn while_ended_sessions_are_unknown_tokens_are_accepted_or_refused_as_chosen() {
    let stub = Stub::start();
    let (open, open_clock) = following(&stub, WhenUnknown::Accept).await;
    let (closed, closed_clock) = following(&stub, WhenUnknown::Refuse).await;
    stub.goes_down();
    for (later, knows) in [(30, true), (31, false)] {
        for clock in [&open_clock, &closed_clock] {
            clock.set(clock.now() / 100 * 100 + later);
        }
        assert_eq!((open.knows_ended_sessions(), closed.knows_ended_sessions()), (knows, knows));
        assert!(open.verify(token(GOOD)).await.is_ok());
        let ended = token("an ended session");
        assert_eq!(open.verify(ended).await, Err(Refusal::SessionEnded), "what is known stays known");
        assert_eq!(closed.verify(ended).await, Err(Refusal::SessionEnded));
        assert_eq!(closed.verify(token(GOOD)).await.err(), (!knows).then_some(Refusal::Unavailable));
    }
    stub.ends(session_of_the_good_tokens());
    stub.comes_back();
    eventually("the feed is followed again", async || closed.knows_ended_sessions()).await;
    assert_eq!(closed.verify(token(GOOD)).await, Err(Refusal::SessionEnded), "nothing was missed");
}

#[tokio::test]
async fn with_a_wrong_service_key_it_is_not_known_which_sessions_have_ended() {
    let stub = Stub::start();
    let verifier =
        stub.builder().0.ended_sessions(&stub.url, "hls_wrong").when_unknown(WhenUnknown::Refuse).start().unwrap();
    assert_eq!(verifier.verify(token(GOOD)).await, Err(Refusal::Unavailable));
    assert!(!verifier.knows_ended_sessions());
}

#[test]
fn settings_that_cannot_work_are_refused() {
    for url in ["", "auth.example", "https://", "ftp://auth.example"] {
        assert!(Verifier::builder(url).start().unwrap_err().to_string().contains("http"), "{url}");
    }
    let feed = |key: &str| Verifier::builder("http://127.0.0.1:1").ended_sessions("http://127.0.0.1:1", key);
    assert!(feed("two words").start().is_err() && feed("").start().is_err());
    assert!(feed("hls_a").known_for(Duration::from_secs(4)).start().is_err());
    assert!(!format!("{:?}", feed("hls_secret")).contains("hls_secret"));
}

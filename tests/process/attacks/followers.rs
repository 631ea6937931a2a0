//! A thief with a copied cookie who stays with the session: he learns of a refresh, and presents the replaced token within
//! the overlap window.

use serde_json::{Value, json};

use super::super::client::{Answer, Client};
use super::{COOKIE, Jar, Site, verdict};

const PROXY: (&str, &str) = ("HEIRLOOM_TRUSTED_PROXIES", "127.0.0.1/32");
const OWNER: (&str, &str) = ("x-forwarded-for", "203.0.113.7");
const THIEF: (&str, &str) = ("x-forwarded-for", "198.51.100.66");

fn presents(client: &Client, token: &str, from: (&str, &str)) -> Answer {
    client.post("/refresh", &[("cookie", &format!("{COOKIE}={token}")), from], "")
}

/// The owner refreshes, and uses what she gets.
fn refreshes(client: &Client, alice: &mut Jar) {
    *alice = Jar::from(&presents(client, &alice.refresh, OWNER));
    assert_eq!(alice.asks_who_am_i(client).status, 200);
}

/// All that an access token lets its holder read.
fn everything(client: &Client, jar: &Jar) -> Vec<Value> {
    let paths = ["/sessions", "/users/me/events", "/users/me"];
    paths.map(|path| client.get(path, &[("authorization", &jar.bearer()), THIEF]).body).to_vec()
}

#[test]
fn a_copied_cookie_tells_its_thief_nothing_of_when_the_session_refreshes() {
    let site = Site::new();
    let serving = site.serves(&[PROXY]);
    let client = Client::of(&serving.url);
    let mut alice = Jar::registered(&client, "alice@example.com");
    let thief = alice.clone();
    let before = everything(&client, &thief);
    for _ in 0..3 {
        refreshes(&client, &mut alice);
        assert_eq!(everything(&client, &thief), before, "the thief sees that the session was refreshed");
    }
}

/// He may learn of it in another way, from a page that he watches, say.
#[test]
fn a_thief_who_follows_every_refresh_from_elsewhere_is_caught_and_the_owner_can_see_him() {
    let site = Site::new();
    let serving = site.serves(&[PROXY]);
    let client = Client::of(&serving.url);
    let mut alice = Jar::registered(&client, "alice@example.com");
    let phone = Jar::logged_in(&client, "alice@example.com", "");
    let (mut followed, mut seen) = (0, Value::Null);
    let caught = loop {
        let replaced = alice.refresh.clone();
        refreshes(&client, &mut alice);
        let answer = presents(&client, &replaced, THIEF);
        if answer.status != 200 {
            break answer;
        }
        followed += 1;
        assert!(followed < 10, "ten of ten generations followed");
        seen = client.get("/sessions", &[("authorization", &phone.bearer())]).body;
    };
    let hers = seen["sessions"].as_array().unwrap().iter().find(|session| session["current"] == false).unwrap();
    assert_eq!((&hers["ip"], &hers["also_used_from"]["ip"]), (&json!(OWNER.1), &json!(THIEF.1)));
    assert_eq!((followed, verdict(&caught)), (4, (401, "refresh_token_reused")));
    assert_eq!(verdict(&presents(&client, &alice.refresh, OWNER)), (401, "session_revoked"));
    let events = client.get("/users/me/events", &[("authorization", &phone.bearer())]).body;
    let kinds = events["events"].as_array().unwrap().iter().map(|event| event["kind"].as_str().unwrap());
    let told: Vec<&str> = kinds.filter(|kind| ["replayed_elsewhere", "reuse_detected"].contains(kind)).collect();
    assert_eq!(
        told,
        ["reuse_detected", "replayed_elsewhere", "replayed_elsewhere", "replayed_elsewhere", "replayed_elsewhere"]
    );
}

#[test]
fn tabs_of_one_browser_that_follow_each_other_are_left_alone() {
    let site = Site::new();
    let serving = site.serves(&[PROXY]);
    let client = Client::of(&serving.url);
    let mut alice = Jar::registered(&client, "alice@example.com");
    for _ in 0..20 {
        let replaced = alice.refresh.clone();
        refreshes(&client, &mut alice);
        assert_eq!(Jar::from(&presents(&client, &replaced, OWNER)).refresh, alice.refresh);
    }
}

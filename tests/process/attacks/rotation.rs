//! Cases 1, 2 and 4: races for a token, and tokens that come back.

use std::sync::{Barrier, Mutex};
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::super::client::Client;
use super::{Jar, Site, shows, verdict};

fn generation(token: &str) -> u32 {
    let bytes = URL_SAFE_NO_PAD.decode(token.strip_prefix("hl_").unwrap()).unwrap();
    u32::from_be_bytes(bytes[17..21].try_into().unwrap())
}

/// Keycloak CVE-2026-1035: check and use were two steps, so that one token gave many.
#[test]
fn case_1_fifty_at_once_with_one_token_on_two_servers_get_one_successor_a_hundred_times() {
    const ROUNDS: u32 = 100;
    const CLIENTS: usize = 50;
    let site = Site::new();
    let servers = [site.serves(&[]), site.serves(&[])];
    let alice = Jar::registered(&Client::of(&servers[0].url), "alice@example.com");
    let (token, successors) = (Mutex::new(alice.refresh), Mutex::new(Vec::new()));
    let barrier = Barrier::new(CLIENTS);
    thread::scope(|scope| {
        for number in 0..CLIENTS {
            let (token, successors, barrier) = (&token, &successors, &barrier);
            let client = Client::of(&servers[number % 2].url);
            scope.spawn(move || {
                for round in 1..=ROUNDS {
                    let shown = token.lock().unwrap().clone();
                    barrier.wait();
                    let answer = shows(&client, &shown);
                    successors.lock().unwrap().push(Jar::from(&answer).refresh);
                    if barrier.wait().is_leader() {
                        let mut successors = successors.lock().unwrap();
                        let successor = successors.remove(0);
                        assert!(successors.drain(..).all(|other| other == successor), "a fork in round {round}");
                        assert_eq!(generation(&successor), generation(&shown) + 1);
                        *token.lock().unwrap() = successor;
                    }
                    barrier.wait();
                }
            });
        }
    });
    assert_eq!(generation(&token.into_inner().unwrap()), ROUNDS + 1);
    assert_eq!(site.counts("SELECT count(*) AS number FROM token_families WHERE revoked_at IS NULL"), 1);
}

/// Keycloak CVE-2026-9802: what had been rotated away was forgotten by a restart.
#[test]
fn case_2_an_old_token_is_old_after_kill_9_and_at_another_server() {
    let site = Site::new();
    let serving = site.serves(&[]);
    let client = Client::of(&serving.url);
    let mut alice = Jar::registered(&client, "alice@example.com");
    let mut elsewhere = Jar::logged_in(&client, "alice@example.com", "");
    let first = alice.refresh.clone();
    for _ in 0..3 {
        assert_eq!(alice.refreshes(&client).status, 200);
    }
    serving.gets_killed();
    let restarted = site.serves(&[]);
    let client = Client::of(&restarted.url);
    assert_eq!(verdict(&shows(&client, &first)), (401, "refresh_token_reused"));
    assert_eq!(verdict(&alice.refreshes(&client)), (401, "session_revoked"));

    let other = site.serves(&[]);
    let (first, other) = (elsewhere.refresh.clone(), Client::of(&other.url));
    assert_eq!(elsewhere.refreshes(&client).status, 200);
    assert_eq!(elsewhere.refreshes(&client).status, 200);
    assert_eq!(verdict(&shows(&other, &first)), (401, "refresh_token_reused"));
    assert_eq!(verdict(&elsewhere.refreshes(&client)), (401, "session_revoked"));
}

/// @fastify/secure-session CVE-2024-31999: a destroyed session's cookie went on working; and a refresh in flight must not
/// bring one back.
#[test]
fn case_4_two_hundred_logouts_against_refreshes_leave_no_token_alive() {
    const THREADS: usize = 4;
    const ROUNDS: usize = 50;
    let site = Site::new();
    let serving = site.serves(&[]);
    let client = Client::of(&serving.url);
    let mut saved = Jar::registered(&client, "alice@example.com");
    let before = saved.clone();
    assert_eq!(client.post("/logout", &[("cookie", &format!("{}={}", super::COOKIE, saved.refresh))], "").status, 200);
    assert_eq!(verdict(&saved.refreshes(&client)), (401, "session_revoked"));
    assert_eq!(verdict(&before.asks_who_am_i(&client)), (401, "session_revoked"));

    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let (client, other) = (Client::of(&serving.url), Client::of(&serving.url));
                for _ in 0..ROUNDS {
                    let jar = Jar::logged_in(&client, "alice@example.com", "");
                    let cookie = format!("{}={}", super::COOKIE, jar.refresh);
                    let mut tokens = vec![jar.clone()];
                    thread::scope(|race| {
                        let leaving = race.spawn(|| client.post("/logout", &[("cookie", &cookie)], "").status);
                        let answer = shows(&other, &jar.refresh);
                        if answer.status == 200 {
                            tokens.push(Jar::from(&answer));
                        }
                        assert_eq!(leaving.join().unwrap(), 200);
                    });
                    for mut token in tokens {
                        assert_eq!(verdict(&token.asks_who_am_i(&other)), (401, "session_revoked"));
                        assert_eq!(verdict(&token.refreshes(&other)), (401, "session_revoked"));
                    }
                }
            });
        }
    });
    assert_eq!(site.counts("SELECT count(*) AS number FROM token_families WHERE revoked_at IS NULL"), 0);
}

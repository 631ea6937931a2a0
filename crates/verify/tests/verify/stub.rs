//! A stub of Heirloom that follows the contract of the key set and of the feed of ended sessions.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use heirloom_verify::{Builder, Clock, Verifier};
use serde_json::{Value, json};

use super::vectors::{VECTORS, named, text};

pub const KEY: &str = "hls_a_service_key_of_the_tests";

pub struct Stub {
    pub url: String,
    shared: Arc<(Mutex<State>, Condvar)>,
}

struct State {
    jwks: Value,
    key_requests: usize,
    feed_requests: Vec<String>,
    ended: Vec<String>,
    is_down: bool,
}

impl Stub {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = State {
            jwks: VECTORS["jwks"]["current"].clone(),
            key_requests: 0,
            feed_requests: Vec::new(),
            ended: vec![VECTORS["ended"][0].as_str().unwrap().to_owned()],
            is_down: false,
        };
        let shared = Arc::new((Mutex::new(state), Condvar::new()));
        let served = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let served = Arc::clone(&served);
                thread::spawn(move || serve(&served, stream.unwrap()));
            }
        });
        Self { url, shared }
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let changed = change(&mut self.shared.0.lock().unwrap());
        self.shared.1.notify_all();
        changed
    }

    pub fn publishes(&self, jwks: &str) {
        self.change(|state| state.jwks = VECTORS["jwks"][jwks].clone());
    }

    pub fn publishes_the_last_key_only(&self) {
        self.change(|state| state.jwks = json!({ "keys": [VECTORS["signers"]["next ed25519"]] }));
    }

    pub fn ends(&self, session: &str) {
        self.change(|state| state.ended.push(session.to_owned()));
    }

    /// Every response from now on is 503. Pending ones too.
    pub fn goes_down(&self) {
        self.change(|state| state.is_down = true);
    }

    pub fn comes_back(&self) {
        self.change(|state| state.is_down = false);
    }

    pub fn key_requests(&self) -> usize {
        self.change(|state| state.key_requests)
    }

    pub fn feed_requests(&self) -> Vec<String> {
        self.change(|state| state.feed_requests.clone())
    }

    /// A verifier whose clock stands where the good vectors are valid.
    pub fn builder(&self) -> (Builder, Clock) {
        let clock = Clock::manual(named("a good token with EdDSA")["at"].as_i64().unwrap());
        let builder = Verifier::builder(&self.url).issuer(text("issuer")).audience(text("audience"));
        (builder.clock(clock.clone()), clock)
    }
}

fn serve((state, changed): &(Mutex<State>, Condvar), mut stream: TcpStream) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
    let Some(request) = lines.next() else { return };
    let headers: Vec<String> = lines.take_while(|line| !line.is_empty()).map(|line| line.to_lowercase()).collect();
    let path = request.split(' ').nth(1).unwrap();
    let mut state = state.lock().unwrap();
    let (status, body) = if state.is_down {
        (503, json!({}))
    } else if path == "/.well-known/jwks.json" {
        state.key_requests += 1;
        (200, state.jwks.clone())
    } else if !headers.contains(&format!("authorization: bearer {KEY}")) {
        (401, json!({ "code": "service_key_invalid" }))
    } else {
        state.feed_requests.push(path.to_owned());
        let query = |name: &str| {
            let pairs = path.split(['?', '&']).filter_map(|pair| pair.split_once('='));
            pairs.filter(|(known, _)| *known == name).find_map(|(_, value)| value.parse::<usize>().ok())
        };
        let after = query("after").unwrap_or(0);
        let wait = Duration::from_secs(query("wait").unwrap_or(0) as u64);
        let (held, _) =
            changed.wait_timeout_while(state, wait, |state| state.ended.len() <= after && !state.is_down).unwrap();
        state = held;
        let ended: Vec<Value> = state.ended[after.min(state.ended.len())..]
            .iter()
            .map(|id| json!({ "session_id": id, "user_id": id, "at": "2026-03-01T12:00:00Z", "reason": "logout" }))
            .collect();
        let status = if state.is_down { 503 } else { 200 };
        (status, json!({ "ended": ended, "cursor": state.ended.len().to_string(), "keep_for": 905 }))
    };
    drop(state);
    let body = body.to_string();
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} Stub\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    // The other side may have gone.
    let _ = stream.write_all((head + &body).as_bytes());
}

/// Polls a condition for at most ten seconds.
pub async fn eventually(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    for _ in 0..1_000 {
        if condition().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("not within ten seconds: {what}");
}

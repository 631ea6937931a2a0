//! A receiver of webhooks: a small HTTP server, as an operator's backend is one.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::Value;

use super::app::eventually;

/// What was received.
#[derive(Clone, Debug)]
pub struct Received {
    pub id: String,
    pub timestamp: String,
    pub signature: String,
    pub text: String,
    pub body: Value,
}

#[derive(Default)]
struct State {
    received: Vec<Received>,
    /// What [`gets_mail`](Receiver::gets_mail) has forgotten.
    earlier: Vec<Received>,
    answers: VecDeque<u16>,
}

pub struct Receiver {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl Receiver {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                thread::spawn(move || handle(stream, &shared));
            }
        });
        Self { address, state }
    }

    pub fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    /// The next requests get these statuses, and all after them 200.
    pub fn will_answer(&self, statuses: &[u16]) {
        self.state.lock().unwrap().answers.extend(statuses);
    }

    /// Everything so far.
    pub fn received(&self) -> Vec<Received> {
        self.state.lock().unwrap().received.clone()
    }

    /// Everything, with what was forgotten.
    pub fn everything(&self) -> Vec<Received> {
        let state = self.state.lock().unwrap();
        state.earlier.iter().chain(&state.received).cloned().collect()
    }

    /// Waits for the message of this type that came last.
    pub fn gets(&self, kind: &str) -> Received {
        let find = || self.received().into_iter().rfind(|received| received.body["type"] == kind);
        eventually(|| find().is_some());
        find().unwrap()
    }

    /// Waits for a mail to this address, and forgets everything that came before it.
    pub fn gets_mail(&self, letter: &str, to: &str) -> Value {
        let kind = format!("mail.{letter}");
        let is_it = |received: &Received| received.body["type"] == kind && received.body["data"]["to"] == to;
        eventually(|| self.received().iter().any(is_it));
        let mut state = self.state.lock().unwrap();
        let at = state.received.iter().rposition(is_it).unwrap();
        let forgotten: Vec<Received> = state.received.drain(..=at).collect();
        let mail = forgotten.last().unwrap().body["data"].clone();
        state.earlier.extend(forgotten);
        mail
    }
}

fn handle(stream: TcpStream, state: &Mutex<State>) {
    let mut reader = BufReader::new(stream);
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        let Some((name, value)) = line.trim().split_once(": ") else {
            if line.trim().is_empty() {
                break;
            }
            continue;
        };
        headers.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    let of =
        |name: &str| headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.clone()).unwrap_or_default();
    let mut body = vec![0; of("content-length").parse().unwrap_or(0)];
    reader.read_exact(&mut body).unwrap();
    let text = String::from_utf8(body).unwrap();
    let status = {
        let mut state = state.lock().unwrap();
        let received = Received {
            id: of("webhook-id"),
            timestamp: of("webhook-timestamp"),
            signature: of("webhook-signature"),
            body: serde_json::from_str(&text).unwrap(),
            text,
        };
        state.received.push(received);
        state.answers.pop_front().unwrap_or(200)
    };
    let _ = reader
        .get_mut()
        .write_all(format!("HTTP/1.1 {status} Whatever\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").as_bytes());
}

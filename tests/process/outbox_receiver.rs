//! A receiver of webhooks that fails in every way in which one can, and remembers what it got.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::Value;

/// What became of a message.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Fate {
    /// 2xx.
    Taken,
    /// Taken, but the connection broke before the response.
    TakenInSilence,
    /// Any status but 2xx and 410.
    Refused,
    /// 410.
    Gone,
}

/// A message as it came.
#[derive(Clone, Debug)]
pub struct Received {
    pub path: String,
    pub id: String,
    pub event: String,
    pub body: String,
    pub fate: Fate,
}

#[derive(Default)]
struct State {
    received: Mutex<Vec<Received>>,
    count: AtomicUsize,
    is_down: AtomicBool,
    stalls: AtomicBool,
    takes_its_time: AtomicBool,
}

pub struct UnreliableReceiver {
    address: SocketAddr,
    state: Arc<State>,
}

impl UnreliableReceiver {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        thread::spawn(move || accepts(listener, address, &shared));
        Self { address, state }
    }

    pub fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    /// Its port is closed, until it comes back.
    pub fn is_killed(&self) {
        self.state.is_down.store(true, Ordering::SeqCst);
    }

    pub fn comes_back(&self) {
        self.state.is_down.store(false, Ordering::SeqCst);
    }

    /// A few requests get no response within 15 seconds.
    pub fn stalls(&self) {
        self.state.stalls.store(true, Ordering::SeqCst);
    }

    /// It takes every message, after a second and a half.
    pub fn takes_its_time(&self) {
        self.state.takes_its_time.store(true, Ordering::SeqCst);
    }

    pub fn received(&self) -> Vec<Received> {
        self.state.received.lock().unwrap().clone()
    }

    pub fn count(&self) -> usize {
        self.state.count.load(Ordering::SeqCst)
    }
}

#[expect(clippy::disallowed_methods, reason = "a port is closed for a time of the machine's")]
fn accepts(mut listener: TcpListener, address: SocketAddr, state: &Arc<State>) {
    loop {
        if state.is_down.load(Ordering::SeqCst) {
            drop(listener);
            while state.is_down.load(Ordering::SeqCst) {
                thread::sleep(Duration::from_millis(5));
            }
            listener = TcpListener::bind(address).unwrap();
        }
        listener.set_nonblocking(true).unwrap();
        match listener.accept() {
            Ok((stream, _)) => {
                stream.set_nonblocking(false).unwrap();
                let state = Arc::clone(state);
                thread::spawn(move || receives(stream, &state));
            }
            Err(_) => thread::sleep(Duration::from_millis(2)),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this receiver is slow on purpose")]
fn receives(stream: TcpStream, state: &State) {
    let mut reader = BufReader::new(stream);
    let Some((path, id, body)) = read(&mut reader) else { return };
    let count = state.count.fetch_add(1, Ordering::SeqCst);
    let redirect = "307 Temporary Redirect\r\nlocation: /elsewhere";
    let (status, fate) = match count {
        _ if state.takes_its_time.load(Ordering::SeqCst) => {
            thread::sleep(Duration::from_millis(1500));
            ("200 OK", Fate::Taken)
        }
        _ if count % 97 == 42 => ("410 Gone", Fate::Gone),
        _ if count % 1999 == 7 && state.stalls.load(Ordering::SeqCst) => {
            thread::sleep(Duration::from_secs(17));
            ("200 OK", Fate::TakenInSilence)
        }
        _ => match count % 16 {
            1 => ("500 Internal Server Error", Fate::Refused),
            3 => ("", Fate::TakenInSilence),
            5 => (redirect, Fate::Refused),
            7 => ("503 Service Unavailable\r\nretry-after: 3600", Fate::Refused),
            9 => {
                thread::sleep(Duration::from_millis(300));
                ("204 No Content", Fate::Taken)
            }
            _ => ("200 OK", Fate::Taken),
        },
    };
    let event = serde_json::from_str::<Value>(&body).unwrap()["data"]["event_id"].as_str().unwrap().to_owned();
    state.received.lock().unwrap().push(Received { path, id, event, body, fate });
    if !status.is_empty() {
        let head = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        let _ = reader.get_mut().write_all(head.as_bytes());
    }
}

/// The path, the id and the body of a request. `None` if it breaks off, as it does when its sender is killed.
fn read(reader: &mut BufReader<TcpStream>) -> Option<(String, String, String)> {
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim().to_owned();
        if line.is_empty() {
            break;
        }
        head.push(line);
    }
    let header = |name: &str| {
        let mut named = head.iter().filter_map(|line| line.split_once(": "));
        named.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned())
    };
    let mut body = vec![0; header("content-length")?.parse().ok()?];
    reader.read_exact(&mut body).ok()?;
    Some((head[0].split(' ').nth(1)?.to_owned(), header("webhook-id")?, String::from_utf8(body).ok()?))
}

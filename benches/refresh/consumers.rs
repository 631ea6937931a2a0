//! A thousand consumers of the feed of ended sessions on one process: what is left of the throughput of `/refresh`. Sessions
//! end in every measurement, also without consumers.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use heirloom::domain::rotation::Generation;
use indicatif::ProgressBar;
use secrecy::ExposeSecret as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::load::Connection;
use crate::report::{Measured, median};
use crate::server::Server;
use crate::sessions::{Sessions, family_id};
use crate::{MANY, Options, SESSIONS, begin, load, measured, sessions_of};

const CONSUMERS: usize = 1_000;

/// Sessions that end, a second.
const RATES: [u32; 2] = [1, 20];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    None,
    /// As the verifiers do.
    LongPoll,
    Stream,
}

const KINDS: [(Kind, &str); 3] =
    [(Kind::None, "none"), (Kind::LongPoll, "1,000 by long polling"), (Kind::Stream, "1,000 streams")];

pub fn run(options: &Options, bar: &ProgressBar) {
    heirloom::connections::descriptors::raise_limit();
    let (server, admin) = Server::start_with_service_api();
    let key = service_key(&server);
    let mut sessions = sessions_of(&server, 40 * SESSIONS, bar);
    let mut next = SESSIONS;
    sessions.generations.truncate(SESSIONS);
    begin(bar, options.rounds * KINDS.len() * RATES.len(), "refreshing");
    for rate in RATES {
        let mut results = KINDS.map(|_| (Vec::new(), Vec::new()));
        for round in 0..options.rounds {
            for turn in 0..KINDS.len() {
                // Each goes first in every third round.
                let turn = (round + turn) % KINDS.len();
                let consumers = Consumers::begin(admin, &key, KINDS[turn].0);
                let ender = Ender::begin(server.address, next, rate);
                let measured = measured(&server, || load(&server, MANY, options.duration()).refresh(&mut sessions));
                next = ender.ends();
                results[turn].0.push(measured);
                results[turn].1.push(consumers.ends());
                bar.inc(1);
            }
        }
        bar.suspend(|| print(rate, &results));
    }
    bar.finish_and_clear();
}

fn print(rate: u32, results: &[(Vec<Measured>, Vec<usize>); 3]) {
    println!("{rate} sessions a second end; medians of {} rounds in one run", results[0].0.len());
    println!(
        "{:<22} {:>9} {:>8} {:>8} {:>8} {:>14} {:>9}",
        "consumers", "a second", "p50 ms", "p99 ms", "share", "server CPU µs", "received"
    );
    for (at, (_, name)) in KINDS.iter().enumerate() {
        let (rounds, received) = &results[at];
        let of = |figure: fn(&Measured) -> f64| median(rounds.iter().map(figure).collect());
        let shares = rounds.iter().zip(&results[0].0).map(|(with, without)| with.throughput / without.throughput);
        println!(
            "{name:<22} {:>9.0} {:>8.2} {:>8.2} {:>8.3} {:>14.1} {:>9}",
            of(|m| m.throughput),
            of(|m| m.p50),
            of(|m| m.p99),
            median(shares.collect()),
            of(|m| m.server_cpu) * 1000.0,
            received.iter().sum::<usize>() / received.len(),
        );
    }
}

fn service_key(server: &Server) -> String {
    let output = server.command(&["service-key", "create", "bench", "--scope", "ended:read", "--json"]).output();
    let printed = output.expect("the binary runs").stdout;
    let created: serde_json::Value = serde_json::from_slice(&printed).expect("it prints JSON");
    created["key"].as_str().expect("a key").to_owned()
}

/// Connections that wait for sessions to end.
struct Consumers {
    thread: JoinHandle<()>,
    is_over: Arc<AtomicBool>,
    received: Arc<AtomicUsize>,
}

impl Consumers {
    /// Returns when all are connected.
    fn begin(address: SocketAddr, key: &str, kind: Kind) -> Self {
        let (is_over, received) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let (over, count, key) = (Arc::clone(&is_over), Arc::clone(&received), key.to_owned());
        let connected = Arc::new(AtomicUsize::new(0));
        let ready = Arc::clone(&connected);
        let number = if kind == Kind::None { 0 } else { CONSUMERS };
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let tasks: Vec<_> = (0..number)
                    .map(|_| {
                        let (key, count, ready) = (key.clone(), Arc::clone(&count), Arc::clone(&ready));
                        tokio::spawn(async move {
                            match kind {
                                Kind::Stream => follows_stream(address, &key, &count, &ready).await,
                                _ => polls(address, &key, &count, &ready).await,
                            }
                        })
                    })
                    .collect();
                while !over.load(Ordering::Relaxed) {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    assert!(tasks.iter().all(|task| !task.is_finished()), "a consumer was disconnected");
                }
            });
        });
        while connected.load(Ordering::Relaxed) < number {
            assert!(!thread.is_finished(), "the consumers cannot connect");
            thread::sleep(Duration::from_millis(5));
        }
        Self { thread, is_over, received }
    }

    /// How many responses or events came.
    fn ends(self) -> usize {
        self.is_over.store(true, Ordering::Relaxed);
        self.thread.join().expect("the consumers");
        self.received.load(Ordering::Relaxed)
    }
}

fn request(path: &str, key: &str, accept: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {key}\r\naccept: {accept}\r\n\r\n")
}

async fn polls(address: SocketAddr, key: &str, received: &AtomicUsize, ready: &AtomicUsize) {
    let mut connection = Connection::open(address).await;
    let mut path = "/service/ended".to_owned();
    loop {
        let (status, answer) = connection.ask(request(&path, key, "application/json").as_bytes()).await;
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(answer));
        let cursor = b"\"cursor\":\"";
        let at = memchr::memmem::find(answer, cursor).expect("a cursor") + cursor.len();
        let cursor: Vec<u8> = answer[at..].iter().copied().take_while(|&byte| byte != b'"').collect();
        if path.contains('?') {
            received.fetch_add(1, Ordering::Relaxed);
        } else {
            ready.fetch_add(1, Ordering::Relaxed);
        }
        path = format!("/service/ended?wait=20&after={}", String::from_utf8(cursor).expect("ASCII"));
    }
}

async fn follows_stream(address: SocketAddr, key: &str, received: &AtomicUsize, ready: &AtomicUsize) {
    let mut stream = TcpStream::connect(address).await.expect("the server takes connections");
    // Closed by a reset, which the server notices without writing.
    stream.set_zero_linger().expect("a TCP socket");
    stream.write_all(request("/service/ended", key, "text/event-stream").as_bytes()).await.expect("the server reads");
    let mut buffer = vec![0; 64 * 1024];
    let mut is_first = true;
    loop {
        let length = stream.read(&mut buffer).await.expect("the server sends");
        if length == 0 {
            return;
        }
        if std::mem::take(&mut is_first) {
            assert!(buffer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&buffer[..length]));
            ready.fetch_add(1, Ordering::Relaxed);
        } else {
            received.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Logs out one session after the other.
struct Ender {
    thread: JoinHandle<usize>,
    is_over: Arc<AtomicBool>,
}

impl Ender {
    fn begin(address: SocketAddr, first: usize, rate: u32) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let over = Arc::clone(&is_over);
        let tokens = Sessions::none().tokens;
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let mut connection = Connection::open(address).await;
                let mut next = first;
                while !over.load(Ordering::Relaxed) {
                    let token = tokens.mint(family_id(next), Generation::FIRST).expose_secret().to_owned();
                    let request = format!(
                        "POST /logout HTTP/1.1\r\nhost: localhost\r\nsec-fetch-site: same-origin\r\ncontent-length: 0\r\n\
                         cookie: __Host-heirloom_refresh={token}\r\n\r\n"
                    );
                    assert_eq!(connection.ask(request.as_bytes()).await.0, 200);
                    next += 1;
                    tokio::time::sleep(Duration::from_secs(1) / rate).await;
                }
                next
            })
        });
        Self { thread, is_over }
    }

    /// The number of the next session.
    fn ends(self) -> usize {
        self.is_over.store(true, Ordering::Relaxed);
        self.thread.join().expect("the logouts")
    }
}

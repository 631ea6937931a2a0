//! The load: clients that each own a share of the sessions and always show the newest token of one, and look at every
//! answer.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use heirloom::crypto::refresh_token::RefreshTokens;
use heirloom::domain::rotation::Generation;
use secrecy::ExposeSecret as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::sessions::{Sessions, family_id};

/// What clients saw.
#[derive(Default)]
pub struct Seen {
    /// Of answers with 200, in microseconds.
    pub latencies: Vec<u32>,
    /// Answers with 503 and `Retry-After`.
    pub refused: usize,
    pub took: Duration,
    /// Good answers, those of the warm-up too.
    pub all: usize,
}

impl Seen {
    pub fn throughput(&self) -> f64 {
        self.latencies.len() as f64 / self.took.as_secs_f64()
    }

    /// In milliseconds; of sorted latencies.
    pub fn percentile(&self, share: f64) -> f64 {
        let at = (self.latencies.len() as f64 * share) as usize;
        self.latencies.get(at).or(self.latencies.last()).map_or(f64::NAN, |&micros| f64::from(micros) / 1000.0)
    }
}

/// How a load is made.
#[derive(Clone, Copy)]
pub struct Load {
    pub address: SocketAddr,
    pub clients: usize,
    pub warm_up: Duration,
    pub duration: Duration,
}

impl Load {
    /// Refreshes as fast as the answers come.
    pub fn refresh(self, sessions: &mut Sessions) -> Seen {
        let (tokens, share) = (&sessions.tokens, sessions.generations.len().div_ceil(self.clients));
        sessions.positions.resize(self.clients.max(sessions.positions.len()), 0);
        let shares = sessions.generations.chunks_mut(share).zip(&mut sessions.positions).enumerate();
        run(
            self,
            shares.map(|(n, (generations, at))| {
                *at %= generations.len();
                Refreshing { tokens, first: n * share, generations, at, request: Vec::with_capacity(512) }
            }),
        )
    }

    /// Asks for `/ping` as fast as the answers come.
    pub fn ping(self) -> Seen {
        run(self, (0..self.clients).map(|_| Pinging))
    }
}

/// Asks for `/ping` from a thread of its own a hundred times a second, until it is told that it is over.
pub fn watch(address: SocketAddr, is_over: Arc<AtomicBool>) -> thread::JoinHandle<Seen> {
    watch_by(PING, address, is_over)
}

/// The same with `/health/ready`.
pub fn watch_readiness(address: SocketAddr, is_over: Arc<AtomicBool>) -> thread::JoinHandle<Seen> {
    watch_by(READY, address, is_over)
}

fn watch_by(request: &'static [u8], address: SocketAddr, is_over: Arc<AtomicBool>) -> thread::JoinHandle<Seen> {
    thread::spawn(move || {
        let mut seen = Seen::default();
        runtime().block_on(async {
            let mut connection = Connection::open(address).await;
            while !is_over.load(Ordering::Relaxed) {
                let began = Instant::now();
                assert_eq!(connection.ask(request).await.0, 200, "what is watched failed");
                seen.latencies.push(began.elapsed().as_micros() as u32);
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        });
        seen.latencies.sort_unstable();
        seen
    })
}

/// A client goes through its sessions in steps of a prime, so that one after the other lie on different pages.
const STRIDE: usize = 7_919;

const PING: &[u8] = b"GET /ping HTTP/1.1\r\nhost: localhost\r\n\r\n";

const READY: &[u8] = b"GET /health/ready HTTP/1.1\r\nhost: localhost\r\n\r\n";

/// What a client asks next, and what it makes of the answer.
trait Client {
    fn request(&mut self) -> &[u8];
    /// Whether the answer was a good one; bad ones end the benchmark.
    fn judge(&mut self, status: u16, answer: &[u8]) -> bool;
}

struct Pinging;

impl Client for Pinging {
    fn request(&mut self) -> &[u8] {
        PING
    }

    fn judge(&mut self, status: u16, _: &[u8]) -> bool {
        status == 200
    }
}

struct Refreshing<'a> {
    tokens: &'a RefreshTokens,
    first: usize,
    generations: &'a mut [u32],
    at: &'a mut usize,
    request: Vec<u8>,
}

impl Refreshing<'_> {
    fn token(&self, generation: u32) -> String {
        let generation = Generation::new(generation).expect("a session begins with generation 1");
        self.tokens.mint(family_id(self.first + *self.at), generation).expose_secret().to_owned()
    }
}

impl Client for Refreshing<'_> {
    fn request(&mut self) -> &[u8] {
        let token = self.token(self.generations[*self.at]);
        self.request.clear();
        self.request.extend_from_slice(
            b"POST /refresh HTTP/1.1\r\nhost: localhost\r\nsec-fetch-site: same-origin\r\ncontent-length: 0\r\n\
              cookie: __Host-heirloom_refresh=",
        );
        self.request.extend_from_slice(token.as_bytes());
        self.request.extend_from_slice(b"\r\n\r\n");
        &self.request
    }

    fn judge(&mut self, status: u16, answer: &[u8]) -> bool {
        if status == 503 {
            assert!(contains(answer, b"retry-after: "), "503 without Retry-After");
            return false;
        }
        let next = self.generations[*self.at] + 1;
        let token = self.token(next);
        let cookie = [b"set-cookie: __Host-heirloom_refresh=", token.as_bytes(), b"; "].concat();
        let is_due = status == 200 && contains(answer, &cookie);
        assert!(is_due, "generation {next} was due, and this came:\n{}", String::from_utf8_lossy(answer));
        self.generations[*self.at] = next;
        *self.at = (*self.at + STRIDE) % self.generations.len();
        true
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(text, part).is_some()
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

fn run<C: Client>(load: Load, clients: impl Iterator<Item = C>) -> Seen {
    let mut seen = Seen::default();
    runtime().block_on(async {
        let begin = Instant::now() + load.warm_up;
        let end = begin + load.duration;
        let results = clients.map(|client| one_client(load.address, client, begin, end));
        for one in futures_util::future::join_all(results).await {
            seen.latencies.extend(one.latencies);
            seen.refused += one.refused;
            seen.all += one.all;
        }
    });
    seen.took = load.duration;
    seen.latencies.sort_unstable();
    seen
}

/// How long a client that was told to come back later waits: less than it was told, as the bad ones do.
const RETRY_AFTER: Duration = Duration::from_millis(20);

async fn one_client<C: Client>(address: SocketAddr, mut client: C, begin: Instant, end: Instant) -> Seen {
    let mut seen = Seen::default();
    let mut connection = Connection::open(address).await;
    loop {
        let asked = Instant::now();
        if asked >= end {
            return seen;
        }
        let (status, answer) = connection.ask(client.request()).await;
        let is_good = client.judge(status, answer);
        let answered = Instant::now();
        if asked >= begin && answered < end {
            if is_good {
                seen.latencies.push((answered - asked).as_micros() as u32);
            } else {
                seen.refused += 1;
            }
        }
        seen.all += usize::from(is_good);
        if !is_good {
            tokio::time::sleep(RETRY_AFTER).await;
        }
    }
}

/// A connection that one request after the other is sent on.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub async fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("the server takes connections");
        stream.set_nodelay(true).expect("a TCP socket");
        Self { stream, buffer: Vec::with_capacity(4096) }
    }

    /// The status, and the whole answer as it came.
    pub async fn ask(&mut self, request: &[u8]) -> (u16, &[u8]) {
        self.stream.write_all(request).await.expect("the server reads");
        self.buffer.clear();
        loop {
            let read = self.stream.read_buf(&mut self.buffer).await.expect("the server answers");
            assert!(read > 0, "the server closed the connection");
            if let Some(status) = whole_answer(&self.buffer) {
                return (status, &self.buffer);
            }
        }
    }
}

/// The status of an answer, once all of it is there. Every answer of ours has a `content-length`.
fn whole_answer(buffer: &[u8]) -> Option<u16> {
    let head = memchr::memmem::find(buffer, b"\r\n\r\n")? + 4;
    let length = b"content-length: ";
    let at = memchr::memmem::find(&buffer[..head], length).expect("no content-length") + length.len();
    let digits = buffer[at..head].iter().take_while(|byte| byte.is_ascii_digit());
    let body = digits.fold(0, |number, digit| number * 10 + usize::from(digit - b'0'));
    (buffer.len() >= head + body).then(|| std::str::from_utf8(&buffer[9..12]).ok()?.parse().ok())?
}

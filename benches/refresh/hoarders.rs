//! Clients that hold connections and want nothing else, against honest ones: what is left of the honest ones' latency.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use indicatif::ProgressBar;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{sleep, timeout};

use crate::report::median;
use crate::server::Server;
use crate::{MANY, Options, SESSIONS, begin, load, sessions_of};

const HOARDERS: usize = 2_000;

/// What a process may have open where nobody has raised it.
const FILES: u32 = 1_024;

/// A client that is disconnected comes back after this.
const PAUSE: Duration = Duration::from_secs(1);

/// How they hold a connection: what they send first, and what they then send byte by byte, if anything.
const WAYS: [(&str, &str); 6] = [
    ("", ""),
    ("POST /refresh HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n", ""),
    ("GET /ping HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000\r\n\r\n", "x"),
    ("POST /login HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{", " "),
    ("GET /ping HTTP/1.1\r\nx-slow: ", "x"),
    ("GET /ping HTTP/1.1\r\nhost: localhost\r\n\r\nGET /ping HTTP/1.1\r\nx-slow: ", "x"),
];

pub fn run(options: &Options, bar: &ProgressBar) {
    heirloom::connections::descriptors::raise_limit();
    let server = Server::start_within(FILES);
    let mut sessions = sessions_of(&server, SESSIONS, bar);
    begin(bar, options.rounds * 2, "refreshing");
    println!(
        "{:<9} {:>9} {:>9} {:>9} {:>13} {:>13} {:>12}",
        "hoarders", "a second", "p50 ms", "p99 ms", "/ready p99 ms", "connections", "reconnected"
    );
    let mut p99 = [Vec::new(), Vec::new()];
    for _ in 0..options.rounds {
        for hoarders in [0, HOARDERS] {
            let is_over = Arc::new(AtomicBool::new(false));
            let crowd = Crowd::begin(server.address, hoarders, Arc::clone(&is_over));
            let watch = crate::load::watch_readiness(server.address, Arc::clone(&is_over));
            let seen = load(&server, MANY, options.duration()).refresh(&mut sessions);
            let sockets = server.sockets();
            is_over.store(true, Ordering::Relaxed);
            let ready = watch.join().expect("/health/ready answers");
            let reconnected = crowd.ends();
            p99[usize::from(hoarders > 0)].push(seen.percentile(0.99));
            bar.inc(1);
            bar.suspend(|| {
                println!(
                    "{hoarders:<9} {:>9.0} {:>9.2} {:>9.2} {:>13.2} {sockets:>13} {reconnected:>12}",
                    seen.throughput(),
                    seen.percentile(0.5),
                    seen.percentile(0.99),
                    ready.percentile(0.99),
                );
            });
        }
    }
    bar.finish_and_clear();
    let [without, with] = p99.map(median);
    println!("p99 of /refresh: {without:.2} ms without hoarders, {with:.2} ms with them, {:.2} times", with / without);
}

struct Crowd {
    thread: thread::JoinHandle<()>,
    connected: Arc<AtomicUsize>,
    count: usize,
}

impl Crowd {
    fn begin(address: SocketAddr, count: usize, is_over: Arc<AtomicBool>) -> Self {
        let connected = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&connected);
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let all = (0..count).map(|number| hoard(address, number, &counter, &is_over));
                futures_util::future::join_all(all).await;
            });
        });
        Self { thread, connected, count }
    }

    /// How often they had to come back.
    fn ends(self) -> usize {
        self.thread.join().expect("a crowd");
        self.connected.load(Ordering::Relaxed).saturating_sub(self.count)
    }
}

async fn hoard(address: SocketAddr, number: usize, connected: &AtomicUsize, is_over: &AtomicBool) {
    let source = Ipv4Addr::new(127, 2, (number / 200) as u8, 1 + (number % 200) as u8);
    let (first, then) = WAYS[number % WAYS.len()];
    while !is_over.load(Ordering::Relaxed) {
        if let Ok(mut stream) = connect(source, address).await {
            connected.fetch_add(1, Ordering::Relaxed);
            let _ = stream.write_all(first.as_bytes()).await;
            while !is_over.load(Ordering::Relaxed) && stays(&mut stream, then).await {}
        }
        sleep(PAUSE).await;
    }
}

async fn connect(source: Ipv4Addr, address: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((source, 0).into())?;
    socket.connect(address).await
}

/// Sends the next byte once a second; reads whatever comes, and notices the end.
async fn stays(stream: &mut TcpStream, byte: &str) -> bool {
    let mut buffer = [0; 1024];
    match timeout(Duration::from_secs(1), stream.read(&mut buffer)).await {
        Ok(Ok(length)) => length > 0,
        Ok(Err(_)) => false,
        Err(_) => stream.write_all(byte.as_bytes()).await.is_ok(),
    }
}

//! A balancer on a bad network: it does to each request what its `x-fate` says, and cuts connections when it is told to.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

use crate::kit::clients::Fate;

/// As balancers have it. A server that takes longer to accept a connection is passed over.
const CONNECT: Duration = Duration::from_secs(2);

pub struct Proxy {
    pub address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    backends: Vec<Backend>,
    next: AtomicUsize,
}

/// One server's place.
struct Backend {
    address: RwLock<Option<SocketAddr>>,
    /// It gets requests. Set by whoever plays the health check.
    is_in: AtomicBool,
    cut: Notify,
}

impl Proxy {
    pub async fn start(backends: usize) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let backend = |_| Backend { address: RwLock::default(), is_in: AtomicBool::new(true), cut: Notify::new() };
        let shared = Arc::new(Shared { backends: (0..backends).map(backend).collect(), next: AtomicUsize::new(0) });
        let accepting = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(serve(client, Arc::clone(&accepting)));
            }
        });
        Ok(Self { address, shared })
    }

    /// Says where a server is now; `None`: nowhere.
    pub fn leads_to(&self, at: usize, address: Option<SocketAddr>) {
        *self.shared.backends[at].address.write().unwrap_or_else(PoisonError::into_inner) = address;
    }

    /// Takes a server out, or in again. Its requests in flight go on.
    pub fn set_in(&self, at: usize, is_in: bool) {
        self.shared.backends[at].is_in.store(is_in, Ordering::SeqCst);
    }

    /// Cuts every connection to a server, and with it that of its client.
    pub fn cut(&self, at: usize) {
        self.shared.backends[at].cut.notify_waiters();
    }
}

async fn serve(mut client: TcpStream, shared: Arc<Shared>) -> Option<()> {
    let request = read_request(&mut client).await.ok()?;
    let fate = Fate::read(&String::from_utf8_lossy(&request));
    match fate {
        Fate::LoseRequest => return None,
        Fate::Delay { request, .. } => sleep(request).await,
        _ => {}
    }
    let request = Arc::new(request);
    let answer = if fate == Fate::Double {
        let twin = forward(Arc::clone(&request), Arc::clone(&shared));
        let (first, second) = tokio::join!(forward(request, Arc::clone(&shared)), twin);
        // What is not known of one of them is not known.
        let (first, second) = (first?, second?);
        Some(if second.starts_with(b"HTTP/1.1 503") { second } else { first })
    } else {
        forward(request, shared).await
    };
    let mut answer = answer?;
    match fate {
        Fate::LoseAnswer => return None,
        Fate::CutAnswer => answer.truncate(answer.len() / 2),
        Fate::Delay { answer, .. } => sleep(answer).await,
        _ => {}
    }
    client.write_all(&answer).await.ok()?;
    client.shutdown().await.ok()
}

/// What a server answers, to the end of its connection. A server that does not accept is passed over for the next.
async fn forward(request: Arc<Vec<u8>>, shared: Arc<Shared>) -> Option<Vec<u8>> {
    let count = shared.backends.len();
    let first = shared.next.fetch_add(1, Ordering::Relaxed);
    for at in 0..count {
        let backend = &shared.backends[(first + at) % count];
        let address = *backend.address.read().unwrap_or_else(PoisonError::into_inner);
        let Some(address) = address.filter(|_| backend.is_in.load(Ordering::SeqCst)) else { continue };
        let cut = backend.cut.notified();
        let Ok(Ok(mut server)) = timeout(CONNECT, TcpStream::connect(address)).await else { continue };
        let exchange = async {
            server.write_all(&request).await.ok()?;
            let mut answer = Vec::new();
            server.read_to_end(&mut answer).await.ok()?;
            Some(answer)
        };
        return tokio::select! {
            answer = exchange => answer.filter(|answer| !answer.is_empty()),
            () = cut => None,
        };
    }
    None
}

async fn read_request(client: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut request = Vec::new();
    loop {
        if let Some(head) = request.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            let text = String::from_utf8_lossy(&request[..head]);
            let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.and_then(|length| length.parse().ok()).unwrap_or(0);
            if request.len() >= head + 4 + length {
                return Ok(request);
            }
        }
        if client.read_buf(&mut request).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

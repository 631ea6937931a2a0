//! The way from one server to Postgres, or from a standby to its primary: it can be cut, closed, and led elsewhere.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, UnixStream};
use tokio::sync::Notify;

pub struct Relay {
    pub port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    socket: RwLock<PathBuf>,
    is_open: AtomicBool,
    cut: Notify,
}

impl Relay {
    pub async fn start(socket: PathBuf) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let shared =
            Arc::new(Shared { socket: RwLock::new(socket), is_open: AtomicBool::new(true), cut: Notify::new() });
        let accepting = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                if !accepting.is_open.load(Ordering::SeqCst) {
                    continue;
                }
                let shared = Arc::clone(&accepting);
                tokio::spawn(async move {
                    let cut = shared.cut.notified();
                    let socket = shared.socket.read().unwrap_or_else(PoisonError::into_inner).clone();
                    let Ok(mut server) = UnixStream::connect(socket).await else { return };
                    tokio::select! {
                        _ = copy_bidirectional(&mut client, &mut server) => {}
                        () = cut => {}
                    }
                });
            }
        });
        Ok(Self { port, shared })
    }

    pub fn cut(&self) {
        self.shared.cut.notify_waiters();
    }

    /// Lets connections in, or cuts all of them and lets none in.
    pub fn set_open(&self, is_open: bool) {
        self.shared.is_open.store(is_open, Ordering::SeqCst);
        if !is_open {
            self.cut();
        }
    }

    pub fn leads_to(&self, socket: &Path) {
        *self.shared.socket.write().unwrap_or_else(PoisonError::into_inner) = socket.to_owned();
        self.cut();
    }
}

//! The way from one server to Postgres, or from a standby to its primary: it can be cut, closed, and led elsewhere.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::{Notify, watch};

pub struct Relay {
    pub port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    socket: RwLock<PathBuf>,
    is_open: watch::Sender<bool>,
    cut: Notify,
}

impl Relay {
    pub async fn start(socket: PathBuf) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let shared =
            Arc::new(Shared { socket: RwLock::new(socket), is_open: watch::Sender::new(true), cut: Notify::new() });
        tokio::spawn(listen(listener, Arc::clone(&shared)));
        Ok(Self { port, shared })
    }

    pub fn cut(&self) {
        self.shared.cut.notify_waiters();
    }

    /// Listens, or cuts all connections and refuses new ones as a machine does on which nobody listens.
    pub fn set_open(&self, is_open: bool) {
        self.shared.is_open.send_replace(is_open);
        if !is_open {
            self.cut();
        }
    }

    pub fn leads_to(&self, socket: &Path) {
        *self.shared.socket.write().unwrap_or_else(PoisonError::into_inner) = socket.to_owned();
        self.cut();
    }
}

async fn listen(listener: TcpListener, shared: Arc<Shared>) -> io::Result<()> {
    let mut is_open = shared.is_open.subscribe();
    let address = listener.local_addr()?;
    let mut listener = Some(listener);
    loop {
        let listening = match listener.take() {
            Some(listening) => listening,
            None => TcpListener::bind(address).await?,
        };
        loop {
            tokio::select! {
                accepted = listening.accept() => drop(tokio::spawn(relay(accepted?.0, Arc::clone(&shared)))),
                _ = is_open.wait_for(|is_open| !is_open) => break,
            }
        }
        drop(listening);
        let _ = is_open.wait_for(|&is_open| is_open).await;
    }
}

async fn relay(mut client: TcpStream, shared: Arc<Shared>) {
    let cut = shared.cut.notified();
    let socket = shared.socket.read().unwrap_or_else(PoisonError::into_inner).clone();
    let Ok(mut server) = UnixStream::connect(socket).await else { return };
    tokio::select! {
        _ = copy_bidirectional(&mut client, &mut server) => {}
        () = cut => {}
    }
}

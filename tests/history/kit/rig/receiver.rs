//! The operator's backend, which gets a webhook of every event: it can fail in every way, and remembers what it got.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::sleep;

/// How the receiver behaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mood {
    Takes,
    /// Its port is closed.
    IsDown,
    /// 500.
    Fails,
    /// 307 to another path of its own.
    Redirects,
    /// It responds after so long.
    IsSlow(Duration),
    /// It takes the message and breaks the connection.
    BreaksOff,
    /// 410.
    IsGone,
}

/// What a message came to.
#[derive(Clone, Default, Debug)]
pub struct Fate {
    /// The ids that it came with, with what each said.
    pub ids: BTreeMap<String, String>,
    pub requests: usize,
    pub taken: usize,
    pub gone: usize,
}

pub struct Receiver {
    address: SocketAddr,
    mood: watch::Sender<Mood>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// By the event that a message reports.
    messages: Mutex<BTreeMap<String, Fate>>,
    /// Requests for another path: a followed redirect.
    strayed: Mutex<usize>,
}

impl Receiver {
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (mood, shared) = (watch::Sender::new(Mood::Takes), Arc::new(Shared::default()));
        tokio::spawn(listen(listener, mood.subscribe(), Arc::clone(&shared)));
        Ok(Self { address, mood, shared })
    }

    pub fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    pub fn is(&self, mood: Mood) {
        self.mood.send_replace(mood);
    }

    pub fn messages(&self) -> BTreeMap<String, Fate> {
        self.shared.messages.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn strayed(&self) -> usize {
        *self.shared.strayed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn listen(listener: TcpListener, mut mood: watch::Receiver<Mood>, shared: Arc<Shared>) -> io::Result<()> {
    let address = listener.local_addr()?;
    let mut listener = Some(listener);
    loop {
        let listening = match listener.take() {
            Some(listening) => listening,
            None => TcpListener::bind(address).await?,
        };
        loop {
            let present = *mood.borrow();
            tokio::select! {
                accepted = listening.accept() => drop(tokio::spawn(receive(accepted?.0, present, Arc::clone(&shared)))),
                Ok(()) = mood.changed() => {
                    if *mood.borrow() == Mood::IsDown {
                        break;
                    }
                }
            }
        }
        drop(listening);
        let _ = mood.wait_for(|&mood| mood != Mood::IsDown).await;
    }
}

async fn receive(stream: TcpStream, mood: Mood, shared: Arc<Shared>) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        if line.trim().is_empty() {
            break;
        }
        head.push(line.trim().to_owned());
    }
    let header = |name: &str| {
        let mut named = head.iter().filter_map(|line| line.split_once(": "));
        named.find(|(known, _)| known.eq_ignore_ascii_case(name)).map_or(String::new(), |(_, value)| value.to_owned())
    };
    let mut body = vec![0; header("content-length").parse().unwrap_or(0)];
    stream.read_exact(&mut body).await?;
    if let Mood::IsSlow(time) = mood {
        sleep(time).await;
    }
    note(&shared, &head[0], &header("webhook-id"), &String::from_utf8_lossy(&body), mood);
    let status = match mood {
        Mood::Takes | Mood::IsSlow(_) => "200 OK",
        Mood::Fails => "500 Internal Server Error",
        Mood::Redirects => "307 Temporary Redirect\r\nlocation: /elsewhere",
        Mood::IsGone => "410 Gone",
        Mood::IsDown | Mood::BreaksOff => return Ok(()),
    };
    stream.write_all(format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").as_bytes()).await
}

fn note(shared: &Shared, request: &str, id: &str, body: &str, mood: Mood) {
    if !request.starts_with("POST /hook ") {
        *shared.strayed.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        return;
    }
    let event =
        serde_json::from_str::<Value>(body).ok().and_then(|body| Some(body["data"]["event_id"].as_str()?.to_owned()));
    let mut messages = shared.messages.lock().unwrap_or_else(PoisonError::into_inner);
    let fate = messages.entry(event.unwrap_or_default()).or_default();
    fate.ids.entry(id.to_owned()).or_insert_with(|| body.to_owned());
    fate.requests += 1;
    fate.taken += usize::from(matches!(mood, Mood::Takes | Mood::IsSlow(_) | Mood::BreaksOff));
    fate.gone += usize::from(mood == Mood::IsGone);
}

//! One TCP connection to the program, and what a client that is no HTTP library does with it.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use tokio::net::TcpSocket;

use super::program::TIMEOUT;

pub struct Connection {
    stream: TcpStream,
    /// What has come and is not yet looked at.
    received: Vec<u8>,
    is_closed: bool,
}

/// A status and the whole response, head and body.
#[derive(Debug)]
pub struct Response {
    pub status: u16,
    pub text: String,
}

impl Connection {
    pub fn to(address: &str) -> Self {
        Self::over(TcpStream::connect(address).unwrap())
    }

    /// From an address of this machine other than the usual one, with a small receive buffer.
    pub fn from(source: &str, address: &str) -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let socket = TcpSocket::new_v4()?;
            socket.set_recv_buffer_size(4096)?;
            socket.bind(format!("{source}:0").parse().unwrap())?;
            let stream = socket.connect(address.parse().unwrap()).await?.into_std()?;
            stream.set_nonblocking(false)?;
            Ok(Self::over(stream))
        })
    }

    fn over(stream: TcpStream) -> Self {
        Self { stream, received: Vec::new(), is_closed: false }
    }

    pub fn sends(&mut self, bytes: &[u8]) -> &mut Self {
        self.stream.write_all(bytes).unwrap();
        self
    }

    /// Says that nothing more comes, and still reads.
    pub fn stops_sending(&mut self) -> &mut Self {
        self.stream.shutdown(Shutdown::Write).unwrap();
        self
    }

    /// Whether the server closed the connection without a response.
    pub fn gets_nothing(&mut self) -> bool {
        self.closes_within(TIMEOUT).is_some() && self.received.is_empty()
    }

    /// Sends one byte of `bytes` after the other, with pauses of `interval`, until all are sent or the server closes
    /// the connection. Returns how many were sent.
    pub fn trickles(&mut self, bytes: &[u8], interval: Duration) -> usize {
        for (at, byte) in bytes.iter().enumerate() {
            if self.stream.write_all(&[*byte]).is_err() || self.closes_within(interval).is_some() {
                return at;
            }
        }
        bytes.len()
    }

    /// The next response, with a body of a known length or none.
    pub fn response(&mut self) -> Response {
        let head = self.head();
        let lower = head.to_ascii_lowercase();
        let length = lower.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        let body = self.takes(length.unwrap_or_default());
        Response::of(head + &body)
    }

    /// The next response, to a request for its head.
    pub fn head_response(&mut self) -> Response {
        Response::of(self.head())
    }

    fn head(&mut self) -> String {
        loop {
            if let Some(end) = self.received.windows(4).position(|window| window == b"\r\n\r\n") {
                return self.takes(end + 4);
            }
            assert!(self.reads(TIMEOUT), "no response: {:?}", String::from_utf8_lossy(&self.received));
        }
    }

    fn takes(&mut self, length: usize) -> String {
        while self.received.len() < length {
            assert!(self.reads(TIMEOUT), "half a response: {:?}", String::from_utf8_lossy(&self.received));
        }
        let rest = self.received.split_off(length);
        String::from_utf8(std::mem::replace(&mut self.received, rest)).unwrap()
    }

    /// Whether more came within `time`.
    fn reads(&mut self, time: Duration) -> bool {
        let mut buffer = [0; 4096];
        self.stream.set_read_timeout(Some(time)).unwrap();
        match self.stream.read(&mut buffer) {
            Ok(length) => {
                self.received.extend_from_slice(&buffer[..length]);
                self.is_closed |= length == 0;
                length > 0
            }
            Err(error) => {
                self.is_closed |= !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut);
                false
            }
        }
    }

    /// How long it takes until the server closes the connection; `None` if it is open after `limit`.
    #[expect(clippy::disallowed_methods, reason = "how long the program waits is what is measured")]
    pub fn closes_within(&mut self, limit: Duration) -> Option<Duration> {
        let began = Instant::now();
        while !self.is_closed {
            let left = limit.checked_sub(began.elapsed()).filter(|left| !left.is_zero())?;
            self.reads(left);
        }
        Some(began.elapsed())
    }

    pub fn is_open(&mut self) -> bool {
        self.closes_within(Duration::from_millis(1)).is_none()
    }

    /// Reads a response to its end with pauses, in about `time`. Returns how much came.
    pub fn reads_slowly(&mut self, time: Duration) -> usize {
        const PAUSES: u32 = 30;
        let head = self.head().to_ascii_lowercase();
        let length =
            head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok()).unwrap();
        let portion = length.div_ceil(PAUSES as usize);
        while self.received.len() < length {
            let next = length.min(self.received.len() + portion);
            while self.received.len() < next {
                if !self.reads(TIMEOUT) {
                    return self.received.len();
                }
            }
            pause(time / PAUSES);
        }
        length
    }
}

impl Response {
    fn of(text: String) -> Self {
        let status = text.get(9..12).and_then(|status| status.parse().ok());
        Self { status: status.unwrap_or_else(|| panic!("no response: {text:?}")), text }
    }
}

/// A client that does nothing, as part of what is tested.
#[expect(clippy::disallowed_methods, reason = "the pauses are what the client does")]
fn pause(time: Duration) {
    std::thread::sleep(time);
}

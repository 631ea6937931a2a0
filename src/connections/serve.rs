//! The life of one connection.

use std::cell::RefCell;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_http::Protocol;
use actix_web::dev::Service;
use futures_util::future::select;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep, timeout};

use super::Timeouts;
use super::limit::{Connections, Place};
use super::socket::Socket;
use super::wait::{Phase, Wait};
use crate::metrics::Cut;

/// What a client gets whose head does not end. No request has come, so that there is none to answer as it asks.
const REQUEST_TIMEOUT: &[u8] = b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/// Serves a connection with `http` for as long as its client may have it.
///
/// # Errors
/// Those of `http`.
pub fn serve<S>(
    connections: &Arc<Connections>,
    timeouts: Timeouts,
    stream: TcpStream,
    http: &S,
) -> impl Future<Output = Result<(), S::Error>> + use<S>
where
    S: Service<(Socket, Protocol, Option<SocketAddr>), Response = ()>,
{
    let peer = stream.peer_addr().ok();
    let admitted = connections.admit(peer.map(|peer| peer.ip())).map(|place| {
        let (stream, wait) = (Rc::new(RefCell::new(stream)), Rc::new(Wait::new()));
        (http.call((Socket::new(&stream, &wait), Protocol::Http1, peer)), Life::new(place, wait, timeouts), stream)
    });
    async move {
        let Some((http, mut life, stream)) = admitted else { return Ok(()) };
        let end = {
            let (mut http, mut timer) = (pin!(http), pin!(sleep(timeouts.head)));
            poll_fn(|context| life.poll(context, http.as_mut(), timer.as_mut())).await
        };
        match end {
            End::Http(result) => return result,
            // The HTTP server is gone, and with it its hold of the stream.
            End::Cut(Cut::Head) => {
                if let Some(stream) = Rc::into_inner(stream) {
                    let is_wanted = poll_fn(|context| life.place.poll_wanted(context));
                    select(pin!(farewell(stream.into_inner(), timeouts.linger)), pin!(is_wanted)).await;
                }
            }
            End::Cut(_) => {}
        }
        Ok(())
    }
}

/// How the service of a connection ends.
enum End<R> {
    Http(R),
    Cut(Cut),
}

struct Life {
    place: Place,
    wait: Rc<Wait>,
    timeouts: Timeouts,
    phase: Phase,
    requests: u64,
    sent: u64,
    deadline: Option<Instant>,
}

impl Life {
    fn new(place: Place, wait: Rc<Wait>, timeouts: Timeouts) -> Self {
        let now = Instant::now();
        place.waits(now);
        let deadline = Some(now + timeouts.head);
        Self { place, wait, timeouts, phase: Phase::Head, requests: 0, sent: 0, deadline }
    }

    fn poll<H: Future>(
        &mut self,
        context: &mut Context<'_>,
        http: Pin<&mut H>,
        mut timer: Pin<&mut Sleep>,
    ) -> Poll<End<H::Output>> {
        self.place.register(context.waker());
        // First: what has come meanwhile counts.
        if let Poll::Ready(result) = http.poll(context) {
            return Poll::Ready(End::Http(result));
        }
        self.follow();
        if self.phase != Phase::Served && self.place.is_wanted() {
            return Poll::Ready(self.cut(Cut::Crowded));
        }
        let Some(deadline) = self.deadline else { return Poll::Pending };
        if timer.deadline() != deadline {
            timer.as_mut().reset(deadline);
        }
        timer.poll(context).map(|()| {
            self.cut(match self.phase {
                Phase::Head => Cut::Head,
                Phase::Writing => Cut::Write,
                _ => Cut::Idle,
            })
        })
    }

    /// Looks at what the connection waits for now.
    fn follow(&mut self) {
        let (phase, requests, sent) = (self.wait.phase(), self.wait.requests(), self.wait.sent());
        // While a response is not read, requests that come are none that anybody waits for.
        let is_other = phase != self.phase || requests != self.requests && phase != Phase::Writing;
        if is_other || sent != self.sent && phase == Phase::Writing {
            let now = Instant::now();
            self.deadline = self.time(phase).map(|time| now + time);
            if is_other && phase == Phase::Served {
                self.place.is_used();
            } else if is_other {
                self.place.waits(now);
            }
        }
        (self.phase, self.requests, self.sent) = (phase, requests, sent);
    }

    /// How long a phase may take. A body's time is the application's to measure, which has an answer for it.
    fn time(&self, phase: Phase) -> Option<Duration> {
        match phase {
            Phase::Head => Some(self.timeouts.head),
            Phase::Writing => Some(self.timeouts.write),
            Phase::Idle => Some(self.timeouts.idle),
            // The HTTP server measures it. This is for what it does not see.
            Phase::Closing => Some(2 * self.timeouts.linger),
            Phase::Body | Phase::Served => None,
        }
    }

    fn cut<R>(&self, reason: Cut) -> End<R> {
        self.place.connections().cut(reason);
        End::Cut(reason)
    }
}

impl Place {
    fn poll_wanted(&self, context: &mut Context<'_>) -> Poll<()> {
        self.register(context.waker());
        if self.is_wanted() { Poll::Ready(()) } else { Poll::Pending }
    }
}

/// Answers, and lets the client read it: a close with unread bytes would take the response away from it.
async fn farewell(mut stream: TcpStream, linger: Duration) {
    let answer = async {
        stream.write_all(REQUEST_TIMEOUT).await?;
        stream.shutdown().await?;
        let mut unread = [0; 1024];
        while stream.read(&mut unread).await? > 0 {}
        std::io::Result::Ok(())
    };
    let _ = timeout(linger, answer).await;
}

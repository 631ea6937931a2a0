//! Serves one connection, and closes it when it has waited too long for its client.

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

use super::activity::{Activity, Phase};
use super::admission::{Connections, Place};
use super::socket::Socket;
use crate::metrics::CloseReason;

/// The response to an incomplete head.
const REQUEST_TIMEOUT: &[u8] = b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/// How long the server waits for a client.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timeouts {
    /// For a complete head. The time starts with the connection, and later with the first byte of a head.
    pub head: Duration,
    /// For the client to read more of a response.
    pub write: Duration,
    /// For the next request.
    pub idle: Duration,
    /// For the client to read the last response before the connection closes.
    pub linger: Duration,
}

/// Serves a connection with `http`.
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
        let (stream, activity) = (Rc::new(RefCell::new(stream)), Rc::new(Activity::new()));
        let http = http.call((Socket::new(&stream, &activity), Protocol::Http1, peer));
        (http, Lifetime::new(place, activity, timeouts), stream)
    });
    async move {
        let Some((http, mut lifetime, stream)) = admitted else { return Ok(()) };
        let end = {
            let (mut http, mut timer) = (pin!(http), pin!(sleep(timeouts.head)));
            poll_fn(|context| lifetime.poll(context, http.as_mut(), timer.as_mut())).await
        };
        match end {
            End::Http(result) => return result,
            End::Closed(CloseReason::HeadTimeout) => {
                // The HTTP server is dropped, and with it its share of the stream.
                if let Some(stream) = Rc::into_inner(stream) {
                    let has_to_close = poll_fn(|context| lifetime.place.poll_has_to_close(context));
                    select(pin!(request_timeout(stream.into_inner(), timeouts.linger)), pin!(has_to_close)).await;
                }
            }
            End::Closed(_) | End::Abandoned => {}
        }
        Ok(())
    }
}

/// Why a connection is no longer served.
enum End<R> {
    Http(R),
    Closed(CloseReason),
    /// The client of a request has left that must not go on without it.
    Abandoned,
}

struct Lifetime {
    place: Place,
    activity: Rc<Activity>,
    timeouts: Timeouts,
    phase: Phase,
    requests: u64,
    sent: u64,
    deadline: Option<Instant>,
}

impl Lifetime {
    fn new(place: Place, activity: Rc<Activity>, timeouts: Timeouts) -> Self {
        let now = Instant::now();
        place.waits(now);
        let deadline = Some(now + timeouts.head);
        Self { place, activity, timeouts, phase: Phase::Head, requests: 0, sent: 0, deadline }
    }

    fn poll<H: Future>(
        &mut self,
        context: &mut Context<'_>,
        http: Pin<&mut H>,
        mut timer: Pin<&mut Sleep>,
    ) -> Poll<End<H::Output>> {
        let has_to_close = self.place.poll_has_to_close(context);
        // A request that has arrived is handled, even if the connection has to close.
        if let Poll::Ready(result) = http.poll(context) {
            return Poll::Ready(End::Http(result));
        }
        self.follow();
        if self.activity.is_abandoned() {
            return Poll::Ready(End::Abandoned);
        }
        if has_to_close.is_ready() && self.phase != Phase::Handling {
            return Poll::Ready(self.close(CloseReason::Limit));
        }
        let Some(deadline) = self.deadline else { return Poll::Pending };
        if timer.deadline() != deadline {
            timer.as_mut().reset(deadline);
        }
        timer.poll(context).map(|()| {
            self.close(match self.phase {
                Phase::Head => CloseReason::HeadTimeout,
                Phase::Writing => CloseReason::WriteTimeout,
                _ => CloseReason::Idle,
            })
        })
    }

    /// Starts the time of a phase when it begins.
    fn follow(&mut self) {
        let (phase, requests, sent) = (self.activity.phase(), self.activity.requests(), self.activity.sent());
        // Further requests of a client that reads no responses do not restart the time.
        let is_new = phase != self.phase || requests != self.requests && phase != Phase::Writing;
        if is_new || sent != self.sent && phase == Phase::Writing {
            let now = Instant::now();
            self.deadline = self.limit(phase).map(|limit| now + limit);
            if is_new && phase == Phase::Handling {
                self.place.is_busy();
            } else if is_new {
                self.place.waits(now);
            }
        }
        (self.phase, self.requests, self.sent) = (phase, requests, sent);
    }

    fn limit(&self, phase: Phase) -> Option<Duration> {
        match phase {
            Phase::Head => Some(self.timeouts.head),
            Phase::Writing => Some(self.timeouts.write),
            Phase::Idle => Some(self.timeouts.idle),
            // The HTTP server closes the connection before this.
            Phase::Closing => Some(2 * self.timeouts.linger),
            // The application times the body, and responds when the time is over.
            Phase::Body | Phase::Handling => None,
        }
    }

    fn close<R>(&self, reason: CloseReason) -> End<R> {
        self.place.closes(reason);
        End::Closed(reason)
    }
}

/// Responds to an incomplete head, and reads on until the client closes. Unread bytes would reset the connection, and the
/// client could lose the response.
async fn request_timeout(mut stream: TcpStream, linger: Duration) {
    let response = async {
        stream.write_all(REQUEST_TIMEOUT).await?;
        stream.shutdown().await?;
        let mut unread = [0; 1024];
        while stream.read(&mut unread).await? > 0 {}
        std::io::Result::Ok(())
    };
    let _ = timeout(linger, response).await;
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::pin::pin;
    use std::rc::Rc;
    use std::time::Duration;

    use tokio::time::{Instant, sleep, timeout};

    use super::{Activity, CloseReason, Connections, End, Lifetime, Timeouts};
    use crate::connections::Limits;
    use crate::metrics::Metrics;

    const TIMEOUTS: Timeouts =
        Timeouts { head: seconds(10), write: seconds(30), idle: seconds(75), linger: seconds(2) };

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// When and why a connection closes on which `before` has happened, and `each_second` happens from then on. `None`: it
    /// is open after an hour.
    async fn closes(before: fn(&Activity), each_second: fn(&Activity)) -> Option<(Duration, CloseReason)> {
        let limits = Limits { all: 1, per_address: 1, trusted_proxies: Vec::new() };
        let place = Connections::new(limits, Metrics::new().connections("public")).admit(None).unwrap();
        let (activity, began) = (Rc::new(Activity::new()), Instant::now());
        before(&activity);
        let mut lifetime = Lifetime::new(place, Rc::clone(&activity), TIMEOUTS);
        let http = async {
            loop {
                sleep(seconds(1)).await;
                each_second(&activity);
            }
        };
        let (mut http, mut timer) = (pin!(http), pin!(sleep(TIMEOUTS.head)));
        let end =
            timeout(seconds(3600), poll_fn(|context| lifetime.poll(context, http.as_mut(), timer.as_mut()))).await;
        match end {
            Ok(End::Closed(reason)) => Some((began.elapsed(), reason)),
            Ok(End::Http(()) | End::Abandoned) => unreachable!("the HTTP server goes on"),
            Err(_) => None,
        }
    }

    fn nothing(_: &Activity) {}

    fn responds(activity: &Activity) {
        activity.request_starts();
        activity.wrote(100);
        activity.response_ends();
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_has_its_time_whether_it_trickles_or_not() {
        let late = |limit: u64| seconds(limit)..=seconds(limit + 1);
        for each_second in [nothing, Activity::received] {
            let (time, reason) = closes(nothing, each_second).await.unwrap();
            assert!(late(10).contains(&time) && reason == CloseReason::HeadTimeout, "{time:?} {reason:?}");
            let second = |activity: &Activity| {
                responds(activity);
                activity.received();
            };
            let (time, reason) = closes(second, each_second).await.unwrap();
            assert!(late(10).contains(&time) && reason == CloseReason::HeadTimeout, "{time:?} {reason:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_idle_connection_has_a_time_of_its_own_which_each_request_restarts() {
        let (time, reason) = closes(responds, nothing).await.unwrap();
        assert!((seconds(75)..=seconds(76)).contains(&time) && reason == CloseReason::Idle, "{time:?} {reason:?}");
        assert!(closes(responds, responds).await.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_does_not_read_loses_its_connection_whatever_it_sends() {
        let unread = |activity: &Activity| {
            activity.request_starts();
            activity.is_blocked();
        };
        for each_second in [nothing, Activity::received, unread] {
            let (time, reason) = closes(unread, each_second).await.unwrap();
            let is_due = (seconds(30)..=seconds(31)).contains(&time);
            assert!(is_due && reason == CloseReason::WriteTimeout, "{time:?} {reason:?}");
        }
        let reads_some = |activity: &Activity| {
            activity.wrote(1);
            activity.is_blocked();
        };
        assert!(closes(unread, reads_some).await.is_none(), "a slow reader is cut off");
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_is_handled_is_not_timed_here_and_the_last_one_closes() {
        let waits = |activity: &Activity| {
            activity.request_starts();
            activity.awaits_body(true);
        };
        assert!(closes(Activity::request_starts, nothing).await.is_none());
        assert!(closes(waits, Activity::received).await.is_none());
        let last = |activity: &Activity| {
            activity.request_starts();
            activity.closes();
            activity.response_ends();
        };
        let (time, _) = closes(last, Activity::received).await.unwrap();
        assert!((seconds(4)..=seconds(5)).contains(&time), "{time:?}");
    }
}

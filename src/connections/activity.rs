//! What happens on one connection, recorded by the socket, the requests and their bodies. All of them run on one thread.

use std::cell::Cell;

/// What a connection does at the moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Phase {
    /// The client sends a head, or has sent nothing since it connected.
    Head,
    /// A request waits for more of its body.
    Body,
    /// A request is handled without waiting for the client.
    Handling,
    /// The client has to read before the server can send more.
    Writing,
    /// Every request has its response.
    Idle,
    /// The last response is sent. The client can read it before the connection closes.
    Closing,
}

/// The record of one connection.
pub(super) struct Activity {
    /// Requests whose head is complete, so far.
    requests: Cell<u64>,
    is_handling: Cell<bool>,
    awaits_body: Cell<bool>,
    has_head_started: Cell<bool>,
    is_blocked: Cell<bool>,
    is_last: Cell<bool>,
    /// The client sends nothing more. It may still read.
    has_client_ended: Cell<bool>,
    /// The request that is handled is dropped with its client.
    ends_with_client: Cell<bool>,
    /// Bytes sent so far.
    sent: Cell<u64>,
}

impl Activity {
    pub(super) fn new() -> Self {
        Self {
            requests: Cell::new(0),
            is_handling: Cell::new(false),
            awaits_body: Cell::new(false),
            // The time for the first head starts with the connection.
            has_head_started: Cell::new(true),
            is_blocked: Cell::new(false),
            is_last: Cell::new(false),
            has_client_ended: Cell::new(false),
            ends_with_client: Cell::new(false),
            sent: Cell::new(0),
        }
    }

    pub(super) fn phase(&self) -> Phase {
        match () {
            () if self.is_blocked.get() => Phase::Writing,
            () if self.is_handling.get() && self.awaits_body.get() => Phase::Body,
            () if self.is_handling.get() => Phase::Handling,
            () if self.is_last.get() => Phase::Closing,
            () if self.has_head_started.get() => Phase::Head,
            () => Phase::Idle,
        }
    }

    /// Distinguishes a phase of one request from the same phase of the next.
    pub(super) fn requests(&self) -> u64 {
        self.requests.get()
    }

    pub(super) fn sent(&self) -> u64 {
        self.sent.get()
    }

    /// Bytes arrived. While a request is handled, they can belong to its body.
    pub(super) fn received(&self) {
        if !self.is_handling.get() {
            self.has_head_started.set(true);
        }
    }

    /// The client has closed its side, or is gone: the two look the same.
    pub(super) fn client_ends(&self) {
        self.has_client_ended.set(true);
    }

    /// The request that is handled now must not go on without its client.
    pub(super) fn ends_with_client(&self) {
        self.ends_with_client.set(true);
    }

    /// Whether the request that is handled has to be dropped.
    pub(super) fn is_abandoned(&self) -> bool {
        self.has_client_ended.get() && self.ends_with_client.get()
    }

    /// A head is complete.
    pub(super) fn request_starts(&self) {
        self.requests.set(self.requests.get() + 1);
        self.is_handling.set(true);
        self.has_head_started.set(false);
    }

    pub(super) fn awaits_body(&self, awaits: bool) {
        self.awaits_body.set(awaits);
    }

    /// A response is there, and can be sent to a client that still reads.
    pub(super) fn has_response(&self) {
        self.awaits_body.set(false);
        self.ends_with_client.set(false);
    }

    /// The connection closes after the response that comes next.
    pub(super) fn closes(&self) {
        self.is_last.set(true);
    }

    pub(super) fn response_ends(&self) {
        self.has_response();
        self.is_handling.set(false);
    }

    pub(super) fn wrote(&self, bytes: usize) {
        self.sent.set(self.sent.get() + bytes as u64);
        self.is_blocked.set(false);
    }

    /// The buffers of the system are full.
    pub(super) fn is_blocked(&self) {
        self.is_blocked.set(true);
    }
}

#[cfg(test)]
mod tests {
    use super::{Activity, Phase};

    #[test]
    fn the_first_head_starts_with_the_connection_and_a_later_one_with_its_first_byte() {
        let activity = Activity::new();
        assert_eq!(activity.phase(), Phase::Head);
        activity.received();
        activity.request_starts();
        assert_eq!(activity.phase(), Phase::Handling);
        activity.received();
        activity.wrote(100);
        activity.response_ends();
        assert_eq!(activity.phase(), Phase::Idle);
        activity.received();
        assert_eq!(activity.phase(), Phase::Head);
    }

    #[test]
    fn a_request_waits_for_its_body_while_a_handler_reads_it() {
        let activity = Activity::new();
        activity.request_starts();
        activity.awaits_body(true);
        assert_eq!(activity.phase(), Phase::Body);
        activity.awaits_body(false);
        assert_eq!(activity.phase(), Phase::Handling);
        activity.awaits_body(true);
        activity.closes();
        activity.response_ends();
        assert_eq!(activity.phase(), Phase::Closing);
        activity.received();
        assert_eq!(activity.phase(), Phase::Closing, "bytes after the last response are no head");
    }

    #[test]
    fn only_a_request_that_ends_with_its_client_is_abandoned_and_only_until_its_response() {
        let activity = Activity::new();
        activity.request_starts();
        activity.ends_with_client();
        assert!(!activity.is_abandoned(), "the client may send more");
        activity.client_ends();
        assert!(activity.is_abandoned());
        activity.has_response();
        assert!(!activity.is_abandoned(), "the response is sent");
        activity.response_ends();
        activity.request_starts();
        assert!(!activity.is_abandoned(), "another request of this client goes on");
        activity.ends_with_client();
        assert!(activity.is_abandoned());
    }

    #[test]
    fn a_blocked_socket_waits_for_its_client_whatever_else_happens() {
        let activity = Activity::new();
        activity.request_starts();
        activity.is_blocked();
        assert_eq!(activity.phase(), Phase::Writing);
        activity.response_ends();
        activity.received();
        assert_eq!(activity.phase(), Phase::Writing);
        activity.wrote(1);
        assert_eq!((activity.phase(), activity.sent()), (Phase::Head, 1));
    }
}

//! What a connection is waiting for, as seen by those who handle it: the socket, the requests, and their bodies. All of
//! them run on one thread.

use std::cell::Cell;

/// What happens on a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Phase {
    /// The client has begun to send a head, or has sent nothing so far.
    Head,
    /// A request is being served, which waits for more of its body.
    Body,
    /// A request is being served, and the client is not waited for.
    Served,
    /// There is more to send than the client reads.
    Writing,
    /// All requests have their responses.
    Idle,
    /// The last response is out. The client may read it, and then the connection closes.
    Closing,
}

/// Follows a connection.
pub(super) struct Wait {
    /// Begun so far.
    requests: Cell<u64>,
    is_served: Cell<bool>,
    awaits_body: Cell<bool>,
    has_head_begun: Cell<bool>,
    is_full: Cell<bool>,
    is_last: Cell<bool>,
    /// Bytes sent so far.
    sent: Cell<u64>,
}

impl Wait {
    pub(super) fn new() -> Self {
        Self {
            requests: Cell::new(0),
            is_served: Cell::new(false),
            awaits_body: Cell::new(false),
            // A connection is made to send a request.
            has_head_begun: Cell::new(true),
            is_full: Cell::new(false),
            is_last: Cell::new(false),
            sent: Cell::new(0),
        }
    }

    pub(super) fn phase(&self) -> Phase {
        match () {
            () if self.is_full.get() => Phase::Writing,
            () if self.is_served.get() && self.awaits_body.get() => Phase::Body,
            () if self.is_served.get() => Phase::Served,
            () if self.is_last.get() => Phase::Closing,
            () if self.has_head_begun.get() => Phase::Head,
            () => Phase::Idle,
        }
    }

    /// Tells one request's phases from another's.
    pub(super) fn requests(&self) -> u64 {
        self.requests.get()
    }

    pub(super) fn sent(&self) -> u64 {
        self.sent.get()
    }

    /// Bytes came. While a request is served they may be of its body.
    pub(super) fn received(&self) {
        if !self.is_served.get() {
            self.has_head_begun.set(true);
        }
    }

    /// A head is complete.
    pub(super) fn request_begins(&self) {
        self.requests.set(self.requests.get() + 1);
        self.is_served.set(true);
        self.has_head_begun.set(false);
    }

    pub(super) fn awaits_body(&self, is_so: bool) {
        self.awaits_body.set(is_so);
    }

    /// The response that comes now is the last of this connection.
    pub(super) fn closes(&self) {
        self.is_last.set(true);
    }

    pub(super) fn response_ends(&self) {
        self.is_served.set(false);
        self.awaits_body.set(false);
    }

    /// So many bytes went out.
    pub(super) fn wrote(&self, bytes: usize) {
        self.sent.set(self.sent.get() + bytes as u64);
        self.is_full.set(false);
    }

    /// The client has not read enough for more to go out.
    pub(super) fn is_full(&self) {
        self.is_full.set(true);
    }
}

#[cfg(test)]
mod tests {
    use super::{Phase, Wait};

    #[test]
    fn a_head_begins_with_its_first_byte_and_the_first_one_with_the_connection() {
        let wait = Wait::new();
        assert_eq!(wait.phase(), Phase::Head);
        wait.received();
        wait.request_begins();
        assert_eq!(wait.phase(), Phase::Served);
        // A body, or the beginning of the next head.
        wait.received();
        wait.wrote(100);
        wait.response_ends();
        assert_eq!(wait.phase(), Phase::Idle);
        wait.received();
        assert_eq!(wait.phase(), Phase::Head);
    }

    #[test]
    fn a_request_waits_for_its_body_only_while_somebody_reads_it() {
        let wait = Wait::new();
        wait.request_begins();
        wait.awaits_body(true);
        assert_eq!(wait.phase(), Phase::Body);
        wait.awaits_body(false);
        assert_eq!(wait.phase(), Phase::Served);
        wait.awaits_body(true);
        wait.closes();
        wait.response_ends();
        assert_eq!(wait.phase(), Phase::Closing);
        wait.received();
        assert_eq!(wait.phase(), Phase::Closing, "what comes after the last response is no head");
    }

    #[test]
    fn whatever_happens_a_full_socket_waits_for_its_client() {
        let wait = Wait::new();
        wait.request_begins();
        wait.is_full();
        assert_eq!(wait.phase(), Phase::Writing);
        wait.response_ends();
        wait.received();
        assert_eq!(wait.phase(), Phase::Writing);
        wait.wrote(1);
        assert_eq!((wait.phase(), wait.sent()), (Phase::Head, 1));
    }
}

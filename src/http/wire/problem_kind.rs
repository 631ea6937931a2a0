//! A kind of problem: what all responses with one code have in common.

use actix_web::http::StatusCode;

/// A kind of problem.
#[derive(Debug)]
pub struct Kind {
    pub status: StatusCode,
    /// For programs. Its meaning never changes.
    pub code: &'static str,
    pub title: &'static str,
    /// For people.
    pub detail: &'static str,
    pub challenge: Challenge,
    /// In seconds.
    pub retry_after: Option<u32>,
}

impl Kind {
    /// Whether its responses have a `Retry-After`, be it one of the kind or one of the single problem.
    pub fn sends_retry_after(&self) -> bool {
        self.retry_after.is_some() || self.status == StatusCode::TOO_MANY_REQUESTS
    }
}

/// The value of `WWW-Authenticate` (RFC 6750 §3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Challenge {
    None,
    /// For a request without credentials: the bare scheme.
    Bare,
    Error(&'static str),
}

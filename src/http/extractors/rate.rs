//! The rate limits of client addresses.

use std::future::{Ready, ready};
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use super::client::client_address;
use crate::domain::throttle::retry_after;
use crate::http::state::HttpState;
use crate::http::wire::problem::Problem;

/// A login or a registration from an address within its limit. It is the first parameter of a handler, so the body of a
/// refused request is not read.
pub struct WithinLoginRate;

/// A refresh, from an address within its limit.
pub struct WithinRefreshRate;

impl FromRequest for WithinLoginRate {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let admitted = HttpState::of(request).rate_limits.admit_login(client_address(request));
        ready(admitted.map(|()| Self).map_err(refused))
    }
}

impl FromRequest for WithinRefreshRate {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let admitted = HttpState::of(request).rate_limits.admit_refresh(client_address(request));
        ready(admitted.map(|()| Self).map_err(refused))
    }
}

fn refused(wait: Duration) -> Problem {
    tracing::warn!(event = "excess_rate_limit_exceeded", "An address exceeded its rate limit");
    Problem::too_many_attempts(retry_after(wait))
}

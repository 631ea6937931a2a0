//! The client that sent a request: its address and its user agent.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::net::IpAddr;

use actix_web::dev::Payload;
use actix_web::http::header::USER_AGENT;
use actix_web::{FromRequest, HttpRequest};

use crate::domain::client::Client;
use crate::http::limits::client_address::behind_proxies;
use crate::http::state::HttpState;

impl FromRequest for Client {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let user_agent = request.headers().get(USER_AGENT).map(|value| String::from_utf8_lossy(value.as_bytes()));
        ready(Ok(Self::new(client_address(request), user_agent.as_deref())))
    }
}

/// The client's address. `None` only without a socket, as in a unit test.
pub fn client_address(request: &HttpRequest) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip();
    Some(behind_proxies(peer, request.headers(), &HttpState::of(request).options.trusted_proxies))
}

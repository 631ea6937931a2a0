//! Requests that must not go on without their client.

use std::convert::Infallible;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, rt};

use crate::connections::end_with_client;

/// A request that is dropped, without a response, when its client closes its side of the connection. All other requests are
/// carried out and answered: a client that sends no more may still read.
pub struct Connected;

impl FromRequest for Connected {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        end_with_client(request);
        ready(Ok(Self))
    }
}

impl Connected {
    /// Waits until a client that has left before has been noticed. The connection is read before anything else runs on this
    /// thread.
    pub async fn check(&self) {
        let _ = rt::spawn(async {}).await;
    }
}

//! Whether this server can send mails.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use crate::http::state::HttpState;
use crate::http::wire::problem::Problem;
use crate::http::wire::problems::NOT_OFFERED;

/// A request to a server that sends mails. Others answer 404.
pub struct OffersMail;

impl FromRequest for OffersMail {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let offers = HttpState::of(request).service.sends_mails();
        ready(if offers { Ok(Self) } else { Err((&NOT_OFFERED).into()) })
    }
}

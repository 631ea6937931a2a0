//! What a client that logs in still has from its login before.

use std::convert::Infallible;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use secrecy::{ExposeSecret as _, SecretString};

use super::device_cookie;
use super::refresh_credential::refresh_cookies;
use crate::domain::family::Delivery;
use crate::http::state::HttpState;
use crate::service::FromBefore;

/// The cookies of an earlier login.
pub struct EarlierLogin(HttpRequest);

impl FromRequest for EarlierLogin {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(request.clone())))
    }
}

impl EarlierLogin {
    /// What counts for a login with this delivery: a browser's cookies, or the device token of another client, which has no
    /// cookies of its own. Of the refresh cookies of several sessions it is unknown which is the browser's own, so none
    /// counts.
    pub fn with<'a>(&'a self, delivery: Delivery, device_token: Option<&'a SecretString>) -> FromBefore<'a> {
        match delivery {
            Delivery::Cookie => FromBefore {
                device: device_cookie::presented(&self.0),
                refresh_token: HttpState::of(&self.0).service.newest_of_one_session(&refresh_cookies(&self.0)),
            },
            Delivery::Body => {
                let device = device_token.map(|token| token.expose_secret().as_bytes());
                FromBefore { device, refresh_token: None }
            }
        }
    }
}

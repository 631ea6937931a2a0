//! The cookie that proves that a browser has logged in before. It is set with the refresh cookie, is kept when that one is
//! cleared, and is not a credential.

use actix_web::http::header::SET_COOKIE;
use actix_web::{HttpRequest, HttpResponse};
use secrecy::ExposeSecret as _;

use super::cookie_value::{CookieValue, find};
use crate::domain::family::Delivery;
use crate::http::state::HttpState;

/// The cookie's value, not verified yet. Two cookies of this name prove nothing, because one of them is planted.
pub fn presented(request: &HttpRequest) -> Option<&[u8]> {
    match find(request.headers(), HttpState::of(request).options.cookies.device_name()) {
        CookieValue::One(value) => Some(value),
        CookieValue::Missing | CookieValue::Several => None,
    }
}

/// Gives the cookie to a browser that has just logged in to the account `login_name`. Without `remember` it goes when the
/// browser is closed.
pub fn set(state: &HttpState, login_name: &str, remember: bool, response: &mut HttpResponse) {
    let device = state.service.known_device(login_name, Delivery::Cookie);
    let cookie = state.options.cookies.set_device(device.proof.expose_secret(), remember.then_some(device.max_age));
    response.headers_mut().append(SET_COOKIE, cookie);
}

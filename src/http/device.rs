//! The cookie by which a browser proves that it has logged in before. It is set beside the refresh cookie, stays when that
//! is cleared, and lets nobody in.

use actix_web::http::header::SET_COOKIE;
use actix_web::{HttpRequest, HttpResponse};
use secrecy::ExposeSecret as _;

use super::cookies;
use super::state::HttpState;
use crate::domain::family::Delivery;

/// What a login shows as proof, not yet judged. Two cookies of our name prove nothing, since one of them is planted; nor
/// does one beside a login that asks for its token in the body, which is no browser's.
pub(super) fn presented(request: &HttpRequest, delivery: Delivery) -> Option<&[u8]> {
    let name = HttpState::of(request).options.cookies.device_name();
    match cookies::find(request.headers(), name) {
        cookies::Presented::One(cookie) if delivery == Delivery::Cookie => Some(cookie),
        _ => None,
    }
}

/// Gives a browser that has just logged in to `email` its cookie.
pub(super) fn remember(state: &HttpState, email: &str, answer: &mut HttpResponse) {
    let device = state.service.known_device(email);
    let cookie = state.options.cookies.set_device(device.cookie.expose_secret(), device.max_age);
    answer.headers_mut().append(SET_COOKIE, cookie);
}

//! The response that carries tokens.

use actix_web::http::header::{PRAGMA, SET_COOKIE};
use actix_web::{HttpResponse, HttpResponseBuilder};
use secrecy::ExposeSecret as _;

use crate::domain::family::Delivery;
use crate::http::credentials::cookies::SetsRefreshCookie;
use crate::http::credentials::device_cookie;
use crate::http::state::HttpState;
use crate::http::wire::dto::token::TokenAnswer;
use crate::service::SessionGrant;

/// The token response for `grant`, with the cookies of its delivery.
pub fn token_response(state: &HttpState, grant: &SessionGrant) -> HttpResponse {
    respond(state, grant, TokenAnswer::from(grant))
}

/// The first tokens of a session that a backend began. They are in the body.
pub fn created_response(grant: &SessionGrant) -> HttpResponse {
    HttpResponse::Created().insert_header((PRAGMA, "no-cache")).json(TokenAnswer::from(grant))
}

/// The same for a login to the account `login_name`, or a new password of it, which also makes the device known to that account.
pub fn login_response(state: &HttpState, grant: &SessionGrant, login_name: &str) -> HttpResponse {
    let mut answer = TokenAnswer::from(grant);
    if grant.delivery == Delivery::Body {
        let device = state.service.known_device(login_name, grant.delivery);
        answer.device_token = Some(device.proof.expose_secret().to_owned());
    }
    let mut response = respond(state, grant, answer);
    if grant.delivery == Delivery::Cookie {
        device_cookie::set(state, login_name, grant.remember, &mut response);
    }
    response
}

fn respond(state: &HttpState, grant: &SessionGrant, answer: TokenAnswer) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    // RFC 6749 §5.1 wants this besides the `Cache-Control` that every response has.
    response.insert_header((PRAGMA, "no-cache"));
    if grant.delivery == Delivery::Cookie {
        set_cookies(&mut response, state, grant);
    }
    response.json(answer)
}

/// The CSRF cookie lives as long as the session may be idle. A page whose access cookie has expired needs it as soon as it
/// has refreshed, and often reads it before that.
fn set_cookies(response: &mut HttpResponseBuilder, state: &HttpState, grant: &SessionGrant) {
    let cookies = &state.options.cookies;
    let kept = |seconds: i64| grant.remember.then_some(seconds);
    let refresh = cookies.set_refresh(grant.refresh_token.expose_secret(), kept(grant.refresh_expires_in));
    response.append_header((SET_COOKIE, refresh));
    response.extensions_mut().insert(SetsRefreshCookie);
    if cookies.with_access_token {
        let access = cookies.set_access(grant.access_token.expose_secret(), kept(grant.access_expires_in));
        let csrf = state.service.csrf_token(grant.session_id);
        let csrf = cookies.set_csrf(csrf.expose_secret(), kept(grant.refresh_expires_in));
        response.append_header((SET_COOKIE, access)).append_header((SET_COOKIE, csrf));
    }
}

//! Tells a page of an allowed origin that its browser will not send the refresh cookie back. With `SameSite=Strict` or
//! `Lax`, a page of another site logs in, and has lost its session at the next reload.

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue, ORIGIN};
use actix_web::middleware::Next;

use super::cross_site::SEC_FETCH_SITE;
use crate::domain::policy::SameSite;
use crate::http::credentials::cookies::SetsRefreshCookie;
use crate::http::notices::Notice;
use crate::http::state::HttpState;

/// What a client should know of a response besides its content. Clients ignore values that they do not know.
pub const HINT: HeaderName = HeaderName::from_static("heirloom-hint");

const COOKIE_NOT_SENT: HeaderValue = HeaderValue::from_static("cookie-not-sent-cross-site");

/// The middleware. It is inside the one that hides origins that are not allowed, so any origin here is an allowed one.
pub async fn add(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let page = other_site(&request);
    let mut response = next.call(request).await?;
    if let Some(origin) = page
        && response.response().extensions().contains::<SetsRefreshCookie>()
    {
        response.headers_mut().insert(HINT, COOKIE_NOT_SENT);
        if let Some(origin) = HttpState::of(response.request()).notices.due(Notice::CookieNotSent, origin.as_bytes()) {
            tracing::warn!(
                origin,
                "A page of another site logged in. Its browser does not send the refresh cookie back, so the session is \
                 lost at the next reload. Serve the page from the site of this server, or set HEIRLOOM_COOKIE_SAMESITE=none"
            );
        }
    }
    Ok(response)
}

/// The origin of a page of another site, according to the browser, unless the cookie crosses sites.
fn other_site(request: &ServiceRequest) -> Option<HeaderValue> {
    let crosses = HttpState::of(request.request()).options.cookies.same_site == SameSite::None;
    let is_cross_site = request.headers().get(SEC_FETCH_SITE).is_some_and(|site| site == "cross-site");
    request.headers().get(ORIGIN).filter(|_| is_cross_site && !crosses).cloned()
}

//! What this server offers to pages.

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, LOCATION};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::state::State;
use crate::http::wire::problem::Problem;
use crate::http::wire::problems::NOT_OFFERED;
use crate::service::Offer;

#[derive(Serialize, ToSchema)]
#[schema(as = Offer)]
pub struct OfferAnswer {
    version: &'static str,
    /// `open`, `verified` (by a link in a mail) or `closed`.
    #[schema(example = "open")]
    registration: &'static str,
    /// Whether a forgotten password can be reset by mail.
    recovery: bool,
    password: PasswordOffer,
    /// Whether sessions are bound to a key of the device.
    device_bound: bool,
    access_token: AccessTokenOffer,
}

#[derive(Serialize, ToSchema)]
pub struct PasswordOffer {
    /// In Unicode characters.
    min_length: usize,
    max_length: usize,
}

#[derive(Serialize, ToSchema)]
pub struct AccessTokenOffer {
    #[schema(example = "EdDSA")]
    alg: &'static str,
    /// In seconds.
    ttl: u64,
}

impl From<Offer> for OfferAnswer {
    fn from(offer: Offer) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION"),
            registration: offer.registration.as_str(),
            recovery: offer.recovery,
            password: PasswordOffer { min_length: offer.password_min_length, max_length: offer.password_max_length },
            device_bound: false,
            access_token: AccessTokenOffer { alg: offer.access_token_algorithm, ttl: offer.access_token_ttl.as_secs() },
        }
    }
}

/// Get what this server offers
///
/// For pages, which adapt to it. May be cached for five minutes.
#[utoipa::path(
    get, path = "/.well-known/heirloom", tag = "operation",
    responses((status = 200, description = "What this server offers", body = OfferAnswer)),
)]
pub async fn offer(state: State) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "public, max-age=300"))
        .json(OfferAnswer::from(state.service.offer()))
}

/// Go to the page that changes the password
///
/// For password managers (W3C, "A Well-Known URL for Changing Passwords").
#[utoipa::path(
    get, path = "/.well-known/change-password", tag = "operation",
    responses((status = 302, description = "To the page of the app")),
)]
pub async fn change_password_page(state: State) -> Result<HttpResponse, Problem> {
    let page = state.page("#/password").ok_or(&NOT_OFFERED)?;
    Ok(HttpResponse::Found().insert_header((LOCATION, page)).finish())
}

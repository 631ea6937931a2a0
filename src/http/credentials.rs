//! Finding the refresh token of a request: in the cookie, the body or as Bearer, but in one place only.

use actix_web::HttpRequest;
use secrecy::ExposeSecret as _;

use super::bearer::bearer_value;
use super::cookies;
use super::dto::RefreshTokenRequest;
use super::problem::{AMBIGUOUS_CREDENTIALS, Problem};
use super::state::HttpState;
use crate::domain::family::Delivery;

/// All of ours start so; another Bearer value is an access token that some interceptor adds everywhere.
const REFRESH_TOKEN_PREFIX: &[u8] = b"hl_";

/// A refresh token, not yet judged, and the way it came.
pub(super) struct RefreshCredential {
    /// Empty where two cookies of our name were sent: no token, but not nothing either.
    pub token: Vec<u8>,
    pub delivery: Delivery,
}

/// What the request shows, if anything.
///
/// # Errors
/// 400 `ambiguous_credentials` where tokens stand in more than one place.
pub(super) fn refresh_credential(
    request: &HttpRequest,
    body: Option<&RefreshTokenRequest>,
) -> Result<Option<RefreshCredential>, Problem> {
    let name = HttpState::of(request).options.cookies.refresh_name();
    let cookie = match cookies::find(request.headers(), name) {
        cookies::Presented::Nothing => None,
        cookies::Presented::One(token) => Some((token.to_vec(), Delivery::Cookie)),
        cookies::Presented::Several => Some((Vec::new(), Delivery::Cookie)),
    };
    let in_body = body.and_then(|body| body.refresh_token.as_ref());
    let in_body = in_body.map(|token| (token.expose_secret().as_bytes().to_vec(), Delivery::Body));
    let bearer = bearer_value(request.headers())?.filter(|token| token.starts_with(REFRESH_TOKEN_PREFIX));
    let bearer = bearer.map(|token| (token.to_vec(), Delivery::Body));
    let mut found = [cookie, in_body, bearer].into_iter().flatten();
    match (found.next(), found.next()) {
        (found, None) => Ok(found.map(|(token, delivery)| RefreshCredential { token, delivery })),
        (_, Some(_)) => Err((&AMBIGUOUS_CREDENTIALS).into()),
    }
}

/// The refresh cookie that a login is going to replace. One that asks for its token in the body replaces none, and of two
/// cookies nothing tells which is the browser's own.
pub(super) fn replaced_by_login(request: &HttpRequest, delivery: Delivery) -> Option<&[u8]> {
    let name = HttpState::of(request).options.cookies.refresh_name();
    match cookies::find(request.headers(), name) {
        cookies::Presented::One(token) if delivery == Delivery::Cookie => Some(token),
        _ => None,
    }
}

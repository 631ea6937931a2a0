//! Finding the refresh token of a request: in the cookie, the body or as Bearer, but in one place only.

use actix_web::HttpRequest;
use secrecy::ExposeSecret as _;

use super::bearer::bearer_values;
use super::cookies;
use super::dto::RefreshTokenRequest;
use super::problem::{AMBIGUOUS_CREDENTIALS, Problem};
use super::state::HttpState;
use crate::domain::family::Delivery;
use crate::service::Chosen;

/// All of ours start so; another Bearer value is an access token that some interceptor adds everywhere.
const REFRESH_TOKEN_PREFIX: &[u8] = b"hl_";

/// A refresh token, not yet judged, and the way it came.
pub(super) struct RefreshCredential {
    /// Empty where several cookies of our name were sent and none is ours: no token, but not nothing either.
    pub token: Vec<u8>,
    pub delivery: Delivery,
}

/// What the request shows, if anything.
///
/// # Errors
/// 400 `ambiguous_credentials` where tokens stand in more than one place, or are of several living sessions; 503 where
/// that cannot be found out.
pub(super) async fn refresh_credential(
    request: &HttpRequest,
    body: Option<&RefreshTokenRequest>,
) -> Result<Option<RefreshCredential>, Problem> {
    let in_body = body.and_then(|body| body.refresh_token.as_ref()).map(|token| token.expose_secret().as_bytes());
    let bearers = bearer_values(request.headers()).filter(|token| token.starts_with(REFRESH_TOKEN_PREFIX));
    let mut elsewhere = in_body.into_iter().chain(bearers);
    let elsewhere = (elsewhere.next(), elsewhere.next());
    let cookies = refresh_cookies(request);
    match (cookies.as_slice(), elsewhere) {
        ([], (token, None)) => {
            Ok(token.map(|token| RefreshCredential { token: token.to_vec(), delivery: Delivery::Body }))
        }
        (&[token], (None, _)) => Ok(Some(RefreshCredential { token: token.to_vec(), delivery: Delivery::Cookie })),
        (several, (None, _)) => {
            let token = match HttpState::of(request).service.choose(several).await? {
                Chosen::One(token) => token.to_vec(),
                Chosen::Nothing => Vec::new(),
                Chosen::Ambiguous => return Err((&AMBIGUOUS_CREDENTIALS).into()),
            };
            Ok(Some(RefreshCredential { token, delivery: Delivery::Cookie }))
        }
        _ => Err((&AMBIGUOUS_CREDENTIALS).into()),
    }
}

/// The refresh cookie that a login is going to replace. One that asks for its token in the body replaces none, and of two
/// sessions' cookies nothing tells which is the browser's own.
pub(super) fn replaced_by_login(request: &HttpRequest, delivery: Delivery) -> Option<&[u8]> {
    match delivery {
        Delivery::Cookie => HttpState::of(request).service.newest_of_one_session(&refresh_cookies(request)),
        Delivery::Body => None,
    }
}

fn refresh_cookies(request: &HttpRequest) -> Vec<&[u8]> {
    let name = HttpState::of(request).options.cookies.refresh_name();
    cookies::find_all(request.headers(), name).collect()
}

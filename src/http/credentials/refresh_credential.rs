//! The refresh token of a request: in the cookie, in the body or as Bearer, but in one place only.

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;
use secrecy::ExposeSecret as _;

use super::bearer::bearer_values;
use super::cookie_value::find_all;
use crate::domain::family::Delivery;
use crate::http::extractors::json_body::OptionalJsonBody;
use crate::http::state::HttpState;
use crate::http::wire::dto::login::RefreshTokenRequest;
use crate::http::wire::problem::Problem;
use crate::http::wire::problems::{AMBIGUOUS_CREDENTIALS, REFRESH_TOKEN_MISSING};
use crate::service::{Chosen, REFRESH_TOKEN_PREFIX};

/// A refresh token that is not verified yet, and how it was delivered. A request without one gets 401
/// `refresh_token_missing`.
///
/// Tokens in more than one place, or of several live sessions, get 400 `ambiguous_credentials`.
pub struct RefreshCredential {
    /// Empty if several refresh cookies were sent and none is ours: no token, but not a missing one either.
    pub token: Vec<u8>,
    pub delivery: Delivery,
}

/// The same for an operation that needs no refresh token.
pub struct OptionalRefreshCredential(pub Option<RefreshCredential>);

impl FromRequest for OptionalRefreshCredential {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = OptionalJsonBody::from_request(request, payload);
        let request = request.clone();
        async move {
            let OptionalJsonBody(body) = body.await?;
            find(&request, body.as_ref()).await.map(Self)
        }
        .boxed_local()
    }
}

impl FromRequest for RefreshCredential {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let optional = OptionalRefreshCredential::from_request(request, payload);
        async move { optional.await?.0.ok_or_else(|| (&REFRESH_TOKEN_MISSING).into()) }.boxed_local()
    }
}

/// A Bearer value without the prefix of a refresh token is ignored: it is an access token that an interceptor adds to every
/// request.
async fn find(request: &HttpRequest, body: Option<&RefreshTokenRequest>) -> Result<Option<RefreshCredential>, Problem> {
    let in_body = body.and_then(|body| body.refresh_token.as_ref()).map(|token| token.expose_secret().as_bytes());
    let bearers = bearer_values(request.headers()).filter(|token| token.starts_with(REFRESH_TOKEN_PREFIX.as_bytes()));
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

/// The values of all refresh cookies of a request.
pub fn refresh_cookies(request: &HttpRequest) -> Vec<&[u8]> {
    let name = HttpState::of(request).options.cookies.refresh_name();
    find_all(request.headers(), name).collect()
}

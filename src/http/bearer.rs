//! The header `Authorization: Bearer` (RFC 6750 §2.1).

use actix_web::dev::Payload;
use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use actix_web::{FromRequest, HttpRequest};
use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;

use super::problem::{
    ACCESS_TOKEN_EXPIRED, ACCESS_TOKEN_INVALID, ACCESS_TOKEN_MISSING, MALFORMED_REQUEST, Problem, SESSION_REVOKED,
};
use super::state::HttpState;
use crate::service::{AccessTokenError, Authenticated, AuthenticationError};

/// A caller that has shown a good access token of a living session.
pub(super) struct Caller(pub Authenticated);

impl FromRequest for Caller {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        async move { authenticate(&request).await.map(Caller) }.boxed_local()
    }
}

async fn authenticate(request: &HttpRequest) -> Result<Authenticated, Problem> {
    let token = bearer_value(request.headers())?.ok_or(&ACCESS_TOKEN_MISSING)?;
    let token = std::str::from_utf8(token).map_err(|_| &ACCESS_TOKEN_INVALID)?;
    HttpState::of(request).service.authenticate(token).map_err(|error| match error {
        AuthenticationError::Token(AccessTokenError::Expired) => (&ACCESS_TOKEN_EXPIRED).into(),
        AuthenticationError::Token(AccessTokenError::Invalid) => (&ACCESS_TOKEN_INVALID).into(),
        AuthenticationError::SessionRevoked => (&SESSION_REVOKED).into(),
    })
}

/// What is sent as Bearer; `None` without the header, with another scheme or with nothing behind it.
///
/// # Errors
/// 400 for two such headers, of which nobody can say which is meant.
pub(super) fn bearer_value(headers: &HeaderMap) -> Result<Option<&[u8]>, Problem> {
    let mut values = headers.get_all(AUTHORIZATION).map(|value| value.as_bytes());
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(_), Some(_)) => Err((&MALFORMED_REQUEST).into()),
        (Some(value), None) => {
            let (scheme, token) = value.split_at_checked(7).unwrap_or((value, b""));
            let token = token.trim_ascii();
            Ok((scheme.eq_ignore_ascii_case(b"bearer ") && !token.is_empty()).then_some(token))
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{AUTHORIZATION, HeaderMap, HeaderValue};

    use super::bearer_value;

    #[test]
    fn the_scheme_is_known_in_any_case_and_others_are_not_ours() {
        let read = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, HeaderValue::from_static(value));
            bearer_value(&headers).unwrap().map(<[u8]>::to_vec)
        };
        assert_eq!(read("Bearer abc").as_deref(), Some(&b"abc"[..]));
        assert_eq!(read("bEARER  abc ").as_deref(), Some(&b"abc"[..]));
        assert_eq!(read("Basic abc"), None);
        assert_eq!(read("Bearer"), None);
        assert_eq!(read("Bearer "), None);
        assert_eq!(read("Bearerabc"), None);
    }
}

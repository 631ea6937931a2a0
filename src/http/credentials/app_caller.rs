//! The caller of a handler that belongs to the app in which this server is mounted.

use std::fmt;
use std::future::{Ready, ready};

use actix_web::body::BoxBody;
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest, HttpResponse, ResponseError};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};
use time::OffsetDateTime;
use uuid::Uuid;

use super::caller::authenticate_for;
use crate::http::state::HttpState;
use crate::http::wire::problem::Problem;
use crate::http::wire::problems::INTERNAL;
use crate::service::Authenticated;

/// The user and the session of a request, by its access token: an extractor for your own handlers.
///
/// The token is in `Authorization: Bearer`, or in the access cookie if `HEIRLOOM_ACCESS_COOKIE` is on. A request that changes
/// something by the cookie alone also has to repeat the CSRF value in `X-CSRF-Token`. Checking a token waits for nothing: a
/// session that has ended in this process is refused immediately, and one that another process has ended within a second.
///
/// ```
/// use actix_web::{HttpResponse, Responder};
/// use heirloom::{Caller, CallerError};
///
/// async fn orders(caller: Caller) -> impl Responder {
///     format!("the orders of {}", caller.user_id())
/// }
///
/// /// The same with a response of your own for requests without a valid token.
/// async fn basket(caller: Result<Caller, CallerError>) -> HttpResponse {
///     match caller {
///         Ok(caller) => HttpResponse::Ok().body(format!("the basket of {}", caller.user_id())),
///         Err(error) => HttpResponse::Unauthorized().body(format!("log in first ({})", error.code())),
///     }
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Caller {
    authenticated: Authenticated,
    /// The claims as the token has them: JSON in base64url.
    claims: Box<str>,
}

impl Caller {
    /// The id of the user, as in `/users/me`.
    pub fn user_id(&self) -> Uuid {
        self.authenticated.grant.user_id.as_uuid()
    }

    /// The id of the session, as in `/sessions`.
    pub fn session_id(&self) -> Uuid {
        self.authenticated.grant.family_id.as_uuid()
    }

    /// When the user last proved who they are.
    pub fn authenticated_at(&self) -> OffsetDateTime {
        self.authenticated.grant.authenticated_at
    }

    /// All claims of the access token, also those that your services gave to the user or the session.
    pub fn claims(&self) -> Map<String, Value> {
        let json = URL_SAFE_NO_PAD.decode(self.claims.as_bytes()).unwrap_or_default();
        serde_json::from_slice(&json).unwrap_or_default()
    }
}

impl FromRequest for Caller {
    type Error = CallerError;
    type Future = Ready<Result<Self, CallerError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        if request.app_data::<Data<HttpState>>().is_none() {
            tracing::error!(
                "A handler has the parameter heirloom::Caller, but its app is not configured with Heirloom::routes"
            );
            return ready(Err(CallerError(Box::new((&INTERNAL).into()))));
        }
        ready(match authenticate_for(request, request.method()) {
            Ok((authenticated, token)) => {
                // A valid token is a JWS of three parts (RFC 7515 §7.1).
                let claims = token.split('.').nth(1).unwrap_or_default().into();
                Ok(Self { authenticated, claims })
            }
            Err(problem) => Err(CallerError(Box::new(problem))),
        })
    }
}

/// Why a request has no [`Caller`]. As a response it is the problem (RFC 9457) that Heirloom's own routes respond with. To
/// respond in the style of your app, take `Result<Caller, CallerError>`.
#[derive(Clone, Debug)]
pub struct CallerError(Box<Problem>);

impl CallerError {
    /// `access_token_missing`, `access_token_invalid`, `access_token_expired`, `session_revoked`, `csrf_failed` or
    /// `malformed_request`. `@heirloom/client` refreshes at the first four.
    pub fn code(&self) -> &'static str {
        self.0.kind.code
    }

    /// A sentence for a person.
    pub fn detail(&self) -> &'static str {
        self.0.kind.detail
    }
}

impl fmt::Display for CallerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.detail())
    }
}

impl std::error::Error for CallerError {}

impl ResponseError for CallerError {
    fn status_code(&self) -> StatusCode {
        self.0.kind.status
    }

    /// Complete, since the app's handlers are outside the middleware that completes the problems of our own.
    fn error_response(&self) -> HttpResponse<BoxBody> {
        let mut response = self.0.response();
        response.insert_header((CONTENT_TYPE, HeaderValue::from_static("application/problem+json")));
        response.insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store")));
        response.body(self.0.body(""))
    }
}

//! The caller, by its access token: as Bearer, or in the cookie if the server sets one.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::http::header::{HeaderMap, HeaderName};
use actix_web::{FromRequest, HttpRequest};

use super::bearer::bearer_value;
use super::cookie_value::{CookieValue, find};
use crate::http::state::HttpState;
use crate::http::wire::method::is_unsafe;
use crate::http::wire::problem::Problem;
use crate::http::wire::problems::{
    ACCESS_TOKEN_EXPIRED, ACCESS_TOKEN_INVALID, ACCESS_TOKEN_MISSING, CSRF_FAILED, SESSION_REVOKED,
};
use crate::service::{AccessTokenError, Authenticated, AuthenticationError};

const CSRF_TOKEN: HeaderName = HeaderName::from_static("x-csrf-token");
const CONFIRM: HeaderName = HeaderName::from_static("heirloom-confirm");

/// A caller with a valid access token of a live session. If the browser sent the token by itself, as a cookie of an unsafe
/// request, the caller has also proved that a page of this session sent the request.
pub struct Caller(pub Authenticated);

impl FromRequest for Caller {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(authenticate(request).map(Caller))
    }
}

/// An access token that is not verified yet, and where it was.
enum Credential<'a> {
    /// The page or program that made the request has set it.
    Bearer(&'a [u8]),
    /// The browser has added it, whatever page made the request.
    Cookie(&'a [u8]),
}

fn authenticate(request: &HttpRequest) -> Result<Authenticated, Problem> {
    authenticate_for(request, request.method()).map(|(authenticated, _)| authenticated)
}

/// The caller of a request that a proxy has received with another method, and the access token.
pub(super) fn authenticate_for<'a>(
    request: &'a HttpRequest,
    method: &Method,
) -> Result<(Authenticated, &'a str), Problem> {
    let service = &HttpState::of(request).service;
    let credential = credential(request)?;
    let (Credential::Cookie(token) | Credential::Bearer(token)) = credential;
    let token = text(token)?;
    let authenticated = match credential {
        Credential::Cookie(_) if is_unsafe(method) => {
            service.authenticate_with_csrf(token, csrf_value(request.headers()))
        }
        Credential::Bearer(_) if is_unconfirmed(method, request.headers()) => service.authenticate_unconfirmed(token),
        Credential::Cookie(_) | Credential::Bearer(_) => service.authenticate(token),
    };
    authenticated.map(|authenticated| (authenticated, token)).map_err(|error| match error {
        AuthenticationError::Token(AccessTokenError::Expired) => (&ACCESS_TOKEN_EXPIRED).into(),
        AuthenticationError::Token(AccessTokenError::Invalid) => (&ACCESS_TOKEN_INVALID).into(),
        AuthenticationError::SessionRevoked => (&SESSION_REVOKED).into(),
        AuthenticationError::Csrf => {
            tracing::warn!(event = "malicious_csrf", "A request with an access cookie has no valid CSRF value");
            (&CSRF_FAILED).into()
        }
    })
}

/// Whether a server reads with an access token before its browser can have received the refresh token of the same generation.
/// A thief who only reads gains as much with an access token that he never uses here.
fn is_unconfirmed(method: &Method, headers: &HeaderMap) -> bool {
    !is_unsafe(method) && headers.get(CONFIRM).is_some_and(|value| value.as_bytes() == b"no")
}

/// With a Bearer value the cookie is ignored. A fallback would let an invalid Bearer value act with the cookie's rights.
fn credential(request: &HttpRequest) -> Result<Credential<'_>, Problem> {
    if let Some(token) = bearer_value(request.headers())? {
        return Ok(Credential::Bearer(token));
    }
    let name = HttpState::of(request).options.cookies.access_name();
    match name.map_or(CookieValue::Missing, |name| find(request.headers(), name)) {
        CookieValue::Missing => Err((&ACCESS_TOKEN_MISSING).into()),
        CookieValue::One(token) => Ok(Credential::Cookie(token)),
        CookieValue::Several => Err((&ACCESS_TOKEN_INVALID).into()),
    }
}

fn text(token: &[u8]) -> Result<&str, Problem> {
    std::str::from_utf8(token).map_err(|_| (&ACCESS_TOKEN_INVALID).into())
}

/// The value that the page repeats. Only a script of an allowed origin can set this header. The CSRF cookie itself proves
/// nothing, because the browser adds it. Empty, which never verifies, without the header or with two.
fn csrf_value(headers: &HeaderMap) -> &[u8] {
    let mut values = headers.get_all(CSRF_TOKEN).map(|value| value.as_bytes());
    match (values.next(), values.next()) {
        (Some(value), None) => value,
        _ => b"",
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use actix_web::http::Method;
    use actix_web::test::{TestRequest, call_service, init_service};
    use actix_web::{App, HttpResponse, web};
    use secrecy::ExposeSecret as _;
    use time::macros::datetime;
    use uuid::Uuid;

    use super::Caller;
    use crate::domain::clock::Clock;
    use crate::domain::ids::FamilyId;
    use crate::domain::policy::{CookiePolicy, ServiceApi};
    use crate::http::limits::rate_limits::RateLimits;
    use crate::http::state::{HttpOptions, HttpState};
    use crate::http::wire::problem::Problem;
    use crate::service::Components;

    const LET_THROUGH: (u16, &str) = (200, "");
    const CSRF_FAILED: (u16, &str) = (403, "csrf_failed");
    const INVALID: (u16, &str) = (401, "access_token_invalid");

    struct Server {
        state: web::Data<HttpState>,
        clock: Clock,
    }

    async fn acts(_: Caller) -> HttpResponse {
        HttpResponse::Ok().finish()
    }

    impl Server {
        fn new(with_access_token: bool) -> Self {
            let clock = Clock::manual(datetime!(2026-03-01 12:00:00 UTC));
            let cookies = CookiePolicy { with_access_token, ..CookiePolicy::default() };
            let options = HttpOptions {
                base_path: String::new(),
                service_api: ServiceApi::Off,
                cookies,
                allowed_origins: Vec::new(),
                trusted_proxies: Vec::new(),
                body_timeout: Duration::from_secs(1),
                has_app: false,
                has_docs: false,
                admin_hosts: Vec::new(),
                is_development: false,
            };
            let components = Components::unconnected(clock.clone());
            Self {
                state: web::Data::new(HttpState::new(
                    &components,
                    options,
                    Arc::default(),
                    RateLimits::new(None, None, &clock),
                    &clock,
                )),
                clock,
            }
        }

        fn access(&self, session: u128) -> String {
            self.state.service.access_token_of(family(session)).expose_secret().to_owned()
        }

        fn csrf(&self, session: u128) -> String {
            self.state.service.csrf_token(family(session)).expose_secret().to_owned()
        }

        /// Status and code of the response to a request with these headers.
        async fn responds_to(&self, method: Method, headers: &[(&str, String)]) -> (u16, &'static str) {
            let route = web::route().to(acts);
            let app = init_service(App::new().app_data(self.state.clone()).route("/acts", route)).await;
            let mut request = TestRequest::with_uri("/acts?x-csrf-token=in-the-query").method(method);
            for (name, value) in headers {
                request = request.append_header((*name, value.as_str()));
            }
            let response = call_service(&app, request.to_request()).await;
            let code = response.response().extensions().get::<Problem>().map_or("", |problem| problem.kind.code);
            (response.status().as_u16(), code)
        }
    }

    fn family(number: u128) -> FamilyId {
        Uuid::from_u128(number).into()
    }

    fn cookie(access: &str) -> (&'static str, String) {
        ("cookie", format!("__Host-heirloom_access={access}"))
    }

    fn header(value: &str) -> (&'static str, String) {
        ("x-csrf-token", value.to_owned())
    }

    #[actix_web::test]
    async fn an_unsafe_request_with_the_cookie_has_to_repeat_its_own_sessions_value_in_the_header() {
        let server = Server::new(true);
        let (access, csrf, foreign) = (server.access(1), server.csrf(1), server.csrf(2));
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            let refused: [&[(&str, String)]; 8] = [
                &[],
                &[header("")],
                &[header("wrong")],
                &[header(&foreign)],
                &[header(&csrf.to_lowercase())],
                &[header(&format!("{csrf}="))],
                &[header(&csrf), header(&csrf)],
                &[("cookie", format!("__Host-heirloom_csrf={csrf}"))],
            ];
            for extra in refused {
                let headers = [&[cookie(&access)], extra].concat();
                assert_eq!(server.responds_to(method.clone(), &headers).await, CSRF_FAILED, "{method} {extra:?}");
            }
            assert_eq!(server.responds_to(method, &[cookie(&access), header(&csrf)]).await, LET_THROUGH);
        }
        assert_eq!(server.responds_to(Method::POST, &[cookie(&server.access(2)), header(&csrf)]).await, CSRF_FAILED);
        assert_eq!(server.responds_to(Method::POST, &[cookie(&server.access(2)), header(&foreign)]).await, LET_THROUGH);
    }

    #[actix_web::test]
    async fn reading_needs_the_cookie_alone() {
        let server = Server::new(true);
        for method in [Method::GET, Method::HEAD] {
            assert_eq!(server.responds_to(method, &[cookie(&server.access(1))]).await, LET_THROUGH);
        }
        let headers = [cookie(&server.access(1)), header("wrong")];
        assert_eq!(server.responds_to(Method::GET, &headers).await, LET_THROUGH);
    }

    #[actix_web::test]
    async fn with_a_bearer_value_the_cookie_is_ignored() {
        let server = Server::new(true);
        let bearer = |token: &str| ("authorization", format!("Bearer {token}"));
        let csrf = server.csrf(1);
        assert_eq!(server.responds_to(Method::POST, &[bearer(&server.access(1))]).await, LET_THROUGH);
        assert_eq!(server.responds_to(Method::POST, &[bearer(&server.access(1)), cookie("bad")]).await, LET_THROUGH);
        for bad in ["bad", "hl_bad"] {
            let headers = [bearer(bad), cookie(&server.access(1)), header(&csrf)];
            assert_eq!(server.responds_to(Method::POST, &headers).await, INVALID);
        }
        let another_scheme = [("authorization", "Basic Og==".to_owned()), cookie(&server.access(1))];
        assert_eq!(server.responds_to(Method::POST, &another_scheme).await, CSRF_FAILED);
    }

    #[actix_web::test]
    async fn a_cookie_that_occurs_twice_is_garbage_or_has_expired_is_refused_as_a_token() {
        let server = Server::new(true);
        let (access, csrf) = (server.access(1), server.csrf(1));
        let twice = format!("__Host-heirloom_access={access}; __Host-heirloom_access={access}");
        assert_eq!(server.responds_to(Method::POST, &[("cookie", twice), header(&csrf)]).await, INVALID);
        let headers = [cookie(&access), cookie(&server.access(2)), header(&csrf)];
        assert_eq!(server.responds_to(Method::POST, &headers).await, INVALID);
        for garbage in ["bad", "\"", "%00", &csrf] {
            assert_eq!(server.responds_to(Method::POST, &[cookie(garbage), header(&csrf)]).await, INVALID);
        }
        for look_alike in ["%5F%5FHost-heirloom_access", "__host-heirloom_access", "heirloom_access"] {
            let headers = [("cookie", format!("{look_alike}={access}")), header(&csrf)];
            assert_eq!(server.responds_to(Method::POST, &headers).await, (401, "access_token_missing"));
        }
        server.clock.advance(Duration::from_secs(906));
        let headers = [cookie(&access), header(&csrf)];
        assert_eq!(server.responds_to(Method::POST, &headers).await, (401, "access_token_expired"));
    }

    #[actix_web::test]
    async fn without_the_setting_the_cookie_is_no_credential() {
        let server = Server::new(false);
        let headers = [cookie(&server.access(1)), header(&server.csrf(1))];
        for method in [Method::GET, Method::POST] {
            assert_eq!(server.responds_to(method, &headers).await, (401, "access_token_missing"));
        }
    }
}

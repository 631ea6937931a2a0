//! Checks the access token of a request for a proxy, so a service behind the proxy needs no code of its own.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, LOCATION};

use crate::http::credentials::forwarded_caller::ForwardedCaller;
use crate::http::state::State;
use crate::http::wire::problem::{OwnBody, Problem};

const USER: HeaderName = HeaderName::from_static("x-heirloom-user");
const SESSION: HeaderName = HeaderName::from_static("x-heirloom-session");
const CLAIMS: HeaderName = HeaderName::from_static("x-heirloom-claims");

/// Check a request for a proxy
///
/// For a reverse proxy in front of another service. It sends the headers of the request that it has received:
/// `Authorization` or the access cookie, and its method in `X-Forwarded-Method`. A request that changes something and has
/// only the cookie also needs `X-CSRF-Token`, as at this server itself. The response has no body and is made without the
/// database.
#[utoipa::path(
    get, path = "/forward-auth", tag = "operation",
    responses(
        (status = 200, description = "The access token is valid, and its session has not ended", headers(
            ("X-Heirloom-User" = String, description = "The id of the user"),
            ("X-Heirloom-Session" = String, description = "The id of the session"),
            ("X-Heirloom-Claims" = String, description = "The claims of the access token: JSON in base64url"),
        )),
        (status = 400, description = "There are two `Authorization` or `X-Forwarded-Method` headers"),
        (status = 401, description = "There is no access token, or it is not valid, or its session has ended", headers(
            ("WWW-Authenticate" = String, description = "The scheme `Bearer`, with the error unless no credentials were sent (RFC 6750)"),
            ("Location" = String, description = "Where to log in, if this server knows it"),
        )),
        (status = 403, description = "The access token is in the cookie, and nothing proves that a page of its session sent the request"),
    ),
)]
pub async fn forward_auth(state: State, caller: Result<ForwardedCaller, Problem>) -> HttpResponse {
    let caller = match caller {
        Ok(caller) => caller,
        Err(problem) => return refused(&state, &problem),
    };
    let grant = caller.authenticated.grant;
    HttpResponse::Ok()
        .insert_header((USER, grant.user_id.to_string()))
        .insert_header((SESSION, grant.family_id.to_string()))
        .insert_header((CLAIMS, caller.claims))
        .finish()
}

fn refused(state: &State, problem: &Problem) -> HttpResponse {
    let mut response = problem.response();
    if problem.kind.status == StatusCode::UNAUTHORIZED
        && let Some(page) = state.page("")
    {
        response.insert_header((LOCATION, page));
    }
    response.extensions_mut().insert(OwnBody);
    response.finish()
}

//! Proving again who the caller is.

use actix_web::HttpResponse;
use actix_web::http::header::{PRAGMA, SET_COOKIE};
use secrecy::ExposeSecret as _;

use super::users::done;
use crate::domain::client::Client;
use crate::domain::family::Delivery;
use crate::http::credentials::caller::Caller;
use crate::http::extractors::json_body::JsonBody;
use crate::http::state::State;
use crate::http::wire::dto::step_up::{AccessTokenAnswer, ReauthenticateRequest};
use crate::http::wire::problem::Problem;
use crate::http::wire::problem_docs::problems;
use crate::http::wire::problems::{OVERLOADED, TOO_MANY_ATTEMPTS, UNAVAILABLE, WRONG_PASSWORD};

problems! { ReauthenticateProblems: WRONG_PASSWORD, TOO_MANY_ATTEMPTS, OVERLOADED, UNAVAILABLE }

/// Prove again who the caller is
///
/// Returns an access token of the same session, with a new time of authentication. The refresh token stays as it is. For
/// services that want a fresh login (RFC 9470).
#[utoipa::path(
    post, path = "/reauthenticate", tag = "account", security(("access_token" = [])),
    request_body = ReauthenticateRequest,
    responses(
        (status = 200, description = "The password is right", body = AccessTokenAnswer, headers(
            ("Set-Cookie" = String, description = "The access token, if the server sets it as a cookie"),
        )),
        ReauthenticateProblems,
    ),
)]
pub async fn reauthenticate(
    state: State,
    client: Client,
    Caller(caller): Caller,
    JsonBody(body): JsonBody<ReauthenticateRequest>,
) -> Result<HttpResponse, Problem> {
    let access = done(state.service.reauthenticate(&caller, &body.password, client).await?)?;
    let cookies = &state.options.cookies;
    let mut response = HttpResponse::Ok();
    response.insert_header((PRAGMA, "no-cache"));
    if access.delivery == Delivery::Cookie && cookies.with_access_token {
        let max_age = access.remember.then_some(access.expires_in);
        response.append_header((SET_COOKIE, cookies.set_access(access.access_token.expose_secret(), max_age)));
    }
    Ok(response.json(AccessTokenAnswer::from(&access)))
}

//! The caller's account.

use actix_web::HttpResponse;

use super::token_response::login_response;
use crate::domain::client::Client;
use crate::http::credentials::caller::Caller;
use crate::http::extractors::json_body::JsonBody;
use crate::http::state::State;
use crate::http::wire::dto::account::{ChangePasswordRequest, DeleteAccountRequest, UserAnswer};
use crate::http::wire::dto::token::TokenAnswer;
use crate::http::wire::problem::Problem;
use crate::http::wire::problem_docs::problems;
use crate::http::wire::problems::{OVERLOADED, SESSION_REVOKED, TOO_MANY_ATTEMPTS, UNAVAILABLE, WRONG_PASSWORD};
use crate::service::{NewSession, PasswordOutcome};

problems! { ShowMeProblems: UNAVAILABLE }

/// Get the caller's account
#[utoipa::path(
    get, path = "/users/me", tag = "account", security(("access_token" = [])),
    responses((status = 200, description = "The account", body = UserAnswer), ShowMeProblems),
)]
pub async fn show_me(state: State, Caller(caller): Caller) -> Result<HttpResponse, Problem> {
    let user = state.service.find_account(&caller).await?.ok_or(&SESSION_REVOKED)?;
    Ok(HttpResponse::Ok().json(UserAnswer::from(&user)))
}

problems! { WithPasswordProblems: WRONG_PASSWORD, TOO_MANY_ATTEMPTS, OVERLOADED, UNAVAILABLE }

/// Change the password
///
/// Ends every session of the account, the caller's own included, and starts another one for the caller. Its tokens are
/// delivered as those of the session before: with cookie delivery, the new refresh token replaces the cookie. The old
/// tokens of the caller are rejected from now on.
#[utoipa::path(
    post, path = "/users/me/password", tag = "account", security(("access_token" = [])),
    request_body = ChangePasswordRequest,
    responses(
        (status = 200, description = "The password is changed. The first tokens of the new session", body = TokenAnswer, headers(
            ("Set-Cookie" = String, description = "For a session with cookie delivery: the same cookies as with `/login`"),
        )),
        WithPasswordProblems,
    ),
)]
pub async fn change_password(
    state: State,
    client: Client,
    Caller(caller): Caller,
    JsonBody(body): JsonBody<ChangePasswordRequest>,
) -> Result<HttpResponse, Problem> {
    let outcome = state.service.change_password(&caller, &body.current_password, &body.new_password, client).await?;
    let NewSession { grant, login_name } = done(outcome)?;
    Ok(login_response(&state, &grant, &login_name))
}

/// Delete the account
///
/// Deletes the caller's account with its sessions and its history. This cannot be undone.
#[utoipa::path(
    delete, path = "/users/me", tag = "account", security(("access_token" = [])), request_body = DeleteAccountRequest,
    responses((status = 204, description = "The account is deleted, and the cookies are cleared"), WithPasswordProblems),
)]
pub async fn delete_me(
    state: State,
    client: Client,
    Caller(caller): Caller,
    JsonBody(body): JsonBody<DeleteAccountRequest>,
) -> Result<HttpResponse, Problem> {
    done(state.service.delete_account(&caller, &body.password, client).await?)?;
    let mut response = HttpResponse::NoContent();
    state.options.cookies.clear(&mut response);
    Ok(response.finish())
}

pub(super) fn done<T>(outcome: PasswordOutcome<T>) -> Result<T, Problem> {
    match outcome {
        PasswordOutcome::Done(done) => Ok(done),
        PasswordOutcome::WrongPassword => Err((&WRONG_PASSWORD).into()),
        PasswordOutcome::Invalid(error) => Err(Problem::validation(vec![error.into()])),
        PasswordOutcome::SessionRevoked => Err((&SESSION_REVOKED).into()),
        PasswordOutcome::TooManyAttempts(refused) => Err(Problem::too_many_attempts(refused.retry_after)),
    }
}

/// Delete the account, with POST
///
/// The same as `DELETE /users/me`. Some clients and proxies drop the body of a DELETE request, which has no defined meaning
/// (RFC 9110 §9.3.5).
#[utoipa::path(
    post, path = "/users/me/delete", tag = "account", security(("access_token" = [])),
    request_body = DeleteAccountRequest,
    responses((status = 204, description = "The account is deleted, and the cookies are cleared"), WithPasswordProblems),
)]
pub async fn delete_me_by_post(
    state: State,
    client: Client,
    caller: Caller,
    body: JsonBody<DeleteAccountRequest>,
) -> Result<HttpResponse, Problem> {
    delete_me(state, client, caller, body).await
}

//! The caller's sessions.

use actix_web::HttpResponse;

use crate::domain::client::Client;
use crate::http::credentials::caller::Caller;
use crate::http::extractors::session_id::SessionId;
use crate::http::state::State;
use crate::http::wire::dto::session::{SessionAnswer, SessionsAnswer};
use crate::http::wire::problem::Problem;
use crate::http::wire::problem_docs::problems;
use crate::http::wire::problems::{SESSION_NOT_FOUND, SESSION_REVOKED, UNAVAILABLE};

problems! { ListSessionsProblems: UNAVAILABLE }

/// List the caller's sessions
#[utoipa::path(
    get, path = "/sessions", tag = "account", security(("access_token" = [])),
    responses(
        (status = 200, description = "The active sessions, the last used first", body = SessionsAnswer),
        ListSessionsProblems,
    ),
)]
pub async fn list_sessions(state: State, client: Client, Caller(caller): Caller) -> Result<HttpResponse, Problem> {
    let sessions = state.service.list_sessions(&caller, &client).await?.ok_or(&SESSION_REVOKED)?;
    let sessions = sessions.into_iter().map(SessionAnswer::from).collect();
    Ok(HttpResponse::Ok().json(SessionsAnswer { sessions }))
}

problems! { EndSessionProblems: SESSION_NOT_FOUND, UNAVAILABLE }

/// Revoke one of the caller's sessions
///
/// The session of another user gets the same 404 as one that does not exist. With 503 the session may still be active.
#[utoipa::path(
    delete, path = "/sessions/{id}", tag = "account", security(("access_token" = [])),
    params(("id" = Uuid, Path, description = "The `id` in the response of `/sessions`")),
    responses(
        (status = 204, description = "The session has ended. If it was the caller's own, its cookies are cleared"),
        EndSessionProblems,
    ),
)]
pub async fn end_session(
    state: State,
    client: Client,
    Caller(caller): Caller,
    SessionId(id): SessionId,
) -> Result<HttpResponse, Problem> {
    if !state.service.end_session(&caller, id, client).await?.ok_or(&SESSION_REVOKED)? {
        return Err((&SESSION_NOT_FOUND).into());
    }
    let mut response = HttpResponse::NoContent();
    if id == caller.grant.family_id {
        state.options.cookies.clear(&mut response);
    }
    Ok(response.finish())
}

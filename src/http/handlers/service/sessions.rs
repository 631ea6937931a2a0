//! Sessions.

use actix_web::HttpResponse;

use crate::http::credentials::service_key::{Authorized, SessionsRead, SessionsWrite};
use crate::http::extractors::json_body::OptionalJsonBody;
use crate::http::extractors::session_id::SessionId;
use crate::http::extractors::user_id::UserInPath;
use crate::http::state::State;
use crate::http::wire::dto::logout::NoFields;
use crate::http::wire::dto::service_session::{RevokedAnswer, ServiceSessionAnswer, ServiceSessionsAnswer};
use crate::http::wire::dto::step_up::ReauthenticatedRequest;
use crate::http::wire::problem::Problem;
use crate::http::wire::problem_docs::problems;
use crate::http::wire::problems::{
    MALFORMED_JSON, PAYLOAD_TOO_LARGE, REQUEST_TIMEOUT, UNSUPPORTED_MEDIA_TYPE, VALIDATION_FAILED,
};
use crate::http::wire::service_problems::{NO_SUCH_SESSION, USER_NOT_FOUND};
use crate::service::{OperatorOutcome, ReauthenticationOutcome};

problems! { ListUserSessionsProblems: USER_NOT_FOUND }

/// List a user's sessions
#[utoipa::path(
    get, path = "/service/users/{id}/sessions", tag = "sessions", security(("service_key" = ["sessions:read"])),
    params(("id" = Uuid, Path, description = "The user's `id`")),
    responses(
        (status = 200, description = "The active sessions, the last used first", body = ServiceSessionsAnswer),
        ListUserSessionsProblems,
    ),
)]
pub async fn list_user_sessions(
    state: State,
    authorized: Authorized<SessionsRead, UserInPath>,
) -> Result<HttpResponse, Problem> {
    let UserInPath(id) = authorized.rest;
    let sessions = state.operator.list_sessions_of(id).await?.ok_or(&USER_NOT_FOUND)?;
    let sessions = sessions.into_iter().map(ServiceSessionAnswer::from).collect();
    Ok(HttpResponse::Ok().json(ServiceSessionsAnswer { sessions }))
}

problems! {
    RevokeUserSessionsProblems: USER_NOT_FOUND, MALFORMED_JSON, UNSUPPORTED_MEDIA_TYPE, PAYLOAD_TOO_LARGE,
    REQUEST_TIMEOUT, VALIDATION_FAILED
}

/// Revoke all sessions of a user
///
/// The request needs no body; if it has one, it must be an object without fields. With 503 the sessions may still be active.
#[utoipa::path(
    post, path = "/service/users/{id}/logout-all", tag = "sessions", security(("service_key" = ["sessions:write"])),
    params(("id" = Uuid, Path, description = "The user's `id`")),
    responses(
        (status = 200, description = "All sessions have ended, with the reason `admin`", body = RevokedAnswer),
        RevokeUserSessionsProblems,
    ),
)]
pub async fn revoke_user_sessions(
    state: State,
    authorized: Authorized<SessionsWrite, (UserInPath, OptionalJsonBody<NoFields>)>,
) -> Result<HttpResponse, Problem> {
    let (backend, (UserInPath(id), _)) = (authorized.backend, authorized.rest);
    match state.operator.run_for(backend).revoke_sessions(id).await? {
        OperatorOutcome::Done(revoked) => {
            backend.log("Revoked the sessions of an account", id.as_uuid());
            Ok(HttpResponse::Ok().json(RevokedAnswer { revoked }))
        }
        OperatorOutcome::NoSuchUser | OperatorOutcome::Invalid(_) => Err((&USER_NOT_FOUND).into()),
    }
}

problems! { RevokeSessionProblems: NO_SUCH_SESSION }

/// Revoke a session
///
/// With 503 the session may still be active.
#[utoipa::path(
    delete, path = "/service/sessions/{id}", tag = "sessions", security(("service_key" = ["sessions:write"])),
    params(("id" = Uuid, Path, description = "The session's `id`, the `sid` of access tokens")),
    responses((status = 204, description = "The session has ended, with the reason `admin`"), RevokeSessionProblems),
)]
pub async fn revoke_session(
    state: State,
    authorized: Authorized<SessionsWrite, SessionId>,
) -> Result<HttpResponse, Problem> {
    let (backend, SessionId(id)) = (authorized.backend, authorized.rest);
    if !state.operator.run_for(backend).revoke_session(id).await? {
        return Err((&NO_SUCH_SESSION).into());
    }
    backend.log("Revoked a session", id.as_uuid());
    Ok(HttpResponse::NoContent().finish())
}

problems! { NoteReauthenticationProblems: NO_SUCH_SESSION }

/// Record that the user has proved again who they are
///
/// The next access token of the session has the new `auth_time`, with `amr` and `acr` if they are sent. The client refreshes to
/// get it.
#[utoipa::path(
    post, path = "/service/sessions/{id}/reauthenticated", tag = "sessions", security(("service_key" = ["sessions:write"])),
    params(("id" = Uuid, Path, description = "The session's `id`, the `sid` of access tokens")),
    request_body = Option<ReauthenticatedRequest>,
    responses((status = 204, description = "It is recorded"), NoteReauthenticationProblems),
)]
pub async fn note_reauthentication(
    state: State,
    authorized: Authorized<SessionsWrite, (SessionId, OptionalJsonBody<ReauthenticatedRequest>)>,
) -> Result<HttpResponse, Problem> {
    let (backend, (SessionId(id), OptionalJsonBody(body))) = (authorized.backend, authorized.rest);
    let ReauthenticatedRequest { amr, acr } = body.unwrap_or_default();
    match state.operator.run_for(backend).note_reauthentication(id, amr, acr).await? {
        ReauthenticationOutcome::Done => {
            backend.log("Recorded a reauthentication", id.as_uuid());
            Ok(HttpResponse::NoContent().finish())
        }
        ReauthenticationOutcome::NoSuchSession => Err((&NO_SUCH_SESSION).into()),
        ReauthenticationOutcome::Invalid(errors) => {
            Err(Problem::validation(errors.into_iter().map(Into::into).collect()))
        }
    }
}

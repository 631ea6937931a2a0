//! The caller's sessions: what they are, and ending them.

use actix_web::{HttpRequest, HttpResponse, web};
use uuid::Uuid;

use super::body::OptionalJsonBody;
use super::caller::Caller;
use super::dto::{LogoutAllAnswer, NoFields, SessionAnswer, SessionsAnswer};
use super::problem::{Problem, ProblemBody, SESSION_NOT_FOUND, SESSION_REVOKED};
use super::state::{HttpState, client};

/// The caller's devices
#[utoipa::path(get, path = "/sessions", tag = "account", security(("access_token" = [])), responses(
    (status = 200, description = "The living sessions, the one used last first", body = SessionsAnswer),
    (status = 401, description = "`access_token_missing`, `access_token_invalid`, `access_token_expired`, `session_revoked`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "`unavailable`; see `Retry-After`", body = ProblemBody, content_type = "application/problem+json"),
    (status = "default", description = "`internal_error`", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(super) async fn list_sessions(request: HttpRequest, Caller(caller): Caller) -> Result<HttpResponse, Problem> {
    let sessions = HttpState::of(&request).service.list_sessions(&caller).await?.ok_or(&SESSION_REVOKED)?;
    let current = caller.grant.family_id;
    let sessions = sessions.iter().map(|session| SessionAnswer::new(session, session.id == current)).collect();
    Ok(HttpResponse::Ok().json(SessionsAnswer { sessions }))
}

/// End one session
#[utoipa::path(delete, path = "/sessions/{id}", tag = "account", security(("access_token" = [])),
    params(("id" = Uuid, Path, description = "As `/sessions` tells it")), responses(
    (status = 204, description = "It has ended; the cookies are cleared if it was the caller's own"),
    (status = 401, description = "`access_token_missing`, `access_token_invalid`, `access_token_expired`, `session_revoked`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, description = "`session_not_found`, also for another user's", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "`unavailable`; the session may still be alive", body = ProblemBody, content_type = "application/problem+json"),
    (status = "default", description = "`cross_site_request`, `internal_error`", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(super) async fn end_session(
    request: HttpRequest,
    Caller(caller): Caller,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let state = HttpState::of(&request);
    let id = Uuid::try_parse(&id).map_err(|_| &SESSION_NOT_FOUND)?.into();
    if !state.service.end_session(&caller, id, client(&request)).await? {
        return Err((&SESSION_NOT_FOUND).into());
    }
    let mut response = HttpResponse::NoContent();
    if id == caller.grant.family_id {
        state.options.cookies.clear(&mut response);
    }
    Ok(response.finish())
}

/// End every session of the caller
#[utoipa::path(post, path = "/logout-all", tag = "sessions", security(("access_token" = [])), responses(
    (status = 200, description = "All have ended, and the cookies are cleared", body = LogoutAllAnswer),
    (status = 401, description = "`access_token_missing`, `access_token_invalid`, `access_token_expired`, `session_revoked`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "`unavailable`; the sessions may still be alive", body = ProblemBody, content_type = "application/problem+json"),
    (status = "default", description = "`cross_site_request`, `internal_error`; for a body, which may hold no fields, `malformed_json`, `unsupported_media_type`, `payload_too_large`, `request_timeout`, `validation_failed`", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(super) async fn logout_all(
    request: HttpRequest,
    Caller(caller): Caller,
    _: OptionalJsonBody<NoFields>,
) -> Result<HttpResponse, Problem> {
    let state = HttpState::of(&request);
    let revoked = state.service.end_all_sessions(&caller, client(&request)).await?;
    let mut response = HttpResponse::Ok();
    state.options.cookies.clear(&mut response);
    Ok(response.json(LogoutAllAnswer { message: "Successfully logged out from all devices", revoked }))
}

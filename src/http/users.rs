//! The caller's own account.

use actix_web::HttpResponse;

use super::caller::Caller;
use super::dto::UserAnswer;
use super::problem::{Problem, ProblemBody};

/// Who am I
#[utoipa::path(get, path = "/users/me", tag = "account", security(("access_token" = [])), responses(
    (status = 200, description = "The caller's account", body = UserAnswer),
    (status = 401, description = "`access_token_missing`, `access_token_invalid`, `access_token_expired`, `session_revoked`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "`unavailable`; see `Retry-After`", body = ProblemBody, content_type = "application/problem+json"),
    (status = "default", description = "`internal_error`", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(super) async fn show_me(Caller(caller): Caller) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(UserAnswer::from(&caller.user)))
}

//! The caller's own account.

use actix_web::{HttpRequest, HttpResponse, web};
use uuid::Uuid;

use super::body::JsonBody;
use super::caller::Caller;
use super::dto::{ChangePasswordRequest, DeleteAccountRequest, EventAnswer, EventsAnswer, UserAnswer};
use super::problem::{Problem, ProblemBody, SESSION_REVOKED, WRONG_PASSWORD};
use super::state::{HttpState, client};
use crate::service::PasswordOutcome;

const EVENTS_BY_DEFAULT: u32 = 50;
const EVENTS_AT_MOST: u32 = 200;

/// Who am I
#[utoipa::path(get, path = "/users/me", tag = "account", security(("access_token" = [])), responses(
    (status = 200, description = "The caller's account", body = UserAnswer),
    (status = 401, description = "`access_token_missing`, `access_token_invalid`, `access_token_expired`, `session_revoked`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "`unavailable`; see `Retry-After`", body = ProblemBody, content_type = "application/problem+json"),
    (status = "default", description = "`internal_error`", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(super) async fn show_me(request: HttpRequest, Caller(caller): Caller) -> Result<HttpResponse, Problem> {
    let user = HttpState::of(&request).service.find_account(&caller).await?.ok_or(&SESSION_REVOKED)?;
    Ok(HttpResponse::Ok().json(UserAnswer::from(&user)))
}

/// Choose another password
///
/// Every other session of the account ends; the caller's goes on.
#[utoipa::path(post, path = "/users/me/password", tag = "account", security(("access_token" = [])), request_body = ChangePasswordRequest, responses(
    (status = 204, description = "The password is changed"),
    (status = 401, description = "`access_token_missing`, `access_token_invalid`, `access_token_expired`, `session_revoked`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, description = "`invalid_credentials`: not the current password", body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, description = "`validation_failed`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, description = "`too_many_attempts`; see `Retry-After`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "`overloaded`, `unavailable`; see `Retry-After`", body = ProblemBody, content_type = "application/problem+json"),
    (status = "default", description = "`malformed_json`, `unsupported_media_type`, `payload_too_large`, `request_timeout`, `cross_site_request`, `internal_error`", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(super) async fn change_password(
    request: HttpRequest,
    Caller(caller): Caller,
    JsonBody(body): JsonBody<ChangePasswordRequest>,
) -> Result<HttpResponse, Problem> {
    let service = &HttpState::of(&request).service;
    let client = client(&request);
    let outcome = service.change_password(&caller, &body.current_password, &body.new_password, client).await?;
    done(outcome)?;
    Ok(HttpResponse::NoContent().finish())
}

/// Delete the account and everything of it
#[utoipa::path(delete, path = "/users/me", tag = "account", security(("access_token" = [])), request_body = DeleteAccountRequest, responses(
    (status = 204, description = "The account and its sessions are gone, and the cookies are cleared"),
    (status = 401, description = "`access_token_missing`, `access_token_invalid`, `access_token_expired`, `session_revoked`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, description = "`invalid_credentials`: not the password", body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, description = "`too_many_attempts`; see `Retry-After`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "`overloaded`, `unavailable`; see `Retry-After`", body = ProblemBody, content_type = "application/problem+json"),
    (status = "default", description = "`malformed_json`, `unsupported_media_type`, `payload_too_large`, `request_timeout`, `validation_failed`, `cross_site_request`, `internal_error`", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(super) async fn delete_me(
    request: HttpRequest,
    Caller(caller): Caller,
    JsonBody(body): JsonBody<DeleteAccountRequest>,
) -> Result<HttpResponse, Problem> {
    let state = HttpState::of(&request);
    done(state.service.delete_account(&caller, &body.password, client(&request)).await?)?;
    let mut response = HttpResponse::NoContent();
    state.options.cookies.clear(&mut response);
    Ok(response.finish())
}

/// What happened to the account
#[utoipa::path(get, path = "/users/me/events", tag = "account", security(("access_token" = [])), params(
    ("limit" = Option<u32>, Query, minimum = 1, maximum = 200, description = "How many, 50 by default and 200 at most"),
    ("before" = Option<Uuid>, Query, description = "`next` of the page before"),
), responses(
    (status = 200, description = "Newest first; `next` where there are more", body = EventsAnswer),
    (status = 401, description = "`access_token_missing`, `access_token_invalid`, `access_token_expired`, `session_revoked`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, description = "`validation_failed`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "`unavailable`; see `Retry-After`", body = ProblemBody, content_type = "application/problem+json"),
    (status = "default", description = "`internal_error`", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(super) async fn list_events(request: HttpRequest, Caller(caller): Caller) -> Result<HttpResponse, Problem> {
    let (limit, before) = page(&request)?;
    let page = HttpState::of(&request).service.list_events(&caller, limit, before).await?.ok_or(&SESSION_REVOKED)?;
    let events = page.events.iter().map(EventAnswer::from).collect();
    Ok(HttpResponse::Ok().json(EventsAnswer { events, next: page.next.map(|id| id.as_uuid()) }))
}

fn page(request: &HttpRequest) -> Result<(u32, Option<crate::domain::ids::EventId>), Problem> {
    let query = web::Query::<Vec<(String, String)>>::from_query(request.query_string());
    let (mut limit, mut before) = (EVENTS_BY_DEFAULT, None);
    for (name, value) in query.map_err(|_| Problem::field("", "the query cannot be read"))?.into_inner() {
        match name.as_str() {
            "limit" => {
                let number = value.parse().ok().filter(|number| (1..=EVENTS_AT_MOST).contains(number));
                limit = number.ok_or_else(|| Problem::field("limit", "has to be a number from 1 to 200"))?;
            }
            "before" => {
                let id = Uuid::try_parse(&value).map_err(|_| Problem::field("before", "has to be an event's id"))?;
                before = Some(id.into());
            }
            _ => {}
        }
    }
    Ok((limit, before))
}

fn done(outcome: PasswordOutcome) -> Result<(), Problem> {
    match outcome {
        PasswordOutcome::Done => Ok(()),
        PasswordOutcome::WrongPassword => Err((&WRONG_PASSWORD).into()),
        PasswordOutcome::Invalid(error) => Err(Problem::validation(vec![error.into()])),
        PasswordOutcome::SessionRevoked => Err((&SESSION_REVOKED).into()),
        PasswordOutcome::TooManyAttempts(refused) => Err(Problem::too_many_attempts(refused.retry_after)),
    }
}

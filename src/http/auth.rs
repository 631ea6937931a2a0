//! Register, log in, refresh, log out.

use actix_web::http::header::{PRAGMA, SET_COOKIE};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, rt};
use secrecy::ExposeSecret as _;

use super::body::{JsonBody, OptionalJsonBody};
use super::credentials::{refresh_credential, replaced_by_login};
use super::device;
use super::dto::{LoginRequest, MessageAnswer, RefreshTokenRequest, RegisterRequest, TokenAnswer, UserAnswer};
use super::problem::{
    ACCOUNT_DISABLED, EMAIL_TAKEN, INVALID_CREDENTIALS, Problem, ProblemBody, REFRESH_TOKEN_EXPIRED,
    REFRESH_TOKEN_INVALID, REFRESH_TOKEN_MISSING, REFRESH_TOKEN_REUSED, SESSION_REVOKED,
};
use super::rate_limit::{WithinLoginRate, WithinRefreshRate};
use super::sandbox;
use super::state::{HttpState, client};
use crate::domain::family::Delivery;
use crate::metrics::{Login, Refresh};
use crate::service::{
    FromBefore, LoginOutcome, RefreshOutcome, Refusal, RegisterOutcome, Renewal, ServiceError, SessionGrant,
};

/// Make an account
#[utoipa::path(post, path = "/register", tag = "sessions", request_body = RegisterRequest, responses(
    (status = 201, description = "The account", body = UserAnswer),
    (status = 409, description = "`email_taken`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, description = "`validation_failed`, with every field that is wrong", body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, description = "`too_many_attempts` from this address; see `Retry-After`", body = ProblemBody, content_type = "application/problem+json", headers(("Retry-After" = u32, description = "Seconds"))),
    (status = "default", description = "`malformed_json`, `unsupported_media_type`, `payload_too_large`, `request_timeout`, `cross_site_request`, `overloaded`, `unavailable`, `internal_error`", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(super) async fn register(
    _: WithinLoginRate,
    request: HttpRequest,
    JsonBody(body): JsonBody<RegisterRequest>,
) -> Result<HttpResponse, Problem> {
    let service = &HttpState::of(&request).service;
    match service.register(&body.email, &body.password, client(&request)).await? {
        RegisterOutcome::Registered(user) => Ok(HttpResponse::Created().json(UserAnswer::from(&user))),
        RegisterOutcome::EmailTaken => Err((&EMAIL_TAKEN).into()),
        RegisterOutcome::Invalid(errors) => Err(Problem::validation(errors.into_iter().map(Into::into).collect())),
    }
}

/// Begin a session
///
/// The refresh token is set as a cookie, unless `token_delivery` is `body`.
#[utoipa::path(post, path = "/login", tag = "sessions", request_body = LoginRequest, responses(
    (status = 200, description = "The session's first tokens", body = TokenAnswer, headers(("Set-Cookie" = String, description = "The refresh token, and what this browser is known by at its next login, with `token_delivery: \"cookie\"`; where the server is set up so, also the access token and a CSRF value, each in a cookie of its own"))),
    (status = 401, description = "`invalid_credentials`: unknown address or wrong password", body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, description = "`account_disabled`, after the right password only; `cross_site_request`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, description = "`too_many_attempts` from this address or for this account; see `Retry-After`", body = ProblemBody, content_type = "application/problem+json", headers(("Retry-After" = u32, description = "Seconds"))),
    (status = 503, description = "`overloaded`, `unavailable`; see `Retry-After`", body = ProblemBody, content_type = "application/problem+json"),
    (status = "default", description = "`malformed_json`, `unsupported_media_type`, `payload_too_large`, `request_timeout`, `validation_failed`, `internal_error`", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(super) async fn login(
    _: WithinLoginRate,
    request: HttpRequest,
    JsonBody(body): JsonBody<LoginRequest>,
) -> Result<HttpResponse, Problem> {
    let state = HttpState::of(&request);
    let delivery = body.token_delivery.into();
    let before = FromBefore {
        device: device::presented(&request, delivery),
        refresh_token: replaced_by_login(&request, delivery),
    };
    let result = state.service.login(&body.email, &body.password, delivery, before, client(&request)).await;
    if let Some(counted) = counted_login(&result) {
        state.metrics.logged_in(counted);
    }
    match result? {
        LoginOutcome::Granted(grant) => {
            let mut answer = token_answer(state, &grant);
            if delivery == Delivery::Cookie {
                device::remember(state, &body.email, &mut answer);
            }
            Ok(answer)
        }
        LoginOutcome::TooManyAttempts(refused) => Err(Problem::too_many_attempts(refused.retry_after)),
        LoginOutcome::InvalidCredentials => Err((&INVALID_CREDENTIALS).into()),
        LoginOutcome::AccountDisabled => Err((&ACCOUNT_DISABLED).into()),
    }
}

/// Exchange the refresh token for the next
///
/// A token that was set as a cookie is taken from the cookie only; one that was given in a body, from the body or as
/// Bearer. Tabs that race get the same successor. An old token ends the whole session.
#[utoipa::path(post, path = "/refresh", tag = "sessions", request_body(content = Option<RefreshTokenRequest>, description = "Left out by browsers"), responses(
    (status = 200, description = "The next tokens", body = TokenAnswer, headers(("Set-Cookie" = String, description = "The next refresh token, for a session with cookie delivery; the others as with the login"))),
    (status = 400, description = "`ambiguous_credentials`, `malformed_json`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 401, description = "`refresh_token_missing`, `refresh_token_invalid`, `refresh_token_expired`, `refresh_token_reused`, `session_revoked`; the cookie, if one was sent, is cleared", body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, description = "`account_disabled`, `cross_site_request`; the cookie is kept", body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, description = "`too_many_attempts` from this address; the cookie is kept, see `Retry-After`", body = ProblemBody, content_type = "application/problem+json", headers(("Retry-After" = u32, description = "Seconds"))),
    (status = 503, description = "`unavailable`; the cookie is kept, see `Retry-After`", body = ProblemBody, content_type = "application/problem+json"),
    (status = "default", description = "`unsupported_media_type`, `payload_too_large`, `request_timeout`, `validation_failed`, `internal_error`", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(super) async fn refresh(
    _: WithinRefreshRate,
    request: HttpRequest,
    OptionalJsonBody(body): OptionalJsonBody<RefreshTokenRequest>,
) -> Result<HttpResponse, Problem> {
    let state = HttpState::of(&request);
    let Some(credential) = refresh_credential(&request, body.as_ref()).await? else {
        return Err((&REFRESH_TOKEN_MISSING).into());
    };
    yield_for_disconnects().await;
    let outcome = state.service.refresh(&credential.token, credential.delivery, client(&request)).await?;
    let counted = counted_refresh(&outcome);
    state.metrics.refreshed(counted);
    let mut answer = match outcome {
        RefreshOutcome::Granted(grant, _) => token_answer(state, &grant),
        RefreshOutcome::Refused(refusal) => refusal_answer(state, refusal, credential.delivery),
    };
    sandbox::tell_decision(state, counted, &mut answer);
    Ok(answer)
}

/// A client that has hung up has asked again elsewhere by now, and its token may be an old one: where this process stood
/// still for a while, to carry out what has piled up in its connections would end the sessions of honest people. Actix
/// drops a request when it finds the connection closed, which it does before anything else is run.
async fn yield_for_disconnects() {
    let _ = rt::spawn(async {}).await;
}

/// End the session
///
/// Succeeds too where there is nothing to end (RFC 7009).
#[utoipa::path(post, path = "/logout", tag = "sessions", request_body(content = Option<RefreshTokenRequest>, description = "Left out by browsers"), responses(
    (status = 200, description = "The session is over; its cookies are cleared and its access tokens are dead", body = MessageAnswer),
    (status = 400, description = "`ambiguous_credentials`, `malformed_json`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "`unavailable`; the session may still be alive, and the cookie is kept", body = ProblemBody, content_type = "application/problem+json"),
    (status = "default", description = "`cross_site_request`, `unsupported_media_type`, `payload_too_large`, `request_timeout`, `validation_failed`, `internal_error`", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(super) async fn logout(
    request: HttpRequest,
    OptionalJsonBody(body): OptionalJsonBody<RefreshTokenRequest>,
) -> Result<HttpResponse, Problem> {
    let state = HttpState::of(&request);
    if let Some(credential) = refresh_credential(&request, body.as_ref()).await? {
        state.service.logout(&credential.token, credential.delivery, client(&request)).await?;
    }
    let mut response = HttpResponse::Ok();
    state.options.cookies.clear(&mut response);
    Ok(response.json(MessageAnswer { message: "Successfully logged out" }))
}

/// A login that was not decided shows among the answers with status 5xx, except for the want of room.
fn counted_login(result: &Result<LoginOutcome, ServiceError>) -> Option<Login> {
    match result {
        Ok(LoginOutcome::Granted(_)) => Some(Login::Succeeded),
        Ok(LoginOutcome::InvalidCredentials) => Some(Login::Failed),
        Ok(LoginOutcome::AccountDisabled) => Some(Login::Disabled),
        Ok(LoginOutcome::TooManyAttempts(_)) => Some(Login::Throttled),
        Err(ServiceError::Overloaded) => Some(Login::Overloaded),
        Err(ServiceError::Unavailable(_) | ServiceError::Internal(_)) => None,
    }
}

fn counted_refresh(outcome: &RefreshOutcome) -> Refresh {
    match outcome {
        RefreshOutcome::Granted(_, Renewal::Rotated) => Refresh::Rotated,
        RefreshOutcome::Granted(_, Renewal::Replayed) => Refresh::Replayed,
        RefreshOutcome::Granted(_, Renewal::Recovered) => Refresh::Recovered,
        RefreshOutcome::Granted(_, Renewal::CaughtUp) => Refresh::CaughtUp,
        RefreshOutcome::Refused(Refusal::Reused) => Refresh::Reused,
        RefreshOutcome::Refused(Refusal::Expired) => Refresh::Expired,
        RefreshOutcome::Refused(Refusal::Revoked(_)) => Refresh::Revoked,
        RefreshOutcome::Refused(Refusal::Invalid) => Refresh::Invalid,
        RefreshOutcome::Refused(Refusal::AccountDisabled) => Refresh::Disabled,
    }
}

pub(super) fn token_answer(state: &HttpState, grant: &SessionGrant) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    // RFC 6749 §5.1, beside the `Cache-Control` that every answer has.
    response.insert_header((PRAGMA, "no-cache"));
    if grant.delivery == Delivery::Cookie {
        set_cookies(&mut response, state, grant);
    }
    response.json(TokenAnswer::from(grant))
}

/// The CSRF cookie lives as long as the session may stay idle: a page whose access cookie has run out needs it as soon as it
/// has refreshed, and often reads it before.
fn set_cookies(response: &mut HttpResponseBuilder, state: &HttpState, grant: &SessionGrant) {
    let cookies = &state.options.cookies;
    let refresh = cookies.set_refresh(grant.refresh_token.expose_secret(), grant.refresh_expires_in);
    response.append_header((SET_COOKIE, refresh));
    if cookies.with_access_token {
        let access = cookies.set_access(grant.access_token.expose_secret(), grant.access_expires_in);
        let csrf = state.service.csrf_token(grant.session_id);
        let csrf = cookies.set_csrf(csrf.expose_secret(), grant.refresh_expires_in);
        response.append_header((SET_COOKIE, access)).append_header((SET_COOKIE, csrf));
    }
}

/// A cookie is cleared only with a 401, since only then is its token known to be dead: a loser of a race that clears the
/// winner's cookie logs an honest user out.
fn refusal_answer(state: &HttpState, refusal: Refusal, delivery: Delivery) -> HttpResponse {
    let mut reason = None;
    let (kind, is_dead) = match refusal {
        Refusal::Invalid => (&REFRESH_TOKEN_INVALID, true),
        Refusal::Expired => (&REFRESH_TOKEN_EXPIRED, true),
        Refusal::Reused => (&REFRESH_TOKEN_REUSED, true),
        Refusal::Revoked(why) => {
            reason = why;
            (&SESSION_REVOKED, true)
        }
        Refusal::AccountDisabled => (&ACCOUNT_DISABLED, false),
    };
    let mut response = Problem { reason, ..Problem::from(kind) }.response();
    if is_dead && delivery == Delivery::Cookie {
        state.options.cookies.clear(&mut response);
    }
    response.finish()
}

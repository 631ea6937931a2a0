//! Logging in.

use actix_web::HttpResponse;

use super::token_response::login_response;
use crate::domain::client::Client;
use crate::http::credentials::earlier_login::EarlierLogin;
use crate::http::extractors::json_body::JsonBody;
use crate::http::extractors::rate::WithinLoginRate;
use crate::http::state::State;
use crate::http::wire::dto::login::LoginRequest;
use crate::http::wire::dto::token::TokenAnswer;
use crate::http::wire::problem::Problem;
use crate::http::wire::problem_docs::problems;
use crate::http::wire::problems::{ACCOUNT_DISABLED, INVALID_CREDENTIALS, OVERLOADED, TOO_MANY_ATTEMPTS, UNAVAILABLE};
use crate::metrics::Login;
use crate::service::{LoginOutcome, ServiceError, WantedSession};

problems! { LoginProblems: INVALID_CREDENTIALS, ACCOUNT_DISABLED, TOO_MANY_ATTEMPTS, OVERLOADED, UNAVAILABLE }

/// Log in
///
/// Starts a session. The refresh token is set as a cookie unless `token_delivery` is `body`. An unknown email address and a
/// wrong password get the same response. Attempts are limited for each client address and for each account. A disabled
/// account is reported only with the right password.
///
/// The response identifies this client at its next login, so that it need not wait while others guess the password: in a
/// cookie, or with `body` in `device_token`.
#[utoipa::path(
    post, path = "/login", tag = "sessions",
    request_body(
        content = LoginRequest,
        example = json!({ "email": "alice@example.com", "password": "correct horse battery" }),
    ),
    responses(
        (status = 200, description = "The first tokens of the session", body = TokenAnswer, headers(
            ("Set-Cookie" = String, description = "With `token_delivery: \"cookie\"`: the refresh token, and a cookie that identifies this browser at its next login. If the server is set up for it, also the access token and a CSRF value, each in its own cookie"),
        )),
        LoginProblems,
    ),
)]
pub async fn login(
    _: WithinLoginRate,
    state: State,
    client: Client,
    earlier: EarlierLogin,
    JsonBody(body): JsonBody<LoginRequest>,
) -> Result<HttpResponse, Problem> {
    let delivery = body.token_delivery.into();
    let before = earlier.with(delivery, body.device_token.as_ref());
    let wanted = WantedSession { delivery, remember: body.remember };
    let result = state.service.login(&body.email, &body.password, wanted, before, client).await;
    if let Some(login) = counted(&result) {
        state.metrics.logged_in(login);
    }
    match result? {
        LoginOutcome::Granted(grant) => Ok(login_response(&state, &grant, &body.email)),
        LoginOutcome::TooManyAttempts(refused) => Err(Problem::too_many_attempts(refused.retry_after)),
        LoginOutcome::InvalidCredentials => Err((&INVALID_CREDENTIALS).into()),
        LoginOutcome::AccountDisabled => Err((&ACCOUNT_DISABLED).into()),
    }
}

/// `None` for a login without an outcome. It is counted among the 5xx responses.
fn counted(result: &Result<LoginOutcome, ServiceError>) -> Option<Login> {
    match result {
        Ok(LoginOutcome::Granted(_)) => Some(Login::Succeeded),
        Ok(LoginOutcome::InvalidCredentials) => Some(Login::Failed),
        Ok(LoginOutcome::AccountDisabled) => Some(Login::Disabled),
        Ok(LoginOutcome::TooManyAttempts(_)) => Some(Login::Throttled),
        Err(ServiceError::Overloaded) => Some(Login::Overloaded),
        Err(ServiceError::Unavailable(_) | ServiceError::LegacyUnavailable(_) | ServiceError::Internal(_)) => None,
    }
}

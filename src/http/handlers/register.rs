//! Creating an account.

use actix_web::HttpResponse;

use crate::domain::client::Client;
use crate::http::extractors::json_body::JsonBody;
use crate::http::extractors::rate::WithinLoginRate;
use crate::http::state::State;
use crate::http::wire::dto::account::{RegisterRequest, UserAnswer};
use crate::http::wire::problem::Problem;
use crate::http::wire::problem_docs::problems;
use crate::http::wire::problems::{EMAIL_TAKEN, OVERLOADED, TOO_MANY_ATTEMPTS, UNAVAILABLE};
use crate::service::RegisterOutcome;

problems! { RegisterProblems: EMAIL_TAKEN, TOO_MANY_ATTEMPTS, OVERLOADED, UNAVAILABLE }

/// Create an account
///
/// Does not log in.
#[utoipa::path(
    post, path = "/register", tag = "sessions", request_body = RegisterRequest,
    responses((status = 201, description = "The new account", body = UserAnswer), RegisterProblems),
)]
pub async fn register(
    _: WithinLoginRate,
    state: State,
    client: Client,
    JsonBody(body): JsonBody<RegisterRequest>,
) -> Result<HttpResponse, Problem> {
    match state.service.register(&body.email, &body.password, client).await? {
        RegisterOutcome::Registered(user) => Ok(HttpResponse::Created().json(UserAnswer::from(&user))),
        RegisterOutcome::EmailTaken => Err((&EMAIL_TAKEN).into()),
        RegisterOutcome::Invalid(errors) => Err(Problem::validation(errors.into_iter().map(Into::into).collect())),
    }
}

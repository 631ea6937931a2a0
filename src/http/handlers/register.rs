//! Creating an account.

use actix_web::HttpResponse;

use crate::domain::client::Client;
use crate::http::extractors::json_body::JsonBody;
use crate::http::extractors::rate::WithinLoginRate;
use crate::http::state::State;
use crate::http::wire::dto::account::{MailSentAnswer, RegisterRequest, UserAnswer};
use crate::http::wire::problem::Problem;
use crate::http::wire::problem_docs::problems;
use crate::http::wire::problems::{EMAIL_TAKEN, OVERLOADED, REGISTRATION_CLOSED, TOO_MANY_ATTEMPTS, UNAVAILABLE};
use crate::service::{RegisterOutcome, SelfRegistration};

/// The same whether or not the address has an account.
const MAIL_SENT: &str = "Check your mail. It has a link, or says that you already have an account.";

problems! { RegisterProblems: EMAIL_TAKEN, REGISTRATION_CLOSED, TOO_MANY_ATTEMPTS, OVERLOADED, UNAVAILABLE }

/// Create an account
///
/// Does not log in.
#[utoipa::path(
    post, path = "/register", tag = "sessions", request_body = RegisterRequest,
    responses(
        (status = 201, description = "The new account", body = UserAnswer),
        (status = 202, description = "If the server verifies addresses first: a mail was sent to the address, whether or not it has an account", body = MailSentAnswer),
        RegisterProblems,
    ),
)]
pub async fn register(
    _: WithinLoginRate,
    state: State,
    client: Client,
    JsonBody(body): JsonBody<RegisterRequest>,
) -> Result<HttpResponse, Problem> {
    match state.service.register(&body.email, &body.password, client).await? {
        SelfRegistration::MailSent => Ok(HttpResponse::Accepted().json(MailSentAnswer { message: MAIL_SENT })),
        SelfRegistration::Closed => Err((&REGISTRATION_CLOSED).into()),
        SelfRegistration::Decided(outcome) => created(outcome),
    }
}

fn created(outcome: RegisterOutcome) -> Result<HttpResponse, Problem> {
    match outcome {
        RegisterOutcome::Registered(user) => Ok(HttpResponse::Created().json(UserAnswer::from(&user))),
        RegisterOutcome::EmailTaken => Err((&EMAIL_TAKEN).into()),
        RegisterOutcome::Invalid(errors) => Err(Problem::validation(errors.into_iter().map(Into::into).collect())),
    }
}

//! Beginning sessions for users whom a backend has identified.

use actix_web::HttpResponse;

use crate::http::credentials::service_key::{Authorized, SessionsWrite};
use crate::http::extractors::creation::Creation;
use crate::http::handlers::token_response::created_response;
use crate::http::state::State;
use crate::http::wire::dto::service_login::{BeginSessionRequest, TicketAnswer};
use crate::http::wire::dto::token::TokenAnswer;
use crate::http::wire::problem::Problem;
use crate::http::wire::problem_docs::problems;
use crate::http::wire::problems::{ACCOUNT_DISABLED, EMAIL_TAKEN};
use crate::http::wire::service_problems::{IDEMPOTENCY_KEY_REUSED, NO_SUCH_SESSION, USER_NOT_FOUND};
use crate::service::NotBegun;

problems! { CreateTicketProblems: USER_NOT_FOUND, EMAIL_TAKEN, IDEMPOTENCY_KEY_REUSED }

/// Create a ticket
///
/// The browser sends it to `POST /login/ticket` of the public API within 60 seconds, which begins the session. It works once.
/// If no user has `subject`, one is created.
#[utoipa::path(
    post, path = "/service/tickets", tag = "sessions", security(("service_key" = ["sessions:write"])),
    params(("Idempotency-Key" = Option<String>, Header, max_length = 255, description = "Your name for this request, remembered for a day. With it, a repeated request gets a ticket for the same session")),
    request_body = BeginSessionRequest,
    responses((status = 201, description = "The ticket", body = TicketAnswer), CreateTicketProblems),
)]
pub async fn create_ticket(
    state: State,
    authorized: Authorized<SessionsWrite, Creation<BeginSessionRequest>>,
) -> Result<HttpResponse, Problem> {
    let (backend, creation) = (authorized.backend, authorized.rest);
    let (body, request) = creation.by(backend, &state);
    match state.service.issue_ticket(backend, body.try_into()?, request).await? {
        Ok(ticket) => {
            backend.log("Created a ticket for a session", ticket.session_id.as_uuid());
            Ok(HttpResponse::Created().json(TicketAnswer::from(&ticket)))
        }
        Err(refused) => Err(refusal(refused)),
    }
}

problems! {
    CreateSessionProblems: USER_NOT_FOUND, NO_SUCH_SESSION, EMAIL_TAKEN, ACCOUNT_DISABLED, IDEMPOTENCY_KEY_REUSED
}

/// Begin a session
///
/// For native apps and for backends that keep the tokens themselves. Browsers get a ticket instead. Refresh the tokens with
/// `POST /refresh` of the public API, as those of a login with `token_delivery: "body"`. If no user has `subject`, one is
/// created.
#[utoipa::path(
    post, path = "/service/sessions", tag = "sessions", security(("service_key" = ["sessions:write"])),
    params(("Idempotency-Key" = Option<String>, Header, max_length = 255, description = "Your name for this request, remembered for a day. With it, a repeated request gets the first tokens of the same session")),
    request_body = BeginSessionRequest,
    responses((status = 201, description = "The first tokens of the session", body = TokenAnswer), CreateSessionProblems),
)]
pub async fn create_session(
    state: State,
    authorized: Authorized<SessionsWrite, Creation<BeginSessionRequest>>,
) -> Result<HttpResponse, Problem> {
    let (backend, creation) = (authorized.backend, authorized.rest);
    let (body, request) = creation.by(backend, &state);
    match state.service.begin_for(backend, body.try_into()?, request).await? {
        Ok(grant) => {
            backend.log("Began a session", grant.session_id.as_uuid());
            Ok(created_response(&grant))
        }
        Err(refused) => Err(refusal(refused)),
    }
}

fn refusal(refused: NotBegun) -> Problem {
    match refused {
        NotBegun::NoSuchUser => (&USER_NOT_FOUND).into(),
        NotBegun::NoSuchSession => (&NO_SUCH_SESSION).into(),
        NotBegun::EmailTaken => (&EMAIL_TAKEN).into(),
        NotBegun::KeyReused => (&IDEMPOTENCY_KEY_REUSED).into(),
        NotBegun::AccountDisabled => (&ACCOUNT_DISABLED).into(),
        NotBegun::Invalid(errors) => Problem::validation(errors.into_iter().map(Into::into).collect()),
    }
}

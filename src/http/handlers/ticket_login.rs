//! Logging in with a ticket.

use actix_web::HttpResponse;
use secrecy::ExposeSecret as _;

use super::token_response::login_response;
use crate::domain::client::Client;
use crate::http::credentials::earlier_login::EarlierLogin;
use crate::http::extractors::json_body::JsonBody;
use crate::http::extractors::rate::WithinLoginRate;
use crate::http::state::State;
use crate::http::wire::dto::service_login::TicketLoginRequest;
use crate::http::wire::dto::token::TokenAnswer;
use crate::http::wire::problem::Problem;
use crate::http::wire::problem_docs::problems;
use crate::http::wire::problems::{ACCOUNT_DISABLED, TICKET_INVALID, TICKET_USED, TOO_MANY_ATTEMPTS, UNAVAILABLE};
use crate::metrics::Login;
use crate::service::RedeemOutcome;

problems! { TicketLoginProblems: TICKET_INVALID, TICKET_USED, ACCOUNT_DISABLED, TOO_MANY_ATTEMPTS, UNAVAILABLE }

/// Log in with a ticket
///
/// Starts the session that another service of the operator has prepared. The ticket works once, within 60 seconds. Otherwise
/// as `POST /login`.
#[utoipa::path(
    post, path = "/login/ticket", tag = "sessions", request_body = TicketLoginRequest,
    responses(
        (status = 200, description = "The first tokens of the session", body = TokenAnswer, headers(
            ("Set-Cookie" = String, description = "With `token_delivery: \"cookie\"`: the same cookies as after a login"),
        )),
        TicketLoginProblems,
    ),
)]
pub async fn login_with_ticket(
    _: WithinLoginRate,
    state: State,
    client: Client,
    earlier: EarlierLogin,
    JsonBody(body): JsonBody<TicketLoginRequest>,
) -> Result<HttpResponse, Problem> {
    let delivery = body.token_delivery.into();
    let before = earlier.with(delivery, None);
    match state.service.redeem_ticket(body.ticket.expose_secret(), delivery, before, client).await? {
        RedeemOutcome::Granted(grant, login_name) => {
            state.metrics.logged_in(Login::Succeeded);
            Ok(login_response(&state, &grant, &login_name))
        }
        RedeemOutcome::Invalid => {
            state.metrics.logged_in(Login::Failed);
            Err((&TICKET_INVALID).into())
        }
        RedeemOutcome::Used => {
            state.metrics.logged_in(Login::Failed);
            Err((&TICKET_USED).into())
        }
        RedeemOutcome::AccountDisabled => {
            state.metrics.logged_in(Login::Disabled);
            Err((&ACCOUNT_DISABLED).into())
        }
    }
}

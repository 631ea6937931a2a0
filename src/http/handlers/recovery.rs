//! Links in mails: forgotten passwords, verified addresses, changes of address.

use actix_web::HttpResponse;

use crate::domain::client::Client;
use crate::http::credentials::caller::Caller;
use crate::http::extractors::json_body::JsonBody;
use crate::http::extractors::mail::OffersMail;
use crate::http::extractors::rate::WithinLoginRate;
use crate::http::handlers::users::done;
use crate::http::state::State;
use crate::http::wire::dto::recovery::{ChangeEmailRequest, ForgotPasswordRequest, LinkRequest, ResetPasswordRequest};
use crate::http::wire::problem::Problem;
use crate::http::wire::problem_docs::problems;
use crate::http::wire::problems::{
    EMAIL_TAKEN, LINK_EXPIRED, LINK_INVALID, NOT_OFFERED, OVERLOADED, TOO_MANY_ATTEMPTS, UNAVAILABLE, WRONG_PASSWORD,
};
use crate::service::LinkOutcome;

problems! { ForgotProblems: NOT_OFFERED, TOO_MANY_ATTEMPTS, UNAVAILABLE }

/// Ask for a new password
///
/// Sends a link to the address, if it has an account. The response is the same for every address, and takes the same time.
#[utoipa::path(
    post, path = "/password/forgot", tag = "recovery", request_body = ForgotPasswordRequest,
    responses((status = 202, description = "A mail is sent if the address has an account"), ForgotProblems),
)]
pub async fn forgot_password(
    _: WithinLoginRate,
    _: OffersMail,
    state: State,
    JsonBody(body): JsonBody<ForgotPasswordRequest>,
) -> Result<HttpResponse, Problem> {
    state.service.forgot_password(&body.email).await?;
    Ok(HttpResponse::Accepted().finish())
}

problems! { ResetProblems: NOT_OFFERED, LINK_INVALID, LINK_EXPIRED, TOO_MANY_ATTEMPTS, OVERLOADED, UNAVAILABLE }

/// Set a new password with a link
///
/// Ends every session of the account. The link works once.
#[utoipa::path(
    post, path = "/password/reset", tag = "recovery", request_body = ResetPasswordRequest,
    responses((status = 204, description = "The password is set, and every session has ended"), ResetProblems),
)]
pub async fn reset_password(
    _: WithinLoginRate,
    _: OffersMail,
    state: State,
    client: Client,
    JsonBody(body): JsonBody<ResetPasswordRequest>,
) -> Result<HttpResponse, Problem> {
    answer(state.service.reset_password(&body.token, &body.new_password, client).await?)
}

problems! { LinkProblems: NOT_OFFERED, LINK_INVALID, LINK_EXPIRED, TOO_MANY_ATTEMPTS, UNAVAILABLE }

/// Verify an address with a link
///
/// If the server verifies addresses before it creates accounts, the link of a registration creates one.
#[utoipa::path(
    post, path = "/email/verify", tag = "recovery", request_body = LinkRequest,
    responses((status = 204, description = "The address is verified"), LinkProblems),
)]
pub async fn verify_email(
    _: WithinLoginRate,
    _: OffersMail,
    state: State,
    client: Client,
    JsonBody(body): JsonBody<LinkRequest>,
) -> Result<HttpResponse, Problem> {
    answer(state.service.verify_email(&body.token, client).await?)
}

problems! { ChangeEmailProblems: NOT_OFFERED, WRONG_PASSWORD, TOO_MANY_ATTEMPTS, OVERLOADED, UNAVAILABLE }

/// Ask for another address
///
/// The new address gets a link that makes the change, and the present one a notice.
#[utoipa::path(
    post, path = "/users/me/email", tag = "account", security(("access_token" = [])), request_body = ChangeEmailRequest,
    responses((status = 202, description = "A link is sent to the new address"), ChangeEmailProblems),
)]
pub async fn change_email(
    state: State,
    client: Client,
    Caller(caller): Caller,
    _: OffersMail,
    JsonBody(body): JsonBody<ChangeEmailRequest>,
) -> Result<HttpResponse, Problem> {
    done(state.service.request_email(&caller, &body.email, &body.password, client).await?)?;
    Ok(HttpResponse::Accepted().finish())
}

problems! { EmailLinkProblems: NOT_OFFERED, LINK_INVALID, LINK_EXPIRED, EMAIL_TAKEN, TOO_MANY_ATTEMPTS, UNAVAILABLE }

/// Confirm another address with a link
#[utoipa::path(
    post, path = "/email/confirm", tag = "recovery", request_body = LinkRequest,
    responses((status = 204, description = "The account has the address now"), EmailLinkProblems),
)]
pub async fn confirm_email(
    _: WithinLoginRate,
    _: OffersMail,
    state: State,
    client: Client,
    JsonBody(body): JsonBody<LinkRequest>,
) -> Result<HttpResponse, Problem> {
    answer(state.service.confirm_email(&body.token, client).await?)
}

/// Undo a change of address with a link
///
/// Restores the address, ends every session, and sends a link for a new password.
#[utoipa::path(
    post, path = "/email/undo", tag = "recovery", request_body = LinkRequest,
    responses((status = 204, description = "The account has its former address again"), EmailLinkProblems),
)]
pub async fn undo_email(
    _: WithinLoginRate,
    _: OffersMail,
    state: State,
    client: Client,
    JsonBody(body): JsonBody<LinkRequest>,
) -> Result<HttpResponse, Problem> {
    answer(state.service.undo_email(&body.token, client).await?)
}

fn answer(outcome: LinkOutcome) -> Result<HttpResponse, Problem> {
    match outcome {
        LinkOutcome::Done => Ok(HttpResponse::NoContent().finish()),
        LinkOutcome::Invalid => Err((&LINK_INVALID).into()),
        LinkOutcome::Expired => Err((&LINK_EXPIRED).into()),
        LinkOutcome::InvalidPassword(error) => Err(Problem::validation(vec![error.into()])),
        LinkOutcome::EmailTaken => Err((&EMAIL_TAKEN).into()),
    }
}

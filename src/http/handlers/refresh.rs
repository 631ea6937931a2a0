//! Refreshing.

use actix_web::HttpResponse;

use super::sandbox;
use super::token_response::token_response;
use crate::domain::client::Client;
use crate::domain::family::Delivery;
use crate::domain::revocation::RevocationReason;
use crate::http::credentials::refresh_credential::RefreshCredential;
use crate::http::extractors::connected::Connected;
use crate::http::extractors::rate::WithinRefreshRate;
use crate::http::state::{HttpState, State};
use crate::http::wire::dto::login::RefreshTokenRequest;
use crate::http::wire::dto::token::TokenAnswer;
use crate::http::wire::problem::Problem;
use crate::http::wire::problem_docs::problems;
use crate::http::wire::problems::{
    AMBIGUOUS_CREDENTIALS, OVERLOADED, REFRESH_TOKEN_EXPIRED, REFRESH_TOKEN_INVALID, REFRESH_TOKEN_MISSING,
    REFRESH_TOKEN_REUSED, SESSION_REVOKED, TOO_MANY_ATTEMPTS, UNAVAILABLE,
};
use crate::metrics::Refresh;
use crate::service::{RefreshOutcome, Refusal, Renewal};

problems! {
    RefreshProblems: AMBIGUOUS_CREDENTIALS, REFRESH_TOKEN_MISSING, REFRESH_TOKEN_INVALID, REFRESH_TOKEN_EXPIRED,
    REFRESH_TOKEN_REUSED, SESSION_REVOKED, TOO_MANY_ATTEMPTS, OVERLOADED, UNAVAILABLE
}

/// Refresh the tokens
///
/// Exchanges the refresh token for the next one. A token that was set as a cookie is accepted only in the cookie. A token
/// that was delivered in a body is accepted in the body or as Bearer. Concurrent tabs get the same next token. Replaying an
/// old token revokes the session.
///
/// A refresh cookie is cleared with 401 and kept with every other error.
#[utoipa::path(
    post, path = "/refresh", tag = "sessions",
    request_body(
        content = Option<RefreshTokenRequest>,
        description = "Browsers send none, or an object without fields",
        example = json!({}),
    ),
    responses(
        (status = 200, description = "The next tokens", body = TokenAnswer, headers(
            ("Set-Cookie" = String, description = "For a session with cookie delivery: the next refresh token, and the other cookies as with `/login`"),
        )),
        RefreshProblems,
    ),
)]
pub async fn refresh(
    _: WithinRefreshRate,
    state: State,
    client: Client,
    connected: Connected,
    credential: RefreshCredential,
) -> Result<HttpResponse, Problem> {
    // A client that has hung up has sent its request again by now, so its token may already be an old one. After a pause of
    // this process, handling the requests that have piled up would revoke the sessions of honest users.
    connected.check().await;
    let outcome = state.service.refresh(&credential.token, credential.delivery, client).await?;
    let decision = counted(&outcome);
    state.metrics.refreshed(decision);
    let mut response = match outcome {
        RefreshOutcome::Granted(grant, _) => token_response(&state, &grant),
        RefreshOutcome::Refused(refusal) => refusal_response(&state, refusal, credential.delivery),
    };
    sandbox::add_decision(&state, decision, &mut response);
    Ok(response)
}

fn counted(outcome: &RefreshOutcome) -> Refresh {
    match outcome {
        RefreshOutcome::Granted(_, Renewal::Rotated) => Refresh::Rotated,
        RefreshOutcome::Granted(_, Renewal::Replayed) => Refresh::Replayed,
        RefreshOutcome::Granted(_, Renewal::ReplayedElsewhere) => Refresh::ReplayedElsewhere,
        RefreshOutcome::Granted(_, Renewal::Recovered) => Refresh::Recovered,
        RefreshOutcome::Granted(_, Renewal::CaughtUp) => Refresh::CaughtUp,
        RefreshOutcome::Refused(Refusal::Reused) => Refresh::Reused,
        RefreshOutcome::Refused(Refusal::Expired) => Refresh::Expired,
        RefreshOutcome::Refused(Refusal::Revoked(Some(RevocationReason::Disabled))) => Refresh::Disabled,
        RefreshOutcome::Refused(Refusal::Revoked(_) | Refusal::Replaced(_)) => Refresh::Revoked,
        RefreshOutcome::Refused(Refusal::Invalid) => Refresh::Invalid,
    }
}

/// Only a 401 clears the cookie, because only then is its token known to be dead. A request that loses a race and clears
/// the winner's cookie would log an honest user out.
fn refusal_response(state: &HttpState, refusal: Refusal, delivery: Delivery) -> HttpResponse {
    let mut reason = None;
    let (kind, is_dead) = match refusal {
        Refusal::Invalid => (&REFRESH_TOKEN_INVALID, true),
        Refusal::Expired => (&REFRESH_TOKEN_EXPIRED, true),
        Refusal::Reused => (&REFRESH_TOKEN_REUSED, true),
        Refusal::Revoked(why) => {
            reason = why;
            (&SESSION_REVOKED, true)
        }
        // The cookie may be the new session's by the time this response arrives.
        Refusal::Replaced(why) => {
            reason = Some(why);
            (&SESSION_REVOKED, false)
        }
    };
    let mut response = Problem { reason, ..Problem::from(kind) }.response();
    if is_dead && delivery == Delivery::Cookie {
        state.options.cookies.clear(&mut response);
    }
    response.finish()
}

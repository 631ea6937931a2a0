//! Logging out, of one session or of all.

use actix_web::HttpResponse;

use crate::domain::client::Client;
use crate::http::credentials::caller::Caller;
use crate::http::credentials::refresh_credential::OptionalRefreshCredential;
use crate::http::extractors::json_body::OptionalJsonBody;
use crate::http::state::State;
use crate::http::wire::dto::login::RefreshTokenRequest;
use crate::http::wire::dto::logout::{LogoutAllAnswer, MessageAnswer, NoFields};
use crate::http::wire::problem::Problem;
use crate::http::wire::problem_docs::problems;
use crate::http::wire::problems::{
    AMBIGUOUS_CREDENTIALS, MALFORMED_JSON, PAYLOAD_TOO_LARGE, REQUEST_TIMEOUT, SESSION_REVOKED, UNAVAILABLE,
    UNSUPPORTED_MEDIA_TYPE, VALIDATION_FAILED,
};

problems! { LogoutProblems: AMBIGUOUS_CREDENTIALS, UNAVAILABLE }

/// Log out
///
/// Revokes the session. Also succeeds when the token is missing or unknown or the session has already ended (RFC 7009).
/// With 503 the session may still be active, and the cookie is kept.
#[utoipa::path(
    post, path = "/logout", tag = "sessions",
    request_body(
        content = Option<RefreshTokenRequest>,
        description = "Browsers send none, or an object without fields",
        example = json!({}),
    ),
    responses(
        (status = 200, description = "The session has ended, its access tokens are rejected, and its cookies are cleared", body = MessageAnswer),
        LogoutProblems,
    ),
)]
pub async fn logout(
    state: State,
    client: Client,
    OptionalRefreshCredential(credential): OptionalRefreshCredential,
) -> Result<HttpResponse, Problem> {
    if let Some(credential) = credential {
        state.service.logout(&credential.token, credential.delivery, client).await?;
    }
    let mut response = HttpResponse::Ok();
    state.options.cookies.clear(&mut response);
    Ok(response.json(MessageAnswer { message: "Successfully logged out" }))
}

problems! {
    LogoutAllProblems: UNAVAILABLE, MALFORMED_JSON, UNSUPPORTED_MEDIA_TYPE, PAYLOAD_TOO_LARGE, REQUEST_TIMEOUT,
    VALIDATION_FAILED
}

/// Log out of all devices
///
/// Revokes every session of the caller. The request needs no body; if it has one, it must be an object without fields.
/// With 503 the sessions may still be active.
#[utoipa::path(
    post, path = "/logout-all", tag = "sessions", security(("access_token" = [])),
    responses(
        (status = 200, description = "All sessions have ended, and the cookies are cleared", body = LogoutAllAnswer),
        LogoutAllProblems,
    ),
)]
pub async fn logout_all(
    state: State,
    client: Client,
    Caller(caller): Caller,
    _: OptionalJsonBody<NoFields>,
) -> Result<HttpResponse, Problem> {
    let revoked = state.service.end_all_sessions(&caller, client).await?.ok_or(&SESSION_REVOKED)?;
    let mut response = HttpResponse::Ok();
    state.options.cookies.clear(&mut response);
    Ok(response.json(LogoutAllAnswer { message: "Successfully logged out from all devices", revoked }))
}

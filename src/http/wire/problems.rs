//! The table of problems.

use actix_web::http::StatusCode;

use super::problem_kind::{Challenge, Kind};

/// Defines kinds of problems, and `$all`, the list of them.
macro_rules! kinds {
    ($(#[$doc:meta])* $all:ident; $($name:ident: $status:ident, $code:literal, $title:literal, $detail:literal $(, challenge = $challenge:expr)? $(, retry_after = $retry:literal)?;)+) => {
        $(#[allow(unused_mut, reason = "not every kind has optional parts")]
        pub static $name: Kind = {
            let mut kind = Kind { status: StatusCode::$status, code: $code, title: $title, detail: $detail, challenge: Challenge::None, retry_after: None };
            $(kind.challenge = $challenge;)?
            $(kind.retry_after = Some($retry);)?
            kind
        };)+

        $(#[$doc])*
        pub static $all: &[&Kind] = &[$(&$name),+];
    };
}

pub(super) use kinds;

pub(super) const INVALID_TOKEN: Challenge = Challenge::Error("invalid_token");

kinds! {
    /// Every kind of problem of the public API. Those of them that are not about its callers are the service API's too.
    ALL;
    MALFORMED_JSON: BAD_REQUEST, "malformed_json", "Malformed JSON", "The body is not JSON. Send an object as described at /docs.";
    MALFORMED_REQUEST: BAD_REQUEST, "malformed_request", "Malformed request", "The server cannot read this request. Check its headers and body.";
    AMBIGUOUS_CREDENTIALS: BAD_REQUEST, "ambiguous_credentials", "Ambiguous credentials", "The request has more than one refresh token. Send one, as the cookie, in the body or as Bearer.";
    INVALID_CREDENTIALS: UNAUTHORIZED, "invalid_credentials", "Invalid credentials", "The email address or the password is wrong.", challenge = Challenge::Error("invalid_grant");
    REFRESH_TOKEN_MISSING: UNAUTHORIZED, "refresh_token_missing", "Refresh token missing", "The request has no refresh token. Log in first.", challenge = Challenge::Bare;
    REFRESH_TOKEN_INVALID: UNAUTHORIZED, "refresh_token_invalid", "Refresh token invalid", "The refresh token is not valid. Log in again.", challenge = INVALID_TOKEN;
    REFRESH_TOKEN_EXPIRED: UNAUTHORIZED, "refresh_token_expired", "Refresh token expired", "The session has expired. Log in again.", challenge = INVALID_TOKEN;
    REFRESH_TOKEN_REUSED: UNAUTHORIZED, "refresh_token_reused", "Refresh token reused", "An old refresh token was replayed, so it may have been stolen. The session is revoked. Log in again.", challenge = INVALID_TOKEN;
    SESSION_REVOKED: UNAUTHORIZED, "session_revoked", "Session revoked", "The session has been revoked. Log in again.", challenge = INVALID_TOKEN;
    ACCESS_TOKEN_MISSING: UNAUTHORIZED, "access_token_missing", "Access token missing", "The request has no access token. Send it as `Authorization: Bearer`.", challenge = Challenge::Bare;
    ACCESS_TOKEN_INVALID: UNAUTHORIZED, "access_token_invalid", "Access token invalid", "The access token is not valid. Refresh to get a new one.", challenge = INVALID_TOKEN;
    ACCESS_TOKEN_EXPIRED: UNAUTHORIZED, "access_token_expired", "Access token expired", "The access token has expired. Refresh to get a new one.", challenge = INVALID_TOKEN;
    ACCOUNT_DISABLED: FORBIDDEN, "account_disabled", "Account disabled", "This account is disabled. Contact the operator of this service.";
    WRONG_PASSWORD: FORBIDDEN, "invalid_credentials", "Invalid credentials", "The password is wrong. Nothing was changed.";
    CROSS_SITE_REQUEST: FORBIDDEN, "cross_site_request", "Cross-site request", "A page of another site sent this request, and its origin is not an allowed origin.";
    CSRF_FAILED: FORBIDDEN, "csrf_failed", "CSRF check failed", "The access token came in a cookie. The header X-CSRF-Token must repeat the value of this session's CSRF cookie.";
    TICKET_INVALID: UNAUTHORIZED, "ticket_invalid", "Ticket invalid", "The ticket is not valid, or it has expired. Log in again at the service that gave it to you.", challenge = INVALID_TOKEN;
    TICKET_USED: UNAUTHORIZED, "ticket_used", "Ticket used", "The ticket was used already. Log in again at the service that gave it to you.", challenge = INVALID_TOKEN;
    LINK_INVALID: UNAUTHORIZED, "link_invalid", "Link invalid", "The link is not valid, or was used already. Ask for another one.", challenge = INVALID_TOKEN;
    LINK_EXPIRED: UNAUTHORIZED, "link_expired", "Link expired", "The link has expired. Ask for another one.", challenge = INVALID_TOKEN;
    REGISTRATION_CLOSED: FORBIDDEN, "registration_closed", "Registration closed", "This server does not create accounts by itself. Contact the operator of this service.";
    NOT_OFFERED: NOT_FOUND, "not_offered", "Not offered", "This server does not offer this. See /.well-known/heirloom for what it offers.";
    NOT_FOUND: NOT_FOUND, "not_found", "Not found", "This path does not exist. See /docs for the paths that do.";
    SESSION_NOT_FOUND: NOT_FOUND, "session_not_found", "Session not found", "You have no active session with this id.";
    METHOD_NOT_ALLOWED: METHOD_NOT_ALLOWED, "method_not_allowed", "Method not allowed", "This path does not support this method. The Allow header lists the methods that it supports.";
    REQUEST_TIMEOUT: REQUEST_TIMEOUT, "request_timeout", "Request timeout", "The body took too long to arrive. Send the request again.";
    EMAIL_TAKEN: CONFLICT, "email_taken", "Email taken", "An account with this email address already exists. Log in instead.";
    PAYLOAD_TOO_LARGE: PAYLOAD_TOO_LARGE, "payload_too_large", "Payload too large", "The body is larger than 64 KiB.";
    UNSUPPORTED_MEDIA_TYPE: UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "Unsupported media type", "Send the body as JSON in UTF-8 with `Content-Type: application/json`, and without `Content-Encoding`.";
    VALIDATION_FAILED: UNPROCESSABLE_ENTITY, "validation_failed", "Validation failed", "Some fields are invalid. See `errors`.";
    TOO_MANY_ATTEMPTS: TOO_MANY_REQUESTS, "too_many_attempts", "Too many attempts", "Too many attempts. Retry after the time in `Retry-After`.";
    INTERNAL: INTERNAL_SERVER_ERROR, "internal_error", "Internal error", "The server failed to handle the request. Its log has the cause under this request's id.";
    UNAVAILABLE: SERVICE_UNAVAILABLE, "unavailable", "Unavailable", "The database is unavailable. Your session is kept; retry after the time in `Retry-After`.", retry_after = 1;
    OVERLOADED: SERVICE_UNAVAILABLE, "overloaded", "Overloaded", "The server is overloaded; retry after the time in `Retry-After`.", retry_after = 2;
    REQUEST_REFUSED: BAD_REQUEST, "request_refused", "Request refused", "The server does not accept this request.";
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{ALL, Challenge};

    #[test]
    fn codes_are_unique_and_401_always_challenges() {
        let codes: HashSet<(u16, &str)> = ALL.iter().map(|kind| (kind.status.as_u16(), kind.code)).collect();
        assert_eq!(codes.len(), ALL.len());
        for kind in ALL {
            assert_eq!(kind.status == 401, kind.challenge != Challenge::None, "{}", kind.code);
            assert!(kind.status != 503 || kind.retry_after.is_some(), "{}", kind.code);
            assert!(!kind.detail.contains('"'), "{}: the challenge quotes it", kind.code);
        }
    }
}

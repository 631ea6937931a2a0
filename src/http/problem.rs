//! Errors as clients see them (RFC 9457): a stable `code` for programs, a sentence for people, and nothing of our insides.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::revocation::RevocationReason;
use crate::service::{FieldError, ServiceError};

/// What went wrong with one field.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub(super) struct FieldProblem {
    pub field: String,
    pub message: String,
}

impl From<FieldError> for FieldProblem {
    fn from(error: FieldError) -> Self {
        Self { field: error.field.to_owned(), message: error.message }
    }
}

/// What every error answer is (RFC 9457).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(super) struct ProblemBody<'a> {
    /// `urn:heirloom:problem:` and the code.
    #[serde(rename = "type")]
    pub kind: String,
    pub title: &'a str,
    pub status: u16,
    /// A sentence for a person.
    pub detail: &'a str,
    /// For programs; never changes its meaning.
    pub code: &'a str,
    /// The request's id, which is also in `x-request-id` and in the log.
    pub instance: &'a str,
    /// With `validation_failed`: every field that is wrong.
    #[serde(skip_serializing_if = "<[FieldProblem]>::is_empty")]
    #[schema(value_type = Vec<FieldProblem>, required = false)]
    pub errors: &'a [FieldProblem],
    /// With `session_revoked`: why the session was ended, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'a str>,
}

/// A refusal on its way out.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    pub kind: &'static Kind,
    pub errors: Vec<FieldProblem>,
    pub reason: Option<RevocationReason>,
    /// In seconds, where that is not the same for every problem of this kind.
    pub retry_after: Option<u32>,
}

/// One sort of problem.
#[derive(Debug)]
pub(super) struct Kind {
    pub status: StatusCode,
    pub code: &'static str,
    pub title: &'static str,
    pub detail: &'static str,
    challenge: Challenge,
    retry_after: Option<u32>,
}

/// What `WWW-Authenticate` says (RFC 6750 §3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Challenge {
    None,
    /// Nothing was shown: the bare scheme.
    Bare,
    Error(&'static str),
}

macro_rules! kinds {
    ($($name:ident: $status:ident, $code:literal, $title:literal, $detail:literal $(, challenge = $challenge:expr)? $(, retry_after = $retry:literal)?;)+) => {
        $(#[allow(unused_mut, reason = "not every kind adds to the plain one")]
        pub(super) static $name: Kind = {
            let mut kind = Kind { status: StatusCode::$status, code: $code, title: $title, detail: $detail, challenge: Challenge::None, retry_after: None };
            $(kind.challenge = $challenge;)?
            $(kind.retry_after = Some($retry);)?
            kind
        };)+

        /// Every kind there is.
        #[cfg(test)]
        pub(super) static ALL: &[&Kind] = &[$(&$name),+];
    };
}

const INVALID_TOKEN: Challenge = Challenge::Error("invalid_token");

kinds! {
    MALFORMED_JSON: BAD_REQUEST, "malformed_json", "Malformed JSON", "The body is not JSON; send an object as the documentation at /docs shows it.";
    MALFORMED_REQUEST: BAD_REQUEST, "malformed_request", "Malformed request", "The request cannot be read.";
    AMBIGUOUS_CREDENTIALS: BAD_REQUEST, "ambiguous_credentials", "Ambiguous credentials", "More than one refresh token was sent; send it as the cookie, in the body or as Bearer, in one of these places only.";
    INVALID_CREDENTIALS: UNAUTHORIZED, "invalid_credentials", "Invalid credentials", "The email address or the password is wrong.", challenge = Challenge::Error("invalid_grant");
    REFRESH_TOKEN_MISSING: UNAUTHORIZED, "refresh_token_missing", "Refresh token missing", "No refresh token was sent; log in first.", challenge = Challenge::Bare;
    REFRESH_TOKEN_INVALID: UNAUTHORIZED, "refresh_token_invalid", "Refresh token invalid", "The refresh token is not valid; log in again.", challenge = INVALID_TOKEN;
    REFRESH_TOKEN_EXPIRED: UNAUTHORIZED, "refresh_token_expired", "Refresh token expired", "The session has expired; log in again.", challenge = INVALID_TOKEN;
    REFRESH_TOKEN_REUSED: UNAUTHORIZED, "refresh_token_reused", "Refresh token reused", "An old refresh token was sent, so that somebody else may hold a copy; the session has been ended, log in again.", challenge = INVALID_TOKEN;
    SESSION_REVOKED: UNAUTHORIZED, "session_revoked", "Session revoked", "The session has been ended; log in again.", challenge = INVALID_TOKEN;
    ACCESS_TOKEN_MISSING: UNAUTHORIZED, "access_token_missing", "Access token missing", "No access token was sent; send it as `Authorization: Bearer`.", challenge = Challenge::Bare;
    ACCESS_TOKEN_INVALID: UNAUTHORIZED, "access_token_invalid", "Access token invalid", "The access token is not valid; refresh to get another.", challenge = INVALID_TOKEN;
    ACCESS_TOKEN_EXPIRED: UNAUTHORIZED, "access_token_expired", "Access token expired", "The access token has expired; refresh to get another.", challenge = INVALID_TOKEN;
    ACCOUNT_DISABLED: FORBIDDEN, "account_disabled", "Account disabled", "This account has been disabled; ask whoever runs this service.";
    WRONG_PASSWORD: FORBIDDEN, "invalid_credentials", "Invalid credentials", "The password is wrong; nothing was changed.";
    CROSS_SITE_REQUEST: FORBIDDEN, "cross_site_request", "Cross-site request", "Another site's page sent this request; its origin has to be among the allowed ones.";
    CSRF_FAILED: FORBIDDEN, "csrf_failed", "CSRF check failed", "The access token came as a cookie; the header X-CSRF-Token has to repeat the value of this session's CSRF cookie.";
    NOT_FOUND: NOT_FOUND, "not_found", "Not found", "There is nothing at this path; /docs shows what there is.";
    SESSION_NOT_FOUND: NOT_FOUND, "session_not_found", "Session not found", "There is no such living session of yours.";
    METHOD_NOT_ALLOWED: METHOD_NOT_ALLOWED, "method_not_allowed", "Method not allowed", "This path does not answer to that method; the header Allow names those it does.";
    REQUEST_TIMEOUT: REQUEST_TIMEOUT, "request_timeout", "Request timeout", "The body took too long to arrive.";
    EMAIL_TAKEN: CONFLICT, "email_taken", "Email taken", "There is an account with this email address already; log in instead.";
    PAYLOAD_TOO_LARGE: PAYLOAD_TOO_LARGE, "payload_too_large", "Payload too large", "The body is over 64 KiB.";
    UNSUPPORTED_MEDIA_TYPE: UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "Unsupported media type", "Send the body with `Content-Type: application/json`.";
    VALIDATION_FAILED: UNPROCESSABLE_ENTITY, "validation_failed", "Validation failed", "Some fields are not as they have to be; see `errors`.";
    TOO_MANY_ATTEMPTS: TOO_MANY_REQUESTS, "too_many_attempts", "Too many attempts", "There were too many attempts lately; the header Retry-After says in how many seconds the next one is looked at.";
    INTERNAL: INTERNAL_SERVER_ERROR, "internal_error", "Internal error", "Something went wrong on our side; the log tells more under this request's id.";
    UNAVAILABLE: SERVICE_UNAVAILABLE, "unavailable", "Unavailable", "The database is out of reach at the moment; your session is kept, try again shortly.", retry_after = 1;
    OVERLOADED: SERVICE_UNAVAILABLE, "overloaded", "Overloaded", "Too much is being done at the moment; try again shortly.", retry_after = 2;
    REQUEST_REFUSED: BAD_REQUEST, "request_refused", "Request refused", "The server does not take this request.";
}

impl Problem {
    pub fn validation(errors: Vec<FieldProblem>) -> Self {
        Self { errors, ..Self::from(&VALIDATION_FAILED) }
    }

    pub fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::validation(vec![FieldProblem { field: field.into(), message: message.into() }])
    }

    pub fn too_many_attempts(retry_after: u32) -> Self {
        Self { retry_after: Some(retry_after), ..Self::from(&TOO_MANY_ATTEMPTS) }
    }

    /// The problem that stands for a bare error answer of the framework.
    pub fn for_status(status: StatusCode) -> Self {
        let kind = match status {
            StatusCode::NOT_FOUND => &NOT_FOUND,
            StatusCode::METHOD_NOT_ALLOWED => &METHOD_NOT_ALLOWED,
            StatusCode::REQUEST_TIMEOUT => &REQUEST_TIMEOUT,
            StatusCode::PAYLOAD_TOO_LARGE => &PAYLOAD_TOO_LARGE,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => &UNSUPPORTED_MEDIA_TYPE,
            StatusCode::BAD_REQUEST => &MALFORMED_REQUEST,
            status if status.is_server_error() => &INTERNAL,
            _ => &REQUEST_REFUSED,
        };
        kind.into()
    }

    /// The body, with the id of the request that it answers.
    pub fn body(&self, instance: &str) -> String {
        let kind = self.kind;
        let body = ProblemBody {
            kind: format!("urn:heirloom:problem:{}", kind.code),
            title: kind.title,
            status: kind.status.as_u16(),
            detail: kind.detail,
            code: kind.code,
            instance,
            errors: &self.errors,
            reason: self.reason.map(RevocationReason::as_str),
        };
        serde_json::to_string(&body).expect("texts and numbers serialise")
    }

    /// An answer that [`super::finish`] gives its body.
    pub fn response(&self) -> HttpResponseBuilder {
        let mut response = HttpResponse::build(self.kind.status);
        match self.kind.challenge {
            Challenge::None => {}
            Challenge::Bare => {
                response.insert_header((WWW_AUTHENTICATE, "Bearer"));
            }
            Challenge::Error(error) => {
                let challenge = format!("Bearer error=\"{error}\", error_description=\"{}\"", self.kind.detail);
                response.insert_header((WWW_AUTHENTICATE, challenge));
            }
        }
        if let Some(seconds) = self.retry_after.or(self.kind.retry_after) {
            response.insert_header((RETRY_AFTER, HeaderValue::from(seconds)));
        }
        response.extensions_mut().insert(self.clone());
        response
    }
}

impl From<&'static Kind> for Problem {
    fn from(kind: &'static Kind) -> Self {
        Self { kind, errors: Vec::new(), reason: None, retry_after: None }
    }
}

impl From<ServiceError> for Problem {
    /// Here the cause is logged and left behind: the client learns what to do, not what broke.
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::Unavailable(cause) => {
                tracing::warn!(error = %cause, "A request was not served because the database is out of reach");
                (&UNAVAILABLE).into()
            }
            ServiceError::Overloaded => {
                tracing::warn!("A request was not served because too many wait for the same");
                (&OVERLOADED).into()
            }
            ServiceError::Internal(cause) => {
                tracing::error!(error = %cause, "A request failed");
                (&INTERNAL).into()
            }
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.code)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.kind.status
    }

    fn error_response(&self) -> HttpResponse {
        self.response().finish()
    }
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

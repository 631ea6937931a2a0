//! Errors as clients see them (RFC 9457): a stable `code` for programs, a sentence for people, and no internal details.

use std::borrow::Cow;
use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT_ENCODING, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};
use serde::Serialize;
use utoipa::ToSchema;

use super::problem_kind::{Challenge, Kind};
use super::problems::{
    INTERNAL, MALFORMED_REQUEST, METHOD_NOT_ALLOWED, NOT_FOUND, OVERLOADED, PAYLOAD_TOO_LARGE, REQUEST_REFUSED,
    REQUEST_TIMEOUT, TOO_MANY_ATTEMPTS, UNAVAILABLE, UNSUPPORTED_MEDIA_TYPE, VALIDATION_FAILED,
};
use super::service_problems::INSUFFICIENT_SCOPE;
use crate::domain::revocation::RevocationReason;
use crate::domain::service_key::Scope;
use crate::service::{FieldError, ServiceError};

/// An invalid field.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct FieldProblem {
    pub field: String,
    pub message: String,
}

impl From<FieldError> for FieldProblem {
    fn from(error: FieldError) -> Self {
        Self { field: error.field.to_owned(), message: error.message }
    }
}

/// The detail of a login that only another system could decide.
const FORMER_SYSTEM: &str = "Your password cannot be checked at the moment. Retry after the time in `Retry-After`.";

/// The body of every error response (RFC 9457).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody<'a> {
    /// `urn:heirloom:problem:` and the code.
    #[serde(rename = "type")]
    pub kind: String,
    pub title: &'a str,
    pub status: u16,
    /// A sentence for a person.
    pub detail: &'a str,
    /// For programs. Its meaning never changes.
    pub code: &'a str,
    /// The request's id, which is also in `x-request-id` and in the log.
    #[serde(skip_serializing_if = "str::is_empty")]
    #[schema(required = true)]
    pub instance: &'a str,
    /// With `validation_failed`: every invalid field.
    #[serde(skip_serializing_if = "<[FieldProblem]>::is_empty")]
    #[schema(value_type = Vec<FieldProblem>, required = false)]
    pub errors: &'a [FieldProblem],
    /// With `session_revoked`: why the session was revoked, if that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'a str>,
}

/// Marks an error response that has a body of its own, which is not a problem.
#[derive(Clone, Copy)]
pub struct OwnBody;

/// A problem that a request meets.
#[derive(Clone, Debug)]
pub struct Problem {
    pub kind: &'static Kind,
    pub errors: Vec<FieldProblem>,
    pub reason: Option<RevocationReason>,
    /// The scope that a service key lacks.
    pub scope: Option<Scope>,
    /// In the place of the kind's.
    pub detail: Option<&'static str>,
    /// In seconds, for a kind whose problems differ in it.
    pub retry_after: Option<u32>,
    /// Whether the content coding of the request is the problem, and not its media type.
    pub is_about_coding: bool,
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

    pub fn insufficient_scope(scope: Scope) -> Self {
        Self { scope: Some(scope), ..Self::from(&INSUFFICIENT_SCOPE) }
    }

    pub fn unsupported_coding() -> Self {
        Self { is_about_coding: true, ..Self::from(&UNSUPPORTED_MEDIA_TYPE) }
    }

    /// The problem for an error response that the framework made.
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

    /// The body, with the id of the request.
    pub fn body(&self, instance: &str) -> String {
        let kind = self.kind;
        let body = ProblemBody {
            kind: format!("urn:heirloom:problem:{}", kind.code),
            title: kind.title,
            status: kind.status.as_u16(),
            detail: &self.detail(),
            code: kind.code,
            instance,
            errors: &self.errors,
            reason: self.reason.map(RevocationReason::as_str),
        };
        serde_json::to_string(&body).expect("texts and numbers serialise")
    }

    fn detail(&self) -> Cow<'static, str> {
        match self.scope {
            Some(scope) => format!("The service key lacks the scope `{scope}`, which this operation needs.").into(),
            None => self.detail.unwrap_or(self.kind.detail).into(),
        }
    }

    /// A response without its body, which the middleware `response_defaults` adds.
    pub fn response(&self) -> HttpResponseBuilder {
        let mut response = HttpResponse::build(self.kind.status);
        match self.kind.challenge {
            Challenge::None => {}
            Challenge::Bare => {
                response.insert_header((WWW_AUTHENTICATE, "Bearer"));
            }
            Challenge::Error(error) => {
                let scope = self.scope.map_or(String::new(), |scope| format!(", scope=\"{scope}\""));
                let challenge = format!("Bearer error=\"{error}\", error_description=\"{}\"{scope}", self.detail());
                response.insert_header((WWW_AUTHENTICATE, challenge));
            }
        }
        if let Some(seconds) = self.retry_after.or(self.kind.retry_after) {
            response.insert_header((RETRY_AFTER, HeaderValue::from(seconds)));
        }
        if self.is_about_coding {
            // RFC 9110 §12.5.3: clients tell the two problems apart by this header.
            response.insert_header((ACCEPT_ENCODING, HeaderValue::from_static("identity")));
        }
        response.extensions_mut().insert(self.clone());
        response
    }
}

impl From<&'static Kind> for Problem {
    fn from(kind: &'static Kind) -> Self {
        Self {
            kind,
            errors: Vec::new(),
            reason: None,
            scope: None,
            detail: None,
            retry_after: None,
            is_about_coding: false,
        }
    }
}

impl From<ServiceError> for Problem {
    /// The cause is logged here and not sent: the client learns what to do, not what broke.
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::Unavailable(cause) => {
                tracing::warn!(error = %cause, "Could not serve a request: the database is unavailable");
                (&UNAVAILABLE).into()
            }
            ServiceError::LegacyUnavailable(cause) => {
                tracing::warn!(error = %cause, "Could not check a password that only the former system knows");
                Self { detail: Some(FORMER_SYSTEM), ..Self::from(&UNAVAILABLE) }
            }
            ServiceError::Overloaded => {
                tracing::warn!("Could not serve a request: the server is overloaded");
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

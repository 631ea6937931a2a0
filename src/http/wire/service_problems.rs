//! The table of problems that only the service API has. Its codes are read by backends, not by browser apps.

use actix_web::http::StatusCode;

use super::problem_kind::{Challenge, Kind};
use super::problems::{INVALID_TOKEN, kinds};

kinds! {
    /// Every kind of problem that only the service API has.
    OF_SERVICES;
    SERVICE_KEY_MISSING: UNAUTHORIZED, "service_key_missing", "Service key missing", "The request has no service key. Send it as `Authorization: Bearer`.", challenge = Challenge::Bare;
    SERVICE_KEY_INVALID: UNAUTHORIZED, "service_key_invalid", "Service key invalid", "The service key is not valid, or it has been revoked. Create one with `heirloom service-key create`.", challenge = INVALID_TOKEN;
    INSUFFICIENT_SCOPE: FORBIDDEN, "insufficient_scope", "Insufficient scope", "The service key lacks the scope that this operation needs.", challenge = Challenge::Error("insufficient_scope");
    NO_SUCH_SESSION: NOT_FOUND, "session_not_found", "Session not found", "No active session has this id.";
    SUBJECT_TAKEN: CONFLICT, "subject_taken", "Subject taken", "Another user has this subject.";
    IDEMPOTENCY_KEY_REUSED: UNPROCESSABLE_ENTITY, "idempotency_key_reused", "Idempotency key reused", "This `Idempotency-Key` came with another request within a day. Use a new key for each request, and the same one only to repeat it.";
    USER_NOT_FOUND: NOT_FOUND, "user_not_found", "User not found", "No user has this id.";
}

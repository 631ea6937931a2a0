/**
 * This file was generated from openapi.json.
 * Do not make direct changes to the file.
 */

/** The codes of Heirloom's problems. */
export type ProblemCode =
  | "access_token_expired"
  | "access_token_invalid"
  | "access_token_missing"
  | "account_disabled"
  | "ambiguous_credentials"
  | "cross_site_request"
  | "csrf_failed"
  | "email_taken"
  | "internal_error"
  | "invalid_credentials"
  | "link_expired"
  | "link_invalid"
  | "malformed_json"
  | "malformed_request"
  | "method_not_allowed"
  | "not_found"
  | "not_offered"
  | "overloaded"
  | "payload_too_large"
  | "refresh_token_expired"
  | "refresh_token_invalid"
  | "refresh_token_missing"
  | "refresh_token_reused"
  | "registration_closed"
  | "request_refused"
  | "request_timeout"
  | "session_not_found"
  | "session_revoked"
  | "ticket_invalid"
  | "ticket_used"
  | "too_many_attempts"
  | "unavailable"
  | "unsupported_media_type"
  | "validation_failed";

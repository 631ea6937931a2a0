/** The `code` of a refusal, as Heirloom and `@heirloom/client` use it. */
export type RefusalCode =
  | "access_token_missing"
  | "access_token_invalid"
  | "access_token_expired"
  | "session_revoked"
  | "malformed_request"
  | "unavailable";

const KINDS: Record<RefusalCode, [status: number, title: string, detail: string]> = {
  access_token_missing: [
    401,
    "Access token missing",
    "The request has no access token. Send it as `Authorization: Bearer`.",
  ],
  access_token_invalid: [401, "Access token invalid", "The access token is not valid. Refresh to get a new one."],
  access_token_expired: [401, "Access token expired", "The access token has expired. Refresh to get a new one."],
  session_revoked: [401, "Session revoked", "The session has been revoked. Log in again."],
  malformed_request: [400, "Malformed request", "The request has several Authorization headers."],
  unavailable: [
    503,
    "Unavailable",
    "Access tokens cannot be verified at the moment. Retry after the time in `Retry-After`.",
  ],
};

/** Why a request is refused. `unavailable` says nothing about the token. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly code: RefusalCode;
  readonly status: number;
  /** The headers of the response. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body of the response (RFC 9457). */
  readonly problem: Readonly<{ type: string; title: string; status: number; detail: string; code: RefusalCode }>;

  constructor(code: RefusalCode) {
    const [status, title, detail] = KINDS[code];
    super(detail);
    this.code = code;
    this.status = status;
    this.problem = { type: `urn:heirloom:problem:${code}`, title, status, detail, code };
    const headers: Record<string, string> = {
      "content-type": "application/problem+json",
      "cache-control": "no-store",
    };
    if (code === "access_token_missing") headers["www-authenticate"] = "Bearer";
    else if (status === 401) {
      headers["www-authenticate"] = `Bearer error="invalid_token", error_description="${detail}"`;
    }
    if (status === 503) headers["retry-after"] = "1";
    this.headers = headers;
  }

  /** The response to send. */
  toResponse(): Response {
    return new Response(JSON.stringify(this.problem), { status: this.status, headers: { ...this.headers } });
  }
}

import type { OverReason, SessionInfo } from "./types.js";

/** A token that expires sooner is refreshed first, in milliseconds. */
const MARGIN = 5_000;

/** An access token of the browser's session. */
export interface Grant {
  readonly token: string;
  readonly info: SessionInfo;
  /** Whether the browser still has to receive the refresh token that was issued with it. */
  readonly isNew: boolean;
}

/** The grant of an access token that the request has brought. It is not verified: Heirloom, or your service, does that. */
export function grantOf(token: string, isNew: boolean): Grant | undefined {
  try {
    const [, payload = ""] = token.split(".");
    const claims = JSON.parse(atob(payload.replace(/-/g, "+").replace(/_/g, "/"))) as { sid?: unknown; exp?: unknown };
    if (typeof claims.sid !== "string" || typeof claims.exp !== "number") return undefined;
    if (claims.exp * 1000 < Date.now() + MARGIN) return undefined;
    // The token does not say more. The session lives at least until then.
    const until = new Date(claims.exp * 1000).toISOString();
    return { token, isNew, info: { id: claims.sid, expires_at: until, idle_expires_at: until } };
  } catch {
    return undefined;
  }
}

/** Why the session has ended, by the problem of `/refresh`. Undefined if the browser had none. */
export function overOf(code: string, reason: string | null | undefined): OverReason | undefined {
  if (code === "refresh_token_expired") return "expired";
  if (code === "refresh_token_reused" || reason === "reuse") return "reused";
  return code === "session_revoked" ? "revoked" : undefined;
}

export function isOver(value: string | null): value is OverReason {
  return value !== null && ["expired", "revoked", "reused", "logged_out"].includes(value);
}

import type { SecurityEvent } from "@heirloom/client";

export interface EventDescription {
  readonly text: string;
  readonly severity: "info" | "warning" | "critical";
}

const descriptions: Readonly<Record<string, EventDescription>> = {
  registered: { text: "The account was created", severity: "info" },
  login_succeeded: { text: "Logged in", severity: "info" },
  login_failed: { text: "Login failed: wrong password", severity: "warning" },
  logout: { text: "Logged out", severity: "info" },
  password_changed: { text: "The password was changed", severity: "warning" },
  password_reset: { text: "The password was reset with a link from a mail", severity: "warning" },
  email_verified: { text: "The email address was verified", severity: "info" },
  email_change_requested: { text: "Another email address was requested", severity: "warning" },
  email_changed: { text: "The email address was changed", severity: "warning" },
  email_change_undone: { text: "The change of the email address was undone", severity: "critical" },
  password_change_failed: { text: "Password change failed: wrong current password", severity: "warning" },
  guessing_slowed: { text: "Too many wrong passwords, so logins were slowed down", severity: "critical" },
  account_disabled: { text: "The account was disabled", severity: "critical" },
  account_enabled: { text: "The account was enabled", severity: "info" },
  reuse_detected: { text: "An old refresh token was replayed, so the session was revoked", severity: "critical" },
  replayed_elsewhere: { text: "A session was refreshed from two places at once", severity: "warning" },
  answer_recovered: { text: "A lost response was recovered", severity: "info" },
  row_caught_up: { text: "The server recovered a session after a failure", severity: "info" },
  practice_began: { text: "A sandbox was started", severity: "info" },
};

const revocationReasons: Readonly<Record<string, string>> = {
  logout_all: "A session was revoked by “Log out everywhere”",
  password_change: "A session was revoked by a password change",
  admin: "A session was revoked by an administrator or from another device",
  limit: "The oldest session was revoked because there were too many",
  disabled: "A session was revoked because the account was disabled",
};

/** Describes an entry of the security log. The kinds of a newer server appear under their own names. */
export function describeEvent(event: Pick<SecurityEvent, "kind" | "detail">, isSandbox = false): EventDescription {
  const description = describe(event);
  if (!isSandbox || event.kind === "practice_began") return description;
  // A sandbox is no session of the user, so its events are no reason to worry.
  return { text: `Sandbox: ${description.text.charAt(0).toLowerCase()}${description.text.slice(1)}`, severity: "info" };
}

function describe({ kind, detail }: Pick<SecurityEvent, "kind" | "detail">): EventDescription {
  if (kind === "session_revoked") {
    const { reason } = (detail ?? {}) as { reason?: string };
    return { text: revocationReasons[reason ?? ""] ?? "A session was revoked", severity: "info" };
  }
  return descriptions[kind] ?? { text: kind.replaceAll("_", " "), severity: "info" };
}

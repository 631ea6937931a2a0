import type { SecurityEvent } from "@heirloom/client";

export interface Told {
  readonly text: string;
  /** How much it should worry the reader. */
  readonly weight: "plain" | "watch" | "alarm";
}

const texts: Readonly<Record<string, Told>> = {
  registered: { text: "The account was created", weight: "plain" },
  login_succeeded: { text: "Logged in", weight: "plain" },
  login_failed: { text: "Somebody tried a wrong password", weight: "watch" },
  logout: { text: "Logged out", weight: "plain" },
  password_changed: { text: "The password was changed", weight: "watch" },
  password_change_failed: { text: "A wrong current password was given in the account settings", weight: "watch" },
  guessing_slowed: { text: "Many wrong passwords in a row, so guessing was slowed down", weight: "alarm" },
  account_disabled: { text: "The account was disabled", weight: "alarm" },
  account_enabled: { text: "The account was enabled", weight: "plain" },
  reuse_detected: { text: "An old key was shown, so the session was ended", weight: "alarm" },
  answer_recovered: { text: "A lost answer was given again", weight: "plain" },
  row_caught_up: { text: "The server caught up after a failure of its own", weight: "plain" },
  practice_began: { text: "A practice family was started", weight: "plain" },
};

const reasons: Readonly<Record<string, string>> = {
  logout_all: "A session was ended by “Log out everywhere”",
  password_change: "A session was ended by the new password",
  admin: "A session was ended by whoever runs this service, or from another device",
  limit: "The oldest session was ended, since there were too many",
  disabled: "A session was ended because the account was disabled",
};

/** An entry of the security log, in words. Kinds of a newer server are shown as they are. */
export function tell(event: Pick<SecurityEvent, "kind" | "detail">, isPractice = false): Told {
  const told = tellReal(event);
  if (!isPractice || event.kind === "practice_began") return told;
  // Nobody's session is concerned, so nothing of it may look like an alarm.
  return { text: `Practice: ${told.text.charAt(0).toLowerCase()}${told.text.slice(1)}`, weight: "plain" };
}

function tellReal({ kind, detail }: Pick<SecurityEvent, "kind" | "detail">): Told {
  if (kind === "session_revoked") {
    const { reason } = (detail ?? {}) as { reason?: string };
    return { text: reasons[reason ?? ""] ?? "A session was ended", weight: "plain" };
  }
  return texts[kind] ?? { text: kind.replaceAll("_", " "), weight: "plain" };
}

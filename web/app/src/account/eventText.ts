import type { SecurityEvent } from "@heirloom/client";
import { texts } from "../texts/index.js";

export interface EventDescription {
  readonly text: string;
  readonly severity: "info" | "warning" | "critical";
}

const severities: Readonly<Record<string, EventDescription["severity"]>> = {
  login_failed: "warning",
  password_changed: "warning",
  password_reset: "warning",
  email_change_requested: "warning",
  email_changed: "warning",
  email_change_undone: "critical",
  password_change_failed: "warning",
  guessing_slowed: "critical",
  account_disabled: "critical",
  reuse_detected: "critical",
  replayed_elsewhere: "warning",
};

/** Describes an entry of the security log. The kinds of a newer server appear under their own names. */
export function describeEvent(event: Pick<SecurityEvent, "kind" | "detail">, isSandbox = false): EventDescription {
  const text = describe(event);
  const severity = severities[event.kind] ?? "info";
  if (!isSandbox || event.kind === "practice_began") return { text, severity };
  // A sandbox is no session of the user, so its events are no reason to worry.
  return { text: texts.events.sandbox(text), severity: "info" };
}

function describe({ kind, detail }: Pick<SecurityEvent, "kind" | "detail">): string {
  const { kinds, revocations, sessionRevoked } = texts.events;
  if (kind === "session_revoked") {
    const { reason } = (detail ?? {}) as { reason?: string };
    return revocations[reason ?? ""] ?? sessionRevoked;
  }
  return kinds[kind] ?? kind.replaceAll("_", " ");
}

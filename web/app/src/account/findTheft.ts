import type { SecurityEvent } from "@heirloom/client";

const THIRTY_DAYS = 30 * 86_400_000;

/** The last theft that the user has not answered with another password, and the login that began the stolen session. */
export function findTheft(events: readonly SecurityEvent[], isSandbox: (event: SecurityEvent) => boolean) {
  const index = events.findIndex((event) => event.kind === "reuse_detected" && !isSandbox(event));
  const event = events[index];
  if (!event || Date.now() - Date.parse(event.at) > THIRTY_DAYS) return null;
  const later = events.slice(0, index);
  if (later.some(({ kind }) => kind === "password_changed" || kind === "password_reset")) return null;
  const login = events.find(({ kind, session_id }) => kind === "login_succeeded" && session_id === event.session_id);
  return { event, login };
}

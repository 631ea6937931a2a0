import type { SecurityEvent } from "@heirloom/client";

const THIRTY_DAYS = 30 * 86_400_000;
/** A sandbox family lives for 15 minutes, so an hour before a theft the log says whether it happened in one. */
const HOUR = 3_600_000;

export interface Theft {
  readonly event: SecurityEvent;
  /** The login that began the stolen session, if it is among the events. */
  readonly login: SecurityEvent | undefined;
}

/**
 * The last theft of the last 30 days after which the password has not changed; null if there is none, and undefined if only
 * older events can decide. `events` are the newest of the log, newest first.
 */
export function findTheft(events: readonly SecurityEvent[], isAll: boolean): Theft | null | undefined {
  const isLoadedTo = (time: number) => isAll || events.some(({ at }) => Date.parse(at) < time);
  for (const event of events) {
    const { kind, session_id, at } = event;
    if (kind === "password_changed" || kind === "password_reset") return null;
    if (Date.now() - Date.parse(at) > THIRTY_DAYS) return null;
    if (kind !== "reuse_detected") continue;
    if (!isLoadedTo(Date.parse(at) - HOUR)) return undefined;
    const ofSession = events.filter((other) => other.session_id === session_id);
    if (ofSession.some(({ kind }) => kind === "practice_began")) continue;
    return { event, login: ofSession.find(({ kind }) => kind === "login_succeeded") };
  }
  return isAll ? null : undefined;
}

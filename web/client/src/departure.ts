import type { Ask } from "./heirloom.js";
import { untilAnswered } from "./patience.js";

/** What shows the server the session that is to end; undefined where the cookie does. */
export type Proof = { refresh_token: string } | undefined;

export interface Departure {
  /** The sessions that the server has yet to end. */
  owed: Set<Proof>;
  /** Tells the server of them. Rejects when it cannot be told for now; then they are still owed. */
  tell: () => Promise<void>;
  /** Stops a logout that is under way: its answer would take away the cookie that a login is about to get. */
  giveWay: () => void;
}

/** Logs out on the server. A login that is under way comes first, and takes the place of what the cookie stood for. */
export function departureOf(ask: Ask, login: () => Promise<unknown> | undefined): Departure {
  const owed = new Set<Proof>();
  let attempt: AbortController | undefined;
  let departure: Promise<void> | undefined;

  async function tellAll() {
    for (const body of owed) {
      await login();
      if (!owed.has(body)) continue;
      const { signal } = (attempt = new AbortController());
      try {
        await untilAnswered((signal) => ask("/logout", { method: "POST", body, signal }), signal);
        owed.delete(body);
      } catch (error) {
        if (!signal.aborted) throw error;
        // Goes to the end of the round, so that its turn comes again.
        if (owed.delete(body)) owed.add(body);
      }
    }
  }

  return {
    owed,
    tell: () => (departure ??= tellAll().finally(() => (departure = undefined))),
    giveWay: () => attempt?.abort(),
  };
}

import type { ApiRequest } from "./api.js";
import { retry } from "./retry.js";

/** The refresh token of the session to log out; undefined if the cookie holds it. */
export type RefreshToken = { refresh_token: string } | undefined;

export interface LogoutQueue {
  /** The sessions that the server still has to revoke. */
  pending: Set<RefreshToken>;
  /** Sends the pending logouts. Rejects if one of them fails; it stays pending. */
  send: () => Promise<void>;
  /** Aborts the logout in flight: its response would clear the cookie that a login is about to set. */
  abort: () => void;
}

/** Logs out on the server. A login in flight goes first: it replaces the session of the cookie. */
export function createLogoutQueue(request: ApiRequest, login: () => Promise<unknown> | undefined): LogoutQueue {
  const pending = new Set<RefreshToken>();
  let attempt: AbortController | undefined;
  let sending: Promise<void> | undefined;

  async function sendAll() {
    for (const body of pending) {
      await login();
      if (!pending.has(body)) continue;
      const { signal } = (attempt = new AbortController());
      try {
        await retry((call) => request("/logout", { method: "POST", body }, call), signal);
        pending.delete(body);
      } catch (error) {
        if (!signal.aborted) throw error;
        // Moves to the end of the set, where the loop finds it again.
        if (pending.delete(body)) pending.add(body);
      }
    }
  }

  return {
    pending,
    send: () => (sending ??= sendAll().finally(() => (sending = undefined))),
    abort: () => attempt?.abort(),
  };
}

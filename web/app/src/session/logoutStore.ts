import type { Session } from "@heirloom/client";

/** How the user logged out, and whether the server has confirmed it. */
export interface LogoutStatus {
  readonly kind: "logout" | "everywhere" | "deleted";
  /** `unconfirmed`: the cookie in this browser may still be valid. */
  readonly server: "pending" | "confirmed" | "unconfirmed";
  readonly isRetrying: boolean;
}

/** Outlives the page on which the user logs out, so the next page can show the result. */
export interface LogoutStore {
  readonly get: () => LogoutStatus | null;
  readonly subscribe: (listener: () => void) => () => void;
  /** Never rejects. The status shows the result. */
  readonly logout: () => Promise<void>;
  readonly logoutEverywhere: () => Promise<void>;
  readonly deleteAccount: (password: string) => Promise<void>;
  /** Starts to listen to the session, the network and other tabs. Returns a function that stops it. */
  readonly connect: () => () => void;
}

/** After this time the user is warned that the server has not confirmed the logout yet. */
const WARNING_DELAY = 8_000;
/** The session retries the logout in the background. This store checks the result after this time. */
const RETRY_DELAY = 10_000;

export function createLogoutStore(session: Session, base: string): LogoutStore {
  const listeners = new Set<() => void>();
  let status: LogoutStatus | null = null;
  let channel: BroadcastChannel | undefined;
  let attempt = 0;
  let retryTimer: ReturnType<typeof setTimeout> | undefined;

  const isLoggedOut = () => {
    const state = session.getState();
    return state.status === "anonymous" && state.over === "logged_out";
  };
  const set = (next: LogoutStatus | null) => {
    status = next;
    listeners.forEach((listener) => listener());
  };

  async function logout() {
    const current = ++attempt;
    const report = (server: LogoutStatus["server"], isRetrying: boolean) => {
      // A login in the meantime has replaced the session.
      if (current === attempt) set({ kind: "logout", server, isRetrying });
    };
    report(status?.server === "unconfirmed" ? "unconfirmed" : "pending", true);
    const timer = setTimeout(() => report("unconfirmed", true), WARNING_DELAY);
    await session.logout().then(
      () => report("confirmed", false),
      () => {
        report("unconfirmed", false);
        clearTimeout(retryTimer);
        retryTimer = setTimeout(retry, RETRY_DELAY);
      },
    );
    clearTimeout(timer);
  }

  function retry() {
    if (status?.server === "unconfirmed" && !status.isRetrying) void logout();
  }

  async function logoutWith(kind: "everywhere" | "deleted", send: () => Promise<unknown>, isDone: () => boolean) {
    const current = ++attempt;
    set({ kind, server: "confirmed", isRetrying: false });
    try {
      await send();
    } catch (error) {
      if (!isDone()) {
        if (current === attempt) set(null);
        throw error;
      }
    }
    channel?.postMessage(kind);
  }

  return {
    get: () => status,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    logout,
    logoutEverywhere: () => logoutWith("everywhere", session.logoutAll, () => false),
    deleteAccount: (password) =>
      // The account and its sessions are deleted, even if the logout that clears the cookie fails.
      logoutWith("deleted", () => session.deleteAccount({ password }), isLoggedOut),
    connect() {
      let wasAnonymous = false;
      const unsubscribe = session.subscribe((state) => {
        if (state.status === "anonymous") wasAnonymous = true;
        if (state.status !== "authenticated" || !wasAnonymous) return;
        wasAnonymous = false;
        attempt++;
        set(null);
      });
      addEventListener("online", retry);
      channel = typeof BroadcastChannel === "undefined" ? undefined : new BroadcastChannel(`heirloom-app ${base}`);
      if (channel) {
        channel.onmessage = ({ data }: MessageEvent<"everywhere" | "deleted">) =>
          set({ kind: data, server: "confirmed", isRetrying: false });
      }
      return () => {
        unsubscribe();
        clearTimeout(retryTimer);
        removeEventListener("online", retry);
        channel?.close();
        channel = undefined;
      };
    },
  };
}

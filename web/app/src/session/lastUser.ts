import type { Session } from "@heirloom/client";
import { readStored, removeStored, writeStored } from "./storage.js";

/**
 * The last user of this browser who has not logged out. The email address fills in the login form once the session has ended.
 * The app stores no token.
 */
export interface LastUser {
  readonly get: () => Remembered | null;
  readonly forget: () => void;
  /** Starts to follow the session. Returns a function that stops it. */
  readonly connect: () => () => void;
}

interface Remembered {
  readonly email: string;
  /** The user has seen why the session has ended. Otherwise it has expired while no page was open. */
  readonly isExplained: boolean;
}

export function createLastUser(session: Session, base: string): LastUser {
  const key = `heirloom-app ${base}`;
  const get = () => (readStored(key) ?? null) as Remembered | null;
  const set = (user: Remembered) => writeStored(key, user);
  const forget = () => removeStored(key);
  const follow = () => {
    const state = session.getState();
    if (state.status === "authenticated") {
      const { email } = state.user;
      if (email === null) forget();
      else set({ email, isExplained: false });
    }
    if (state.status !== "anonymous" || !state.over) return;
    const last = get();
    if (state.over === "logged_out") forget();
    else if (last && state.over !== "expired") set({ ...last, isExplained: true });
  };
  return {
    get,
    forget,
    connect() {
      follow();
      return session.subscribe(follow);
    },
  };
}

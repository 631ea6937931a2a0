import type { Session } from "@heirloom/client";

/**
 * The last user of this browser who has not logged out. The email address fills in the login form once the session has ended.
 * It is the only thing that the app stores: never a token.
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
  const get = () => ignoreErrors(() => JSON.parse(localStorage.getItem(key) ?? "null") as Remembered | null) ?? null;
  const set = (user: Remembered) => ignoreErrors(() => localStorage.setItem(key, JSON.stringify(user)));
  const forget = () => ignoreErrors(() => localStorage.removeItem(key));
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

/** A browser that blocks storage throws. */
function ignoreErrors<T>(access: () => T): T | undefined {
  try {
    return access();
  } catch {
    return undefined;
  }
}

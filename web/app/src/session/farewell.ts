import type { Session } from "@heirloom/client";

/** How the user left, and whether the server knows. */
export interface Farewell {
  readonly kind: "logout" | "everywhere" | "deleted";
  /** `untold`: this browser's cookie may still be good. */
  readonly server: "telling" | "told" | "untold";
  readonly isTelling: boolean;
}

/** Outlives the page that was left, so that what stands in its place can say what came of leaving. */
export interface Farewells {
  readonly get: () => Farewell | null;
  readonly subscribe: (listener: () => void) => () => void;
  /** Never rejects: the farewell says what came of it. */
  readonly logOut: () => Promise<void>;
  readonly logOutEverywhere: () => Promise<void>;
  readonly deleteAccount: (password: string) => Promise<void>;
  /** Begins to listen to the session, the network and other tabs. */
  readonly open: () => () => void;
}

/** Who has waited so long has to know that the server was not told yet. */
const PATIENCE = 8_000;
/** The session tells it again by itself; so long after a failure this looks whether it has. */
const LOOK_AGAIN = 10_000;

export function farewellsOf(session: Session, base: string): Farewells {
  const listeners = new Set<() => void>();
  let farewell: Farewell | null = null;
  let channel: BroadcastChannel | undefined;
  let attempt = 0;
  let look: ReturnType<typeof setTimeout> | undefined;

  const isLeft = () => {
    const state = session.getState();
    return state.status === "anonymous" && state.over === "logged_out";
  };
  const set = (next: Farewell | null) => {
    farewell = next;
    listeners.forEach((listener) => listener());
  };

  async function logOut() {
    const mine = ++attempt;
    const say = (server: Farewell["server"], isTelling: boolean) => {
      // A login meanwhile has put another session in this one's place.
      if (mine === attempt) set({ kind: "logout", server, isTelling });
    };
    say(farewell?.server === "untold" ? "untold" : "telling", true);
    const timer = setTimeout(() => say("untold", true), PATIENCE);
    await session.logout().then(
      () => say("told", false),
      () => {
        say("untold", false);
        clearTimeout(look);
        look = setTimeout(again, LOOK_AGAIN);
      },
    );
    clearTimeout(timer);
  }

  function again() {
    if (farewell?.server === "untold" && !farewell.isTelling) void logOut();
  }

  async function leave(kind: "everywhere" | "deleted", leaving: () => Promise<unknown>, isDone: () => boolean) {
    const mine = ++attempt;
    set({ kind, server: "told", isTelling: false });
    try {
      await leaving();
    } catch (error) {
      if (!isDone()) {
        if (mine === attempt) set(null);
        throw error;
      }
    }
    channel?.postMessage(kind);
  }

  return {
    get: () => farewell,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    logOut,
    logOutEverywhere: () => leave("everywhere", session.logoutAll, () => false),
    deleteAccount: (password) =>
      // With the account its sessions are gone, whether or not the cookie could be taken away after it.
      leave("deleted", () => session.deleteAccount({ password }), isLeft),
    open() {
      let wasLeft = false;
      const unsubscribe = session.subscribe(({ status }) => {
        if (status === "anonymous") wasLeft = true;
        if (status !== "authenticated" || !wasLeft) return;
        wasLeft = false;
        attempt++;
        set(null);
      });
      addEventListener("online", again);
      channel = typeof BroadcastChannel === "undefined" ? undefined : new BroadcastChannel(`heirloom-app ${base}`);
      if (channel) {
        channel.onmessage = ({ data }: MessageEvent<"everywhere" | "deleted">) =>
          set({ kind: data, server: "told", isTelling: false });
      }
      return () => {
        unsubscribe();
        clearTimeout(look);
        removeEventListener("online", again);
        channel?.close();
        channel = undefined;
      };
    },
  };
}

import { carrying } from "./carry.js";
import { heirloomAt } from "./heirloom.js";
import { keeperOf } from "./keeper.js";
import { storeOf } from "./store.js";
import type { Device, EventsPage, Session, SessionOptions, User } from "./types.js";

/** Begins to keep this page's session: looks at once whether there is one. */
export function createSession(options: SessionOptions = {}): Session {
  const { location, document } = globalThis as { location?: Location; document?: Document };
  // A browser's own. Servers that render in worker runtimes have a `WorkerGlobalScope` as well, but not this.
  const isWorker = "importScripts" in globalThis;
  const delivery = options.tokenDelivery ?? "cookie";
  const isAwake = delivery === "cookie" && (options.restore ?? (!!document || isWorker));
  const send: typeof fetch = options.fetch ?? ((...request) => globalThis.fetch(...request));
  const base = baseOf(options.baseUrl, location);

  const store = storeOf({ status: delivery === "cookie" ? "restoring" : "anonymous" });
  const ask = heirloomAt(base, send);
  const keeper = keeperOf(ask, base, store, delivery, isAwake);

  const trusted = new Set([base, location?.origin, ...(options.origins ?? [])].map(originOf));
  const carried = carrying(send, () => document?.baseURI ?? location?.href ?? `${base}/`, trusted, keeper);
  const askAsUser = heirloomAt(base, carried);

  const userNow = () => {
    const state = store.get();
    return state.status === "authenticated" ? state.user : null;
  };

  return {
    getState: store.get,
    subscribe: store.subscribe,
    user: () => keeper.known().then(userNow),
    register: (account) => ask<User>("/register", { method: "POST", body: account }),
    async login(credentials) {
      await keeper.enter(credentials);
      const user = userNow();
      if (!user) throw new Error("The session was ended while it began.");
      return user;
    },
    logout: keeper.leave,
    async logoutAll() {
      const { revoked } = await askAsUser<{ revoked: number }>("/logout-all", { method: "POST" });
      keeper.end("logged_out");
      return revoked;
    },
    fetch: carried,
    accessToken: async () => (await keeper.fresh())?.token ?? null,
    refresh: keeper.refresh,
    sessions: async () => (await askAsUser<{ sessions: Device[] }>("/sessions")).sessions,
    async endSession(id) {
      const state = store.get();
      if (state.status === "authenticated" && state.session.id === id) return keeper.leave();
      await askAsUser(`/sessions/${encodeURIComponent(id)}`, { method: "DELETE" });
    },
    events({ limit, before } = {}) {
      const query = new URLSearchParams();
      if (limit) query.set("limit", `${limit}`);
      if (before) query.set("before", before);
      return askAsUser<EventsPage>(`/users/me/events?${query}`);
    },
    changePassword: (passwords) => askAsUser("/users/me/password", { method: "POST", body: passwords }),
    async deleteAccount(confirmation) {
      await askAsUser("/users/me", { method: "DELETE", body: confirmation });
      // The session went with the account; what is left of it is the cookie.
      await keeper.leave();
    },
    close: keeper.close,
  };
}

/** Without a slash at its end. Empty where a server renders and the address is relative: nothing is asked there. */
function baseOf(baseUrl: string | URL = "/", location: Location | undefined): string {
  const base = location?.origin;
  return URL.canParse(baseUrl, base) ? new URL(baseUrl, base).href.replace(/\/+$/, "") : "";
}

function originOf(url = ""): string {
  return URL.canParse(url) ? new URL(url).origin : "";
}

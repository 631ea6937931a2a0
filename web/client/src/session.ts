import { createApi } from "./api.js";
import { createAuthorizedFetch } from "./authorizedFetch.js";
import { createStore } from "./store.js";
import { createTokenManager } from "./tokenManager.js";
import type { Device, EventsPage, Session, SessionOptions, User } from "./types.js";

/** Creates the session of this page, and checks at once whether the user is logged in. */
export function createSession(options: SessionOptions = {}): Session {
  const { location, document } = globalThis as { location?: Location; document?: Document };
  // Only in a browser's workers. Worker runtimes on servers have a `WorkerGlobalScope` too, but not this function.
  const isWorker = "importScripts" in globalThis;
  const delivery = options.tokenDelivery ?? "cookie";
  const isAutomatic = delivery === "cookie" && (options.restore ?? (!!document || isWorker));
  const send: typeof fetch = options.fetch ?? ((...request) => globalThis.fetch(...request));
  // Without a slash at its end. Empty if a server renders the page and the URL is relative; no request is sent there.
  const base = parse(options.baseUrl ?? "/", location?.origin)?.href.replace(/\/+$/, "") ?? "";

  const store = createStore({ status: delivery === "cookie" ? "restoring" : "anonymous" });
  const request = createApi(base, send);
  const tokens = createTokenManager(request, base, store, delivery, isAutomatic);

  const trustedOrigins = new Set([base, location?.origin, ...(options.origins ?? [])].map((url) => parse(url)?.origin));
  const pageUrl = () => document?.baseURI ?? location?.href ?? `${base}/`;
  const fetchAuthorized = createAuthorizedFetch(send, pageUrl, trustedOrigins, tokens);
  const requestAuthorized = createApi(base, fetchAuthorized);

  const currentUser = () => {
    const state = store.get();
    return state.status === "authenticated" ? state.user : null;
  };

  return {
    getState: store.get,
    subscribe: store.subscribe,
    user: () => tokens.ready().then(currentUser),
    register: (account) => request<User>("/register", { method: "POST", body: account }),
    async login(credentials) {
      await tokens.login(credentials);
      const user = currentUser();
      if (!user) throw new Error("The session has ended.");
      return user;
    },
    logout: tokens.logout,
    async logoutAll() {
      const { revoked } = await requestAuthorized<{ revoked: number }>("/logout-all", { method: "POST" });
      tokens.end("logged_out");
      return revoked;
    },
    fetch: fetchAuthorized,
    accessToken: async () => (await tokens.current())?.token ?? null,
    refresh: tokens.refresh,
    sessions: async () => (await requestAuthorized<{ sessions: Device[] }>("/sessions")).sessions,
    async endSession(id) {
      const state = store.get();
      if (state.status === "authenticated" && state.session.id === id) return tokens.logout();
      await requestAuthorized(`/sessions/${encodeURIComponent(id)}`, { method: "DELETE" });
    },
    events({ limit, before } = {}) {
      const query = new URLSearchParams();
      if (limit) query.set("limit", `${limit}`);
      if (before) query.set("before", before);
      return requestAuthorized<EventsPage>(`/users/me/events?${query}`);
    },
    changePassword: tokens.changePassword,
    async deleteAccount(confirmation) {
      await requestAuthorized("/users/me", { method: "DELETE", body: confirmation });
      // The server has revoked the session. The logout clears its cookie.
      await tokens.logout();
    },
    close: tokens.close,
  };
}

/** `URL.canParse` and `URL.parse` are missing in Safari 16. */
function parse(url: string | URL = "", base?: string): URL | undefined {
  try {
    return new URL(url, base);
  } catch {
    return undefined;
  }
}

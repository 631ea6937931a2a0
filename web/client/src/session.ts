import { createApi } from "./api.js";
import { createAuthorizedFetch } from "./authorizedFetch.js";
import { parseUrl, resolveBaseUrl } from "./baseUrl.js";
import { createStore } from "./store.js";
import { abortable, ignore } from "./timeout.js";
import { createTokenManager } from "./tokenManager.js";
import type { Device, EventsPage, RequestOptions, Session, SessionInfo, SessionOptions, User } from "./types.js";

/** What a state may have, whatever its status. */
type Known = { user?: User; session?: SessionInfo };

/** Creates the session of this page, and checks at once whether the user is logged in. */
export function createSession(options: SessionOptions = {}): Session {
  const { location, document } = globalThis as { location?: Location; document?: Document };
  // The function is only in a browser's workers. Worker runtimes on servers have a `WorkerGlobalScope` too.
  const isBrowser = (document || "importScripts" in globalThis) as boolean;
  const usesCookie = options.tokenDelivery !== "body";
  const isAutomatic = usesCookie && (options.restore ?? isBrowser);
  const lacksJar = usesCookie && !(isBrowser || options.restore || options.fetch);
  const send: typeof fetch = options.fetch ?? ((...request) => fetch(...request));
  const base = resolveBaseUrl(options.baseUrl ?? "/", location);

  const store = createStore({ status: usesCookie ? "restoring" : "anonymous" });
  // Loaded on demand: a page that works never needs it.
  const diagnose = (subject?: unknown) =>
    import("./diagnosis.js").then((chunk) => chunk.diagnose(subject, base, send, store), ignore);
  const request = createApi(base, send, diagnose);
  const tokens = createTokenManager(request, base, store, usesCookie, isAutomatic, diagnose);

  const origins = [base, location?.origin, ...(options.origins ?? [])].map((url) => parseUrl(url)?.origin);
  const pageUrl = () => document?.baseURI ?? location?.href ?? `${base}/`;
  const fetchAuthorized = createAuthorizedFetch(send, pageUrl, origins, tokens, options.onStepUp);
  const requestAuthorized = createApi(base, fetchAuthorized, diagnose);

  const currentUser = () => (store.get() as Known).user ?? null;

  async function login(path: string, credentials: object, call?: RequestOptions) {
    if (lacksJar) await diagnose();
    await tokens.login(path, credentials, call);
    const user = currentUser();
    if (!user) throw new Error("The session has ended.");
    return user;
  }

  const refresh = (call?: RequestOptions) => abortable(tokens.refresh(), call);

  return {
    getState: store.get,
    subscribe: store.subscribe,
    user: (call) => abortable(tokens.ready(), call).then(currentUser),
    register: (body, call) => request("/register", { method: "POST", body }, call),
    login: (credentials, call) => login("/login", credentials, call),
    redeem: (ticket, call) => login("/login/ticket", { ticket, device_token: undefined }, call),
    async reauthenticate(password, call) {
      await requestAuthorized("/reauthenticate", { method: "POST", body: { password } }, call);
      await refresh(call);
    },
    logout: (call) => abortable(tokens.logout(), call),
    async logoutAll(call) {
      const { revoked } = await requestAuthorized<{ revoked: number }>("/logout-all", { method: "POST" }, call);
      tokens.end("logged_out");
      return revoked;
    },
    fetch: fetchAuthorized,
    accessToken: async (call) => (await abortable(tokens.current(), call))?.token ?? null,
    refresh,
    sessions: async (call) => (await requestAuthorized<{ sessions: Device[] }>("/sessions", {}, call)).sessions,
    async endSession(id, call) {
      if ((store.get() as Known).session?.id === id) return abortable(tokens.logout(), call);
      await requestAuthorized(`/sessions/${encodeURIComponent(id)}`, { method: "DELETE" }, call);
    },
    events({ signal, ...page } = {}) {
      // Without the members that are undefined.
      const query = JSON.parse(JSON.stringify(page)) as Record<string, string>;
      return requestAuthorized<EventsPage>(`/users/me/events?${new URLSearchParams(query)}`, {}, { signal });
    },
    changePassword: tokens.changePassword,
    async deleteAccount(body, call) {
      await requestAuthorized("/users/me", { method: "DELETE", body }, call);
      // The server has revoked the session. The logout clears its cookie.
      await tokens.logout();
    },
    request,
    close: tokens.close,
  };
}

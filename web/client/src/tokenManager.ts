import type { ApiRequest } from "./api.js";
import { createLogoutQueue } from "./logout.js";
import { heirloomProblem, needsRefresh, type ProblemError } from "./problem.js";
import { retry, retryDelay } from "./retry.js";
import { createSingleFlight } from "./singleFlight.js";
import type { Store } from "./store.js";
import { connectTabs, type SharedToken } from "./tabs.js";
import { ignore, sleep, withCallerTimeout } from "./timeout.js";
import { type AccessToken, type IssuedTokens, requestTokens, type Tokens, toTokens } from "./tokens.js";
import type { OverReason, Problem, RequestOptions, User } from "./types.js";

/** How long to wait for another tab's message about why the cookie is missing. */
const REASON_TIMEOUT = 250;

export interface TokenManager {
  /** The current token, refreshed if it is about to expire; undefined without a session. */
  current: () => Promise<AccessToken | undefined>;
  /** The token to use after `rejected`, refreshed if there is no newer one; undefined without a session. */
  next: (rejected: AccessToken) => Promise<AccessToken | undefined>;
  refresh: () => Promise<void>;
  /** Resolves once it is known whether there is a session. */
  ready: () => Promise<void>;
  login: (path: string, credentials: object, call?: RequestOptions) => Promise<void>;
  /** The response is a new session of the same user, in place of this one. */
  changePassword: (passwords: object, call?: RequestOptions) => Promise<void>;
  logout: () => Promise<void>;
  /** Drops the session in every tab; the server has revoked it already. */
  end: (over: OverReason) => void;
  close: () => void;
}

/** Keeps the tokens in memory, refreshes them, and detects that the session has ended. */
export function createTokenManager(
  request: ApiRequest,
  base: string,
  store: Store,
  usesCookie: boolean,
  isAutomatic: boolean,
  diagnose: (subject: unknown) => unknown,
): TokenManager {
  let tokens: Tokens | undefined;
  let restoring: Promise<void> | undefined;
  let login: Promise<unknown> | undefined;
  /** Makes a program known to Heirloom at its next login. */
  let device_token: string | null | undefined;
  /** Heirloom has sent `Retry-After`: no refresh before this time. */
  let backoff: { error: unknown; until: number } | undefined;
  /** Why the session of the cookie has ended, from a tab that does not know the session's id. */
  let remoteReason: OverReason | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let isClosed = false;
  const ended = new Map<string, OverReason>();
  /** Ends early when another tab shares its token. */
  const refresh = createSingleFlight(refreshOnce);
  const logouts = createLogoutQueue(request, () => login);

  const tabs = connectTabs(isAutomatic && base, (message) => {
    if (message.kind === "asked") {
      if (message.got) adoptShared(message.got);
    } else if (message.kind === "begun") {
      if (tokens?.id === message.id) return;
      cookieReplaced();
      refresh.cancel();
      tokens = undefined;
      store.set({ status: "restoring" });
      restore().catch(ignore);
    } else if (message.kind === "over") {
      if (message.id) {
        ended.set(message.id, message.reason);
        if (tokens?.id === message.id) clear(message.reason);
      } else {
        remoteReason = message.reason;
        if (tokens) refresh.run().catch(ignore);
      }
    }
  });

  // The other two states are `anonymous` and `authenticated`.
  const isUnknown = () => /restoring|unreachable/.test(store.get().status);

  /** A login, in this tab or another, has replaced the session of the cookie. */
  function cookieReplaced() {
    logouts.pending.delete(undefined);
    logouts.abort();
  }

  function clear(over?: OverReason) {
    refresh.cancel();
    if (tokens && over) ended.set(tokens.id, over);
    tokens = remoteReason = undefined;
    store.set({ status: "anonymous", ...(over && { over }) });
  }

  function end(over: OverReason) {
    const id = tokens?.id;
    clear(over);
    tabs.send({ kind: "over", id, reason: over });
  }

  /** A token from another tab is as good as an own one, if it belongs to the same session. */
  function adoptShared(shared: SharedToken) {
    const isOurs = tokens ? tokens.id === shared.info.id : isUnknown();
    if (!isOurs || ended.has(shared.info.id) || (tokens && Date.now() + shared.life < tokens.expiresAt)) return;
    adopt({ shared });
    refresh.settle();
    if (isUnknown()) restore().catch(ignore);
  }

  function adopt(issued: IssuedTokens, isSameUser?: boolean) {
    device_token = issued.device_token ?? device_token;
    const { info } = issued.shared;
    const over = ended.get(info.id);
    if (over) {
      clear(over);
      return;
    }
    tokens = toTokens(issued);
    backoff = remoteReason = undefined;
    const state = store.get();
    if (state.status !== "authenticated") return;
    store.set(isSameUser || state.session.id === info.id ? { ...state, session: info } : { status: "restoring" });
  }

  /** Adopts the session of the response. It replaces the one of the cookie, so no refresh is sent before. */
  async function begin(response: Promise<IssuedTokens>, isSameUser?: boolean) {
    refresh.cancel();
    logouts.abort();
    login = response.catch(ignore).finally(() => (login = undefined));
    adopt(await response, isSameUser);
    cookieReplaced();
    if (tokens) tabs.send({ kind: "begun", id: tokens.id });
  }

  async function refreshOnce(signal: AbortSignal) {
    const before = tokens;
    await login;
    if (signal.aborted || tokens !== before) return;
    if (backoff && Date.now() < backoff.until) throw backoff.error;
    let issued: IssuedTokens | undefined;
    try {
      issued = await retry((call) => {
        // No lock is needed, since the server returns the same successor to concurrent tabs. But it knows only the newest
        // token and the one before: if other tabs refresh twice, a slow request of this tab looks like a replay.
        return tabs.run(
          () => tokens !== before,
          () => requestTokens(request, "/refresh", { body: before?.body }, call),
          call.signal,
        );
      }, signal);
    } catch (error) {
      if (signal.aborted) return;
      const rejection = heirloomProblem(error, 401);
      if (rejection) return handleRejection(rejection, signal);
      // Older servers report a disabled account without ending the session. The user is logged out for now, but the account may
      // be enabled again: the tokens are kept, and so is the cookie.
      if (heirloomProblem(error, 403)?.code === "account_disabled") store.set({ status: "anonymous" });
      const { retryAfter = 0 } = error as Partial<ProblemError>;
      backoff = { error, until: Date.now() + retryAfter * 1000 };
      throw error;
    }
    if (signal.aborted || !issued) return;
    const { status } = store.get();
    adopt(issued);
    // This request confirms the generation to the server, so it can recover a lost response later. The page may use the
    // token for other services only.
    if (status === "anonymous") await loadUser();
    else (isUnknown() ? restore() : loadUser()).catch(ignore);
  }

  /** The only place that decides from a response that the session has ended. */
  async function handleRejection({ code, reason }: Problem, signal: AbortSignal) {
    if (code === "refresh_token_expired") end("expired");
    else if (code === "refresh_token_reused" || reason === "reuse") end("reused");
    else if (code === "session_revoked") end("revoked");
    else if (!tokens) {
      if (isUnknown()) clear();
    } else if (code === "refresh_token_missing") {
      diagnose(code);
      // The cookie has expired, or another tab has just received the reason why it was cleared.
      if (!remoteReason) await sleep(REASON_TIMEOUT, signal);
      if (!signal.aborted) end(remoteReason ?? "expired");
    } else end("revoked");
  }

  async function loadUser() {
    if (!tokens) return;
    const { id, token } = tokens;
    const user = await retry((call) => request<User>("/users/me", { token }, call), undefined, 3);
    if (tokens?.id === id) store.set({ status: "authenticated", user, session: tokens.info });
  }

  /** Loads the session until the state is known. After a failure it retries later in the background. */
  function restore(): Promise<void> {
    clearTimeout(timer);
    return (restoring ??= restoreOnce().finally(() => (restoring = undefined)));
  }

  async function restoreOnce() {
    try {
      while (isUnknown() && !isClosed) await withCallerTimeout(loadSession());
      failures = 0;
    } catch (error) {
      if (isUnknown()) setUnreachable(error);
    }
  }

  async function loadSession() {
    if (!tokens) await refresh.run();
    try {
      await loadUser();
    } catch (error) {
      if (!needsRefresh(heirloomProblem(error, 401))) throw error;
      await refresh.run();
      await loadUser();
    }
  }

  function setUnreachable(error: unknown): never {
    // After a logout in the meantime the state stays anonymous.
    if (tokens || isUnknown()) {
      if (store.get().status !== "unreachable") store.set({ status: "unreachable" });
      diagnose(error);
    }
    retryLater(error);
  }

  function retryLater(error: unknown): never {
    clearTimeout(timer);
    if (isAutomatic && !isClosed) timer = setTimeout(retryNow, retryDelay(5 + failures++, error));
    throw error;
  }

  function sendLogouts(): Promise<unknown> {
    return logouts.send().then(() => (failures = 0), retryLater);
  }

  function retryNow() {
    backoff = undefined;
    if (logouts.pending.size) sendLogouts().catch(ignore);
    if (isUnknown()) restore().catch(ignore);
  }

  if (isAutomatic) {
    globalThis.addEventListener?.("online", retryNow);
    retryNow();
  }

  async function ready() {
    if (isUnknown() && (isAutomatic || tokens)) await restore();
  }

  return {
    ready,

    async current() {
      if (!tokens) await ready();
      if (tokens && Date.now() >= tokens.refreshAt) {
        await withCallerTimeout(refresh.run()).catch((error: unknown) => {
          if (tokens && Date.now() >= tokens.expiresAt) throw error;
        });
      }
      return tokens;
    },

    async next(rejected) {
      if (tokens?.token === rejected.token) await withCallerTimeout(refresh.run());
      return tokens;
    },

    refresh: () => (tokens || !isUnknown() ? withCallerTimeout(refresh.run()) : restore()),

    async login(path, credentials, call) {
      const body = usesCookie ? credentials : { token_delivery: "body", device_token, ...credentials };
      await begin(requestTokens(request, path, { body }, call));
      await withCallerTimeout(loadSession()).catch(setUnreachable);
    },

    async changePassword(body, call) {
      // Not sent with a token that is about to expire, since the request is not repeated.
      await withCallerTimeout(refresh.run());
      await begin(requestTokens(request, "/users/me/password", { body, token: tokens?.token }, call), true);
      loadUser().catch(ignore);
    },

    async logout() {
      await login;
      const left = tokens;
      if (left) end("logged_out");
      else if (isUnknown()) clear("logged_out");
      if (left || usesCookie) logouts.pending.add(left?.body);
      await withCallerTimeout(sendLogouts());
      if (!left) tabs.send({ kind: "over", reason: "logged_out" });
    },

    end,

    close() {
      isClosed = true;
      refresh.cancel();
      clearTimeout(timer);
      globalThis.removeEventListener?.("online", retryNow);
      tabs.close();
    },
  };
}

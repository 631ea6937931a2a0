import type { Held } from "./carry.js";
import type { Ask } from "./heirloom.js";
import { pauseAfter, sleep, soon, untilAnswered } from "./patience.js";
import { asksForRefresh, isHeirlooms, ProblemError } from "./problem.js";
import type { Store } from "./store.js";
import { type Got, otherTabs } from "./tabs.js";
import type { OverReason, Problem, SessionInfo, TokenAnswer, TokenDelivery, User } from "./types.js";

/** Refreshed so long before its end, or in the last tenth of a short life. */
const MARGIN = 10_000;
/** How long another tab has to tell why the cookie is gone. */
const WAIT_FOR_REASON = 250;

interface Tokens extends Held {
  readonly info: SessionInfo;
  readonly staleAt: number;
  readonly deadAt: number;
  readonly refreshToken: string | null | undefined;
}

export interface Keeper {
  fresh: () => Promise<Held | null>;
  after: (old: Held) => Promise<Held | null>;
  refresh: () => Promise<void>;
  /** Waits until it is known whether there is a session. */
  known: () => Promise<void>;
  enter: (credentials: { email: string; password: string }) => Promise<void>;
  leave: () => Promise<void>;
  /** The session is over: forgets it and tells everybody. */
  end: (over: OverReason) => void;
  close: () => void;
}

/** Holds the tokens in memory: gets them, renews them, and knows when they are worth nothing any more. */
export function keeperOf(ask: Ask, base: string, store: Store, delivery: TokenDelivery, isAwake: boolean): Keeper {
  let tokens: Tokens | null = null;
  let renewal: { done: Promise<void>; stop: AbortController; serve: () => void } | undefined;
  let restoration: Promise<void> | undefined;
  let login: Promise<unknown> | undefined;
  let logout: AbortController | undefined;
  /** Heirloom asked to be left alone until then. */
  let refusal: { error: unknown; until: number } | undefined;
  /** Why the session of the cookie is over, as another tab says that does not know its id. */
  let rumour: OverReason | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let isLogoutOwed = false;
  let isClosed = false;
  const ended = new Map<string, OverReason>();

  const tabs = otherTabs(isAwake ? base : undefined, (tidings) => {
    if (tidings.kind === "asked") {
      if (tidings.got) share(tidings.got);
    } else if (tidings.kind === "begun") {
      if (tokens?.id === tidings.id) return;
      isLogoutOwed = false;
      abandon();
      tokens = null;
      store.set({ status: "restoring" });
      restore().catch(ignore);
    } else if (tidings.kind === "over") {
      if (tidings.id) {
        ended.set(tidings.id, tidings.reason);
        if (tokens?.id === tidings.id) forget(tidings.reason);
      } else {
        rumour = tidings.reason;
        if (tokens) renew().catch(ignore);
      }
    }
  });

  const isUnknown = () => ["restoring", "unreachable"].includes(store.get().status);

  /** No answer of a refresh that is under way will be looked at. */
  function abandon() {
    renewal?.stop.abort();
    renewal = undefined;
  }

  function forget(over?: OverReason) {
    abandon();
    if (tokens && over) ended.set(tokens.id, over);
    tokens = null;
    rumour = undefined;
    store.set(over ? { status: "anonymous", over } : { status: "anonymous" });
  }

  function end(over: OverReason) {
    const id = tokens?.id;
    forget(over);
    tabs.tell({ kind: "over", id, reason: over });
  }

  /** Another tab's token is as good as one of our own, if it is of the same session. */
  function share(got: Got) {
    const isOurs = tokens ? tokens.id === got.info.id : isUnknown();
    if (!isOurs || ended.has(got.info.id) || (tokens && Date.now() + got.life < tokens.deadAt)) return;
    adopt(got);
    renewal?.serve();
    if (isUnknown()) restore().catch(ignore);
  }

  function adopt({ token, life, info }: Got, refreshToken?: string | null) {
    const over = ended.get(info.id);
    if (over) {
      forget(over);
      return;
    }
    const deadAt = Date.now() + life;
    tokens = { token, id: info.id, info, staleAt: deadAt - Math.min(MARGIN, life / 10), deadAt, refreshToken };
    refusal = undefined;
    rumour = undefined;
    const state = store.get();
    if (state.status !== "authenticated") return;
    store.set(state.session.id === info.id ? { ...state, session: info } : { status: "restoring" });
  }

  /** One refresh at a time; whoever asks meanwhile gets the same, or what another tab got in the meantime. */
  function renew(): Promise<void> {
    if (renewal) return renewal.done;
    const stop = new AbortController();
    let serve = ignore;
    const served = new Promise<void>((resolve) => (serve = resolve));
    const work = renewOnce(stop.signal).finally(() => {
      if (renewal === mine) renewal = undefined;
    });
    const mine = { stop, serve, done: Promise.race([work, served]) };
    renewal = mine;
    return mine.done;
  }

  async function renewOnce(signal: AbortSignal) {
    const before = tokens;
    await login;
    if (signal.aborted || tokens !== before) return;
    if (refusal && Date.now() < refusal.until) throw refusal.error;
    const body = before?.refreshToken ? { refresh_token: before.refreshToken } : undefined;
    let askedAt = 0;
    let answer: TokenAnswer | undefined;
    try {
      answer = await untilAnswered((signal) => {
        // No lock, since the server answers racing tabs alike. But it knows the newest token and the one before it only:
        // tabs that are quicker twice would make a request that is still on its way look like a thief's.
        return tabs.inTurn(
          () => tokens !== before,
          async () => {
            askedAt = Date.now();
            return tokensIn(await ask<TokenAnswer>("/refresh", { method: "POST", body, signal }));
          },
          (answer) => gotOf(answer, askedAt),
          signal,
        );
      }, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ProblemError) {
        if (error.status === 401 && isHeirlooms(error.problem)) return refused(error.problem, signal);
        if (error.retryAfter) refusal = { error, until: Date.now() + error.retryAfter * 1000 };
      }
      throw error;
    }
    if (signal.aborted || !answer) return;
    const { status } = store.get();
    adopt(gotOf(answer, askedAt), answer.refresh_token);
    // Proves to the server that this generation has arrived: only then can the answer after it be given again if it gets
    // lost. Other services may be the only ones that see the token otherwise.
    if (status !== "anonymous") (isUnknown() ? restore() : loadUser()).catch(ignore);
  }

  /** The one place where a session is found to be over. */
  async function refused({ code, reason }: Problem, signal: AbortSignal) {
    if (code === "refresh_token_expired") end("expired");
    else if (code === "refresh_token_reused" || reason === "reuse") end("reused");
    else if (code === "session_revoked") end("revoked");
    else if (!tokens) {
      if (isUnknown()) forget();
    } else if (code === "refresh_token_missing") {
      // The cookie ran out, or another tab has just been told why it was taken away.
      if (!rumour) await sleep(WAIT_FOR_REASON, signal);
      if (!signal.aborted) end(rumour ?? "expired");
    } else end("revoked");
  }

  async function loadUser() {
    const mine = tokens;
    if (!mine) return;
    const signal = new AbortController().signal;
    const user = await untilAnswered((signal) => ask<User>("/users/me", { token: mine.token, signal }), signal, 3);
    if (tokens?.id === mine.id) store.set({ status: "authenticated", user, session: tokens.info });
  }

  /** Asks until it is known whether there is a session. After a failure it goes on by itself a while later. */
  function restore(): Promise<void> {
    clearTimeout(timer);
    return (restoration ??= restoreOnce().finally(() => (restoration = undefined)));
  }

  async function restoreOnce() {
    try {
      while (isUnknown() && !isClosed) await soon(lookAgain());
      failures = 0;
    } catch (error) {
      // 403: the account is disabled, or this origin not allowed. Nobody is logged in here, but the cookie may be good.
      if (!(error instanceof ProblemError && error.status === 403 && isHeirlooms(error.problem))) {
        if (isUnknown()) becomeUnreachable(error);
        throw error;
      }
      forget();
    }
  }

  async function lookAgain() {
    if (!tokens) await renew();
    try {
      await loadUser();
    } catch (error) {
      if (!(error instanceof ProblemError && error.status === 401 && asksForRefresh(error.problem))) throw error;
      await renew();
      await loadUser();
    }
  }

  function becomeUnreachable(error: unknown) {
    if (isClosed) return;
    store.set({ status: "unreachable" });
    if (isAwake) timer = setTimeout(wake, pauseAfter(5 + failures++, error));
  }

  async function leaveServer(refreshToken: string | null) {
    if (delivery === "body" && !refreshToken) return;
    const body = refreshToken ? { refresh_token: refreshToken } : undefined;
    const { signal } = (logout = new AbortController());
    isLogoutOwed = true;
    try {
      await untilAnswered((signal) => ask("/logout", { method: "POST", body, signal }), signal);
      isLogoutOwed = false;
    } catch (error) {
      // A login in the middle of it has put another session in this one's place.
      if (!signal.aborted) throw error;
    }
  }

  function wake() {
    refusal = undefined;
    if (isLogoutOwed) leaveServer(null).catch(ignore);
    else if (isUnknown()) restore().catch(ignore);
  }

  if (isAwake) {
    globalThis.addEventListener?.("online", wake);
    restore().catch(ignore);
  }

  async function known() {
    if (isUnknown() && (isAwake || tokens)) await restore();
  }

  return {
    known,

    async fresh() {
      await known();
      if (tokens && Date.now() >= tokens.staleAt) {
        try {
          await soon(renew());
        } catch (error) {
          if (tokens && Date.now() >= tokens.deadAt) throw error;
        }
      }
      return tokens;
    },

    async after(old) {
      if (tokens?.token === old.token) await soon(renew());
      return tokens;
    },

    refresh: () => (tokens ? soon(renew()) : isUnknown() ? restore() : soon(lookAgain())),

    async enter(credentials) {
      abandon();
      logout?.abort();
      const askedAt = Date.now();
      const body = delivery === "body" ? { ...credentials, token_delivery: delivery } : credentials;
      const entry = ask<TokenAnswer>("/login", { method: "POST", body });
      login = entry.catch(ignore).finally(() => (login = undefined));
      const answer = tokensIn(await entry);
      adopt(gotOf(answer, askedAt), answer.refresh_token);
      isLogoutOwed = false;
      if (tokens) tabs.tell({ kind: "begun", id: tokens.id });
      try {
        await soon(lookAgain());
      } catch (error) {
        becomeUnreachable(error);
        throw error;
      }
    },

    async leave() {
      await login;
      const left = tokens;
      if (left || isUnknown()) forget("logged_out");
      if (left) tabs.tell({ kind: "over", id: left.id, reason: "logged_out" });
      await leaveServer(left?.refreshToken ?? null);
      if (!left) tabs.tell({ kind: "over", reason: "logged_out" });
    },

    end,

    close() {
      isClosed = true;
      abandon();
      clearTimeout(timer);
      globalThis.removeEventListener?.("online", wake);
      tabs.close();
    },
  };
}

function ignore() {}

/** An answer that is none (a captive portal's page, say) counts as lost. */
function tokensIn(answer: TokenAnswer): TokenAnswer {
  if (!answer?.access_token) throw new TypeError("The answer holds no access token.");
  return answer;
}

function gotOf({ access_token, expires_in, session }: TokenAnswer, askedAt: number): Got {
  return { token: access_token, life: expires_in * 1000 - (Date.now() - askedAt), info: session };
}

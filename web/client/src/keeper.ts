import { departureOf, type Proof } from "./departure.js";
import type { Ask } from "./heirloom.js";
import { pauseAfter, sleep, soon, untilAnswered } from "./patience.js";
import { asksForRefresh, ownProblem, ProblemError } from "./problem.js";
import type { Store } from "./store.js";
import { type Got, otherTabs } from "./tabs.js";
import type { OverReason, Problem, SessionInfo, TokenAnswer, TokenDelivery, User } from "./types.js";

/** Refreshed so long before its end, or in the last tenth of a short life. */
const MARGIN = 10_000;
/** How long another tab has to tell why the cookie is gone. */
const WAIT_FOR_REASON = 250;

/** An access token, and the session that it belongs to. */
export interface Held {
  readonly token: string;
  readonly id: string;
}

interface Tokens extends Held {
  readonly info: SessionInfo;
  readonly staleAt: number;
  readonly deadAt: number;
  readonly proof: Proof;
}

export interface Keeper {
  /** The token to use now, refreshed if it is about to expire; null without a session. */
  fresh: () => Promise<Held | null>;
  /** What there is after `old` was refused: a newer one, if need be by a refresh; null without a session. */
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
  /** Heirloom asked to be left alone until then. */
  let refusal: { error: unknown; until: number } | undefined;
  /** Why the session of the cookie is over, as another tab says that does not know its id. */
  let rumour: OverReason | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let isClosed = false;
  const ended = new Map<string, OverReason>();
  const departure = departureOf(ask, () => login);

  const tabs = otherTabs(isAwake ? base : undefined, (tidings) => {
    if (tidings.kind === "asked") {
      if (tidings.got) share(tidings.got);
    } else if (tidings.kind === "begun") {
      if (tokens?.id === tidings.id) return;
      replaced();
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

  /** A login has put another session in the place of the cookie's, wherever that was. */
  function replaced() {
    departure.owed.delete(undefined);
    departure.giveWay();
  }

  function forget(over?: OverReason) {
    abandon();
    if (tokens && over) ended.set(tokens.id, over);
    tokens = null;
    rumour = undefined;
    store.set({ status: "anonymous", ...(over && { over }) });
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

  function adopt({ token, life, info }: Got, refresh_token?: string | null) {
    const over = ended.get(info.id);
    if (over) {
      forget(over);
      return;
    }
    const deadAt = Date.now() + life;
    const proof = refresh_token ? { refresh_token } : undefined;
    tokens = { token, id: info.id, info, staleAt: deadAt - Math.min(MARGIN, life / 10), deadAt, proof };
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
            return tokensIn(await ask<TokenAnswer>("/refresh", { method: "POST", body: before?.proof, signal }));
          },
          (answer) => gotOf(answer, askedAt),
          signal,
        );
      }, signal);
    } catch (error) {
      if (signal.aborted) return;
      const problem = ownProblem(error, 401);
      if (problem) return refused(problem, signal);
      const denial = ownProblem(error, 403);
      // The account is disabled, or this origin not allowed. Nobody is logged in here for now, but the tokens may be good
      // again: they are kept, as is the cookie.
      if (denial && (isUnknown() || denial.code === "account_disabled")) store.set({ status: "anonymous" });
      if (error instanceof ProblemError && error.retryAfter) {
        refusal = { error, until: Date.now() + error.retryAfter * 1000 };
      }
      throw error;
    }
    if (signal.aborted || !answer) return;
    const { status } = store.get();
    adopt(gotOf(answer, askedAt), answer.refresh_token);
    // Proves to the server that this generation has arrived: only then can the answer after it be given again if it gets
    // lost. Other services may be the only ones that see the token otherwise.
    if (status === "anonymous") await loadUser();
    else (isUnknown() ? restore() : loadUser()).catch(ignore);
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
    const user = await untilAnswered((signal) => ask<User>("/users/me", { token: mine.token, signal }), undefined, 3);
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
      if (isUnknown()) becomeUnreachable(error);
    }
  }

  async function lookAgain() {
    if (!tokens) await renew();
    try {
      await loadUser();
    } catch (error) {
      if (!asksForRefresh(ownProblem(error, 401))) throw error;
      await renew();
      await loadUser();
    }
  }

  function becomeUnreachable(error: unknown): never {
    // A logout may have come before it.
    if (tokens || isUnknown()) store.set({ status: "unreachable" });
    tryLater(error);
  }

  function tryLater(error: unknown): never {
    clearTimeout(timer);
    if (isAwake && !isClosed) timer = setTimeout(wake, pauseAfter(5 + failures++, error));
    throw error;
  }

  function tellServer(): Promise<unknown> {
    return departure.tell().then(() => (failures = 0), tryLater);
  }

  function wake() {
    refusal = undefined;
    if (departure.owed.size) tellServer().catch(ignore);
    if (isUnknown()) restore().catch(ignore);
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
      if (!tokens) await known();
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

    refresh: () => (tokens || !isUnknown() ? soon(renew()) : restore()),

    async enter(credentials) {
      abandon();
      departure.giveWay();
      const askedAt = Date.now();
      const body = delivery === "body" ? { ...credentials, token_delivery: delivery } : credentials;
      const entry = ask<TokenAnswer>("/login", { method: "POST", body });
      login = entry.catch(ignore).finally(() => (login = undefined));
      const answer = tokensIn(await entry);
      adopt(gotOf(answer, askedAt), answer.refresh_token);
      replaced();
      if (tokens) tabs.tell({ kind: "begun", id: tokens.id });
      await soon(lookAgain()).catch(becomeUnreachable);
    },

    async leave() {
      await login;
      const left = tokens;
      if (left) end("logged_out");
      else if (isUnknown()) forget("logged_out");
      if (left || delivery === "cookie") departure.owed.add(left?.proof);
      await soon(tellServer());
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

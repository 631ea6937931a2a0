import { ProblemError } from "@heirloom/client";
import type { Grant } from "./serverGrant.js";
import { type BrowserRequest, isHeirloomCookie } from "./serverRequest.js";
import type { Problem, TokenAnswer } from "./types.js";

/** For how long after a refresh a request with the same cookie shares it, by when it arrives, in milliseconds. */
const SHARED_FOR = 5_000;
/** How much longer a request may do other things before it looks at its session. */
const WAITING_FOR = 10_000;

/** Tokens from Heirloom, and the `Set-Cookie` lines that came with them. */
export interface Issued {
  readonly grant: Grant;
  readonly cookies: readonly string[];
}

/** A response of Heirloom that is not a success. Its cookies are for the browser only if the session is dead. */
export class Rejection extends ProblemError {
  constructor(
    problem: Problem,
    retryAfter: number | undefined,
    readonly cookies: readonly string[],
  ) {
    super(problem, retryAfter);
  }
}

/** Sends requests to Heirloom for browsers. It holds no user, and a refresh only for those who present the same cookie. */
export class HeirloomServer {
  private readonly refreshes = new Map<string, { result: Promise<Issued>; doneAt: number }>();

  constructor(
    readonly base: string,
    readonly fetch: typeof globalThis.fetch,
    private readonly timeout: number,
  ) {}

  /** Sends a request with the address and the user agent of the browser. Throws a `Rejection`, or what `fetch` throws. */
  async send(
    path: string,
    browser: BrowserRequest,
    init: { method?: string; headers?: Record<string, string>; body?: unknown } = {},
  ): Promise<Response> {
    const { method = "GET", headers, body } = init;
    const response = await this.fetch(this.base + path, {
      method,
      headers: { ...browser.client, ...headers, ...(body !== undefined && { "content-type": "application/json" }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      redirect: "manual",
      cache: "no-store",
      signal: AbortSignal.timeout(this.timeout),
    });
    if (!response.ok) throw await toRejection(response);
    return response;
  }

  /** Sends the browser's cookies, and returns the tokens of the response. */
  async issue(path: string, browser: BrowserRequest, body?: unknown): Promise<Issued> {
    const headers = { cookie: browser.cookies };
    const response = await this.send(path, browser, { method: "POST", headers, body });
    const { access_token: token, session: info } = (await response.json()) as TokenAnswer;
    if (!token) throw new TypeError(`${this.base} is not Heirloom: its response has no token.`);
    return { grant: { token, info, isNew: true }, cookies: cookiesOf(response) };
  }

  /** Returns the cookies of the response. */
  async logout(browser: BrowserRequest): Promise<string[]> {
    const headers = { cookie: browser.cookies };
    return cookiesOf(await this.send("/logout", browser, { method: "POST", headers }));
  }

  /**
   * Refreshes the session of the browser's cookie. Requests with the same cookie from the same place share one refresh: a
   * browser that loads several pages keeps some of its requests waiting, and one that waits while the others refresh twice would look
   * like a replay. A late one gets no cookies, because the browser may have newer ones. Heirloom judges all other requests.
   */
  async refresh(browser: BrowserRequest): Promise<Issued> {
    const key = JSON.stringify([browser.cookies, browser.client]);
    const shared = this.refreshes.get(key);
    if (shared && browser.receivedAt <= shared.doneAt + SHARED_FOR) {
      const isLate = shared.doneAt !== Infinity;
      const issued = await shared.result;
      return isLate ? { ...issued, cookies: [] } : issued;
    }
    const refresh = { result: this.issue("/refresh", browser), doneAt: Infinity };
    this.clean();
    this.refreshes.set(key, refresh);
    try {
      return await refresh.result;
    } catch (error) {
      this.refreshes.delete(key);
      throw error;
    } finally {
      refresh.doneAt = performance.now();
    }
  }

  private clean() {
    const oldest = performance.now() - SHARED_FOR - WAITING_FOR;
    for (const [key, { doneAt }] of this.refreshes) if (doneAt < oldest) this.refreshes.delete(key);
  }
}

/** One entry for each cookie. `Headers.get` would join them, and a comma may be part of a cookie. */
function cookiesOf(response: Response): string[] {
  return response.headers.getSetCookie().filter(isHeirloomCookie);
}

async function toRejection(response: Response): Promise<Rejection> {
  const { status, statusText: title, headers } = response;
  const detail = `The server responded with ${status}.`;
  const body = (await response.json().catch(() => undefined)) as Partial<Problem> | undefined;
  const problem = { type: "about:blank", title, detail, code: "unknown", instance: "", ...body, status };
  return new Rejection(problem, Number(headers.get("retry-after")) || undefined, cookiesOf(response));
}

/** The problem in `error`, if Heirloom itself has responded with 401, and not a proxy in front of it. */
export function unauthorized(error: unknown): Rejection | undefined {
  if (!(error instanceof Rejection) || error.status !== 401) return undefined;
  return error.problem.type === `urn:heirloom:problem:${error.problem.code}` ? error : undefined;
}

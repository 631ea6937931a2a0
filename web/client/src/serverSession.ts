import { ProblemError } from "@heirloom/client";
import { type Grant, grantOf, isOver, overOf } from "./serverGrant.js";
import { type HeirloomServer, type Issued, unauthorized } from "./serverHeirloom.js";
import { type BrowserRequest, CONFIRM_HEADER, OVER_HEADER } from "./serverRequest.js";
import type { OverReason, SessionState, User } from "./types.js";

/** The session of the browser that has sent one request. It belongs to this request and must not outlive it. */
export interface ServerSession {
  /** What to render, and the initial state of the page in the browser. The first call may refresh. */
  state: () => Promise<SessionState>;
  /** The user, or null. Rejects if Heirloom does not respond: that says nothing about the user. */
  user: () => Promise<User | null>;
  /** The access token, for your other services, or null. Rejects if Heirloom does not respond. */
  accessToken: () => Promise<string | null>;
  /**
   * `fetch` with the access token, for Heirloom and for `origins`. A relative URL is relative to `baseUrl`. If the token is
   * rejected because it has expired, it is refreshed, and the request is repeated once.
   */
  fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>;
  /** Logs the browser in, for forms without scripts. Rejects with a `ProblemError` such as `invalid_credentials`. */
  login: (credentials: { email: string; password: string }) => Promise<User>;
  /** Logs the browser out. Rejects if Heirloom does not confirm it; the browser then keeps its cookie. */
  logout: () => Promise<void>;
}

/** What the credentials of a request show: an access token, or the state without one. */
type Found = Grant | { readonly status: "restoring" } | { readonly status: "anonymous"; readonly over?: OverReason };

const UNKNOWN = { status: "restoring" } as const;

/** The browser would not get new cookies any more, and its next refresh would look like a replay. */
class ResponseSentError extends Error {
  override readonly message =
    "The response has been sent, so it cannot set cookies any more. Call state(), user() or accessToken() before you respond.";
}

/** The session of one request, and the cookies that its response has to set. */
export class RequestSession {
  /** Whether the response depends on who the user is. */
  isUsed = false;
  cookies: readonly string[] = [];
  private found: Promise<Found> | undefined;
  private refreshed: Promise<Found> | undefined;
  private loaded: Promise<SessionState> | undefined;

  constructor(
    private readonly heirloom: HeirloomServer,
    private readonly browser: BrowserRequest,
    private readonly origins: readonly string[],
    /** Whether the response can set no cookies. */
    private readonly isReadOnly: boolean,
    /** Whether it could, but has been sent. */
    private readonly isSent: () => boolean,
  ) {}

  get functions(): ServerSession {
    return {
      state: () => this.state().catch(unreachable),
      user: () => this.state().then((state) => (state.status === "authenticated" ? state.user : null)),
      accessToken: async () => (await this.grant())?.token ?? null,
      fetch: (input, init) => this.fetch(input, init),
      login: (credentials) => this.login(credentials),
      logout: () => this.logout(),
    };
  }

  /** Waits for what is under way, and may still change the cookies. */
  async settle(): Promise<void> {
    await Promise.allSettled([this.found, this.refreshed, this.loaded]);
  }

  find(): Promise<Found> {
    this.isUsed = true;
    return (this.found ??= this.look());
  }

  private async grant(): Promise<Grant | undefined> {
    const found = await this.find();
    return "token" in found ? found : undefined;
  }

  private async look(): Promise<Found> {
    const { bearer, accessCookie, isForged } = this.browser;
    // Another site can make the browser send its cookies, but no other header.
    if (isForged && !bearer) return UNKNOWN;
    const token = bearer ?? accessCookie;
    const grant = token && grantOf(token, this.browser.header(CONFIRM_HEADER) === "no");
    if (grant) return grant;
    return this.canRefresh ? this.refresh() : this.withoutToken();
  }

  private get canRefresh(): boolean {
    const { bearer, hasRefreshCookie, isPrefetch, isForged } = this.browser;
    return hasRefreshCookie && !bearer && !isPrefetch && !isForged && !this.isReadOnly;
  }

  private withoutToken(): Found {
    const { hasRefreshCookie, isFromAnotherSite } = this.browser;
    // The page in the browser will find out.
    if (hasRefreshCookie || isFromAnotherSite) return UNKNOWN;
    const over = this.browser.header(OVER_HEADER);
    return anonymous(isOver(over) ? over : undefined);
  }

  /** At most once for a request. */
  private refresh(): Promise<Found> {
    return (this.found = this.refreshed ??= this.refreshOnce());
  }

  private async refreshOnce(): Promise<Found> {
    if (this.isSent()) throw new ResponseSentError();
    try {
      return this.adopt(await this.heirloom.refresh(this.browser));
    } catch (error) {
      const rejection = unauthorized(error);
      if (!rejection) throw error;
      this.setCookies(rejection.cookies);
      return anonymous(overOf(rejection.code, rejection.problem.reason));
    }
  }

  private adopt({ grant, cookies }: Issued): Grant {
    this.setCookies(cookies);
    return grant;
  }

  /** A later response of Heirloom replaces the cookies of an earlier one. */
  private setCookies(cookies: readonly string[]) {
    const names = new Set(cookies.map(nameOf));
    this.cookies = [...this.cookies.filter((cookie) => !names.has(nameOf(cookie))), ...cookies];
  }

  private state(): Promise<SessionState> {
    return (this.loaded ??= this.load());
  }

  private async load(): Promise<SessionState> {
    const found = await this.find();
    if (!("token" in found)) return found;
    try {
      return await this.loadUser(found);
    } catch (error) {
      const rejection = unauthorized(error);
      if (!rejection) throw error;
      // The token has expired on the way, Heirloom signs with another key, or the session has ended. A refresh says which.
      if (this.canRefresh && !this.refreshed) {
        const next = await this.refresh();
        return "token" in next ? this.loadUser(next) : next;
      }
      const state = rejection.code === "session_revoked" ? anonymous("revoked") : UNKNOWN;
      this.found = Promise.resolve(state);
      return state;
    }
  }

  private async loadUser(grant: Grant): Promise<SessionState> {
    const response = await this.heirloom.send("/users/me", this.browser, { headers: authorization(grant) });
    return { status: "authenticated", user: (await response.json()) as User, session: grant.info };
  }

  private async fetch(input: string | URL | Request, init?: RequestInit): Promise<Response> {
    const { base, fetch } = this.heirloom;
    const request = new Request(input instanceof Request ? input : new URL(input, `${base}/`), init);
    const { origin } = new URL(request.url);
    const isHeirloom = origin === new URL(base).origin;
    if (!(isHeirloom || this.origins.includes(origin)) || request.headers.has("authorization")) return fetch(request);

    const grant = await this.grant();
    if (!grant) return fetch(request);
    const sendWith = (copy: Request, grant: Grant) => {
      const headers = isHeirloom ? { ...this.browser.client, ...authorization(grant) } : bearer(grant);
      for (const [name, value] of Object.entries(headers)) copy.headers.set(name, value);
      return fetch(copy);
    };
    const copy = request.clone();
    const response = await sendWith(request, grant);
    if (response.status !== 401 || grant.isNew || !this.canRefresh || this.isSent()) return response;
    if (!(await isTokenRejected(response.clone()))) return response;
    const next = await this.refresh();
    // A request of one session is never repeated in another.
    return "token" in next && next.info.id === grant.info.id ? sendWith(copy, next) : response;
  }

  private async login({ email, password }: { email: string; password: string }): Promise<User> {
    this.assertMayChange();
    const grant = this.adopt(await this.heirloom.issue("/login", this.browser, { email, password }));
    this.found = Promise.resolve(grant);
    this.loaded = this.loadUser(grant);
    const state = await this.loaded;
    return (state as { user: User }).user;
  }

  private async logout(): Promise<void> {
    this.assertMayChange();
    this.setCookies(await this.heirloom.logout(this.browser));
    const state = anonymous("logged_out");
    this.found = Promise.resolve(state);
    this.loaded = Promise.resolve(state);
  }

  private assertMayChange() {
    this.isUsed = true;
    if (this.isSent()) throw new ResponseSentError();
    if (!this.browser.isForged) return;
    throw new ProblemError({
      type: "urn:heirloom:problem:cross_site_request",
      title: "Cross-site request",
      status: 403,
      detail: "A page of another site has caused this request, so it is refused.",
      code: "cross_site_request",
      instance: "",
    });
  }
}

function anonymous(over: OverReason | undefined) {
  return { status: "anonymous", ...(over && { over }) } as const;
}

function unreachable(error: unknown): SessionState {
  if (error instanceof ResponseSentError) throw error;
  return { status: "unreachable" };
}

const nameOf = (cookie: string) => cookie.split("=", 1)[0];
const bearer = ({ token }: Grant) => ({ authorization: `Bearer ${token}` });

/** For Heirloom itself. */
function authorization(grant: Grant): Record<string, string> {
  return { ...bearer(grant), ...(grant.isNew && { [CONFIRM_HEADER]: "no" }) };
}

/** Your own services may respond with the code of an expired token too. The others count only if Heirloom names them. */
async function isTokenRejected(response: Response): Promise<boolean> {
  const problem = (await response.json().catch(() => undefined)) as { type?: string; code?: string } | undefined;
  const { type, code = "" } = problem ?? {};
  if (code === "access_token_expired") return true;
  return type === `urn:heirloom:problem:${code}` && /^(?:access_token_invalid|session_revoked)$/.test(code);
}

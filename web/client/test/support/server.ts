import { onTestFinished, vi } from "vitest";
import { createSession, type Session, type SessionOptions } from "../../src/index.js";

export const BASE = "https://auth.example";
export const ALICE = { email: "alice@example.com", password: "three lamps on the stairs" };

/** What happens to one request instead of the usual: an answer, or its loss. */
export type Script = (request: Request) => Response | Promise<Response>;

/** Answers as Heirloom would, unless told what to answer next; remembers what it was asked. */
export class ScriptedServer {
  readonly requests: { method: string; path: string; token: string | null; body: string }[] = [];
  /** The browser's cookie jar: the session that the cookie is of. */
  cookie: string | null = null;
  ttl = 900;
  email = ALICE.email;
  /** Why sessions were ended. */
  readonly ended = new Map<string, string>();
  /** How far the server's clock is ahead of the page's. */
  ahead = 0;
  #serial = 0;
  readonly #scripts = new Map<string, Script[]>();
  readonly #sessions: Session[] = [];

  constructor() {
    // It advances by itself too, so that what waits for no more than the next turn has it.
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"], shouldAdvanceTime: true, advanceTimeDelta: 1 });
  }

  /** What comes next for `path`, before it answers as usual again. */
  next(path: string, ...scripts: Script[]) {
    this.#scripts.set(path, [...(this.#scripts.get(path) ?? []), ...scripts]);
  }

  always(path: string, script: Script) {
    this.next(path, ...Array<Script>(1000).fill(script));
  }

  /** Answers as usual from now on. */
  reset(path: string) {
    this.#scripts.delete(path);
  }

  asked(path: string) {
    return this.requests.filter((request) => request.path === path).length;
  }

  /** A tab of one and the same browser. */
  tab(options: SessionOptions = {}): Session {
    const session = createSession({ baseUrl: BASE, restore: true, fetch: this.fetch, ...options });
    this.#sessions.push(session);
    return session;
  }

  /** A tab in which somebody is logged in. */
  async loggedIn(options?: SessionOptions): Promise<Session> {
    this.cookie ??= this.begin();
    const session = this.tab(options);
    await session.user();
    this.requests.length = 0;
    return session;
  }

  begin(): string {
    return `session-${++this.#serial}`;
  }

  /** Ends every session, as another device or the operator would. */
  endAll(reason: string) {
    for (let serial = 1; serial <= this.#serial; serial++) this.ended.set(`session-${serial}`, reason);
  }

  close() {
    for (const session of this.#sessions) session.close();
    vi.useRealTimers();
  }

  readonly fetch: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    const { pathname: path } = new URL(request.url);
    const token = request.headers.get("authorization")?.replace("Bearer ", "") ?? null;
    this.requests.push({ method: request.method, path, token, body: await request.clone().text() });
    const script = this.#scripts.get(path)?.shift();
    return script ? script(request) : this.answer(request, path, token);
  };

  answer(request: Request, path: string, token: string | null): Response {
    switch (path) {
      case "/login":
        this.cookie = this.begin();
        return this.tokens(this.cookie);
      case "/refresh": {
        if (!this.cookie) return problem(401, "refresh_token_missing");
        const reason = this.ended.get(this.cookie);
        if (!reason) return this.tokens(this.cookie);
        this.cookie = null;
        return problem(401, "session_revoked", { reason });
      }
      case "/logout":
        if (this.cookie) this.ended.set(this.cookie, "logout");
        this.cookie = null;
        return Response.json({ message: "Successfully logged out" });
      default:
        return this.asUser(request, path, token);
    }
  }

  /** The token names its session and its end. */
  tokens(session: string, more: object = {}): Response {
    const token = `${session} ${Date.now() + this.ahead + this.ttl * 1000} ${++this.#serial}`;
    return Response.json({
      access_token: token,
      token_type: "Bearer",
      expires_in: this.ttl,
      session: { id: session, expires_at: "2030-01-01T00:00:00Z", idle_expires_at: "2029-01-01T00:00:00Z" },
      ...more,
    });
  }

  private asUser(request: Request, path: string, token: string | null): Response {
    if (!token) return problem(401, "access_token_missing");
    const [session = "", end] = token.split(" ");
    if (this.ended.has(session)) return problem(401, "session_revoked");
    if (Date.now() + this.ahead >= Number(end)) return problem(401, "access_token_expired");
    if (path === "/logout-all") {
      this.endAll("logout_all");
      this.cookie = null;
      return Response.json({ message: "Successfully logged out from all devices", revoked: 2 });
    }
    if (path === "/sessions") return Response.json({ sessions: [{ id: session, current: true }] });
    if (request.method === "DELETE" || path === "/users/me/password") return new Response(null, { status: 204 });
    return Response.json({ id: "1", email: this.email, is_active: true, created_at: "2026-01-01T00:00:00Z", session });
  }
}

export function problem(
  status: number,
  code: string,
  more: object = {},
  headers: Record<string, string> = {},
): Response {
  const body = { type: `urn:heirloom:problem:${code}`, title: code, status, detail: `${code}.`, code, instance: "1" };
  return new Response(JSON.stringify({ ...body, ...more }), {
    status,
    headers: { "content-type": "application/problem+json", ...headers },
  });
}

/** The network fails, before or after the server has seen the request. */
export const lost: Script = () => Promise.reject(new TypeError("Failed to fetch"));

/** The server takes the request, and never answers. */
export const hangs: Script = ({ signal }) =>
  new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("gone"))));

/** The network's return, as the browser tells pages of it; until the test has ended. */
export function network() {
  const target = new EventTarget();
  vi.stubGlobal("addEventListener", target.addEventListener.bind(target));
  vi.stubGlobal("removeEventListener", target.removeEventListener.bind(target));
  onTestFinished(() => void vi.unstubAllGlobals());
  return { returns: () => target.dispatchEvent(new Event("online")) };
}

/** An answer that comes when it is let go, whether or not anybody still waits for it. */
export function held(answer: Script) {
  let release = () => {};
  const gate = new Promise<void>((resolve) => (release = resolve));
  const script: Script = async (request) => {
    const given = await answer(request);
    await gate;
    return given;
  };
  return { script, release: () => release() };
}

/** Lets everything happen that needs next to no time, messages between tabs too. */
export async function settle() {
  for (let turn = 0; turn < 20; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    if (turn % 5 === 0) await vi.advanceTimersByTimeAsync(10);
  }
}

/** Lets time pass. */
export async function passes(milliseconds: number) {
  await settle();
  await vi.advanceTimersByTimeAsync(milliseconds);
  await settle();
}

import { onTestFinished, vi } from "vitest";
// Loaded before the clock is faked. The client loads it on demand.
import "../../src/diagnosis.js";
import { createSession, type Session, type SessionOptions } from "../../src/index.js";

export const BASE = "https://auth.example";
export const ALICE = { email: "alice@example.com", password: "three lamps on the stairs" };

/** Handles one request instead of the usual handler: returns a response, or fails. */
export type Handler = (request: Request) => Response | Promise<Response>;

/** Responds like Heirloom, except where a test sets a handler. It records the requests. */
export class FakeServer {
  /** What the client has written into the console. */
  readonly warnings: string[] = [];
  readonly requests: { method: string; path: string; token: string | null; body: string }[] = [];
  /** The browser's cookie jar: the session whose cookie it holds. */
  cookie: string | null = null;
  ttl = 900;
  email = ALICE.email;
  /** Revoked sessions with their reasons. */
  readonly revoked = new Map<string, string>();
  /** How far the server's clock is ahead of the page's. */
  clockSkew = 0;
  #serial = 0;
  readonly #handlers = new Map<string, Handler[]>();
  readonly #sessions: Session[] = [];
  readonly #console = vi.spyOn(console, "warn").mockImplementation((text: string) => void this.warnings.push(text));

  constructor() {
    // The clock also advances by itself, which lets timers of 0 ms fire.
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"], shouldAdvanceTime: true, advanceTimeDelta: 1 });
  }

  /** Uses each of these handlers for one request to `path`. */
  once(path: string, ...handlers: Handler[]) {
    this.#handlers.set(path, [...(this.#handlers.get(path) ?? []), ...handlers]);
  }

  always(path: string, handler: Handler) {
    this.once(path, ...Array<Handler>(1000).fill(handler));
  }

  /** Removes the handlers of a test. */
  reset(path: string) {
    this.#handlers.delete(path);
  }

  count(path: string) {
    return this.requests.filter((request) => request.path === path).length;
  }

  /** All tabs belong to the same browser. */
  openTab(options: SessionOptions = {}): Session {
    const session = createSession({ baseUrl: BASE, restore: true, fetch: this.fetch, ...options });
    this.#sessions.push(session);
    return session;
  }

  async openLoggedInTab(options?: SessionOptions): Promise<Session> {
    this.cookie ??= this.newSession();
    const session = this.openTab(options);
    await session.user();
    this.requests.length = 0;
    return session;
  }

  newSession(): string {
    return `session-${++this.#serial}`;
  }

  /** Revokes every session, as another device or the operator does. */
  revokeAll(reason: string) {
    for (let serial = 1; serial <= this.#serial; serial++) this.revoked.set(`session-${serial}`, reason);
  }

  close() {
    for (const session of this.#sessions) session.close();
    this.#console.mockRestore();
    vi.useRealTimers();
  }

  readonly fetch: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    const { pathname: path } = new URL(request.url);
    const token = request.headers.get("authorization")?.replace("Bearer ", "") ?? null;
    this.requests.push({ method: request.method, path, token, body: await request.clone().text() });
    const handler = this.#handlers.get(path)?.shift();
    return handler ? handler(request) : this.respond(request, path, token);
  };

  respond(request: Request, path: string, token: string | null): Response {
    switch (path) {
      case "/login":
        this.cookie = this.newSession();
        return this.tokens(this.cookie);
      case "/refresh": {
        if (!this.cookie) return problem(401, "refresh_token_missing");
        const reason = this.revoked.get(this.cookie);
        if (!reason) return this.tokens(this.cookie);
        this.cookie = null;
        return problem(401, "session_revoked", { reason });
      }
      case "/ping":
        return Response.json({ status: "ok", message: "pong" });
      case "/logout":
        if (this.cookie) this.revoked.set(this.cookie, "logout");
        this.cookie = null;
        return Response.json({ message: "Successfully logged out" });
      default:
        return this.respondToUser(request, path, token);
    }
  }

  /** The token contains its session and its expiry time. */
  tokens(session: string, more: object = {}): Response {
    const token = `${session} ${Date.now() + this.clockSkew + this.ttl * 1000} ${++this.#serial}`;
    return Response.json({
      access_token: token,
      token_type: "Bearer",
      expires_in: this.ttl,
      session: { id: session, expires_at: "2030-01-01T00:00:00Z", idle_expires_at: "2029-01-01T00:00:00Z" },
      ...more,
    });
  }

  private respondToUser(request: Request, path: string, token: string | null): Response {
    if (!token) return problem(401, "access_token_missing");
    const [session = "", expiry] = token.split(" ");
    if (this.revoked.has(session)) return problem(401, "session_revoked");
    if (Date.now() + this.clockSkew >= Number(expiry)) return problem(401, "access_token_expired");
    if (path === "/logout-all") {
      this.revokeAll("logout_all");
      this.cookie = null;
      return Response.json({ message: "Successfully logged out from all devices", revoked: 2 });
    }
    if (path === "/sessions") return Response.json({ sessions: [{ id: session, current: true }] });
    if (path === "/users/me/password") {
      this.revokeAll("password_change");
      const next = this.newSession();
      if (this.cookie) this.cookie = next;
      return this.tokens(next, this.cookie ? {} : { refresh_token: `refresh of ${next}` });
    }
    if (request.method === "DELETE") return new Response(null, { status: 204 });
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

/** The network fails, before or after the server has received the request. */
export const networkError: Handler = () => Promise.reject(new TypeError("Failed to fetch"));

/** The server receives the request, but never responds. */
export const neverResponds: Handler = ({ signal }) =>
  new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("aborted"))));

/** Provides the browser's `online` event until the test has finished. */
export function fakeNetwork() {
  const target = new EventTarget();
  vi.stubGlobal("addEventListener", target.addEventListener.bind(target));
  vi.stubGlobal("removeEventListener", target.removeEventListener.bind(target));
  onTestFinished(() => void vi.unstubAllGlobals());
  return { goOnline: () => target.dispatchEvent(new Event("online")) };
}

/** Holds back the response until `release`, even if no caller waits for it any more. */
export function delayed(respond: Handler) {
  let release = () => {};
  const gate = new Promise<void>((resolve) => (release = resolve));
  const handler: Handler = async (request) => {
    const response = await respond(request);
    await gate;
    return response;
  };
  return { handler, release: () => release() };
}

/** Lets pending work finish that needs almost no time, messages between tabs included. */
export async function settle() {
  for (let turn = 0; turn < 20; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    if (turn % 5 === 0) await vi.advanceTimersByTimeAsync(10);
  }
}

/** Moves the clock forward. */
export async function advance(milliseconds: number) {
  await settle();
  await vi.advanceTimersByTimeAsync(milliseconds);
  await settle();
}

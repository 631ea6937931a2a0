import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ProblemError, type Session } from "../src/index.js";
import {
  neverResponds,
  delayed,
  networkError,
  advance,
  problem,
  FakeServer,
  type Handler,
  settle,
} from "./support/server.js";

const API = "https://auth.example/api";
let server: FakeServer;
beforeEach(() => {
  server = new FakeServer();
});
afterEach(() => server.close());

/** The result of a request that needs a refresh, after this time has passed. */
async function outcome(session: Session, duration = 60_000): Promise<number | Error> {
  const request = session.fetch(API).then(
    ({ status }) => status,
    (error: unknown) => error as Error,
  );
  await advance(duration);
  return request;
}

const lostResponses: [string, Handler][] = [
  ["the network fails", networkError],
  ["the response is 502", () => new Response("<h1>Bad gateway</h1>", { status: 502 })],
  ["the response is 503", () => problem(503, "unavailable", {}, { "retry-after": "1" })],
  ["the response is 504", () => new Response(null, { status: 504 })],
  ["a captive portal responds", () => new Response("<h1>Welcome to our café</h1>")],
  ["the response is cut off", () => new Response('{"access_token": "ey')],
  ["the response is empty", () => Response.json({})],
  ["the server never responds", neverResponds],
];
test.each(lostResponses)("a refresh is retried when %s", async (_, handler) => {
  const session = await server.openLoggedInTab();
  await advance(901_000);
  server.once("/refresh", handler, handler);
  expect(await outcome(session)).toBe(200);
  expect(server.count("/refresh")).toBe(3);
  expect(server.count("/api")).toBe(1);
});

test.each(lostResponses)("the session is kept if every time %s", async (_, handler) => {
  const session = await server.openLoggedInTab();
  const before = session.getState();
  await advance(901_000);
  server.always("/refresh", handler);
  expect(await outcome(session, 300_000)).toBeInstanceOf(Error);
  expect(session.getState()).toBe(before);
  expect(server.count("/refresh")).toBe(5);
  expect(server.count("/api")).toBe(0);

  server.reset("/refresh");
  expect(await outcome(session)).toBe(200);
});

test("the second attempt falls within the overlap window of the server", async () => {
  const session = await server.openLoggedInTab();
  await advance(901_000);
  const at: number[] = [];
  server.once("/refresh", (request) => {
    at.push(Date.now());
    return neverResponds(request);
  });
  server.once("/refresh", () => {
    at.push(Date.now());
    return server.tokens("session-1");
  });
  await outcome(session);
  expect(at[1]! - at[0]!).toBeLessThan(8_000);
});

test("the delays grow, and differ between tabs", async () => {
  const delays: number[][] = [];
  for (let tab = 0; tab < 5; tab++) {
    const session = await server.openLoggedInTab();
    await advance(901_000);
    const at: number[] = [];
    server.always("/refresh", () => {
      at.push(Date.now());
      return Promise.reject(new TypeError("Failed to fetch"));
    });
    await outcome(session);
    delays.push(at.slice(1).map((time, index) => time - at[index]!));
    server.reset("/refresh");
  }
  for (const tab of delays) {
    tab.forEach((delay, index) => {
      expect(delay).toBeGreaterThanOrEqual(100 * 2 ** index);
      expect(delay).toBeLessThan(200 * 2 ** index + 100);
    });
  }
  expect(new Set(delays.map(String)).size).toBe(5);
});

const refusals: [string, () => Response][] = [
  ["400", () => problem(400, "ambiguous_credentials")],
  ["403 for the origin", () => problem(403, "cross_site_request")],
  ["404", () => new Response("nothing here", { status: 404 })],
  ["429", () => problem(429, "too_many_attempts", {}, { "retry-after": "30" })],
  ["500", () => problem(500, "internal_error")],
  ["401 of a proxy", () => new Response("<h1>Log in to the proxy</h1>", { status: 401 })],
  ["401 of another service", () => problem(401, "session_revoked", { type: "about:blank" })],
];
test.each(refusals)("a %s from /refresh is not retried, and the session is kept", async (_, respond) => {
  const session = await server.openLoggedInTab();
  const before = session.getState();
  await advance(901_000);
  server.once("/refresh", respond);
  const error = await outcome(session);
  expect(error).toBeInstanceOf(ProblemError);
  expect((error as ProblemError).status).toBe(respond().status);
  expect(server.count("/refresh")).toBe(1);
  expect(session.getState()).toBe(before);
  expect(await outcome(session)).toBe(200);
});

test("the client sends no refresh for the time in Retry-After", async () => {
  const session = await server.openLoggedInTab();
  await advance(901_000);
  server.always("/refresh", () => problem(429, "too_many_attempts", {}, { "retry-after": "30" }));
  for (let second = 0; second < 25; second++) {
    await expect(session.fetch(API)).rejects.toMatchObject({ code: "too_many_attempts", retryAfter: 30 });
    await advance(1_000);
  }
  expect(server.count("/refresh")).toBe(1);
  server.reset("/refresh");
  await advance(6_000);
  expect((await session.fetch(API)).status).toBe(200);
});

test("a request waits at most 15 seconds for a refresh, and the refresh goes on", async () => {
  const session = await server.openLoggedInTab();
  await advance(901_000);
  server.once("/refresh", neverResponds, neverResponds, neverResponds);
  const request = expect(session.fetch(API)).rejects.toThrow("did not respond in time");
  await advance(16_000);
  await request;
  await advance(10_000);
  expect(server.count("/refresh")).toBe(4);
  expect((await session.fetch(API)).status).toBe(200);
  expect(server.count("/refresh")).toBe(4);
});

test("a long Retry-After rejects the request at once", async () => {
  const session = await server.openLoggedInTab();
  await advance(901_000);
  server.once("/refresh", () => problem(503, "unavailable", {}, { "retry-after": "600" }));
  await expect(session.fetch(API)).rejects.toMatchObject({ code: "unavailable" });
  expect(session.getState().status).toBe("authenticated");
});

test("a refresh and a login never run at the same time", async () => {
  const session = await server.openLoggedInTab();
  await advance(901_000);
  const late = delayed(() => server.tokens("session-1"));
  server.once("/refresh", late.handler);
  const waiting = session.fetch(API);
  await settle();
  const refreshes = server.count("/refresh");
  const slowLogin = delayed((request) => server.respond(request, "/login", null));
  server.once("/login", slowLogin.handler);
  const login = session.login({ email: "bob@example.com", password: "four lamps on the stairs" });
  await settle();
  const second = session.fetch(API);
  await settle();
  expect(server.count("/refresh")).toBe(refreshes);
  late.release();
  slowLogin.release();
  await login;
  await Promise.all([waiting, second]);
  expect(server.count("/refresh")).toBe(refreshes);
  expect(session.getState()).toMatchObject({ session: { id: server.cookie } });
});

test("a failed login does not change the session", async () => {
  const session = await server.openLoggedInTab();
  const before = session.getState();
  await advance(901_000);
  server.once("/refresh", delayed(() => server.tokens("session-1")).handler);
  const waiting = session.fetch(API);
  await settle();
  server.once("/login", () => problem(401, "invalid_credentials"));
  await expect(session.login({ email: "bob@example.com", password: "wrong" })).rejects.toMatchObject({
    code: "invalid_credentials",
    status: 401,
  });
  await waiting;
  expect(session.getState()).toMatchObject({ user: { email: "alice@example.com" } });
  expect(session.getState().status).toBe(before.status);
  expect((await session.fetch(API)).status).toBe(200);
});

test("refresh() gets a new token at once", async () => {
  const session = await server.openLoggedInTab();
  const token = await session.accessToken();
  await session.refresh();
  expect(await session.accessToken()).not.toBe(token);
});

test("only a 401 of Heirloom from /refresh ends the session, whatever else fails", async () => {
  const seeds = Array.from({ length: 40 }, (_, seed) => seed + 1);
  for (const seed of seeds) {
    const draw = random(seed);
    const session = await server.openLoggedInTab();
    const failures = [...lostResponses, ...refusals].map(([, handler]) => handler);
    for (let step = 0; step < 15; step++) {
      await advance(draw() * 1_800_000);
      if (draw() < 0.5) server.once("/refresh", failures[Math.floor(draw() * failures.length)]!);
      if (draw() < 0.5) server.once("/api", failures[Math.floor(draw() * (failures.length - 5))]!);
      void session.fetch(API).catch(() => undefined);
      if (draw() < 0.5) await settle();
    }
    await advance(300_000);
    expect(session.getState().status, `seed ${seed}`).toBe("authenticated");
    expect(server.count("/refresh"), `seed ${seed}`).toBeLessThan(15 * 7);
    server.reset("/refresh");
    server.reset("/api");
    session.close();
  }
  expect(vi.getTimerCount()).toBe(0);
});

/** Random numbers from 0 to 1, the same in each run (mulberry32). */
function random(seed: number) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ProblemError, type Session } from "../src/index.js";
import { hangs, held, lost, passes, problem, ScriptedServer, type Script, settle } from "./support/server.js";

const API = "https://auth.example/api";
let server: ScriptedServer;
beforeEach(() => {
  server = new ScriptedServer();
});
afterEach(() => server.close());

/** What a request comes to that needs a refresh first, when as much time passes as it takes. */
async function outcome(session: Session, patience = 60_000): Promise<number | Error> {
  const asked = session.fetch(API).then(
    ({ status }) => status,
    (error: unknown) => error as Error,
  );
  await passes(patience);
  return asked;
}

const ways: [string, Script][] = [
  ["the network fails", lost],
  ["the answer is 502", () => new Response("<h1>Bad gateway</h1>", { status: 502 })],
  ["the answer is 503", () => problem(503, "unavailable", {}, { "retry-after": "1" })],
  ["the answer is 504", () => new Response(null, { status: 504 })],
  ["a captive portal answers", () => new Response("<h1>Welcome to our café</h1>")],
  ["the answer breaks off", () => new Response('{"access_token": "ey')],
  ["the answer is empty", () => Response.json({})],
  ["no answer ever comes", hangs],
];
test.each(ways)("a refresh is asked for again when %s", async (_, way) => {
  const session = await server.loggedIn();
  await passes(901_000);
  server.next("/refresh", way, way);
  expect(await outcome(session)).toBe(200);
  expect(server.asked("/refresh")).toBe(3);
  expect(server.asked("/api")).toBe(1);
});

test.each(ways)("the session is kept even if, again and again, %s", async (_, way) => {
  const session = await server.loggedIn();
  const before = session.getState();
  await passes(901_000);
  server.always("/refresh", way);
  expect(await outcome(session, 300_000)).toBeInstanceOf(Error);
  expect(session.getState()).toBe(before);
  expect(server.asked("/refresh")).toBe(5);
  expect(server.asked("/api")).toBe(0);

  server.reset("/refresh");
  expect(await outcome(session)).toBe(200);
});

test("the second try comes within the time in which the server answers both alike", async () => {
  const session = await server.loggedIn();
  await passes(901_000);
  const at: number[] = [];
  server.next("/refresh", (request) => {
    at.push(Date.now());
    return hangs(request);
  });
  server.next("/refresh", () => {
    at.push(Date.now());
    return server.tokens("session-1");
  });
  await outcome(session);
  expect(at[1]! - at[0]!).toBeLessThan(8_000);
});

test("the pauses grow, and are no two tabs' the same", async () => {
  const pauses: number[][] = [];
  for (let tab = 0; tab < 5; tab++) {
    const session = await server.loggedIn();
    await passes(901_000);
    const at: number[] = [];
    server.always("/refresh", () => {
      at.push(Date.now());
      return Promise.reject(new TypeError("Failed to fetch"));
    });
    await outcome(session);
    pauses.push(at.slice(1).map((time, index) => time - at[index]!));
    server.reset("/refresh");
  }
  for (const tab of pauses) {
    tab.forEach((pause, index) => {
      expect(pause).toBeGreaterThanOrEqual(100 * 2 ** index);
      expect(pause).toBeLessThan(200 * 2 ** index + 100);
    });
  }
  expect(new Set(pauses.map(String)).size).toBe(5);
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
test.each(refusals)("a %s from /refresh is not tried again, and the session is kept", async (_, answer) => {
  const session = await server.loggedIn();
  const before = session.getState();
  await passes(901_000);
  server.next("/refresh", answer);
  const error = await outcome(session);
  expect(error).toBeInstanceOf(ProblemError);
  expect((error as ProblemError).status).toBe(answer().status);
  expect(server.asked("/refresh")).toBe(1);
  expect(session.getState()).toBe(before);
  expect(await outcome(session)).toBe(200);
});

test("Heirloom is left alone for as long as it asks to be", async () => {
  const session = await server.loggedIn();
  await passes(901_000);
  server.always("/refresh", () => problem(429, "too_many_attempts", {}, { "retry-after": "30" }));
  for (let second = 0; second < 25; second++) {
    await expect(session.fetch(API)).rejects.toMatchObject({ code: "too_many_attempts", retryAfter: 30 });
    await passes(1_000);
  }
  expect(server.asked("/refresh")).toBe(1);
  server.reset("/refresh");
  await passes(6_000);
  expect((await session.fetch(API)).status).toBe(200);
});

test("a request waits for a refresh no longer than somebody at a screen does, and the refresh goes on", async () => {
  const session = await server.loggedIn();
  await passes(901_000);
  server.next("/refresh", hangs, hangs, hangs);
  const asked = expect(session.fetch(API)).rejects.toThrow("did not answer in time");
  await passes(16_000);
  await asked;
  await passes(10_000);
  expect(server.asked("/refresh")).toBe(4);
  expect((await session.fetch(API)).status).toBe(200);
  expect(server.asked("/refresh")).toBe(4);
});

test("a request is told at once that Heirloom asks to be left alone for long", async () => {
  const session = await server.loggedIn();
  await passes(901_000);
  server.next("/refresh", () => problem(503, "unavailable", {}, { "retry-after": "600" }));
  await expect(session.fetch(API)).rejects.toMatchObject({ code: "unavailable" });
  expect(session.getState().status).toBe("authenticated");
});

test("a refresh and a login are never under way together", async () => {
  const session = await server.loggedIn();
  await passes(901_000);
  const late = held(() => server.tokens("session-1"));
  server.next("/refresh", late.script);
  const waiting = session.fetch(API);
  await settle();
  const asked = server.asked("/refresh");
  const slowLogin = held((request) => server.answer(request, "/login", null));
  server.next("/login", slowLogin.script);
  const login = session.login({ email: "bob@example.com", password: "four lamps on the stairs" });
  await settle();
  const second = session.fetch(API);
  await settle();
  expect(server.asked("/refresh")).toBe(asked);
  late.release();
  slowLogin.release();
  await login;
  await Promise.all([waiting, second]);
  expect(server.asked("/refresh")).toBe(asked);
  expect(session.getState()).toMatchObject({ session: { id: server.cookie } });
});

test("a login that fails leaves the session as it was", async () => {
  const session = await server.loggedIn();
  const before = session.getState();
  await passes(901_000);
  server.next("/refresh", held(() => server.tokens("session-1")).script);
  const waiting = session.fetch(API);
  await settle();
  server.next("/login", () => problem(401, "invalid_credentials"));
  await expect(session.login({ email: "bob@example.com", password: "wrong" })).rejects.toMatchObject({
    code: "invalid_credentials",
    status: 401,
  });
  await waiting;
  expect(session.getState()).toMatchObject({ user: { email: "alice@example.com" } });
  expect(session.getState().status).toBe(before.status);
  expect((await session.fetch(API)).status).toBe(200);
});

test("refresh() gets another token at once", async () => {
  const session = await server.loggedIn();
  const token = await session.accessToken();
  await session.refresh();
  expect(await session.accessToken()).not.toBe(token);
});

test("whatever happens to requests, only a definite refusal of /refresh ends the session", async () => {
  const seeds = Array.from({ length: 40 }, (_, seed) => seed + 1);
  for (const seed of seeds) {
    const draw = random(seed);
    const session = await server.loggedIn();
    const troubles = [...ways, ...refusals].map(([, way]) => way);
    for (let step = 0; step < 15; step++) {
      await passes(draw() * 1_800_000);
      if (draw() < 0.5) server.next("/refresh", troubles[Math.floor(draw() * troubles.length)]!);
      if (draw() < 0.5) server.next("/api", troubles[Math.floor(draw() * (troubles.length - 5))]!);
      void session.fetch(API).catch(() => undefined);
      if (draw() < 0.5) await settle();
    }
    await passes(300_000);
    expect(session.getState().status, `seed ${seed}`).toBe("authenticated");
    expect(server.asked("/refresh"), `seed ${seed}`).toBeLessThan(15 * 7);
    server.reset("/refresh");
    server.reset("/api");
    session.close();
  }
  expect(vi.getTimerCount()).toBe(0);
});

/** Numbers from 0 to 1 that are the same in each run (mulberry32). */
function random(seed: number) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

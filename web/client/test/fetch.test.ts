import { afterEach, beforeEach, expect, test } from "vitest";
import { held, passes, problem, ScriptedServer, settle } from "./support/server.js";

const API = "https://auth.example/api";
let server: ScriptedServer;
beforeEach(() => {
  server = new ScriptedServer();
});
afterEach(() => server.close());

test("a request carries the access token", async () => {
  const session = await server.loggedIn();
  const { fetch } = session;
  expect((await fetch(API)).status).toBe(200);
  expect(server.requests).toMatchObject([{ path: "/api", token: await session.accessToken() }]);
});

test("the token goes to Heirloom's origin and to those that were named, and to no other", async () => {
  const session = await server.loggedIn({ origins: ["https://api.example"] });
  await session.fetch("https://api.example/orders");
  await session.fetch("https://api.example.evil.test/orders");
  await session.fetch("http://auth.example/plain");
  expect(server.requests.map(({ token }) => token !== null)).toEqual([true, false, false]);
});

test("an Authorization of the app's own is left alone, and what comes of it too", async () => {
  const session = await server.loggedIn();
  server.next("/api", () => problem(401, "access_token_expired"));
  const answer = await session.fetch(API, { headers: { authorization: "Basic YTpi" } });
  expect(answer.status).toBe(401);
  expect(server.requests.map(({ path }) => path)).toEqual(["/api"]);
});

test("a relative address is below Heirloom's where there is no page", async () => {
  const session = await server.loggedIn();
  await session.fetch("users/me");
  expect(server.asked("/users/me")).toBe(1);
});

const bodies: [string, RequestInit][] = [
  ["text", { method: "POST", body: "three lamps" }],
  ["a form", { method: "POST", body: new URLSearchParams({ lamps: "three lamps" }) }],
  ["bytes", { method: "PUT", body: new TextEncoder().encode("three lamps") }],
  ["a stream", { method: "POST", body: new Blob(["three lamps"]).stream(), duplex: "half" } as RequestInit],
];
test.each(bodies)("a request with %s is repeated once after a refresh, with its body", async (_, init) => {
  const session = await server.loggedIn();
  const kept = await session.accessToken();
  server.ahead = 901_000;
  expect((await session.fetch(API, init)).status).toBe(200);
  const sent = server.requests.filter(({ path }) => path === "/api");
  expect(sent).toHaveLength(2);
  expect(sent[0]?.token).toBe(kept);
  expect(sent[1]?.token).not.toBe(kept);
  expect(sent[0]?.body).toContain("lamps");
  expect(sent[1]?.body).toBe(sent[0]?.body);
  expect(sent[1]?.method).toBe(init.method);
  expect(server.asked("/refresh")).toBe(1);
});

test("a Request object is repeated as well", async () => {
  const session = await server.loggedIn();
  server.next("/api", () => problem(401, "access_token_expired"));
  const request = new Request(API, { method: "POST", body: "{}", headers: { "x-kind": "lamp" } });
  expect((await session.fetch(request)).status).toBe(200);
  expect(server.requests.filter(({ path }) => path === "/api").map(({ body }) => body)).toEqual(["{}", "{}"]);
});

test("a token is refreshed shortly before it expires", async () => {
  const session = await server.loggedIn();
  await passes(889_000);
  await session.fetch(API);
  expect(server.asked("/refresh")).toBe(0);
  await passes(2_000);
  expect((await session.fetch(API)).status).toBe(200);
  expect(server.asked("/refresh")).toBe(1);
  expect(server.asked("/api")).toBe(2);
});

test("a refresh that fails shortly before the expiry costs nothing yet", async () => {
  const session = await server.loggedIn();
  await passes(891_000);
  server.always("/refresh", () => problem(500, "internal_error"));
  expect((await session.fetch(API)).status).toBe(200);
  await passes(10_000);
  await expect(session.fetch(API)).rejects.toMatchObject({ code: "internal_error" });
  expect(session.getState().status).toBe("authenticated");
});

test.each(["knows", "does not know"])(
  "fifty requests at once cause one refresh, in a page that %s that its token has expired",
  async (clock) => {
    const session = await server.loggedIn();
    if (clock === "knows") await passes(901_000);
    else server.ahead = 901_000;
    const answers = await Promise.all(Array.from({ length: 50 }, () => session.fetch(API)));
    expect(answers.map(({ status }) => status)).toEqual(Array<number>(50).fill(200));
    await settle();
    expect(server.asked("/refresh")).toBe(1);
  },
);

test("a refusal that arrives after the refresh causes no other", async () => {
  const session = await server.loggedIn();
  const late = held(() => problem(401, "access_token_expired"));
  server.next("/api", late.script, () => problem(401, "access_token_expired"));
  const slow = session.fetch(API);
  await settle();
  expect((await session.fetch(API)).status).toBe(200);
  late.release();
  expect((await slow).status).toBe(200);
  expect(server.asked("/refresh")).toBe(1);
});

test("a server that calls every token expired gets one more try and no more", async () => {
  const session = await server.loggedIn();
  server.always("/api", () => problem(401, "access_token_expired"));
  expect((await session.fetch(API)).status).toBe(401);
  expect([server.asked("/api"), server.asked("/refresh")]).toEqual([2, 1]);
});

test("a token that Heirloom does not know any more, for its key is another, is refreshed", async () => {
  const session = await server.loggedIn();
  server.next("/api", () => problem(401, "access_token_invalid"));
  expect((await session.fetch(API, { method: "POST", body: "once" })).status).toBe(200);
  expect(server.requests.filter(({ path }) => path === "/api").map(({ body }) => body)).toEqual(["once", "once"]);
  expect(server.asked("/refresh")).toBe(1);

  server.always("/api", () => problem(401, "access_token_invalid"));
  server.requests.length = 0;
  const answer = await session.fetch(API);
  expect(await answer.json()).toMatchObject({ code: "access_token_invalid" });
  await passes(60_000);
  expect([server.asked("/api"), server.asked("/refresh")]).toEqual([2, 1]);
  expect(session.getState().status).toBe("authenticated");
});

const ownAnswers: [string, () => Response][] = [
  ["403", () => problem(403, "account_disabled")],
  ["403 that says expired", () => problem(403, "access_token_expired")],
  ["429", () => problem(429, "too_many_attempts", {}, { "retry-after": "1" })],
  ["500", () => problem(500, "internal_error")],
  ["502", () => new Response("bad gateway", { status: 502 })],
  ["503", () => problem(503, "unavailable")],
  ["401 of another code", () => problem(401, "access_token_missing")],
  ["401 of another service's own token", () => problem(401, "access_token_invalid", { type: "about:blank" })],
  ["401 of the app's own", () => Response.json({ error: "wrong pin" }, { status: 401 })],
  ["401 of the app's own words", () => problem(401, "session_revoked", { type: "about:blank" })],
  ["401 without a body", () => new Response(null, { status: 401 })],
  ["401 with a page", () => new Response("<h1>Who are you?</h1>", { status: 401 })],
  ["401 with a list", () => Response.json(["access_token_expired"], { status: 401 })],
];
test.each(ownAnswers)("no refresh follows a %s", async (_, answer) => {
  const session = await server.loggedIn();
  server.next("/api", answer);
  const wanted = answer();
  const given = await session.fetch(API);
  expect(given.status).toBe(wanted.status);
  expect(await given.text()).toBe(await wanted.text());
  await passes(60_000);
  expect(server.requests.map(({ path }) => path)).toEqual(["/api"]);
  expect(session.getState().status).toBe("authenticated");
});

test("without a session the request goes out without a token, and its 401 comes back", async () => {
  const session = server.tab();
  expect((await session.fetch(API)).status).toBe(401);
  expect([server.asked("/api"), server.asked("/refresh")]).toEqual([1, 1]);
});

test("a request that is given up does not wait for the refresh", async () => {
  const session = await server.loggedIn();
  await passes(901_000);
  const slow = held(() => server.tokens("session-1"));
  server.next("/refresh", slow.script);
  const stop = new AbortController();
  const given = session.fetch(API, { signal: stop.signal });
  const other = session.fetch(API);
  await settle();
  stop.abort(new Error("enough"));
  await expect(given).rejects.toThrow("enough");
  slow.release();
  expect((await other).status).toBe(200);
});

test("every generation is shown to the server at once, so that a lost answer can be given again", async () => {
  const session = await server.loggedIn({ origins: ["https://api.example"] });
  for (let round = 0; round < 3; round++) {
    await passes(901_000);
    server.requests.length = 0;
    server.always("/orders", () => new Response());
    await session.fetch("https://api.example/orders");
    await settle();
    const confirmed = server.requests.filter(({ path }) => path === "/users/me").map(({ token }) => token);
    expect(confirmed).toEqual([await session.accessToken()]);
  }
});

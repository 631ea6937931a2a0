import { afterEach, beforeEach, expect, test } from "vitest";
import { delayed, advance, problem, FakeServer, settle } from "./support/server.js";

const API = "https://auth.example/api";
let server: FakeServer;
beforeEach(() => {
  server = new FakeServer();
});
afterEach(() => server.close());

test("a request is sent with the access token", async () => {
  const session = await server.openLoggedInTab();
  const { fetch } = session;
  expect((await fetch(API)).status).toBe(200);
  expect(server.requests).toMatchObject([{ path: "/api", token: await session.accessToken() }]);
});

test("the token is sent to Heirloom's origin and the listed origins, and to no other", async () => {
  const session = await server.openLoggedInTab({ origins: ["https://api.example"] });
  await session.fetch("https://api.example/orders");
  await session.fetch("https://api.example.evil.test/orders");
  await session.fetch("http://auth.example/plain");
  expect(server.requests.map(({ token }) => token !== null)).toEqual([true, false, false]);
});

test("a request with its own Authorization is sent unchanged, and its response is returned unchanged", async () => {
  const session = await server.openLoggedInTab();
  server.once("/api", () => problem(401, "access_token_expired"));
  const response = await session.fetch(API, { headers: { authorization: "Basic YTpi" } });
  expect(response.status).toBe(401);
  expect(server.requests.map(({ path }) => path)).toEqual(["/api"]);
});

test("outside a page, a relative URL is relative to Heirloom", async () => {
  const session = await server.openLoggedInTab();
  await session.fetch("users/me");
  expect(server.count("/users/me")).toBe(1);
});

const bodies: [string, RequestInit][] = [
  ["text", { method: "POST", body: "three lamps" }],
  ["a form", { method: "POST", body: new URLSearchParams({ lamps: "three lamps" }) }],
  ["bytes", { method: "PUT", body: new TextEncoder().encode("three lamps") }],
  ["a stream", { method: "POST", body: new Blob(["three lamps"]).stream(), duplex: "half" } as RequestInit],
];
test.each(bodies)("a request with %s is repeated once after a refresh, with its body", async (_, init) => {
  const session = await server.openLoggedInTab();
  const first = await session.accessToken();
  server.clockSkew = 901_000;
  expect((await session.fetch(API, init)).status).toBe(200);
  const sent = server.requests.filter(({ path }) => path === "/api");
  expect(sent).toHaveLength(2);
  expect(sent[0]?.token).toBe(first);
  expect(sent[1]?.token).not.toBe(first);
  expect(sent[0]?.body).toContain("lamps");
  expect(sent[1]?.body).toBe(sent[0]?.body);
  expect(sent[1]?.method).toBe(init.method);
  expect(server.count("/refresh")).toBe(1);
});

test("a Request object is repeated too", async () => {
  const session = await server.openLoggedInTab();
  server.once("/api", () => problem(401, "access_token_expired"));
  const request = new Request(API, { method: "POST", body: "{}", headers: { "x-kind": "lamp" } });
  expect((await session.fetch(request)).status).toBe(200);
  expect(server.requests.filter(({ path }) => path === "/api").map(({ body }) => body)).toEqual(["{}", "{}"]);
});

test("a token is refreshed shortly before it expires", async () => {
  const session = await server.openLoggedInTab();
  await advance(889_000);
  await session.fetch(API);
  expect(server.count("/refresh")).toBe(0);
  await advance(2_000);
  expect((await session.fetch(API)).status).toBe(200);
  expect(server.count("/refresh")).toBe(1);
  expect(server.count("/api")).toBe(2);
});

test("a failed refresh shortly before the expiry does not fail the request", async () => {
  const session = await server.openLoggedInTab();
  await advance(891_000);
  server.always("/refresh", () => problem(500, "internal_error"));
  expect((await session.fetch(API)).status).toBe(200);
  await advance(10_000);
  await expect(session.fetch(API)).rejects.toMatchObject({ code: "internal_error" });
  expect(session.getState().status).toBe("authenticated");
});

test.each(["knows", "does not know"])(
  "fifty concurrent requests cause one refresh in a page that %s that its token has expired",
  async (clock) => {
    const session = await server.openLoggedInTab();
    if (clock === "knows") await advance(901_000);
    else server.clockSkew = 901_000;
    const responses = await Promise.all(Array.from({ length: 50 }, () => session.fetch(API)));
    expect(responses.map(({ status }) => status)).toEqual(Array<number>(50).fill(200));
    await settle();
    expect(server.count("/refresh")).toBe(1);
  },
);

test("a 401 that arrives after the refresh causes no other refresh", async () => {
  const session = await server.openLoggedInTab();
  const late = delayed(() => problem(401, "access_token_expired"));
  server.once("/api", late.handler, () => problem(401, "access_token_expired"));
  const slow = session.fetch(API);
  await settle();
  expect((await session.fetch(API)).status).toBe(200);
  late.release();
  expect((await slow).status).toBe(200);
  expect(server.count("/refresh")).toBe(1);
});

test("a request is repeated only once, even if the new token is rejected too", async () => {
  const session = await server.openLoggedInTab();
  server.always("/api", () => problem(401, "access_token_expired"));
  expect((await session.fetch(API)).status).toBe(401);
  expect([server.count("/api"), server.count("/refresh")]).toEqual([2, 1]);
});

test("a token that Heirloom rejects because its signing key has changed is refreshed", async () => {
  const session = await server.openLoggedInTab();
  server.once("/api", () => problem(401, "access_token_invalid"));
  expect((await session.fetch(API, { method: "POST", body: "once" })).status).toBe(200);
  expect(server.requests.filter(({ path }) => path === "/api").map(({ body }) => body)).toEqual(["once", "once"]);
  expect(server.count("/refresh")).toBe(1);

  server.always("/api", () => problem(401, "access_token_invalid"));
  server.requests.length = 0;
  const response = await session.fetch(API);
  expect(await response.json()).toMatchObject({ code: "access_token_invalid" });
  await advance(60_000);
  expect([server.count("/api"), server.count("/refresh")]).toEqual([2, 1]);
  expect(session.getState().status).toBe("authenticated");
});

const otherResponses: [string, () => Response][] = [
  ["403", () => problem(403, "account_disabled")],
  ["403 with the code of an expired token", () => problem(403, "access_token_expired")],
  ["429", () => problem(429, "too_many_attempts", {}, { "retry-after": "1" })],
  ["500", () => problem(500, "internal_error")],
  ["502", () => new Response("bad gateway", { status: 502 })],
  ["503", () => problem(503, "unavailable")],
  ["401 with another code", () => problem(401, "access_token_missing")],
  ["401 of another service", () => problem(401, "access_token_invalid", { type: "about:blank" })],
  ["401 of the app", () => Response.json({ error: "wrong pin" }, { status: 401 })],
  ["401 of the app with a code of Heirloom", () => problem(401, "session_revoked", { type: "about:blank" })],
  ["401 without a body", () => new Response(null, { status: 401 })],
  ["401 with an HTML page", () => new Response("<h1>Who are you?</h1>", { status: 401 })],
  ["401 with a JSON list", () => Response.json(["access_token_expired"], { status: 401 })],
];
test.each(otherResponses)("a %s causes no refresh", async (_, respond) => {
  const session = await server.openLoggedInTab();
  server.once("/api", respond);
  const expected = respond();
  const response = await session.fetch(API);
  expect(response.status).toBe(expected.status);
  expect(await response.text()).toBe(await expected.text());
  await advance(60_000);
  expect(server.requests.map(({ path }) => path)).toEqual(["/api"]);
  expect(session.getState().status).toBe("authenticated");
});

test("without a session, the request is sent without a token and its 401 is returned", async () => {
  const session = server.openTab();
  expect((await session.fetch(API)).status).toBe(401);
  expect([server.count("/api"), server.count("/refresh")]).toEqual([1, 1]);
});

test("an aborted request does not wait for the refresh", async () => {
  const session = await server.openLoggedInTab();
  await advance(901_000);
  const slow = delayed(() => server.tokens("session-1"));
  server.once("/refresh", slow.handler);
  const controller = new AbortController();
  const aborted = session.fetch(API, { signal: controller.signal });
  const other = session.fetch(API);
  await settle();
  controller.abort(new Error("enough"));
  await expect(aborted).rejects.toThrow("enough");
  slow.release();
  expect((await other).status).toBe(200);
});

test("every generation is confirmed to the server at once, which lets it recover a lost response", async () => {
  const session = await server.openLoggedInTab({ origins: ["https://api.example"] });
  for (let round = 0; round < 3; round++) {
    await advance(901_000);
    server.requests.length = 0;
    server.always("/orders", () => new Response());
    await session.fetch("https://api.example/orders");
    await settle();
    const confirmed = server.requests.filter(({ path }) => path === "/users/me").map(({ token }) => token);
    expect(confirmed).toEqual([await session.accessToken()]);
  }
});

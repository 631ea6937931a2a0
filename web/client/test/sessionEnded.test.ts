import { afterEach, beforeEach, expect, test } from "vitest";
import type { Session, SessionState } from "../src/index.js";
import { ALICE, delayed, advance, problem, FakeServer, settle } from "./support/server.js";

const API = "https://auth.example/api";
let server: FakeServer;
beforeEach(() => {
  server = new FakeServer();
});
afterEach(() => server.close());

async function fiveTabs() {
  const tabs: Session[] = [];
  const seen: SessionState[][] = [];
  for (let tab = 0; tab < 5; tab++) {
    const session = await server.openLoggedInTab();
    const states: SessionState[] = [];
    session.subscribe((state) => states.push(state));
    tabs.push(session);
    seen.push(states);
  }
  return { tabs, seen };
}

const reasons: [string, object, string][] = [
  ["refresh_token_expired", {}, "expired"],
  ["refresh_token_reused", {}, "reused"],
  ["refresh_token_invalid", {}, "revoked"],
  ["refresh_token_missing", {}, "expired"],
  ["session_revoked", {}, "revoked"],
  ["session_revoked", { reason: "reuse" }, "reused"],
  ["session_revoked", { reason: "logout" }, "revoked"],
  ["session_revoked", { reason: "logout_all" }, "revoked"],
  ["session_revoked", { reason: "password_change" }, "revoked"],
  ["session_revoked", { reason: "disabled" }, "revoked"],
  ["session_revoked", { reason: "admin" }, "revoked"],
  ["session_revoked", { reason: "limit" }, "revoked"],
];
test.each(reasons)("after 401 %s %o, every tab reports the end once: %s", async (code, more, over) => {
  const { tabs, seen } = await fiveTabs();
  await advance(901_000);
  server.once("/refresh", () => problem(401, code, more));
  server.cookie = null;
  const responses = Promise.all(tabs.map((session) => session.fetch(API)));
  await advance(1_000);
  expect((await responses).map(({ status }) => status)).toEqual([401, 401, 401, 401, 401]);
  for (const states of seen) expect(states).toEqual([{ status: "anonymous", over }]);
});

test("a tab that another tab logs out sends no request", async () => {
  const { tabs } = await fiveTabs();
  server.requests.length = 0;
  await tabs[0]!.logout();
  await settle();
  expect(tabs.map((session) => session.getState())).toEqual(
    Array<SessionState>(5).fill({ status: "anonymous", over: "logged_out" }),
  );
  expect(server.requests.map(({ path }) => path)).toEqual(["/logout"]);
});

test("a session revoked elsewhere is detected with the next request, and /refresh returns the reason", async () => {
  const session = await server.openLoggedInTab();
  server.revokeAll("password_change");
  expect((await session.fetch(API)).status).toBe(401);
  expect(session.getState()).toEqual({ status: "anonymous", over: "revoked" });
  expect(server.requests.map(({ path }) => path)).toEqual(["/api", "/refresh"]);
});

test("a new tab that finds the session over sends the reason to the old tabs", async () => {
  const { tabs } = await fiveTabs();
  server.revokeAll("reuse");
  const fresh = server.openTab();
  await advance(1_000);
  for (const session of [...tabs, fresh]) {
    expect(session.getState()).toEqual({ status: "anonymous", over: "reused" });
  }
});

test("a response that arrives after the logout is ignored", async () => {
  const session = await server.openLoggedInTab();
  await advance(901_000);
  const late = delayed(() => server.tokens("session-1"));
  server.once("/refresh", late.handler);
  const waiting = session.fetch(API);
  await settle();
  await session.logout();
  late.release();
  await advance(60_000);
  expect((await waiting).status).toBe(401);
  expect(session.getState()).toEqual({ status: "anonymous", over: "logged_out" });
  expect(await session.accessToken()).toBeNull();
});

test("a response that arrives after a logout in another tab is ignored", async () => {
  const { tabs } = await fiveTabs();
  await advance(901_000);
  const late = delayed(() => server.tokens("session-1"));
  server.once("/refresh", late.handler);
  const waiting = tabs[1]!.fetch(API);
  await settle();
  await tabs[0]!.logout();
  await settle();
  late.release();
  expect((await waiting).status).toBe(401);
  expect(tabs[1]!.getState()).toEqual({ status: "anonymous", over: "logged_out" });
});

test("a page that loads during a logout in another tab does not restore the session", async () => {
  const first = await server.openLoggedInTab();
  const late = delayed(() => server.tokens("session-1"));
  server.once("/refresh", late.handler);
  const second = server.openTab();
  await settle();
  await first.logout();
  await settle();
  late.release();
  await advance(60_000);
  expect(second.getState()).toEqual({ status: "anonymous", over: "logged_out" });
});

test("after a logout and a login in one tab, the other tabs follow", async () => {
  const { tabs } = await fiveTabs();
  await tabs[0]!.logout();
  await settle();
  server.email = "bob@example.com";
  await tabs[0]!.login({ email: "bob@example.com", password: "four lamps on the stairs" });
  await advance(1_000);
  for (const session of tabs) {
    expect(session.getState()).toMatchObject({
      status: "authenticated",
      user: { email: "bob@example.com" },
      session: { id: server.cookie },
    });
  }
});

test("the other tabs also follow a login without a logout before it", async () => {
  const { tabs } = await fiveTabs();
  server.email = "bob@example.com";
  await tabs[0]!.login({ email: "bob@example.com", password: "four lamps on the stairs" });
  await advance(1_000);
  for (const session of tabs) expect(session.getState()).toMatchObject({ user: { email: "bob@example.com" } });
});

test("a request of one user is never repeated as another user", async () => {
  const session = await server.openLoggedInTab();
  // Bob logs in with a form that does not use this client, so this tab gets no message.
  server.cookie = server.newSession();
  server.email = "bob@example.com";
  server.once("/transfer", () => problem(401, "access_token_expired"));
  const response = await session.fetch("https://auth.example/transfer", { method: "POST", body: "all of it" });
  expect(response.status).toBe(401);
  expect(server.count("/transfer")).toBe(1);
  await settle();
  expect(session.getState()).toMatchObject({ user: { email: "bob@example.com" }, session: { id: server.cookie } });
});

test("logoutAll() returns the number of revoked sessions and logs out every tab", async () => {
  const { tabs } = await fiveTabs();
  expect(await tabs[0]!.logoutAll()).toBe(2);
  await settle();
  for (const session of tabs) expect(session.getState()).toEqual({ status: "anonymous", over: "logged_out" });
});

test("ending the current session is a logout, ending another is not", async () => {
  const session = await server.openLoggedInTab();
  await session.endSession("another");
  expect(session.getState().status).toBe("authenticated");
  await session.endSession("session-1");
  expect(session.getState()).toEqual({ status: "anonymous", over: "logged_out" });
  expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
    "DELETE /sessions/another",
    "POST /logout",
  ]);
});

test("deleting the account logs the user out", async () => {
  const session = await server.openLoggedInTab();
  await session.deleteAccount({ password: ALICE.password });
  expect(session.getState()).toEqual({ status: "anonymous", over: "logged_out" });
  expect(server.cookie).toBeNull();
});

test("tabs send each other the access token and no other secret", async () => {
  const messages: Record<string, unknown>[] = [];
  const channel = new BroadcastChannel("heirloom https://auth.example");
  channel.onmessage = ({ data }: MessageEvent<Record<string, unknown>>) => messages.push(data);
  const session = server.openTab();
  await session.user();
  server.once("/login", (request) => server.respond(request, "/login", null));
  await session.login(ALICE);
  await advance(901_000);
  server.once("/refresh", () => server.tokens("session-1", { refresh_token: "hl_1" }));
  await session.fetch(API);
  await session.logout();
  await settle();
  channel.close();
  expect(messages.map(({ kind }) => kind)).toEqual(["asks", "asked", "begun", "asks", "asked", "over"]);
  expect(messages[4]).toMatchObject({ got: { token: expect.stringContaining("session-1") as string } });
  expect(JSON.stringify(messages)).not.toMatch(/hl_|lamps/);
});

import { afterEach, beforeEach, expect, test } from "vitest";
import type { Session, SessionState } from "../src/index.js";
import { ALICE, held, passes, problem, ScriptedServer, settle } from "./support/server.js";

const API = "https://auth.example/api";
let server: ScriptedServer;
beforeEach(() => {
  server = new ScriptedServer();
});
afterEach(() => server.close());

async function fiveTabs() {
  const tabs: Session[] = [];
  const seen: SessionState[][] = [];
  for (let tab = 0; tab < 5; tab++) {
    const session = await server.loggedIn();
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
test.each(reasons)("after 401 %s %o every tab says once that the session is over: %s", async (code, more, over) => {
  const { tabs, seen } = await fiveTabs();
  await passes(901_000);
  server.next("/refresh", () => problem(401, code, more));
  server.cookie = null;
  const answers = Promise.all(tabs.map((session) => session.fetch(API)));
  await passes(1_000);
  expect((await answers).map(({ status }) => status)).toEqual([401, 401, 401, 401, 401]);
  for (const states of seen) expect(states).toEqual([{ status: "anonymous", over }]);
});

test("a tab that is told of the end does not ask", async () => {
  const { tabs } = await fiveTabs();
  server.requests.length = 0;
  await tabs[0]!.logout();
  await settle();
  expect(tabs.map((session) => session.getState())).toEqual(
    Array<SessionState>(5).fill({ status: "anonymous", over: "logged_out" }),
  );
  expect(server.requests.map(({ path }) => path)).toEqual(["/logout"]);
});

test("a session that was ended elsewhere is noticed with the next request, and its reason asked for", async () => {
  const session = await server.loggedIn();
  server.endAll("password_change");
  expect((await session.fetch(API)).status).toBe(401);
  expect(session.getState()).toEqual({ status: "anonymous", over: "revoked" });
  expect(server.requests.map(({ path }) => path)).toEqual(["/api", "/refresh"]);
});

test("a new tab that finds the session over tells the old ones why", async () => {
  const { tabs } = await fiveTabs();
  server.endAll("reuse");
  const fresh = server.tab();
  await passes(1_000);
  for (const session of [...tabs, fresh]) {
    expect(session.getState()).toEqual({ status: "anonymous", over: "reused" });
  }
});

test("an answer that arrives after the logout is ignored", async () => {
  const session = await server.loggedIn();
  await passes(901_000);
  const late = held(() => server.tokens("session-1"));
  server.next("/refresh", late.script);
  const waiting = session.fetch(API);
  await settle();
  await session.logout();
  late.release();
  await passes(60_000);
  expect((await waiting).status).toBe(401);
  expect(session.getState()).toEqual({ status: "anonymous", over: "logged_out" });
  expect(await session.accessToken()).toBeNull();
});

test("an answer that arrives after the logout in another tab is ignored", async () => {
  const { tabs } = await fiveTabs();
  await passes(901_000);
  const late = held(() => server.tokens("session-1"));
  server.next("/refresh", late.script);
  const waiting = tabs[1]!.fetch(API);
  await settle();
  await tabs[0]!.logout();
  await settle();
  late.release();
  expect((await waiting).status).toBe(401);
  expect(tabs[1]!.getState()).toEqual({ status: "anonymous", over: "logged_out" });
});

test("a page that loads while another logs out does not take up what has ended", async () => {
  const first = await server.loggedIn();
  const late = held(() => server.tokens("session-1"));
  server.next("/refresh", late.script);
  const second = server.tab();
  await settle();
  await first.logout();
  await settle();
  late.release();
  await passes(60_000);
  expect(second.getState()).toEqual({ status: "anonymous", over: "logged_out" });
});

test("after a logout and a login in one tab the others follow", async () => {
  const { tabs } = await fiveTabs();
  await tabs[0]!.logout();
  await settle();
  server.email = "bob@example.com";
  await tabs[0]!.login({ email: "bob@example.com", password: "four lamps on the stairs" });
  await passes(1_000);
  for (const session of tabs) {
    expect(session.getState()).toMatchObject({
      status: "authenticated",
      user: { email: "bob@example.com" },
      session: { id: server.cookie },
    });
  }
});

test("a login over another's session is followed too", async () => {
  const { tabs } = await fiveTabs();
  server.email = "bob@example.com";
  await tabs[0]!.login({ email: "bob@example.com", password: "four lamps on the stairs" });
  await passes(1_000);
  for (const session of tabs) expect(session.getState()).toMatchObject({ user: { email: "bob@example.com" } });
});

test("what was asked for as one user is never repeated as another", async () => {
  const session = await server.loggedIn();
  // Bob logs in with a form that knows nothing of this page, so nobody tells it.
  server.cookie = server.begin();
  server.email = "bob@example.com";
  server.next("/transfer", () => problem(401, "access_token_expired"));
  const answer = await session.fetch("https://auth.example/transfer", { method: "POST", body: "all of it" });
  expect(answer.status).toBe(401);
  expect(server.asked("/transfer")).toBe(1);
  await settle();
  expect(session.getState()).toMatchObject({ user: { email: "bob@example.com" }, session: { id: server.cookie } });
});

test("logoutAll() tells how many sessions it has ended, and every tab knows", async () => {
  const { tabs } = await fiveTabs();
  expect(await tabs[0]!.logoutAll()).toBe(2);
  await settle();
  for (const session of tabs) expect(session.getState()).toEqual({ status: "anonymous", over: "logged_out" });
});

test("ending this very session is a logout, ending another is not", async () => {
  const session = await server.loggedIn();
  await session.endSession("another");
  expect(session.getState().status).toBe("authenticated");
  await session.endSession("session-1");
  expect(session.getState()).toEqual({ status: "anonymous", over: "logged_out" });
  expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
    "DELETE /sessions/another",
    "POST /logout",
  ]);
});

test("after the account is deleted nobody is logged in", async () => {
  const session = await server.loggedIn();
  await session.deleteAccount({ password: ALICE.password });
  expect(session.getState()).toEqual({ status: "anonymous", over: "logged_out" });
  expect(server.cookie).toBeNull();
});

test("tabs tell each other the access token and nothing else that is secret", async () => {
  const told: Record<string, unknown>[] = [];
  const channel = new BroadcastChannel("heirloom https://auth.example");
  channel.onmessage = ({ data }: MessageEvent<Record<string, unknown>>) => told.push(data);
  const session = server.tab();
  await session.user();
  server.next("/login", (request) => server.answer(request, "/login", null));
  await session.login(ALICE);
  await passes(901_000);
  server.next("/refresh", () => server.tokens("session-1", { refresh_token: "hl_1" }));
  await session.fetch(API);
  await session.logout();
  await settle();
  channel.close();
  expect(told.map(({ kind }) => kind)).toEqual(["asks", "asked", "begun", "asks", "asked", "over"]);
  expect(told[4]).toMatchObject({ got: { token: expect.stringContaining("session-1") as string } });
  expect(JSON.stringify(told)).not.toMatch(/hl_|lamps/);
});

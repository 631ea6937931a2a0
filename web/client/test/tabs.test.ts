import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Session } from "../src/index.js";
import { held, passes, problem, ScriptedServer, settle } from "./support/server.js";

const API = "https://auth.example/api";
let server: ScriptedServer;
beforeEach(() => {
  server = new ScriptedServer();
});
afterEach(() => server.close());

async function tabsOf(count: number): Promise<Session[]> {
  const tabs: Session[] = [];
  for (let tab = 0; tab < count; tab++) tabs.push(await server.loggedIn());
  return tabs;
}

test("a token that one tab has got is every tab's", async () => {
  const tabs = await tabsOf(5);
  await passes(901_000);
  server.requests.length = 0;
  await tabs[0]!.fetch(API);
  await settle();
  for (const session of tabs) expect((await session.fetch(API)).status).toBe(200);
  expect(server.asked("/refresh")).toBe(1);
  expect(new Set(server.requests.map(({ token }) => token)).size).toBe(2);
});

test("five tabs that ask at once are one refresh", async () => {
  const tabs = await tabsOf(5);
  for (let wave = 0; wave < 5; wave++) {
    await passes(901_000);
    server.requests.length = 0;
    const answers = Promise.all(tabs.map((session) => session.fetch(API)));
    await settle();
    expect((await answers).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(server.asked("/refresh")).toBe(1);
  }
});

test("five tabs that load at once are one refresh", async () => {
  server.cookie = server.begin();
  const tabs = Array.from({ length: 5 }, () => server.tab());
  for (const session of tabs) expect(await session.user()).not.toBeNull();
  expect(server.asked("/refresh")).toBe(1);
});

test("a tab that hears that another asks waits for its answer", async () => {
  const [first, second] = await tabsOf(2);
  await passes(901_000);
  const late = held(() => server.tokens("session-1"));
  server.next("/refresh", late.script);
  const asked = first!.fetch(API);
  await settle();
  server.requests.length = 0;
  const waiting = second!.fetch(API);
  await settle();
  expect(server.asked("/refresh")).toBe(0);
  late.release();
  expect([(await asked).status, (await waiting).status]).toEqual([200, 200]);
  expect(server.asked("/refresh")).toBe(0);
});

test("no tab waits for another longer than a moment", async () => {
  const [first, second] = await tabsOf(2);
  await passes(901_000);
  server.next("/refresh", held(() => server.tokens("session-1")).script);
  void first!.fetch(API);
  await settle();
  const waiting = second!.fetch(API);
  await passes(1_100);
  expect((await waiting).status).toBe(200);
  // Nor does it wait for that one again.
  const refreshed = vi.fn();
  void second!.refresh().then(refreshed);
  await passes(100);
  expect(refreshed).toHaveBeenCalled();
});

test("a tab whose wait is in vain asks for itself", async () => {
  const [first, second] = await tabsOf(2);
  await passes(901_000);
  const late = held(() => problem(500, "internal_error"));
  server.next("/refresh", late.script);
  const asked = expect(first!.fetch(API)).rejects.toMatchObject({ code: "internal_error" });
  await settle();
  const waiting = second!.fetch(API);
  await settle();
  late.release();
  await asked;
  expect((await waiting).status).toBe(200);
});

test("a tab is served by another while its own answers get lost", async () => {
  const [first, second] = await tabsOf(2);
  await passes(901_000);
  server.next("/refresh", () => new Response(null, { status: 504, headers: { "retry-after": "5" } }));
  const asked = first!.fetch(API);
  await settle();
  expect((await second!.fetch(API)).status).toBe(200);
  await passes(6_000);
  expect((await asked).status).toBe(200);
  expect(server.requests.filter(({ path }) => path === "/refresh").length).toBe(2);
});

test("a tab that is loading takes what another gets", async () => {
  const [first] = await tabsOf(1);
  const late = held(() => server.tokens("session-1"));
  server.next("/refresh", late.script);
  const refreshing = first!.refresh();
  await settle();
  server.requests.length = 0;
  // It was not there to hear that the other asks, and asks itself; that answer takes long.
  server.next("/refresh", held(() => server.tokens("session-1")).script);
  const second = server.tab();
  await settle();
  late.release();
  await refreshing;
  await settle();
  expect(second.getState()).toMatchObject({ status: "authenticated" });
});

test("a tab of another session takes nothing", async () => {
  const [first, second] = await tabsOf(2);
  const channel = new BroadcastChannel("heirloom https://auth.example");
  channel.postMessage({ kind: "asked", tab: 1, got: { token: "another's", life: 9e9, info: { id: "session-9" } } });
  await settle();
  channel.close();
  expect(await first!.accessToken()).toContain("session-1");
  expect(await second!.accessToken()).toContain("session-1");
});

test("nobody who is logged out takes anything", async () => {
  const [first, second] = await tabsOf(2);
  const late = held(() => server.tokens("session-1"));
  server.next("/refresh", late.script);
  const refreshing = second!.refresh();
  await settle();
  await first!.logout();
  await settle();
  late.release();
  await refreshing;
  await settle();
  for (const session of [first!, second!]) {
    expect(session.getState()).toEqual({ status: "anonymous", over: "logged_out" });
    expect(await session.accessToken()).toBeNull();
  }
});

/** What another tab tells, of another make maybe. */
async function hears(...tidings: object[]) {
  const channel = new BroadcastChannel("heirloom https://auth.example");
  for (const tiding of tidings) channel.postMessage(tiding);
  await settle();
  channel.close();
}

test("an older token replaces no newer one, and one of an ended session nothing", async () => {
  const [session] = await tabsOf(1);
  const token = await session!.accessToken();
  await hears({ kind: "asked", tab: 1, got: { token: "older", life: 60_000, info: { id: "session-1" } } });
  expect(await session!.accessToken()).toBe(token);

  const late = held(() => server.tokens("session-9"));
  server.next("/refresh", late.script);
  const loading = server.tab();
  await hears(
    { kind: "over", id: "session-8", reason: "revoked" },
    { kind: "asked", tab: 1, got: { token: "dead", life: 60_000, info: { id: "session-8" } } },
  );
  expect(loading.getState()).toEqual({ status: "restoring" });
  late.release();
  expect(await loading.accessToken()).toContain("session-9");
});

test("a tab whose cookie is gone waits for another's word for why", async () => {
  const [session] = await tabsOf(1);
  server.cookie = null;
  const refreshing = session!.refresh();
  await passes(100);
  expect(session!.getState().status).toBe("authenticated");
  await hears({ kind: "over", id: "session-1", reason: "reused" });
  await refreshing;
  expect(session!.getState()).toEqual({ status: "anonymous", over: "reused" });
});

test("a browser without a channel does without", async () => {
  vi.stubGlobal("BroadcastChannel", undefined);
  try {
    const [session] = await tabsOf(1);
    await passes(901_000);
    expect((await session!.fetch(API)).status).toBe(200);
    await session!.logout();
    expect(session!.getState()).toEqual({ status: "anonymous", over: "logged_out" });
  } finally {
    vi.unstubAllGlobals();
  }
});

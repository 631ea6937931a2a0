import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Session } from "../src/index.js";
import { delayed, advance, problem, FakeServer, settle } from "./support/server.js";

const API = "https://auth.example/api";
let server: FakeServer;
beforeEach(() => {
  server = new FakeServer();
});
afterEach(() => server.close());

async function openTabs(count: number): Promise<Session[]> {
  const tabs: Session[] = [];
  for (let tab = 0; tab < count; tab++) tabs.push(await server.openLoggedInTab());
  return tabs;
}

test("a tab shares its new token with every tab", async () => {
  const tabs = await openTabs(5);
  await advance(901_000);
  server.requests.length = 0;
  await tabs[0]!.fetch(API);
  await settle();
  for (const session of tabs) expect((await session.fetch(API)).status).toBe(200);
  expect(server.count("/refresh")).toBe(1);
  expect(new Set(server.requests.map(({ token }) => token)).size).toBe(2);
});

test("five tabs that refresh at once send one request", async () => {
  const tabs = await openTabs(5);
  for (let round = 0; round < 5; round++) {
    await advance(901_000);
    server.requests.length = 0;
    const responses = Promise.all(tabs.map((session) => session.fetch(API)));
    await settle();
    expect((await responses).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(server.count("/refresh")).toBe(1);
  }
});

test("five tabs that load at once send one refresh", async () => {
  server.cookie = server.newSession();
  const tabs = Array.from({ length: 5 }, () => server.openTab());
  for (const session of tabs) expect(await session.user()).not.toBeNull();
  expect(server.count("/refresh")).toBe(1);
});

test("a tab waits while another tab refreshes", async () => {
  const [first, second] = await openTabs(2);
  await advance(901_000);
  const late = delayed(() => server.tokens("session-1"));
  server.once("/refresh", late.handler);
  const request = first!.fetch(API);
  await settle();
  server.requests.length = 0;
  const waiting = second!.fetch(API);
  await settle();
  expect(server.count("/refresh")).toBe(0);
  late.release();
  expect([(await request).status, (await waiting).status]).toEqual([200, 200]);
  expect(server.count("/refresh")).toBe(0);
});

test("a tab waits for a frozen tab for one second at most, and only once", async () => {
  const [session] = await openTabs(1);
  await advance(901_000);
  await receive({ kind: "asks", tab: 0 });
  const waiting = session!.fetch(API);
  await advance(900);
  expect(server.count("/refresh")).toBe(0);
  await advance(200);
  expect((await waiting).status).toBe(200);
  const refreshed = vi.fn();
  void session!.refresh().then(refreshed);
  await advance(100);
  expect(refreshed).toHaveBeenCalled();
});

test("a tab waits for a slow request of another tab for one second at most", async () => {
  const [first, second] = await openTabs(2);
  await advance(901_000);
  server.once("/refresh", delayed(() => server.tokens("session-1")).handler);
  void first!.fetch(API);
  await settle();
  const waiting = second!.fetch(API);
  await advance(2_200);
  expect((await waiting).status).toBe(200);
});

test("a tab that opens while another tab refreshes hears of it", async () => {
  const [first] = await openTabs(1);
  const slow = delayed(() => server.tokens("session-1"));
  server.once("/refresh", slow.handler);
  const refreshing = first!.refresh();
  await settle();
  const second = await server.openLoggedInTab();
  // The request of the first tab is still on its way. Two refreshes later it would look like a replay.
  void second.refresh();
  await advance(500);
  expect(server.count("/refresh")).toBe(0);
  slow.release();
  await refreshing;
});

test("a token that a tab cannot use does not end its wait for a third tab", async () => {
  const [session] = await openTabs(1);
  await receive({ kind: "asks", tab: 0.9998 }, { kind: "asks", tab: 0.9999 });
  void session!.refresh();
  await settle();
  await receive({ kind: "asked", tab: 0.9998, got: { token: "older", life: 60_000, info: { id: "session-1" } } });
  expect(server.count("/refresh")).toBe(0);
  await receive({ kind: "asked", tab: 0.9999 });
  expect(server.count("/refresh")).toBe(1);
});

test("a tab refreshes itself if the other tab fails", async () => {
  const [first, second] = await openTabs(2);
  await advance(901_000);
  const late = delayed(() => problem(500, "internal_error"));
  server.once("/refresh", late.handler);
  const request = expect(first!.fetch(API)).rejects.toMatchObject({ code: "internal_error" });
  await settle();
  const waiting = second!.fetch(API);
  await settle();
  late.release();
  await request;
  expect((await waiting).status).toBe(200);
});

test("a tab uses the token of another tab while its own responses get lost", async () => {
  const [first, second] = await openTabs(2);
  await advance(901_000);
  server.once("/refresh", () => new Response(null, { status: 504, headers: { "retry-after": "5" } }));
  const request = first!.fetch(API);
  await settle();
  expect((await second!.fetch(API)).status).toBe(200);
  await advance(6_000);
  expect((await request).status).toBe(200);
  expect(server.requests.filter(({ path }) => path === "/refresh").length).toBe(2);
});

test("a loading tab uses the token of another tab", async () => {
  const [first] = await openTabs(1);
  const late = delayed(() => server.tokens("session-1"));
  server.once("/refresh", late.handler);
  const refreshing = first!.refresh();
  await settle();
  server.requests.length = 0;
  // The new tab missed the message that the other refreshes. It refreshes itself, and gets a slow response.
  server.once("/refresh", delayed(() => server.tokens("session-1")).handler);
  const second = server.openTab();
  await settle();
  late.release();
  await refreshing;
  await settle();
  expect(second.getState()).toMatchObject({ status: "authenticated" });
});

test("a tab ignores tokens of another session", async () => {
  const [first, second] = await openTabs(2);
  const channel = new BroadcastChannel("heirloom https://auth.example");
  channel.postMessage({ kind: "asked", tab: 1, got: { token: "another's", life: 9e9, info: { id: "session-9" } } });
  await settle();
  channel.close();
  expect(await first!.accessToken()).toContain("session-1");
  expect(await second!.accessToken()).toContain("session-1");
});

test("a tab that is logged out ignores tokens", async () => {
  const [first, second] = await openTabs(2);
  const late = delayed(() => server.tokens("session-1"));
  server.once("/refresh", late.handler);
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

/** Messages from another tab, which may run another version of the client. */
async function receive(...messages: object[]) {
  const channel = new BroadcastChannel("heirloom https://auth.example");
  for (const message of messages) channel.postMessage(message);
  await settle();
  channel.close();
}

test("a tab ignores an older token and a token of an ended session", async () => {
  const [session] = await openTabs(1);
  const token = await session!.accessToken();
  await receive({ kind: "asked", tab: 1, got: { token: "older", life: 60_000, info: { id: "session-1" } } });
  expect(await session!.accessToken()).toBe(token);

  const late = delayed(() => server.tokens("session-9"));
  server.once("/refresh", late.handler);
  const loading = server.openTab();
  await receive(
    { kind: "over", id: "session-8", reason: "revoked" },
    { kind: "asked", tab: 1, got: { token: "dead", life: 60_000, info: { id: "session-8" } } },
  );
  expect(loading.getState()).toEqual({ status: "restoring" });
  late.release();
  expect(await loading.accessToken()).toContain("session-9");
});

test("a tab whose cookie is missing waits for the reason from another tab", async () => {
  const [session] = await openTabs(1);
  server.cookie = null;
  const refreshing = session!.refresh();
  await advance(100);
  expect(session!.getState().status).toBe("authenticated");
  await receive({ kind: "over", id: "session-1", reason: "reused" });
  await refreshing;
  expect(session!.getState()).toEqual({ status: "anonymous", over: "reused" });
});

test("the client works in a browser without BroadcastChannel", async () => {
  vi.stubGlobal("BroadcastChannel", undefined);
  try {
    const [session] = await openTabs(1);
    await advance(901_000);
    expect((await session!.fetch(API)).status).toBe(200);
    await session!.logout();
    expect(session!.getState()).toEqual({ status: "anonymous", over: "logged_out" });
  } finally {
    vi.unstubAllGlobals();
  }
});

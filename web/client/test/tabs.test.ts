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

test("a tab waits for another tab for one second at most", async () => {
  const [first, second] = await openTabs(2);
  await advance(901_000);
  server.once("/refresh", delayed(() => server.tokens("session-1")).handler);
  void first!.fetch(API);
  await settle();
  const waiting = second!.fetch(API);
  await advance(1_100);
  expect((await waiting).status).toBe(200);
  // It does not wait for that tab again.
  const refreshed = vi.fn();
  void second!.refresh().then(refreshed);
  await advance(100);
  expect(refreshed).toHaveBeenCalled();
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

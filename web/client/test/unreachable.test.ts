import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { sleep } from "../src/timeout.js";
import { neverResponds, networkError, fakeNetwork, advance, problem, FakeServer, settle } from "./support/server.js";

let server: FakeServer;
beforeEach(() => {
  server = new FakeServer();
});
afterEach(() => server.close());

test("a page that loads while Heirloom is down keeps retrying, and keeps the session", async () => {
  server.cookie = server.newSession();
  server.always("/refresh", networkError);
  const session = server.openTab();
  const seen: unknown[] = [];
  session.subscribe((state) => seen.push(state));
  await advance(5_000);
  const state = session.getState();
  expect(state).toEqual({ status: "unreachable", cause: "network" });
  const attempts = server.count("/refresh");
  expect(attempts).toBe(5);
  await advance(60_000);
  expect(session.getState()).toBe(state);
  expect(seen).toEqual([{ status: "unreachable" }, state]);
  expect(server.count("/refresh")).toBeGreaterThan(attempts);
  expect(server.count("/refresh")).toBeLessThan(30);

  server.reset("/refresh");
  await advance(60_000);
  expect(session.getState()).toMatchObject({ status: "authenticated" });
});

test("a page retries at once when the network is back", async () => {
  const { goOnline } = fakeNetwork();
  server.cookie = server.newSession();
  server.once("/refresh", networkError, networkError, networkError, networkError, networkError);
  const session = server.openTab();
  // The five attempts have failed after 1.5 to 3 s. The next one would start 3.2 s later at the earliest.
  await advance(4_000);
  expect(session.getState().status).toBe("unreachable");
  goOnline();
  await settle();
  expect(session.getState().status).toBe("authenticated");
});

const maintenance = () => problem(503, "unavailable", {}, { "retry-after": "600" });

test("a page that loads during a long Retry-After is unreachable at once", async () => {
  server.cookie = server.newSession();
  server.once("/refresh", maintenance);
  const session = server.openTab();
  await settle();
  expect(session.getState()).toEqual({ status: "unreachable", cause: "error_response" });
  for (const call of [session.fetch("https://auth.example/api"), session.user(), session.refresh()]) {
    await expect(call).rejects.toMatchObject({ code: "unavailable", retryAfter: 600 });
  }
  await advance(590_000);
  expect(server.count("/refresh")).toBe(1);
  await advance(30_000);
  expect(session.getState().status).toBe("authenticated");
});

test("the return of the network ends a long Retry-After, which may come from a proxy", async () => {
  const { goOnline } = fakeNetwork();
  server.cookie = server.newSession();
  server.once("/refresh", maintenance);
  const session = server.openTab();
  await settle();
  goOnline();
  await settle();
  expect(session.getState().status).toBe("authenticated");
});

test("a Retry-After too long for a timer does not cause a retry at once", async () => {
  server.always("/refresh", () => problem(503, "unavailable", {}, { "retry-after": "31536000" }));
  const session = server.openTab();
  await advance(3_500_000);
  expect(session.getState().status).toBe("unreachable");
  expect(server.count("/refresh")).toBe(1);
});

test("a page and its requests fail soon if Heirloom never responds", async () => {
  server.cookie = server.newSession();
  server.always("/refresh", neverResponds);
  const session = server.openTab();
  const user = expect(session.user()).rejects.toThrow("did not respond in time");
  await advance(16_000);
  expect(session.getState()).toEqual({ status: "unreachable", cause: "network" });
  await user;
  const request = expect(session.fetch("https://auth.example/api")).rejects.toThrow("did not respond in time");
  await advance(16_000);
  await request;
  server.reset("/refresh");
  await advance(120_000);
  expect(session.getState().status).toBe("authenticated");
});

test("a page is also unreachable soon if its user cannot be loaded", async () => {
  server.cookie = server.newSession();
  server.always("/users/me", neverResponds);
  const session = server.openTab();
  await advance(16_000);
  expect(session.getState()).toEqual({ status: "unreachable", cause: "network" });
});

test("a slow response still restores an unreachable page", async () => {
  server.cookie = server.newSession();
  server.once("/refresh", neverResponds, neverResponds, async () => {
    await sleep(10_000);
    return server.tokens("session-1");
  });
  const session = server.openTab();
  await advance(16_000);
  expect(session.getState()).toEqual({ status: "unreachable", cause: "network" });
  await advance(8_000);
  expect(session.getState().status).toBe("authenticated");
  expect(server.count("/refresh")).toBe(3);
});

test("a page whose token expires before its user is loaded gets another token", async () => {
  server.cookie = server.newSession();
  server.ttl = 60;
  server.always("/users/me", networkError);
  const session = server.openTab();
  await advance(120_000);
  expect(session.getState()).toEqual({ status: "unreachable", cause: "network" });
  server.reset("/users/me");
  await advance(40_000);
  expect(session.getState().status).toBe("authenticated");
});

test("a page whose session is revoked before its user is loaded reports it", async () => {
  server.cookie = server.newSession();
  server.always("/users/me", networkError);
  const session = server.openTab();
  await advance(5_000);
  server.revokeAll("password_change");
  server.reset("/users/me");
  await advance(40_000);
  expect(session.getState()).toEqual({ status: "anonymous", over: "revoked" });
});

test("a page whose every token is rejected retries slowly", async () => {
  server.cookie = server.newSession();
  server.always("/users/me", () => problem(401, "access_token_invalid"));
  const session = server.openTab();
  await advance(3_000);
  expect(session.getState()).toEqual({ status: "unreachable", cause: "error_response" });
  expect(server.count("/refresh")).toBe(2);
  await advance(300_000);
  expect(server.count("/refresh")).toBeLessThan(30);
});

test("a request while Heirloom is down rejects, and the next request tries again", async () => {
  server.cookie = server.newSession();
  server.once("/refresh", networkError, networkError, networkError, networkError, networkError);
  const session = server.openTab();
  const request = expect(session.fetch("https://auth.example/api")).rejects.toThrow("Failed to fetch");
  await advance(5_000);
  await request;
  expect((await session.fetch("https://auth.example/api")).status).toBe(200);
});

test("a closed page sends no request", async () => {
  server.always("/refresh", networkError);
  const session = server.openTab();
  await advance(5_000);
  session.close();
  const attempts = server.count("/refresh");
  await advance(600_000);
  expect(server.count("/refresh")).toBe(attempts);
  expect(vi.getTimerCount()).toBe(0);
});

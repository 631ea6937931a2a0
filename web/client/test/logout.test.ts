import { afterEach, beforeEach, expect, test } from "vitest";
import type { Session } from "../src/index.js";
import {
  ALICE,
  neverResponds,
  networkError,
  fakeNetwork,
  advance,
  problem,
  FakeServer,
  settle,
} from "./support/server.js";

let server: FakeServer;
beforeEach(() => {
  server = new FakeServer();
});
afterEach(() => server.close());

test("an offline logout logs out here, rejects, and reaches the server later", async () => {
  const { goOnline } = fakeNetwork();
  const session = await server.openLoggedInTab();
  server.always("/logout", networkError);
  const loggingOut = expect(session.logout()).rejects.toThrow("Failed to fetch");
  await settle();
  expect(session.getState()).toEqual({ status: "anonymous", over: "logged_out" });
  expect(await session.accessToken()).toBeNull();
  // All attempts of the logout have failed after 1.5 to 3 s. The next one would start 3.2 s later at the earliest.
  await advance(4_000);
  await loggingOut;
  expect(server.cookie).not.toBeNull();
  server.reset("/logout");
  goOnline();
  await settle();
  expect(server.cookie).toBeNull();
});

test("a pending logout is dropped when another tab logs in", async () => {
  const { goOnline } = fakeNetwork();
  const [first, second] = [await server.openLoggedInTab(), await server.openLoggedInTab()];
  server.always("/logout", networkError);
  const loggingOut = expect(first.logout()).rejects.toThrow("Failed to fetch");
  await advance(60_000);
  await loggingOut;
  await second.login(ALICE);
  await settle();
  server.reset("/logout");
  server.requests.length = 0;
  goOnline();
  await settle();
  expect(server.count("/logout")).toBe(0);
  for (const session of [first, second]) expect(session.getState()).toMatchObject({ session: { id: server.cookie } });
});

test("a login during an offline logout wins", async () => {
  const session = await server.openLoggedInTab();
  server.always("/logout", networkError);
  const logout = session.logout();
  await settle();
  await session.login(ALICE);
  await logout;
  server.reset("/logout");
  await advance(60_000);
  expect(session.getState()).toMatchObject({ status: "authenticated", session: { id: server.cookie } });
});

/** A logout that does not reach the server for now. */
async function logOutOffline(session: Session) {
  server.always("/logout", networkError);
  const loggingOut = expect(session.logout()).rejects.toThrow("Failed to fetch");
  await advance(5_000);
  await loggingOut;
  server.reset("/logout");
  server.requests.length = 0;
}

test("a pending logout is retried until the server confirms it", async () => {
  const session = await server.openLoggedInTab();
  await logOutOffline(session);
  server.always("/logout", () => problem(500, "internal_error"));
  await advance(300_000);
  expect(server.count("/logout")).toBeGreaterThan(5);
  expect(server.count("/logout")).toBeLessThan(30);
  server.reset("/logout");
  await advance(60_000);
  expect(server.cookie).toBeNull();
  server.requests.length = 0;
  await advance(600_000);
  expect(server.requests).toEqual([]);
  expect(session.getState()).toEqual({ status: "anonymous", over: "logged_out" });
});

test("another logout waits for the pending logout", async () => {
  const session = await server.openLoggedInTab();
  await logOutOffline(session);
  await session.logout();
  expect(server.cookie).toBeNull();
  await advance(60_000);
  expect(server.count("/logout")).toBe(1);
});

test("a closed page sends no logout", async () => {
  const session = await server.openLoggedInTab();
  await logOutOffline(session);
  session.close();
  await advance(600_000);
  expect(server.requests).toEqual([]);
});

test("a logout without a response rejects soon, and goes on", async () => {
  const session = await server.openLoggedInTab();
  server.once("/logout", neverResponds, neverResponds, neverResponds);
  const loggingOut = expect(session.logout()).rejects.toThrow("did not respond in time");
  await advance(16_000);
  await loggingOut;
  await advance(20_000);
  expect(server.cookie).toBeNull();
});

test("a retried logout does not revoke a session that another tab has started meanwhile", async () => {
  const [first, second] = [await server.openLoggedInTab(), await server.openLoggedInTab()];
  server.once("/logout", networkError, networkError, networkError);
  const loggingOut = first.logout();
  await advance(400);
  await second.login(ALICE);
  await advance(60_000);
  await loggingOut;
  expect(server.count("/logout")).toBeLessThan(4);
  for (const session of [first, second]) {
    expect(session.getState()).toMatchObject({ status: "authenticated", session: { id: server.cookie } });
    expect((await session.fetch("https://auth.example/api")).status).toBe(200);
  }
});

test("a failed login during a logout leaves the logout pending, and it goes on", async () => {
  const session = await server.openLoggedInTab();
  server.once("/logout", networkError, networkError);
  let isConfirmed = false;
  const loggingOut = session.logout().then(() => (isConfirmed = true));
  await settle();
  server.once("/login", () => problem(401, "invalid_credentials"));
  await expect(session.login({ ...ALICE, password: "wrong" })).rejects.toMatchObject({ code: "invalid_credentials" });
  expect([isConfirmed, server.cookie]).toEqual([false, "session-1"]);
  await advance(5_000);
  await loggingOut;
  expect(server.cookie).toBeNull();
  expect(session.getState()).toEqual({ status: "anonymous", over: "logged_out" });
});

test("a logout right after a login wins, even if the user cannot be loaded", async () => {
  const session = server.openTab();
  await session.user();
  server.always("/users/me", neverResponds);
  const login = expect(session.login(ALICE)).rejects.toThrow();
  await settle();
  await session.logout();
  await advance(60_000);
  await login;
  expect(session.getState()).toEqual({ status: "anonymous", over: "logged_out" });
});

test("a login replaces a pending logout", async () => {
  const session = await server.openLoggedInTab();
  await logOutOffline(session);
  await session.login(ALICE);
  await advance(300_000);
  expect(server.count("/logout")).toBe(0);
  expect(session.getState()).toMatchObject({ status: "authenticated", session: { id: server.cookie } });
});

test("a program's failed logout is sent again by the next logout, with its refresh token", async () => {
  const session = server.openTab({ tokenDelivery: "body" });
  const logIn = (token: string) => {
    server.once("/login", () => server.tokens(server.newSession(), { refresh_token: token }));
    return session.login(ALICE);
  };
  await logIn("hl_1");
  await logOutOffline(session);
  await advance(600_000);
  expect(server.requests).toEqual([]);

  await logIn("hl_2");
  await session.logout();
  const sent = server.requests.filter(({ path }) => path === "/logout").map(({ body }) => JSON.parse(body) as unknown);
  expect(sent).toEqual([{ refresh_token: "hl_1" }, { refresh_token: "hl_2" }]);
  await session.logout();
  expect(server.count("/logout")).toBe(2);
});

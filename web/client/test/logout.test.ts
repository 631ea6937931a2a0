import { afterEach, beforeEach, expect, test } from "vitest";
import type { Session } from "../src/index.js";
import { ALICE, hangs, lost, network, passes, problem, ScriptedServer, settle } from "./support/server.js";

let server: ScriptedServer;
beforeEach(() => {
  server = new ScriptedServer();
});
afterEach(() => server.close());

test("a logout without the network ends the session here, says that the server does not know, and tells it later", async () => {
  const { returns } = network();
  const session = await server.loggedIn();
  server.always("/logout", lost);
  const leaving = expect(session.logout()).rejects.toThrow("Failed to fetch");
  await settle();
  expect(session.getState()).toEqual({ status: "anonymous", over: "logged_out" });
  expect(await session.accessToken()).toBeNull();
  await passes(60_000);
  await leaving;
  expect(server.cookie).not.toBeNull();
  server.reset("/logout");
  returns();
  await settle();
  expect(server.cookie).toBeNull();
});

test("a logout that the server has yet to hear of is given up once another tab logs in", async () => {
  const { returns } = network();
  const [first, second] = [await server.loggedIn(), await server.loggedIn()];
  server.always("/logout", lost);
  const leaving = expect(first.logout()).rejects.toThrow("Failed to fetch");
  await passes(60_000);
  await leaving;
  await second.login(ALICE);
  await settle();
  server.reset("/logout");
  server.requests.length = 0;
  returns();
  await settle();
  expect(server.asked("/logout")).toBe(0);
  for (const session of [first, second]) expect(session.getState()).toMatchObject({ session: { id: server.cookie } });
});

test("a login in the middle of a logout without network has the last word", async () => {
  const session = await server.loggedIn();
  server.always("/logout", lost);
  const logout = session.logout();
  await settle();
  await session.login(ALICE);
  await logout;
  server.reset("/logout");
  await passes(60_000);
  expect(session.getState()).toMatchObject({ status: "authenticated", session: { id: server.cookie } });
});

/** A logout of which the server cannot be told for now. */
async function logsOutInVain(session: Session) {
  server.always("/logout", lost);
  const leaving = expect(session.logout()).rejects.toThrow("Failed to fetch");
  await passes(5_000);
  await leaving;
  server.reset("/logout");
  server.requests.length = 0;
}

test("a logout that the server has yet to hear of is told again and again, until it is", async () => {
  const session = await server.loggedIn();
  await logsOutInVain(session);
  server.always("/logout", () => problem(500, "internal_error"));
  await passes(300_000);
  expect(server.asked("/logout")).toBeGreaterThan(5);
  expect(server.asked("/logout")).toBeLessThan(30);
  server.reset("/logout");
  await passes(60_000);
  expect(server.cookie).toBeNull();
  server.requests.length = 0;
  await passes(600_000);
  expect(server.requests).toEqual([]);
  expect(session.getState()).toEqual({ status: "anonymous", over: "logged_out" });
});

test("logging out once more waits for the logout that is owed", async () => {
  const session = await server.loggedIn();
  await logsOutInVain(session);
  await session.logout();
  expect(server.cookie).toBeNull();
  await passes(60_000);
  expect(server.asked("/logout")).toBe(1);
});

test("a page that is closed tells of no logout any more", async () => {
  const session = await server.loggedIn();
  await logsOutInVain(session);
  session.close();
  await passes(600_000);
  expect(server.requests).toEqual([]);
});

test("a logout that is not answered says so soon, and goes on", async () => {
  const session = await server.loggedIn();
  server.next("/logout", hangs, hangs, hangs);
  const leaving = expect(session.logout()).rejects.toThrow("did not answer in time");
  await passes(16_000);
  await leaving;
  await passes(20_000);
  expect(server.cookie).toBeNull();
});

test("a logout that is tried again ends no session that another tab has begun meanwhile", async () => {
  const [first, second] = [await server.loggedIn(), await server.loggedIn()];
  server.next("/logout", lost, lost, lost);
  const leaving = first.logout();
  await passes(400);
  await second.login(ALICE);
  await passes(60_000);
  await leaving;
  expect(server.asked("/logout")).toBeLessThan(4);
  for (const session of [first, second]) {
    expect(session.getState()).toMatchObject({ status: "authenticated", session: { id: server.cookie } });
    expect((await session.fetch("https://auth.example/api")).status).toBe(200);
  }
});

test("a login that fails in the middle of a logout leaves it owed, and it goes on", async () => {
  const session = await server.loggedIn();
  server.next("/logout", lost, lost);
  let isTold = false;
  const leaving = session.logout().then(() => (isTold = true));
  await settle();
  server.next("/login", () => problem(401, "invalid_credentials"));
  await expect(session.login({ ...ALICE, password: "wrong" })).rejects.toMatchObject({ code: "invalid_credentials" });
  expect([isTold, server.cookie]).toEqual([false, "session-1"]);
  await passes(5_000);
  await leaving;
  expect(server.cookie).toBeNull();
  expect(session.getState()).toEqual({ status: "anonymous", over: "logged_out" });
});

test("a logout right after a login has the last word, though nobody can be asked for the user", async () => {
  const session = server.tab();
  await session.user();
  server.always("/users/me", hangs);
  const login = expect(session.login(ALICE)).rejects.toThrow();
  await settle();
  await session.logout();
  await passes(60_000);
  await login;
  expect(session.getState()).toEqual({ status: "anonymous", over: "logged_out" });
});

test("a login takes the place of a logout that is owed", async () => {
  const session = await server.loggedIn();
  await logsOutInVain(session);
  await session.login(ALICE);
  await passes(300_000);
  expect(server.asked("/logout")).toBe(0);
  expect(session.getState()).toMatchObject({ status: "authenticated", session: { id: server.cookie } });
});

test("a program's logout that could not be told is told by the next one, with what shows its session", async () => {
  const session = server.tab({ tokenDelivery: "body" });
  const logsIn = (token: string) => {
    server.next("/login", () => server.tokens(server.begin(), { refresh_token: token }));
    return session.login(ALICE);
  };
  await logsIn("hl_1");
  await logsOutInVain(session);
  await passes(600_000);
  expect(server.requests).toEqual([]);

  await logsIn("hl_2");
  await session.logout();
  const shown = server.requests.filter(({ path }) => path === "/logout").map(({ body }) => JSON.parse(body) as unknown);
  expect(shown).toEqual([{ refresh_token: "hl_1" }, { refresh_token: "hl_2" }]);
  await session.logout();
  expect(server.asked("/logout")).toBe(2);
});

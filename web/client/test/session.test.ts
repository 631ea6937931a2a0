import { afterEach, beforeEach, expect, test } from "vitest";
import { ProblemError } from "../src/index.js";
import { ALICE, BASE, delayed, networkError, advance, problem, FakeServer, settle } from "./support/server.js";

let server: FakeServer;
beforeEach(() => {
  server = new FakeServer();
});
afterEach(() => server.close());

const last = () => server.requests.at(-1);

test("login() resolves to the user, and the state changes", async () => {
  const session = server.openTab();
  await session.user();
  expect(await session.login(ALICE)).toMatchObject({ email: ALICE.email });
  expect(session.getState()).toMatchObject({ status: "authenticated", user: { email: ALICE.email } });
  expect(server.requests.find(({ path }) => path === "/login")?.body).toBe(JSON.stringify(ALICE));
});

test("a rejected login is a ProblemError with the details for a form", async () => {
  const session = server.openTab();
  server.once("/login", () => problem(429, "too_many_attempts", { detail: "Wait a little." }, { "retry-after": "7" }));
  const error: unknown = await session.login(ALICE).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(ProblemError);
  expect(error).toMatchObject({
    message: "Wait a little.",
    code: "too_many_attempts",
    status: 429,
    retryAfter: 7,
    problem: { title: "too_many_attempts" },
  });
});

test("an error response of a proxy is a ProblemError too", async () => {
  const session = server.openTab();
  server.once("/login", () => new Response("<h1>Bad gateway</h1>", { status: 502 }));
  await expect(session.login(ALICE)).rejects.toMatchObject({ code: "unknown", status: 502 });
  server.once("/login", () => Response.json({ code: "Throttled", message: "Not now" }, { status: 503 }));
  await expect(session.login(ALICE)).rejects.toMatchObject({ code: "Throttled", status: 503 });
});

test("a login whose response is lost is not sent twice", async () => {
  const session = server.openTab();
  await session.user();
  server.once("/login", networkError);
  await expect(session.login(ALICE)).rejects.toThrow("Failed to fetch");
  expect(server.count("/login")).toBe(1);
  expect(session.getState()).toEqual({ status: "anonymous" });
});

test("a login that loses the network half-way completes when the network is back", async () => {
  const session = server.openTab();
  await session.user();
  server.once("/users/me", networkError, networkError, networkError);
  const login = expect(session.login(ALICE)).rejects.toThrow("Failed to fetch");
  await advance(2_000);
  await login;
  expect(session.getState()).toEqual({ status: "unreachable", cause: "network" });
  await advance(30_000);
  expect(session.getState()).toMatchObject({ user: { email: ALICE.email } });
});

test("a program's login that loses the network half-way completes with the next request", async () => {
  const session = server.openTab({ tokenDelivery: "body", restore: false });
  server.once("/login", () => server.tokens(server.newSession(), { refresh_token: "hl_1" }));
  server.once("/refresh", () => server.tokens("session-1", { refresh_token: "hl_2" }));
  server.once("/users/me", networkError, networkError, networkError, () => problem(401, "access_token_expired"));
  const login = expect(session.login(ALICE)).rejects.toThrow("Failed to fetch");
  await advance(2_000);
  await login;
  expect((await session.fetch(`${BASE}/api`)).status).toBe(200);
  expect(await session.user()).toMatchObject({ email: ALICE.email });
  expect(server.requests.find(({ path }) => path === "/refresh")?.body).toBe('{"refresh_token":"hl_1"}');
});

test("a logout during a login ends the new session", async () => {
  const session = server.openTab();
  await session.user();
  const slow = delayed((request) => server.respond(request, "/login", null));
  server.once("/login", slow.handler);
  const login = session.login(ALICE).catch((error: unknown) => error);
  const logout = session.logout();
  await settle();
  slow.release();
  await Promise.all([login, logout]);
  expect(session.getState()).toEqual({ status: "anonymous", over: "logged_out" });
  expect(server.cookie).toBeNull();
});

test("register() creates an account but no session", async () => {
  const session = server.openTab();
  await session.user();
  server.once("/register", () => Response.json({ id: "1", email: ALICE.email }, { status: 201 }));
  expect(await session.register(ALICE)).toEqual({ id: "1", email: ALICE.email });
  expect(session.getState()).toEqual({ status: "anonymous" });
});

test("account requests are sent to the right paths", async () => {
  const session = await server.openLoggedInTab();
  expect(await session.sessions()).toEqual([{ id: "session-1", current: true }]);
  await session.events();
  expect(last()).toMatchObject({ method: "GET", path: "/users/me/events" });
  await session.changePassword({ current_password: "a", new_password: "b" });
  expect(last()).toMatchObject({ path: "/users/me/password", body: '{"current_password":"a","new_password":"b"}' });
  await session.endSession("a/../b");
  expect(last()).toMatchObject({ method: "DELETE", path: "/sessions/a%2F..%2Fb" });
});

test("a rejected password change is a ProblemError, and the session continues", async () => {
  const session = await server.openLoggedInTab();
  server.once("/users/me/password", () => problem(403, "invalid_credentials"));
  const changing = session.changePassword({ current_password: "wrong", new_password: "new" });
  await expect(changing).rejects.toMatchObject({ code: "invalid_credentials" });
  expect(session.getState().status).toBe("authenticated");
});

test("after a password change, every tab goes on with the new session, and no page is logged out meanwhile", async () => {
  const session = await server.openLoggedInTab();
  const other = await server.openLoggedInTab();
  const seen: string[] = [];
  session.subscribe((state) => seen.push(state.status));
  await session.changePassword({ current_password: "a", new_password: "b" });
  expect(session.getState()).toMatchObject({ status: "authenticated", session: { id: server.cookie } });
  await settle();
  expect(new Set(seen)).toEqual(new Set(["authenticated"]));
  for (const tab of [session, other]) {
    expect(tab.getState()).toMatchObject({ status: "authenticated", session: { id: server.cookie } });
    expect((await tab.fetch(`${BASE}/users/me`)).status).toBe(200);
  }
});

test("a program goes on with the refresh token that a password change returns", async () => {
  const session = server.openTab({ tokenDelivery: "body" });
  server.once("/login", () => server.tokens(server.newSession(), { refresh_token: "first" }));
  await session.login(ALICE);
  server.once("/refresh", () => server.tokens("session-1", { refresh_token: "second" }));
  await session.changePassword({ current_password: "a", new_password: "b" });
  const state = session.getState();
  const id = state.status === "authenticated" ? state.session.id : "";
  server.once("/refresh", () => server.tokens(id));
  await session.refresh();
  const sent = server.requests.filter(({ path }) => path === "/refresh").map(({ body }) => body);
  expect(sent).toEqual(['{"refresh_token":"first"}', expect.stringContaining("refresh of session-")]);
  expect(session.getState().status).toBe("authenticated");
});

test("an unchanged state is the same object, and listeners are called only after changes", async () => {
  const session = await server.openLoggedInTab();
  const seen: unknown[] = [];
  const stop = session.subscribe((state) => seen.push(state));
  const before = session.getState();
  await session.fetch(`${BASE}/api`);
  expect(session.getState()).toBe(before);
  expect(seen).toEqual([]);
  stop();
  await session.logout();
  expect(seen).toEqual([]);
});

test("a refresh keeps the user object in the state", async () => {
  const session = await server.openLoggedInTab();
  const before = session.getState();
  await session.refresh();
  await settle();
  const after = session.getState();
  expect(before.status === "authenticated" && after.status === "authenticated" && after.user === before.user).toBe(
    true,
  );
});

test("an error in a listener is reported and interrupts nothing", async () => {
  const session = server.openTab();
  await session.user();
  const errors: unknown[] = [];
  const others = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  process.once("uncaughtException", (error) => errors.push(error));
  session.subscribe(() => {
    throw new Error("an error in a listener");
  });
  await session.login(ALICE);
  await settle();
  for (const other of others) process.on("uncaughtException", other);
  expect(session.getState().status).toBe("authenticated");
  expect(errors).toMatchObject([{ message: "an error in a listener" }]);
});

test("Heirloom may have a base path", async () => {
  for (const baseUrl of [
    "https://auth.example/auth",
    "https://auth.example/auth/",
    new URL("https://auth.example/auth"),
  ]) {
    server.requests.length = 0;
    server.once("/auth/refresh", () => problem(401, "refresh_token_missing"));
    await server.openTab({ baseUrl }).user();
    expect(last()?.path).toBe("/auth/refresh");
  }
});

test("a program without a cookie jar keeps the refresh token in memory", async () => {
  const session = server.openTab({ tokenDelivery: "body" });
  expect(session.getState()).toEqual({ status: "anonymous" });
  server.once("/login", () => server.tokens(server.newSession(), { refresh_token: "hl_1" }));
  server.once("/refresh", () => server.tokens("session-1", { refresh_token: "hl_2" }));
  await session.login(ALICE);
  expect(JSON.parse(last()?.body || "{}")).toEqual({});
  expect(JSON.parse(server.requests[0]?.body ?? "")).toEqual({ ...ALICE, token_delivery: "body" });
  await session.refresh();
  await session.logout();
  const sent = server.requests.filter(({ path }) => ["/refresh", "/logout"].includes(path));
  expect(sent.map(({ body }) => JSON.parse(body) as unknown)).toEqual([
    { refresh_token: "hl_1" },
    { refresh_token: "hl_2" },
  ]);
});

test("a program sends its device token with its next login", async () => {
  const session = server.openTab({ tokenDelivery: "body" });
  const logsIn = async (device: object) => {
    server.once("/login", () => server.tokens(server.newSession(), { refresh_token: "hl_1", ...device }));
    await session.login(ALICE);
    const logins = server.requests.filter(({ path }) => path === "/login");
    return JSON.parse(logins.at(-1)?.body ?? "") as unknown;
  };
  expect(await logsIn({ device_token: "hld_1" })).not.toHaveProperty("device_token");
  await session.refresh();
  await session.logout();
  expect(await logsIn({ device_token: "hld_2" })).toHaveProperty("device_token", "hld_1");
  expect(await logsIn({})).toHaveProperty("device_token", "hld_2");
});

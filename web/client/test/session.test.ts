import { afterEach, beforeEach, expect, test } from "vitest";
import { ProblemError } from "../src/index.js";
import { ALICE, BASE, held, lost, passes, problem, ScriptedServer, settle } from "./support/server.js";

let server: ScriptedServer;
beforeEach(() => {
  server = new ScriptedServer();
});
afterEach(() => server.close());

const last = () => server.requests.at(-1);

test("login() gives the user, and the state follows", async () => {
  const session = server.tab();
  await session.user();
  expect(await session.login(ALICE)).toMatchObject({ email: ALICE.email });
  expect(session.getState()).toMatchObject({ status: "authenticated", user: { email: ALICE.email } });
  expect(server.requests.find(({ path }) => path === "/login")?.body).toBe(JSON.stringify(ALICE));
});

test("a refused login is a ProblemError with what a form shows", async () => {
  const session = server.tab();
  server.next("/login", () => problem(429, "too_many_attempts", { detail: "Wait a little." }, { "retry-after": "7" }));
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

test("a refusal that Heirloom did not word is a ProblemError too", async () => {
  const session = server.tab();
  server.next("/login", () => new Response("<h1>Bad gateway</h1>", { status: 502 }));
  await expect(session.login(ALICE)).rejects.toMatchObject({ code: "unknown", status: 502 });
  server.next("/login", () => Response.json({ code: "Throttled", message: "Not now" }, { status: 503 }));
  await expect(session.login(ALICE)).rejects.toMatchObject({ code: "Throttled", status: 503 });
});

test("a login whose answer is lost is not sent twice", async () => {
  const session = server.tab();
  await session.user();
  server.next("/login", lost);
  await expect(session.login(ALICE)).rejects.toThrow("Failed to fetch");
  expect(server.asked("/login")).toBe(1);
  expect(session.getState()).toEqual({ status: "anonymous" });
});

test("a login that loses the network half-way is completed when it is back", async () => {
  const session = server.tab();
  await session.user();
  server.next("/users/me", lost, lost, lost);
  const login = expect(session.login(ALICE)).rejects.toThrow("Failed to fetch");
  await passes(2_000);
  await login;
  expect(session.getState()).toEqual({ status: "unreachable" });
  await passes(30_000);
  expect(session.getState()).toMatchObject({ user: { email: ALICE.email } });
});

test("a login in a program that loses the network half-way is completed by what asks next", async () => {
  const session = server.tab({ tokenDelivery: "body", restore: false });
  server.next("/login", () => server.tokens(server.begin(), { refresh_token: "hl_1" }));
  server.next("/refresh", () => server.tokens("session-1", { refresh_token: "hl_2" }));
  server.next("/users/me", lost, lost, lost, () => problem(401, "access_token_expired"));
  const login = expect(session.login(ALICE)).rejects.toThrow("Failed to fetch");
  await passes(2_000);
  await login;
  expect((await session.fetch(`${BASE}/api`)).status).toBe(200);
  expect(await session.user()).toMatchObject({ email: ALICE.email });
  expect(server.requests.find(({ path }) => path === "/refresh")?.body).toBe('{"refresh_token":"hl_1"}');
});

test("a logout in the middle of a login ends what has begun", async () => {
  const session = server.tab();
  await session.user();
  const slow = held((request) => server.answer(request, "/login", null));
  server.next("/login", slow.script);
  const login = session.login(ALICE).catch((error: unknown) => error);
  const logout = session.logout();
  await settle();
  slow.release();
  await Promise.all([login, logout]);
  expect(session.getState()).toEqual({ status: "anonymous", over: "logged_out" });
  expect(server.cookie).toBeNull();
});

test("register() makes an account and no session", async () => {
  const session = server.tab();
  await session.user();
  server.next("/register", () => Response.json({ id: "1", email: ALICE.email }, { status: 201 }));
  expect(await session.register(ALICE)).toEqual({ id: "1", email: ALICE.email });
  expect(session.getState()).toEqual({ status: "anonymous" });
});

test("the account's requests go where the server has them", async () => {
  const session = await server.loggedIn();
  expect(await session.sessions()).toEqual([{ id: "session-1", current: true }]);
  await session.events();
  expect(last()).toMatchObject({ method: "GET", path: "/users/me/events" });
  await session.changePassword({ current_password: "a", new_password: "b" });
  expect(last()).toMatchObject({ path: "/users/me/password", body: '{"current_password":"a","new_password":"b"}' });
  await session.endSession("a/../b");
  expect(last()).toMatchObject({ method: "DELETE", path: "/sessions/a%2F..%2Fb" });
});

test("a refused change is a ProblemError, and the session goes on", async () => {
  const session = await server.loggedIn();
  server.next("/users/me/password", () => problem(403, "invalid_credentials"));
  const changing = session.changePassword({ current_password: "wrong", new_password: "new" });
  await expect(changing).rejects.toMatchObject({ code: "invalid_credentials" });
  expect(session.getState().status).toBe("authenticated");
});

test("an unchanged state is the same object, and listeners are called after changes only", async () => {
  const session = await server.loggedIn();
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

test("a refresh leaves the same user in the state", async () => {
  const session = await server.loggedIn();
  const before = session.getState();
  await session.refresh();
  await settle();
  const after = session.getState();
  expect(before.status === "authenticated" && after.status === "authenticated" && after.user === before.user).toBe(
    true,
  );
});

test("a listener's fault is reported and stops nothing", async () => {
  const session = server.tab();
  await session.user();
  const faults: unknown[] = [];
  const others = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  process.once("uncaughtException", (fault) => faults.push(fault));
  session.subscribe(() => {
    throw new Error("a listener's fault");
  });
  await session.login(ALICE);
  await settle();
  for (const other of others) process.on("uncaughtException", other);
  expect(session.getState().status).toBe("authenticated");
  expect(faults).toMatchObject([{ message: "a listener's fault" }]);
});

test("Heirloom may be below a path", async () => {
  for (const baseUrl of [
    "https://auth.example/auth",
    "https://auth.example/auth/",
    new URL("https://auth.example/auth"),
  ]) {
    server.requests.length = 0;
    server.next("/auth/refresh", () => problem(401, "refresh_token_missing"));
    await server.tab({ baseUrl }).user();
    expect(last()?.path).toBe("/auth/refresh");
  }
});

test("a program without a cookie jar keeps the refresh token in memory", async () => {
  const session = server.tab({ tokenDelivery: "body" });
  expect(session.getState()).toEqual({ status: "anonymous" });
  server.next("/login", () => server.tokens(server.begin(), { refresh_token: "hl_1" }));
  server.next("/refresh", () => server.tokens("session-1", { refresh_token: "hl_2" }));
  await session.login(ALICE);
  expect(JSON.parse(last()?.body || "{}")).toEqual({});
  expect(JSON.parse(server.requests[0]?.body ?? "")).toEqual({ ...ALICE, token_delivery: "body" });
  await session.refresh();
  await session.logout();
  const shown = server.requests.filter(({ path }) => ["/refresh", "/logout"].includes(path));
  expect(shown.map(({ body }) => JSON.parse(body) as unknown)).toEqual([
    { refresh_token: "hl_1" },
    { refresh_token: "hl_2" },
  ]);
});

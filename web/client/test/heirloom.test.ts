import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { createSession, type Session, type SessionOptions } from "../src/index.js";
import { CookieJar } from "./support/cookies.js";
import { Heirloom } from "./support/heirloom.js";

const PASSWORD = "three lamps on the stairs";
let heirloom: Heirloom;
let users = 0;
const open: Session[] = [];

beforeAll(async () => {
  heirloom = await Heirloom.start();
}, 60_000);
afterAll(() => heirloom.remove());
afterEach(() => {
  for (const session of open.splice(0)) session.close();
});

function tabOf(browser: CookieJar, options: SessionOptions = {}): Session {
  const session = createSession({ baseUrl: browser.url, restore: true, fetch: browser.fetch, ...options });
  open.push(session);
  return session;
}

/** A new user, logged in. */
async function alice(options?: SessionOptions) {
  const account = { email: `alice-${++users}@example.com`, password: PASSWORD };
  const browser = new CookieJar(heirloom.url);
  const session = tabOf(browser, options);
  await session.register(account);
  await session.login(account);
  return { account, browser, session };
}

test("a user logs in, and another tab of the same browser restores the session", async () => {
  const { account, browser, session } = await alice();
  expect(await session.user()).toMatchObject({ email: account.email, is_active: true });
  expect(await tabOf(browser).user()).toMatchObject({ email: account.email });
  expect(await tabOf(new CookieJar(heirloom.url)).user()).toBeNull();
});

test("a rejected registration names the invalid fields", async () => {
  const session = tabOf(new CookieJar(heirloom.url));
  await expect(session.register({ email: "not-an-address", password: "short" })).rejects.toMatchObject({
    code: "validation_failed",
    status: 422,
    problem: { errors: [{ field: "email" }, { field: "password" }] },
  });
});

test("the user lists sessions and events, changes the password and deletes the account", async () => {
  const { account, session } = await alice();
  expect(await session.sessions()).toMatchObject([{ current: true }]);
  const phone = tabOf(new CookieJar(heirloom.url));
  await phone.login(account);
  const other = (await session.sessions()).find(({ current }) => !current);
  await session.endSession(other!.id);
  expect(await session.sessions()).toHaveLength(1);

  const page = await session.events({ limit: 2 });
  expect(page.events).toHaveLength(2);
  expect((await session.events({ limit: 2, before: page.next! })).events.map(({ kind }) => kind)).toContain(
    "login_succeeded",
  );

  const passwords = { current_password: "wrong", new_password: "four lamps on the stairs" };
  await expect(session.changePassword(passwords)).rejects.toMatchObject({ code: "invalid_credentials" });
  await session.changePassword({ ...passwords, current_password: PASSWORD });
  expect((await session.sessions()).map(({ current }) => current)).toEqual([true]);
  await session.refresh();
  await session.deleteAccount({ password: "four lamps on the stairs" });
  expect(session.getState()).toEqual({ status: "anonymous", over: "logged_out" });
  await expect(session.login(account)).rejects.toMatchObject({ code: "invalid_credentials" });
});

test("fifty requests with a rejected token cause one refresh", async () => {
  const { browser, session } = await alice();
  const before = browser.requests.length;
  const token = await session.accessToken();
  browser.expiredToken = token;
  const responses = await Promise.all(Array.from({ length: 50 }, () => session.fetch("users/me")));
  expect(responses.every(({ ok }) => ok)).toBe(true);
  expect(browser.requests.slice(before).filter((request) => request === "POST /refresh")).toHaveLength(1);
});

test("a session that another device revokes ends with the reason", async () => {
  const { account, session } = await alice();
  const phone = tabOf(new CookieJar(heirloom.url));
  await phone.login(account);
  expect(await phone.logoutAll()).toBe(2);
  expect((await session.fetch("users/me")).status).toBe(401);
  expect(session.getState()).toEqual({ status: "anonymous", over: "revoked" });
});

test("disabling an account ends its sessions, and the user logs in again once it is enabled", async () => {
  const { account, browser, session } = await alice();
  await heirloom.run("user", "disable", account.email);
  expect((await session.fetch("users/me")).status).toBe(401);
  expect(session.getState()).toEqual({ status: "anonymous", over: "revoked" });
  const reloaded = tabOf(browser);
  expect(await reloaded.user()).toBeNull();
  expect(reloaded.getState()).toEqual({ status: "anonymous" });
  await expect(session.login(account)).rejects.toMatchObject({ code: "account_disabled" });

  await heirloom.run("user", "enable", account.email);
  await session.login(account);
  expect(session.getState().status).toBe("authenticated");
});

test("a response that is lost twice is not taken for theft", async () => {
  const { browser, session } = await alice();
  for (let round = 0; round < 5; round++) {
    browser.loseResponses = 2;
    await session.refresh();
    expect(await session.user()).not.toBeNull();
  }
  const { events } = await session.events();
  expect(events.map(({ kind }) => kind)).not.toContain("reuse_detected");
  expect(await session.sessions()).toHaveLength(1);
});

test("a thief who replays an old token ends the session in both browsers", async () => {
  const { browser, session } = await alice();
  const stolen = browser.copy();
  await session.refresh();
  await session.refresh();
  await session.refresh();
  const thief = tabOf(stolen);
  await thief.user();
  expect(thief.getState()).toEqual({ status: "anonymous", over: "reused" });
  await session.fetch("users/me");
  expect(session.getState()).toEqual({ status: "anonymous", over: "reused" });
});

test("a program without a cookie jar logs in, refreshes and logs out", async () => {
  const account = { email: `script-${++users}@example.com`, password: PASSWORD };
  const session = createSession({ baseUrl: heirloom.url, tokenDelivery: "body" });
  await session.register(account);
  await session.login(account);
  for (let round = 0; round < 3; round++) await session.refresh();
  expect((await session.fetch("users/me")).status).toBe(200);
  await session.logout();
  expect((await session.fetch("users/me")).status).toBe(401);
});

test("a program that has logged in before gets in while others guess", async () => {
  const account = { email: `script-${++users}@example.com`, password: PASSWORD };
  const newSession = () => createSession({ baseUrl: heirloom.url, tokenDelivery: "body" });
  const session = newSession();
  await session.register(account);
  await session.login(account);
  await session.logout();
  for (let guess = 0; guess < 10; guess++) {
    await expect(newSession().login({ ...account, password: "a guess" })).rejects.toThrow();
  }
  await expect(newSession().login(account)).rejects.toHaveProperty("code", "too_many_attempts");
  await session.login(account);
  expect(session.getState().status).toBe("authenticated");
});

test("the session continues after a restart of the server", async () => {
  const { session } = await alice();
  const before = session.getState();
  await heirloom.stop();
  await expect(session.fetch("users/me")).rejects.toThrow("fetch failed");
  const refresh = session.refresh();
  await heirloom.launch();
  await refresh;
  expect((await session.fetch("users/me")).status).toBe(200);
  expect(session.getState()).toMatchObject({ status: "authenticated", user: (before as { user: unknown }).user });
}, 60_000);

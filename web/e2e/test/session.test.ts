import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { fetchStatus, PASSWORD, refreshCookie, waitForState, screenshot, World } from "../support/world.js";

let world: World;
beforeAll(async () => {
  world = await World.start({ HEIRLOOM_ACCESS_TOKEN_TTL: "1s" });
});
afterEach(() => world.reset());
afterAll(() => world.stop());

test("a user logs in, and a reload keeps the session with one refresh", async () => {
  const { email, tab } = await world.alice();
  await screenshot(tab, "e2e-logged-in");
  const before = world.proxy.count("/refresh");
  await tab.reload();
  await waitForState(tab, email);
  expect(world.proxy.count("/refresh") - before).toBe(1);
  expect(await tab.evaluate(() => window.states.map(({ status }) => status))).toEqual(["restoring", "authenticated"]);
});

test("a wrong password is rejected with a message, and changes nothing", async () => {
  const { email, context } = await world.alice();
  const other = await world.browser();
  const tab = await world.tab(other);
  await waitForState(tab, "anonymous");
  const message = await tab.evaluate(
    (email) =>
      window.session
        .login({ email, password: "four lamps on the stairs" })
        .catch((error: unknown) => (error as Error).message),
    email,
  );
  expect(message).toBe("The email address or the password is wrong.");
  expect(await other.cookies()).toEqual([]);
  expect(await fetchStatus(context.pages()[0]!)).toBe(200);
});

test("a page with a stopped clock learns from the server that its token has expired", async () => {
  const { tab } = await world.alice();
  await tab.evaluate(() => window.waitForServerExpiry());
  const [refreshes, requests] = [world.proxy.count("/refresh"), world.proxy.count("/sessions")];
  const responses = await tab.evaluate(() =>
    Promise.all(Array.from({ length: 50 }, async () => (await window.session.fetch("/sessions")).status)),
  );
  expect(responses).toEqual(Array<number>(50).fill(200));
  expect(world.proxy.count("/refresh") - refreshes).toBe(1);
  expect(world.proxy.count("/sessions") - requests).toBe(100);
});

test("a page that knows that its token has expired sends fifty requests with one refresh", async () => {
  const { tab } = await world.alice();
  const before = world.proxy.count("/refresh");
  const responses = await tab.evaluate(() => {
    window.advanceClock(3_600_000);
    return Promise.all(Array.from({ length: 50 }, async () => (await window.session.fetch("/users/me")).status));
  });
  expect(responses).toEqual(Array<number>(50).fill(200));
  expect(world.proxy.count("/refresh") - before).toBe(1);
});

test("a request is repeated with its body", async () => {
  const { tab } = await world.alice();
  const status = await tab.evaluate(async (current_password) => {
    await window.waitForServerExpiry();
    const body = JSON.stringify({ current_password, new_password: "four lamps on the stairs" });
    const headers = { "content-type": "application/json" };
    return (await window.session.fetch("/users/me/password", { method: "POST", headers, body })).status;
  }, PASSWORD);
  expect(status).toBe(200);
  expect(world.proxy.requests.filter((path) => path === "/users/me/password")).toHaveLength(2);
});

test("the cookie has the documented attributes, and no script can read it", async () => {
  const { context, tab } = await world.alice();
  expect(await refreshCookie(context)).toMatchObject({
    domain: "localhost",
    path: "/",
    httpOnly: true,
    secure: true,
    sameSite: "Strict",
  });
  for (const cookie of await context.cookies())
    expect(cookie, cookie.name).toMatchObject({ httpOnly: true, secure: true });
  const stored = await tab.evaluate(async () => ({
    cookies: document.cookie,
    local: localStorage.length,
    session: sessionStorage.length,
    databases: await indexedDB.databases(),
    caches: await caches.keys(),
  }));
  expect(stored).toEqual({ cookies: "", local: 0, session: 0, databases: [], caches: [] });
});

test("a worker has the same session", async () => {
  const { email, tab } = await world.alice();
  expect(await tab.evaluate(() => window.userInWorker())).toBe(email);
});

test("the client works under a strict content security policy", async () => {
  const { tab } = await world.alice();
  expect(await fetchStatus(tab)).toBe(200);
  expect(await tab.evaluate(() => window.violations)).toEqual([]);
  await tab.evaluate(() => fetch("https://elsewhere.example/").catch(() => undefined));
  expect(await tab.evaluate(() => window.violations)).toHaveLength(1);
});

test("a reload during a refresh keeps the session", async () => {
  const { email, tab, context } = await world.alice();
  for (let round = 0; round < 5; round++) {
    await tab.evaluate(() => {
      window.advanceClock(3_600_000);
      void window.session.fetch("/users/me");
    });
    await tab.reload();
  }
  await waitForState(tab, email);
  expect(await world.sessionsOf(email)).toHaveLength(1);
  expect((await refreshCookie(context)).value).toMatch(/^hl_/);
});

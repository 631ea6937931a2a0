import type { BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { expectSoundPage, recordViolations, screens } from "../support/app.js";
import {
  claimsOf,
  Example,
  expectFamilyRule,
  freePort,
  serviceSettings,
  settingsFor,
  waitForStatus,
  withSession,
} from "../support/example.js";
import { refreshCookie, screenshot, World } from "../support/world.js";

const SUPPORT_TOKEN = "support";
let world: World;
let example: Example;
let origin: string;
let issuer: string;
let users = 0;

beforeAll(async () => {
  const [port, providerPort] = [await freePort(), await freePort()];
  origin = `http://localhost:${port}`;
  issuer = `http://localhost:${providerPort}`;
  world = await World.start(serviceSettings(origin));
  example = await Example.create("oidc");
  await example.start("provider.js", { PORT: `${providerPort}`, CLIENT_URL: origin });
  await example.start("server.js", {
    ...(await settingsFor(world, "sessions:write,users:read")),
    PORT: `${port}`,
    OIDC_ISSUER: issuer,
    SUPPORT_TOKEN,
  });
});
afterEach(() => world.reset());
afterAll(async () => {
  await example.remove();
  await world.stop();
});

/** Opens the example. The pages of the provider name fonts of another host. */
async function openTab(context: BrowserContext): Promise<Page> {
  const page = await context.newPage();
  await page.route(/fonts\.googleapis\.com/, (route) => route.abort());
  await recordViolations(page);
  await page.goto(origin);
  return page;
}

/** Logs in at the provider, until only a click is left to go back. */
async function logInAtProvider(page: Page, name: string) {
  await page.getByRole("link", { name: "Log in with your company" }).click();
  await page.getByPlaceholder("Enter any login").fill(name);
  await page.getByPlaceholder("and password").fill("any");
  await page.getByRole("button", { name: "Sign-in" }).click();
}

const goBack = (page: Page) => page.getByRole("button", { name: "Continue" }).click();

/** A user whom only the provider knows, logged in. */
async function alice() {
  const context = await world.browser();
  const page = await openTab(context);
  const name = `alice-${++users}`;
  await waitForStatus(page, "You are not logged in.");
  await logInAtProvider(page, name);
  await goBack(page);
  await waitForStatus(page, "You are logged in.");
  return { context, page, name };
}

test("a user logs in with the provider, refreshes, is revoked by the backend, and sees why", async () => {
  const { context, page, name } = await alice();
  expect(page.url()).toBe(`${origin}/`);
  expect(await claimsOf(page)).toMatchObject({ email: `${name}@example.com` });
  expect(await withSession(page, (session) => session.user())).toMatchObject({ email: null, has_password: false });
  const before = (await refreshCookie(context)).value;
  await withSession(page, (session) => session.refresh());
  expect((await refreshCookie(context)).value).not.toBe(before);
  await page.reload();
  await waitForStatus(page, "You are logged in.");

  const response = await fetch(`${origin}/support/left`, {
    method: "POST",
    headers: { authorization: `Bearer ${SUPPORT_TOKEN}`, "content-type": "application/json" },
    body: JSON.stringify({ sub: name }),
  });
  expect(response.status).toBe(200);
  await withSession(page, (session) => session.refresh());
  await waitForStatus(page, "Your session was revoked.");
});

test("a user who logs in again is the same user, in a new session", async () => {
  const { page } = await alice();
  const first = await claimsOf(page);
  await page.getByRole("button", { name: "Log out" }).click();
  await waitForStatus(page, "You are logged out.");
  // The provider still knows the browser.
  await page.getByRole("link", { name: "Log in with your company" }).click();
  await waitForStatus(page, "You are logged in.");
  const second = await claimsOf(page);
  expect(second.sub).toBe(first.sub);
  expect(second.sid).not.toBe(first.sid);
});

test("racing tabs keep the session of a provider's user, and a thief ends it", async () => {
  const { context, page } = await alice();
  const tabs = [page, await openTab(context), await openTab(context)];
  for (const tab of tabs) await waitForStatus(tab, "You are logged in.");
  await expectFamilyRule(world, context, tabs);
});

test("the callback of one browser does not work in another", async () => {
  const context = await world.browser();
  const attacker = await openTab(context);
  let callback = "";
  attacker.on("request", (request) => {
    if (request.url().includes("/callback")) callback = request.url();
  });
  await logInAtProvider(attacker, "mallory");
  // Without the cookie, the backend does not use the code.
  const cookies = (await context.cookies()).filter(({ name }) => name === "login");
  await context.clearCookies({ name: "login" });
  await goBack(attacker);
  await attacker.getByRole("alert").getByText("The login failed. Try again.").waitFor();
  expect(callback).toContain("code=");

  const victim = await openTab(await world.browser());
  for (const path of ["/login", "/"]) {
    // With a login of its own in progress, and without.
    await victim.goto(origin + path);
    await victim.goto(callback);
    await victim.getByRole("alert").getByText("The login failed. Try again.").waitFor();
    await victim.context().clearCookies({ name: "login" });
  }
  await waitForStatus(victim, "You are not logged in.");
  await victim.goto(`${origin}/?login=done`);
  await victim.getByRole("alert").getByText("Log in again.").waitFor();

  // The code was good, but only in the browser that has begun the login.
  await context.addCookies(cookies);
  await attacker.goto(callback);
  await waitForStatus(attacker, "You are logged in.");
});

test.each(Object.entries(screens))("the page is readable on a %s screen", async (screen, options) => {
  const page = await openTab(await world.browser(options));
  await waitForStatus(page, "You are not logged in.");
  await expectSoundPage(page);
  await screenshot(page, `oidc-${screen}`);
});

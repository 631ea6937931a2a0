import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { expectSoundPage, logIn, openApp, openTab, register, screens, waitForHeading } from "../support/app.js";
import { PASSWORD, refreshCookie, screenshot, World } from "../support/world.js";

let world: World;
beforeAll(async () => {
  world = await World.start();
});
afterEach(() => world.reset());
afterAll(() => world.stop());

const IPHONE =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.3 Mobile/15E148 Safari/604.1";
const FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/** Logs in elsewhere, with this browser. */
async function logInElsewhere(at: World, email: string, userAgent: string, password = PASSWORD): Promise<Response> {
  return fetch(`${at.heirloom.url}/login`, {
    method: "POST",
    headers: { "content-type": "application/json", "user-agent": userAgent },
    body: JSON.stringify({ email, password }),
  });
}

/** The user returns to the window. Another window in front of it is out of reach for a test. */
const returnTo = (page: Page) => page.evaluate(() => dispatchEvent(new Event("focus")));
const devices = (page: Page) => page.getByRole("list", { name: "Devices" }).getByRole("listitem");

/** Presents an old token of the page's cookie, as a thief does. */
async function steal(page: Page) {
  const { name, value } = await refreshCookie(page.context());
  for (let times = 0; times < 2; times++) {
    const before = await refreshCookie(page.context());
    await fetch(`${world.heirloom.url}/refresh`, {
      method: "POST",
      headers: { cookie: `${name}=${before.value}` },
    }).then(async (response) => {
      const next = /heirloom_refresh=([^;]+)/.exec(response.headers.get("set-cookie") ?? "")?.[1] ?? "";
      await page.context().addCookies([{ ...before, value: next }]);
      const { access_token } = (await response.json()) as { access_token: string };
      await fetch(`${world.heirloom.url}/users/me`, { headers: { authorization: `Bearer ${access_token}` } });
    });
  }
  const replay = await fetch(`${world.heirloom.url}/refresh`, {
    method: "POST",
    headers: { cookie: `${name}=${value}` },
  });
  expect(replay.status).toBe(401);
}

describe("field: a page looks again", () => {
  test("lists a new device, and says that the session was revoked elsewhere", async () => {
    const page = await openApp(world);
    const email = await register(page);
    await devices(page).first().waitFor();
    await logInElsewhere(world, email, IPHONE);
    await returnTo(page);
    await page.getByRole("listitem").filter({ hasText: "Safari on iPhone" }).first().waitFor();
    await expect.poll(() => devices(page).count()).toBe(2);
    await world.heirloom.run("session", "revoke-all", email);
    // Another process has revoked it. The server learns of that within a second.
    const heading = page.getByRole("heading", { level: 1 });
    const headingOnReturn = () => returnTo(page).then(() => heading.innerText());
    await expect.poll(headingOnReturn, { interval: 400, timeout: 30_000 }).toBe("Your session was revoked");
  });

  test("says that the session was stolen, and after the next login what to do", async () => {
    const page = await openApp(world);
    const email = await register(page);
    await steal(page);
    await page.evaluate(() => dispatchEvent(Object.assign(new Event("pageshow"), { persisted: true })));
    await waitForHeading(page, "Your session was revoked to protect you");
    await page.getByRole("link", { name: "Log in again" }).click();
    await waitForHeading(page, "Log in");
    await expect.poll(() => page.getByLabel("Email").inputValue()).toBe(email);
    await logIn(page, email, "Your account");
    await page.getByRole("heading", { name: "Someone may have copied one of your sessions" }).waitFor();
    await expectSoundPage(page);
    await screenshot(page, "app-theft");
    await page.getByLabel("Current password").fill(PASSWORD);
    await page.getByLabel("New password").fill("four lamps in the cellar");
    await page.keyboard.press("Enter");
    await page.getByText("Your password was changed").waitFor();
    await page.getByRole("heading", { name: /^Someone may have copied/ }).waitFor({ state: "detached" });
  });

  test("says that the account is disabled, in every tab", async () => {
    const page = await openApp(world);
    const email = await register(page);
    const other = await openTab(page.context(), `${world.heirloom.url}/app/family`);
    await waitForHeading(other, "Family view");
    await world.heirloom.run("user", "disable", email);
    await returnTo(page);
    for (const tab of [page, other]) await waitForHeading(tab, "Your account is disabled");
    await expectSoundPage(page);
    await screenshot(page, "app-disabled");
    await page.getByRole("link", { name: "Log in again" }).click();
    await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
    await page.keyboard.press("Enter");
    await page.getByText("This account is disabled. Contact the operator of this service.").waitFor();
  });

  test("says that the session has expired, without an action of the user, and fills in the email", async () => {
    const short = await World.start({ HEIRLOOM_REFRESH_IDLE_TTL: "5s", HEIRLOOM_ACCESS_TOKEN_TTL: "4s" });
    try {
      const page = await openApp(short);
      const email = await register(page);
      await page.getByRole("heading", { level: 1, name: "Your session has expired" }).waitFor();
      await page.reload();
      await waitForHeading(page, "Log in");
      await page.getByText("Your session has expired. Log in again to continue.").waitFor();
      await expect.poll(() => page.getByLabel("Email").inputValue()).toBe(email);
      await expectSoundPage(page);
      await screenshot(page, "app-expired");
      await page.getByRole("button", { name: "Not you?" }).click();
      await expect.poll(() => page.getByLabel("Email").inputValue()).toBe("");
      expect(await page.evaluate(() => localStorage.length)).toBe(0);
    } finally {
      await short.stop();
    }
  });
});

test("field: an outage has one message, which goes by itself, and the footer knows whether there is documentation", async () => {
  const own = await World.start({ HEIRLOOM_DOCS: "off" });
  try {
    const page = await openApp(own);
    const email = await register(page);
    await devices(page).first().waitFor();
    await own.heirloom.stop();
    await returnTo(page);
    await page.getByText("Cannot reach Heirloom. This page tries again by itself.").waitFor();
    await expect.poll(() => page.getByRole("alert").count()).toBe(1);
    await expectSoundPage(page);
    await screenshot(page, "app-outage");
    await own.heirloom.launch();
    await page.getByText(/tries again by itself/).waitFor({ state: "detached" });
    await expect.poll(() => page.getByRole("alert").count()).toBe(0);
    await page.getByRole("main").getByText(email).waitFor();
    await expect.poll(() => page.locator(".footer").innerText()).toBe("Served by Heirloom.");
    const withDocs = await openApp(world);
    await withDocs.locator(".footer").getByRole("link", { name: "API documentation" }).click();
    await withDocs.waitForURL(/\/docs/);
  } finally {
    await own.stop();
  }
});

test("field: a wrong field has a red ring, also under focus", async () => {
  const page = await openApp(world);
  const ring = () =>
    page.getByLabel("Email").evaluate((input) => {
      const { outlineColor, outlineStyle, borderColor } = getComputedStyle(input);
      return { isFocused: document.activeElement === input, outlineColor, outlineStyle, borderColor };
    });
  await page.keyboard.press("Tab");
  await page.getByLabel("Email").focus();
  const { outlineColor: usual } = await ring();
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByText("Email is required.").waitFor();
  const danger = await page.getByText("Email is required.").evaluate((text) => getComputedStyle(text).color);
  await expect
    .poll(ring)
    .toEqual({ isFocused: true, outlineColor: danger, outlineStyle: "solid", borderColor: danger });
  expect(danger).not.toBe(usual);
});

test("field: throttling counts down", async () => {
  const page = await openApp(world);
  const email = await register(page);
  const elsewhere = await openApp(world);
  for (let guess = 0; guess < 12; guess++) await logInElsewhere(world, email, FIREFOX, `four lamps, guess ${guess}`);
  await elsewhere.getByLabel("Email").fill(email);
  await elsewhere.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await elsewhere.keyboard.press("Enter");
  const message = elsewhere.getByText(/^Too many attempts\. Try again in/);
  await message.waitFor();
  const first = await message.innerText();
  await expect.poll(() => elsewhere.getByRole("alert").innerText()).not.toBe(first);
  await elsewhere.getByText("You can try again now.").waitFor();
  await elsewhere.keyboard.press("Enter");
  await waitForHeading(elsewhere, "Your account");
});

describe.each(["en-US", "de-DE"])("field: the account in %s", (locale) => {
  test.each(Object.entries({ ...screens, "forced-colors": { ...screens["light"], forcedColors: "active" as const } }))(
    "tells devices and events apart on a %s screen",
    async (screen, options) => {
      const isGerman = locale === "de-DE";
      const name = (suffix: string) => `field-${screen}-${isGerman ? "de" : "en"}-${suffix}`;
      const registering = await openApp(world);
      const email = await register(registering);
      for (let count = 0; count < 14; count++) await logInElsewhere(world, email, count % 3 ? IPHONE : FIREFOX);
      const page = await openApp(world, { ...options, locale });
      await screenshot(page, name("login"));
      await page.locator("[name=email]").fill(email);
      await page.locator("[name=password]").fill(PASSWORD);
      await page.keyboard.press("Enter");
      const list = page.getByRole("list", { name: isGerman ? "Geräte" : "Devices" });
      await list.getByRole("listitem").first().waitFor();
      await expect.poll(() => list.getByRole("listitem").count()).toBe(5);
      await expectSoundPage(page);
      await screenshot(page, name("folded"));
      await page.getByRole("button", { name: isGerman ? "Alle 16 Geräte anzeigen" : "Show all 16 devices" }).click();
      const buttons = list.getByRole("button");
      await expect.poll(() => buttons.count()).toBe(15);
      const names = await buttons.evaluateAll((all) => all.map((button) => button.getAttribute("aria-label")));
      expect(new Set(names).size).toBe(15);
      const links = page.getByRole("navigation", { name: isGerman ? "Abschnitte" : "Sections" });
      await expect.poll(() => links.isVisible()).toBe(screen === "phone");
      if (screen === "phone") {
        await links.getByRole("link", { name: isGerman ? "Konto löschen" : "Delete account" }).click();
        await expect.poll(() => page.evaluate(() => scrollY)).toBeGreaterThan(1000);
        expect(page.url()).toBe(`${world.heirloom.url}/app/account`);
      }
      await page
        .getByRole("button", { name: isGerman ? "Alle anderen Geräte abmelden" : "Log out all other devices" })
        .click();
      await expectSoundPage(page);
      await screenshot(page, name("dialog"));
      await page.getByRole("dialog").getByRole("button").last().click();
      await page
        .getByText(isGerman ? "Alle anderen Geräte sind abgemeldet." : "All other devices are logged out.")
        .waitFor();
      await expect.poll(() => list.getByRole("listitem").count()).toBe(1);
      expect(await world.sessionsOf(email)).toHaveLength(1);
    },
  );

  test.each([screens["light"], { ...screens["dark"], forcedColors: "active" as const }, screens["phone"]])(
    "shows the time line: %o",
    async (options) => {
      const isGerman = locale === "de-DE";
      const page = await openApp(world, options);
      const email = await register(page);
      const reader = await openApp(world, { ...options, locale });
      await reader.locator("[name=email]").fill(email);
      await reader.locator("[name=password]").fill(PASSWORD);
      await reader.keyboard.press("Enter");
      await reader.getByRole("link", { name: isGerman ? "Familienansicht" : "Family view" }).click();
      await reader.getByRole("button", { name: isGerman ? "Sandbox starten" : "Start a sandbox" }).click();
      await reader
        .getByRole("button", { name: isGerman ? "Gestohlenes Token vorlegen" : "Replay a stolen token" })
        .click();
      await reader.locator(".end-mark").waitFor();
      const line = await reader
        .locator(".generation")
        .nth(1)
        .evaluate((generation) => {
          const { borderTopColor, borderTopStyle, borderTopWidth } = getComputedStyle(generation, "::before");
          const { backgroundColor } = getComputedStyle(document.documentElement);
          return { isSeen: borderTopColor !== backgroundColor, borderTopStyle, borderTopWidth };
        });
      expect(line).toEqual({ isSeen: true, borderTopStyle: "solid", borderTopWidth: "2px" });
      await expectSoundPage(reader);
      const kind =
        options && "forcedColors" in options ? "forced-colors" : options === screens["phone"] ? "phone" : "light";
      await screenshot(reader, `field-${kind}-${isGerman ? "de" : "en"}-family`);
    },
  );
});

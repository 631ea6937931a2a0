import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { waitForHeading, expectSoundPage, logIn, openApp, register, screens, openTab } from "../support/app.js";
import { PASSWORD, refreshCookie, screenshot, World } from "../support/world.js";

let world: World;
beforeAll(async () => {
  world = await World.start();
});
afterEach(() => world.reset());
afterAll(() => world.stop());

/** Adds failed logins to the security log, and a login on an iPhone. */
async function addActivity(email: string) {
  const iphone =
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.3 Mobile/15E148 Safari/604.1";
  for (const password of [...Array<string>(8).fill("four lamps on the stairs"), PASSWORD]) {
    await fetch(`${world.heirloom.url}/login`, {
      method: "POST",
      headers: { "content-type": "application/json", "user-agent": iphone },
      body: JSON.stringify({ email, password, token_delivery: "body" }),
    });
  }
}

describe.each(Object.entries(screens))("on a %s screen", (screen, options) => {
  test("each page is accessible, fits the screen, and keeps to its content security policy", async () => {
    const page = await openApp(world, options);
    const check = async (name: string) => {
      await expectSoundPage(page);
      await screenshot(page, `app-${screen}-${name}`);
    };
    await waitForHeading(page, "Log in");
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByRole("alert").waitFor();
    await check("login");
    await page.getByRole("link", { name: "Create an account" }).click();
    await page.getByLabel("Email").fill("someone@example.com");
    await page.getByLabel("Password", { exact: true }).fill("short");
    await page.getByRole("button", { name: "Create account" }).click();
    await page.getByText("Password must have at least 8 characters.").waitFor();
    await check("register");
    await page.goto(world.heirloom.url);
    const email = await register(page);
    await addActivity(email);
    await page.reload();
    await page.getByText("Safari on iPhone").first().waitFor();
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe("BODY");
    await page.getByRole("button", { name: "Show older events" }).click();
    await page.getByText("The account was created").waitFor();
    await check("account");
    await page.getByRole("button", { name: "Delete account" }).click();
    await page.getByRole("dialog").waitFor();
    await check("dialog");
    await page.keyboard.press("Escape");
    await page.getByRole("link", { name: "Family view" }).click();
    await page.getByRole("button", { name: "Start a sandbox" }).click();
    await page.getByText("This family has one generation").waitFor();
    await check("family");
    await page.getByRole("button", { name: "Lose a response" }).click();
    await page.getByText("but the response is lost").first().waitFor();
    await check("family-lost");
    await page.getByRole("button", { name: /Retry now/ }).click();
    await page.getByText("is returned again").first().waitFor();
    await page.getByRole("button", { name: "Replay a stolen token" }).click();
    await page.getByText("Theft: the family is revoked").first().waitFor();
    await page.locator('[data-generation="1"].replayed').evaluate((replayed) => {
      const { left, right } = replayed.getBoundingClientRect();
      if (left < 0 || right > innerWidth) throw new Error("The replayed generation is out of sight");
    });
    await check("family-theft");
    await page.getByRole("button", { name: "Log out", exact: true }).click();
    await waitForHeading(page, "You are logged out");
    await check("logged-out");
    await page.goto(`${world.heirloom.url}/app/nowhere`);
    await check("not-found");
  });
});

test("a reload keeps the user logged in, and scripts can read no token", async () => {
  const page = await openApp(world);
  expect(page.url()).toBe(`${world.heirloom.url}/app/login?next=account`);
  const email = await register(page);
  await page.reload();
  await page.getByRole("main").getByText(email).waitFor();
  expect(page.url()).toBe(`${world.heirloom.url}/app/account`);
  const readable = await page.evaluate(() => [document.cookie, Object.values(localStorage), sessionStorage.length]);
  expect(readable).toEqual(["", [JSON.stringify({ email, isExplained: false })], 0]);
});

test("a user can log in with the keyboard alone, and the focus is always visible", async () => {
  const page = await openApp(world);
  const email = await register(page);
  await page.getByRole("button", { name: "Log out", exact: true }).press("Enter");
  await waitForHeading(page, "You are logged out");
  const focused = () => page.evaluate(() => document.activeElement?.textContent);
  expect(await focused()).toBe("You are logged out");
  await page.keyboard.press("Tab");
  expect(await focused()).toBe("Log in again");
  await page.keyboard.press("Enter");
  await waitForHeading(page, "Log in");
  expect(await focused()).toBe("Log in");
  await page.keyboard.press("Tab");
  await page.keyboard.type(email);
  await page.keyboard.press("Tab");
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press("Enter");
  await waitForHeading(page, "Your account");
  expect(await focused()).toBe("Your account");
  await page.getByRole("button", { name: "Delete account" }).press("Enter");
  await page.keyboard.press("Escape");
  expect(await focused()).toBe("Delete account");
});

test("a replayed cookie revokes the session in every tab, and each tab shows the reason", async () => {
  const page = await openApp(world);
  const email = await register(page);
  const other = await openTab(page.context(), `${world.heirloom.url}/app/account`);
  await waitForHeading(other, "Your account");
  const { name, value } = await refreshCookie(page.context());
  await page.getByRole("link", { name: "Family view" }).click();
  for (let times = 0; times < 2; times++) {
    const before = await refreshCookie(page.context());
    await page.getByRole("button", { name: "Refresh now" }).click();
    await expect.poll(async () => (await refreshCookie(page.context())).value).not.toBe(before.value);
  }
  const replay = await fetch(`${world.heirloom.url}/refresh`, {
    method: "POST",
    headers: { cookie: `${name}=${value}` },
  });
  expect(replay.status).toBe(401);
  for (const tab of [page, other]) await waitForHeading(tab, "Your session was revoked to protect you");
  await expectSoundPage(page);
  await screenshot(page, "app-reused");
  await page.getByRole("link", { name: "Log in again" }).click();
  await logIn(page, email, "Family view");
});

test("data that failed to load is loaded when the network is back", async () => {
  const page = await openApp(world);
  await register(page);
  await page.context().setOffline(true);
  await page.getByRole("link", { name: "Family view" }).click();
  await page.getByRole("button", { name: "Try again" }).waitFor();
  await expectSoundPage(page);
  await page.context().setOffline(false);
  await page.getByRole("button", { name: "Start a sandbox" }).waitFor();
  await expect.poll(() => page.getByRole("alert").count()).toBe(0);
});

test("a password change revokes the sessions on other devices", async () => {
  const page = await openApp(world);
  const email = await register(page);
  const elsewhere = await openApp(world);
  await logIn(elsewhere, email, "Your account");
  await page.getByLabel("Current password").fill(PASSWORD);
  await page.getByLabel("New password").fill("four lamps in the cellar");
  await page.getByRole("button", { name: "Change password" }).click();
  await page.getByText("Your password was changed").waitFor();
  await page.getByText("The password was changed").waitFor();
  await expect.poll(() => page.getByRole("list", { name: "Devices" }).getByRole("listitem").count()).toBe(1);
  await elsewhere.getByRole("link", { name: "Family view" }).click();
  await waitForHeading(elsewhere, "Your session was revoked");
  await screenshot(elsewhere, "app-revoked");
});

test("after the account is deleted, every tab says so once", async () => {
  const page = await openApp(world);
  const email = await register(page);
  const other = await openTab(page.context(), `${world.heirloom.url}/app/family`);
  await waitForHeading(other, "Family view");
  await page.getByRole("button", { name: "Delete account" }).click();
  const dialog = page.getByRole("dialog", { name: "Delete your account?" });
  await dialog.getByLabel("Password", { exact: true }).fill("four lamps");
  await dialog.getByRole("button", { name: "Delete account" }).click();
  await dialog.getByText("Password is incorrect.").waitFor();
  await dialog.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.keyboard.press("Enter");
  await waitForHeading(page, "Your account is deleted");
  await waitForHeading(other, "Your account is deleted");
  expect(await world.sessionsOf(email).catch(() => "not found")).toBe("not found");
  await page.reload();
  await waitForHeading(page, "Log in");
});

test("an offline logout shows a warning until the server has confirmed it", async () => {
  const page = await openApp(world);
  const email = await register(page);
  await page.context().setOffline(true);
  await page.getByRole("button", { name: "Log out", exact: true }).click();
  await waitForHeading(page, "You may still be logged in");
  await expectSoundPage(page);
  await screenshot(page, "app-unconfirmed-logout");
  expect(await world.sessionsOf(email)).toHaveLength(1);
  await page.context().setOffline(false);
  await waitForHeading(page, "You are logged out");
  expect(await world.sessionsOf(email)).toHaveLength(0);
});

test("the login does not redirect out of the app", async () => {
  const page = await openApp(world, {}, "/app/login?next=//evil.example/");
  await register(page);
  expect(page.url()).toBe(`${world.heirloom.url}/app/account`);
});

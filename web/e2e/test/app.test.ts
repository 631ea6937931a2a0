import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { heading, isSound, logsIn, opens, registers, screens, visits } from "../support/app.js";
import { PASSWORD, refreshCookie, screenshot, World } from "../support/world.js";

let world: World;
beforeAll(async () => {
  world = await World.begin();
});
afterEach(() => world.tidy());
afterAll(() => world.end());

/** Somebody tries passwords, and an iPhone is logged in too. */
async function livesALittle(email: string) {
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

describe.each(Object.entries(screens))("on a %s screen", (name, screen) => {
  test("each page can be used by everybody, and keeps to its policy", async () => {
    const page = await opens(world, screen);
    const look = async (what: string) => {
      await isSound(page);
      await screenshot(page, `app-${name}-${what}`);
    };
    await heading(page, "Log in");
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByRole("alert").waitFor();
    await look("login");
    await page.getByRole("link", { name: "Create an account" }).click();
    await page.getByRole("button", { name: "Create account" }).click();
    await page.getByText("Password must have at least 8 characters.").waitFor();
    await look("register");
    await page.goto(world.heirloom.url);
    const email = await registers(page);
    await livesALittle(email);
    await page.reload();
    await page.getByText("Safari on iPhone").waitFor();
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe("BODY");
    await page.getByRole("button", { name: "Show older events" }).click();
    await page.getByText("The account was created").waitFor();
    await look("account");
    await page.getByRole("button", { name: "Delete account" }).click();
    await page.getByRole("dialog").waitFor();
    await look("dialog");
    await page.keyboard.press("Escape");
    await page.getByRole("link", { name: "Family view" }).click();
    await page.getByRole("button", { name: "Start a practice family" }).click();
    await page.getByText("This family has one generation").waitFor();
    await look("family");
    await page.getByRole("button", { name: "Lose an answer" }).click();
    await page.getByText("its answer is lost").first().waitFor();
    await look("family-lost");
    await page.getByRole("button", { name: /Ask again/ }).click();
    await page.getByText("is given once more").first().waitFor();
    await page.getByRole("button", { name: "A thief shows an old token" }).click();
    await page.getByText("Theft: the whole family ends").first().waitFor();
    await page.locator('[data-generation="1"].stolen').evaluate((stolen) => {
      const { left, right } = stolen.getBoundingClientRect();
      if (left < 0 || right > innerWidth) throw new Error("What the text is about is out of sight");
    });
    await look("family-theft");
    await page.getByRole("button", { name: "Log out", exact: true }).click();
    await heading(page, "You are logged out");
    await look("over");
    await page.goto(`${world.heirloom.url}/app/nowhere`);
    await look("nowhere");
  });
});

test("it keeps its visitors logged in over reloads, and holds nothing that a script could read", async () => {
  const page = await opens(world);
  expect(page.url()).toBe(`${world.heirloom.url}/app/login?next=account`);
  const email = await registers(page);
  await page.reload();
  await page.getByRole("main").getByText(email).waitFor();
  expect(page.url()).toBe(`${world.heirloom.url}/app/account`);
  const readable = await page.evaluate(() => [document.cookie, localStorage.length, sessionStorage.length]);
  expect(readable).toEqual(["", 0, 0]);
});

test("with the keyboard alone one gets in, and always knows where one is", async () => {
  const page = await opens(world);
  const email = await registers(page);
  await page.getByRole("button", { name: "Log out", exact: true }).press("Enter");
  await heading(page, "You are logged out");
  const focused = () => page.evaluate(() => document.activeElement?.textContent);
  expect(await focused()).toBe("You are logged out");
  await page.keyboard.press("Tab");
  expect(await focused()).toBe("Log in again");
  await page.keyboard.press("Enter");
  await heading(page, "Log in");
  expect(await focused()).toBe("Log in");
  await page.keyboard.press("Tab");
  await page.keyboard.type(email);
  await page.keyboard.press("Tab");
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press("Enter");
  await heading(page, "Your account");
  expect(await focused()).toBe("Your account");
  await page.getByRole("button", { name: "Delete account" }).press("Enter");
  await page.keyboard.press("Escape");
  expect(await focused()).toBe("Delete account");
});

test("a stolen cookie that is shown again ends the session in every tab, and each says why", async () => {
  const page = await opens(world);
  const email = await registers(page);
  const other = await visits(page.context(), `${world.heirloom.url}/app/account`);
  await heading(other, "Your account");
  const { name, value } = await refreshCookie(page.context());
  await page.getByRole("link", { name: "Family view" }).click();
  for (let times = 0; times < 2; times++) {
    const before = await refreshCookie(page.context());
    await page.getByRole("button", { name: "Refresh now" }).click();
    await expect.poll(async () => (await refreshCookie(page.context())).value).not.toBe(before.value);
  }
  const theft = await fetch(`${world.heirloom.url}/refresh`, {
    method: "POST",
    headers: { cookie: `${name}=${value}` },
  });
  expect(theft.status).toBe(401);
  for (const tab of [page, other]) await heading(tab, "Your session was ended to protect you");
  await isSound(page);
  await screenshot(page, "app-reused");
  await page.getByRole("link", { name: "Log in again" }).click();
  await logsIn(page, email, "The family view");
});

test("what cannot be loaded is loaded as soon as the network is back", async () => {
  const page = await opens(world);
  await registers(page);
  await page.context().setOffline(true);
  await page.getByRole("link", { name: "Family view" }).click();
  await page.getByRole("button", { name: "Try again" }).waitFor();
  await isSound(page);
  await page.context().setOffline(false);
  await page.getByRole("button", { name: "Start a practice family" }).waitFor();
  expect(await page.getByRole("alert").count()).toBe(0);
});

test("who changes the password ends the sessions elsewhere", async () => {
  const page = await opens(world);
  const email = await registers(page);
  const elsewhere = await opens(world);
  await logsIn(elsewhere, email, "Your account");
  await page.getByLabel("Current password").fill(PASSWORD);
  await page.getByLabel("New password").fill("four lamps in the cellar");
  await page.getByRole("button", { name: "Change password" }).click();
  await page.getByText("Your password is changed").waitFor();
  await page.getByText("The password was changed").waitFor();
  expect(await page.getByRole("list", { name: "Devices" }).getByRole("listitem").count()).toBe(1);
  await elsewhere.getByRole("link", { name: "Family view" }).click();
  await heading(elsewhere, "Your session was ended");
  await screenshot(elsewhere, "app-revoked");
});

test("who deletes the account is told that it is gone, in every tab and once", async () => {
  const page = await opens(world);
  const email = await registers(page);
  const other = await visits(page.context(), `${world.heirloom.url}/app/family`);
  await heading(other, "The family view");
  await page.getByRole("button", { name: "Delete account" }).click();
  const dialog = page.getByRole("dialog", { name: "Delete your account?" });
  await dialog.getByLabel("Password", { exact: true }).fill("four lamps");
  await dialog.getByRole("button", { name: "Delete for ever" }).click();
  await dialog.getByText("Password is not the right one.").waitFor();
  await dialog.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.keyboard.press("Enter");
  await heading(page, "Your account is deleted");
  await heading(other, "Your account is deleted");
  expect(await world.sessionsOf(email).catch(() => "gone")).toBe("gone");
  await page.reload();
  await heading(page, "Log in");
});

test("who logs out while the server cannot be told is warned, until it has been told", async () => {
  const page = await opens(world);
  const email = await registers(page);
  await page.context().setOffline(true);
  await page.getByRole("button", { name: "Log out", exact: true }).click();
  await heading(page, "You may still be logged in");
  await isSound(page);
  await screenshot(page, "app-untold");
  expect(await world.sessionsOf(email)).toHaveLength(1);
  await page.context().setOffline(false);
  await heading(page, "You are logged out");
  expect(await world.sessionsOf(email)).toHaveLength(0);
});

test("the way to the login does not lead out of the app", async () => {
  const page = await opens(world, {}, "/app/login?next=//evil.example/");
  await registers(page);
  expect(page.url()).toBe(`${world.heirloom.url}/app/account`);
});

import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { expectSoundPage, logIn, openApp, register, screens, waitForHeading } from "../support/app.js";
import { refreshCookie, screenshot, World } from "../support/world.js";

const NEW_PASSWORD = "four lamps in the cellar";

let world: World;
beforeAll(async () => {
  world = await World.start();
});
afterEach(() => world.reset());
afterAll(() => world.stop());

interface Mail {
  to: string;
  subject: string;
  text: string;
  html: string;
  link: string | null;
}

/** The newest mail to this address with this subject. A development server keeps its mails. */
async function mailTo(email: string, subject: string): Promise<Mail> {
  let mail: Mail | undefined;
  await expect
    .poll(async () => {
      const response = await fetch(`${world.heirloom.url}/dev/mail`, { headers: { accept: "application/json" } });
      const { mails } = (await response.json()) as { mails: Mail[] };
      return (mail = mails.find((mail) => mail.to === email && mail.subject === subject));
    })
    .toBeDefined();
  return mail!;
}

/** Opens the link of a mail. A fragment alone would not load the page again. */
async function follow(page: Page, { link }: Mail) {
  await page.goto("about:blank");
  await page.goto(link!);
}

/** What a mail program shows. */
async function showMail(page: Page, { html }: Mail, name: string) {
  await page.setContent(html);
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
  await screenshot(page, name);
}

test("a user registers, verifies, forgets the password, resets it, and is told of a theft", async () => {
  const page = await openApp(world);
  const email = await register(page);
  await page.getByText("not confirmed").waitFor();

  const verify = await mailTo(email, "Confirm your email address");
  await follow(page, verify);
  await waitForHeading(page, "Confirm your email address");
  await expectSoundPage(page);
  await page.getByRole("button", { name: "Confirm" }).click();
  await page.getByText("Your address is confirmed").waitFor();
  expect(page.url()).not.toContain("hll_");
  await page.goto(`${world.heirloom.url}/app/account`);
  await waitForHeading(page, "Your account");
  expect(await page.getByText("not confirmed").count()).toBe(0);
  await page.getByRole("button", { name: "Log out", exact: true }).click();
  await waitForHeading(page, "You are logged out");

  await page.getByRole("link", { name: "Log in again" }).click();
  await page.getByRole("link", { name: "Forgot your password?" }).click();
  await page.getByLabel("Email").fill(email);
  await page.getByRole("button", { name: "Send the link" }).click();
  await page.getByText("Check your mail.").waitFor();
  await expectSoundPage(page);
  await screenshot(page, "recovery-forgot");
  const reset = await mailTo(email, "Reset your password");
  await follow(page, reset);
  await waitForHeading(page, "Choose a new password");
  await expectSoundPage(page);
  await screenshot(page, "recovery-reset");
  await page.getByLabel("New password").fill(NEW_PASSWORD);
  await page.getByRole("button", { name: "Set the password" }).click();
  await page.getByText("Your password was changed, and every session has ended.").waitFor();
  await follow(page, reset);
  await page.getByLabel("New password").fill("five lamps in the attic");
  await page.getByRole("button", { name: "Set the password" }).click();
  await page.getByText("This link was used already, or it is incomplete.").waitFor();

  await page.goto(world.heirloom.url);
  await logIn(page, email, "Your account", NEW_PASSWORD);
  const stolen = await refreshCookie(page.context());
  const thief = await world.browser();
  for (let refreshes = 0; refreshes < 2; refreshes++) {
    await page.getByRole("link", { name: "Family view" }).click();
    await page.getByRole("button", { name: "Refresh now" }).click();
    await page.getByText(`${refreshes + 2}`, { exact: true }).first().waitFor();
    await page.reload();
  }
  await thief.addCookies([stolen]);
  const replay = await thief.newPage();
  await replay.goto(world.heirloom.url);
  await waitForHeading(replay, "Your session was revoked to protect you");

  const notice = await mailTo(email, "One of your sessions was copied");
  expect(notice.text).toContain("Used by: Chrome on Linux, 127.0.0.1");
  expect(notice.text).toContain("What to do:");
  await page.reload();
  await waitForHeading(page, "Your session was revoked to protect you");
  await page.getByRole("link", { name: "Log in again" }).click();
  await logIn(page, email, "Family view", NEW_PASSWORD);
  await page.getByRole("link", { name: "Account" }).click();
  await page.getByRole("heading", { name: "Someone may have copied one of your sessions" }).waitFor();
  await screenshot(page, "recovery-theft");
});

test.each(Object.entries(screens))("mails and the mailbox are readable on a %s screen", async (screen, options) => {
  const page = await openApp(world, options);
  const email = await register(page);
  await page.goto(world.heirloom.url);
  await waitForHeading(page, "Your account");
  const verify = await mailTo(email, "Confirm your email address");
  const mail = await (await world.browser(options)).newPage();
  await showMail(mail, verify, `mail-${screen}-verify`);
  await mail.goto(`${world.heirloom.url}/dev/mail`);
  await mail.getByRole("heading", { level: 1 }).waitFor();
  expect(await mail.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
  await screenshot(mail, `mail-${screen}-mailbox`);
});

import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { openApp, register, screens, waitForHeading } from "../support/app.js";
import { screenshot, World } from "../support/world.js";

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

/** What a mail program shows. */
async function showMail(page: Page, { html }: Mail, name: string) {
  await page.setContent(html);
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
  await screenshot(page, name);
}

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

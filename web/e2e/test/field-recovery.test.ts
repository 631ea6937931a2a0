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

const NEW_PASSWORD = "four lamps in the cellar";

interface Mail {
  to: string;
  subject: string;
  text: string;
  link: string | null;
}

/** Waits for a mail to this address, by its subject. */
async function mailTo(email: string, subject: RegExp, at = world): Promise<Mail> {
  let found: Mail | undefined;
  await expect
    .poll(
      async () => {
        const response = await fetch(`${at.heirloom.url}/dev/mail`, { headers: { accept: "application/json" } });
        const { mails } = (await response.json()) as { mails: Mail[] };
        found = mails.find((mail) => mail.to === email && subject.test(mail.subject));
        return found?.subject ?? mails.map(({ subject, to }) => `${to}: ${subject}`);
      },
      { timeout: 30_000 },
    )
    .toMatch(subject);
  return found!;
}

/** The link of a mail, at the address that the test uses. */
const urlOf = ({ link }: Mail, at = world) => `${at.heirloom.url}/app/${new URL(link!).hash}`;

async function requestLink(email: string, at = world): Promise<string> {
  const response = await fetch(`${at.heirloom.url}/password/forgot`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ email }),
  });
  expect(response.status).toBe(202);
  return urlOf(await mailTo(email, /password/i, at), at);
}

/** Uses the cookie of this browser elsewhere, twice, and presents an old token then. */
async function stealFrom(page: Page) {
  const { name, value } = await refreshCookie(page.context());
  const refresh = (token: string) =>
    fetch(`${world.heirloom.url}/refresh`, { method: "POST", headers: { cookie: `${name}=${token}` } });
  let token = value;
  for (let times = 0; times < 2; times++) {
    const response = await refresh(token);
    token = /heirloom_refresh=([^;]+)/.exec(response.headers.get("set-cookie") ?? "")?.[1] ?? "";
    const { access_token } = (await response.json()) as { access_token: string };
    await fetch(`${world.heirloom.url}/users/me`, { headers: { authorization: `Bearer ${access_token}` } });
  }
  expect((await refresh(value)).status).toBe(401);
}

test("field: register, confirm the address, forget the password, reset it, and hear of a theft by mail and in the app", async () => {
  const page = await openApp(world);
  const email = await register(page);
  await page.getByText("not confirmed").waitFor();

  // Another tab confirms the address. This one looks again when the user returns.
  const confirming = await openTab(page.context(), urlOf(await mailTo(email, /confirm/i)));
  await waitForHeading(confirming, "Confirm your email address");
  expect(confirming.url()).not.toContain("hll_");
  await confirming.getByRole("button", { name: "Confirm" }).click();
  await confirming.getByText("Your address is confirmed.").waitFor();
  await page.evaluate(() => dispatchEvent(new Event("focus")));
  await page.getByText("not confirmed").waitFor({ state: "detached" });
  await confirming.close();

  await page.getByRole("button", { name: "Log out", exact: true }).click();
  await page.getByRole("link", { name: "Log in again" }).click();
  await page.getByRole("link", { name: "Forgot your password?" }).click();
  await page.getByLabel("Email").fill(email);
  await page.keyboard.press("Enter");
  await page.getByText("a link is on its way").waitFor();
  await page.goto(urlOf(await mailTo(email, /password/i)));
  await page.getByLabel("New password").fill(NEW_PASSWORD);
  await page.keyboard.press("Enter");
  await page.getByText("Your password was changed").waitFor();
  await page.getByRole("link", { name: "Log in" }).click();
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(NEW_PASSWORD);
  await page.keyboard.press("Enter");
  await waitForHeading(page, "Your account");

  await page.getByRole("link", { name: "Family view" }).click();
  await waitForHeading(page, "Family view");
  await stealFrom(page);
  await page.evaluate(() => dispatchEvent(new Event("focus")));
  await waitForHeading(page, "Your session was revoked to protect you");
  expect((await mailTo(email, /session/i)).text).toContain("127.0.0.1");
  await page.getByRole("link", { name: "Log in again" }).click();
  await page.getByLabel("Password", { exact: true }).fill(NEW_PASSWORD);
  await page.keyboard.press("Enter");
  await waitForHeading(page, "Family view");
  const warning = page.getByRole("heading", { name: "Someone may have copied one of your sessions" });
  await warning.waitFor();
  await expectSoundPage(page);
  await page.getByRole("button", { name: "Change your password" }).click();
  await waitForHeading(page, "Your account");
  await warning.waitFor();
  await page.getByRole("button", { name: "Hide this message" }).click();
  await page.reload();
  await page.getByText("An old refresh token was replayed").waitFor();
  await expect.poll(() => warning.count()).toBe(0);
});

test("field: a reset ends the session of the same browser, and the page shows so", async () => {
  const page = await openApp(world);
  const email = await register(page);
  await page.goto(await requestLink(email));
  await page.getByRole("button", { name: "Log out", exact: true }).waitFor();
  await page.getByLabel("New password").fill(NEW_PASSWORD);
  await page.keyboard.press("Enter");
  await page.getByText("every session has ended").waitFor();
  await page.getByRole("button", { name: "Log out", exact: true }).waitFor({ state: "detached" });
  await page.getByRole("link", { name: "Log in", exact: true }).click();
  await waitForHeading(page, "Log in");
  await expect.poll(() => page.getByLabel("Email").inputValue()).toBe(email);
});

test("field: a changed address is on the page at once, and the undo logs out", async () => {
  const page = await openApp(world);
  const email = await register(page);
  const newEmail = `new.${email}`;
  await page.getByLabel("New email").fill(newEmail);
  await page.getByRole("textbox", { name: "Your password" }).fill(PASSWORD);
  await page.keyboard.press("Enter");
  await page.getByText(`Check the mail of ${newEmail}.`).waitFor();
  await page.goto(urlOf(await mailTo(newEmail, /^Confirm your new/)));
  await page.getByRole("button", { name: "Change the address" }).click();
  await page.getByText("Your account has its new address.").waitFor();
  await page.getByRole("link", { name: "Go to your account" }).click();
  await page.getByRole("main").getByText(newEmail).waitFor();
  await page.goto(urlOf(await mailTo(email, /was changed$/)));
  await page.getByRole("button", { name: "Undo the change" }).click();
  await page.getByText("Your account has its former address again.").waitFor();
  await page.getByRole("button", { name: "Log out", exact: true }).waitFor({ state: "detached" });
});

test("field: a password manager finds the form that changes the password", async () => {
  const page = await openApp(world);
  const email = await register(page);
  await page.goto(`${world.heirloom.url}/app/#/password`);
  await waitForHeading(page, "Your account");
  await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe("Password");
  await page.getByRole("button", { name: "Log out", exact: true }).click();
  await page.goto(`${world.heirloom.url}/app/password`);
  await logIn(page, email, "Your account");
  await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe("Password");
});

const forcedColors = { ...screens["light"], forcedColors: "active" as const };
describe.each(["en-US", "de-DE"])("field: the recovery in %s", (locale) => {
  const isGerman = locale === "de-DE";

  test.each(Object.entries({ ...screens, "forced-colors": forcedColors }))(
    "fits a %s screen",
    async (screen, options) => {
      const check = async (name: string) => {
        await expectSoundPage(page);
        await screenshot(page, `field-${screen}-${isGerman ? "de" : "en"}-${name}`);
      };
      const registering = await openApp(world);
      const email = await register(registering);
      const link = await requestLink(email);
      const confirmation = urlOf(await mailTo(email, /confirm/i));
      const page = await openApp(world, { ...options, locale });
      await page.getByRole("link", { name: isGerman ? "Passwort vergessen?" : "Forgot your password?" }).click();
      await page.locator("[name=email]").fill(email);
      await page.keyboard.press("Enter");
      await page.getByRole("status").waitFor();
      await check("forgot");
      await page.goto(link);
      await page.locator("[name=new_password]").fill("short");
      await page.keyboard.press("Enter");
      await page.locator("[aria-invalid=true]").waitFor();
      await check("reset");
      await page.goto(`${world.heirloom.url}/app/#/reset-password`);
      await page.getByRole("alert").waitFor();
      await check("no-link");
      await page.goto(confirmation);
      await page.locator("form .button").waitFor();
      await check("confirm");
      await page.locator("form .button").click();
      await page.getByRole("status").waitFor();
      await check("confirmed");
      // What happens to the account after a theft.
      await stealFrom(registering);
      await page.goto(`${world.heirloom.url}/app/login`);
      await page.locator("[name=email]").fill(email);
      await page.locator("[name=password]").fill(PASSWORD);
      await page.keyboard.press("Enter");
      await page.locator(".theft").waitFor();
      await page.locator(".row").first().waitFor();
      await check("theft");
    },
  );

  test.each([
    ["closed", "light", screens["light"]],
    ["closed", "phone", screens["phone"]],
    ["verified", "light", screens["light"]],
    ["verified", "phone", screens["phone"]],
  ])("registration is %s, on a %s screen", async (mode, screen, options) => {
    const own = await World.start({ HEIRLOOM_REGISTRATION: mode });
    try {
      const page = await openApp(own, { ...options, locale }, "/app/register");
      if (mode === "verified") {
        await page.locator("[name=email]").fill("someone@example.com");
        await page.locator("[name=password]").fill(PASSWORD);
        await page.keyboard.press("Enter");
      }
      await page.getByRole("status").waitFor();
      await expectSoundPage(page);
      await screenshot(page, `field-${screen}-${isGerman ? "de" : "en"}-${mode}`);
    } finally {
      await own.stop();
    }
  });
});

import { createRequire } from "node:module";
import { readFile } from "node:fs/promises";
import type { AxeResults } from "axe-core";
import type { BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { expect } from "vitest";
import { PASSWORD, type World } from "./world.js";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

declare global {
  interface Window {
    axe: { run(): Promise<AxeResults> };
    violations: string[];
  }
}

/** The screens that the app is tested on. */
export const screens: Record<string, BrowserContextOptions> = {
  light: { colorScheme: "light", viewport: { width: 1280, height: 900 } },
  dark: { colorScheme: "dark", viewport: { width: 1280, height: 900 } },
  phone: { colorScheme: "light", viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true },
};

/** Opens the app in a new browser. */
export async function openApp(world: World, options: BrowserContextOptions = {}, path = "/"): Promise<Page> {
  return openTab(await world.browser(options), `${world.heirloom.url}${path}`);
}

/** Opens a new tab. It records violations of the content security policy. */
export async function openTab(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage();
  await recordViolations(page);
  await page.goto(url);
  await page.getByRole("heading", { level: 1 }).waitFor();
  if (!(await page.locator("#root").count()))
    throw new Error("The app is not built; run `npm run build`, then `cargo build`");
  return page;
}

/** Records violations of the content security policy on each page that the tab opens. */
export async function recordViolations(page: Page) {
  await page.addInitScript(() => {
    window.violations = [];
    addEventListener("securitypolicyviolation", (event) =>
      window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`),
    );
  });
}

let accounts = 0;

/** Registers a new account with a long email address. */
export async function register(page: Page): Promise<string> {
  const email = `someone.with-a-long-name.${++accounts}.${Date.now()}@mail.example.com`;
  await page.getByRole("link", { name: "Create an account" }).click();
  await waitForHeading(page, "Create an account");
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.keyboard.press("Enter");
  await waitForHeading(page, "Your account");
  return email;
}

export async function logIn(page: Page, email: string, nextHeading: string, password = PASSWORD) {
  await waitForHeading(page, "Log in");
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.keyboard.press("Enter");
  await waitForHeading(page, nextHeading);
}

/** Waits for a page of the app with this heading. */
export async function waitForHeading(page: Page, name: string) {
  await page.getByRole("heading", { level: 1, name, exact: true }).waitFor();
}

/** The page is accessible, fits the screen and its dialogs, and has not violated the content security policy. */
export async function expectSoundPage(page: Page) {
  await page.evaluate(axe);
  const accessibilityErrors = await page.evaluate(async () => {
    const { violations } = await window.axe.run();
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
  });
  expect(accessibilityErrors).toEqual([]);
  // On a phone, `innerWidth` grows with the page.
  const overflow = () => document.documentElement.scrollWidth - document.documentElement.clientWidth;
  expect(await page.evaluate(overflow)).toBeLessThanOrEqual(0);
  expect(await page.evaluate(overflowingElements)).toEqual([]);
  expect(await page.evaluate(() => window.violations)).toEqual([]);
}

/** The elements that are wider than the open dialog around them. */
function overflowingElements(): string[] {
  return [...document.querySelectorAll("dialog[open]")].flatMap((dialog) => {
    const { left, right } = dialog.getBoundingClientRect();
    return [...dialog.querySelectorAll("*")]
      .filter((inner) => inner.getClientRects().length > 0)
      .filter((inner) => inner.getBoundingClientRect().right > right || inner.getBoundingClientRect().left < left)
      .map((inner) => inner.outerHTML.slice(0, 100));
  });
}

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

/** What people have who look at the app. */
export const screens: Record<string, BrowserContextOptions> = {
  light: { colorScheme: "light", viewport: { width: 1280, height: 900 } },
  dark: { colorScheme: "dark", viewport: { width: 1280, height: 900 } },
  phone: { colorScheme: "light", viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true },
};

/** A new browser with the app, on such a screen. */
export async function opens(world: World, options: BrowserContextOptions = {}, path = "/"): Promise<Page> {
  return visits(await world.browser(options), `${world.heirloom.url}${path}`);
}

/** A new tab. It keeps what the page's policy has refused. */
export async function visits(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage();
  await page.addInitScript(() => {
    window.violations = [];
    addEventListener("securitypolicyviolation", (event) =>
      window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`),
    );
  });
  await page.goto(url);
  await page.getByRole("heading", { level: 1 }).waitFor();
  if (!(await page.locator("#root").count()))
    throw new Error("The app is not built: `npm run build`, then `cargo build`");
  return page;
}

let people = 0;

/** Somebody new with a long address, in the app, as she gets there by herself. */
export async function registers(page: Page): Promise<string> {
  const email = `somebody.with-a-long-name.${++people}.${Date.now()}@mail.example.com`;
  await page.getByRole("link", { name: "Create an account" }).click();
  await heading(page, "Create an account");
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.keyboard.press("Enter");
  await heading(page, "Your account");
  return email;
}

export async function logsIn(page: Page, email: string, then: string) {
  await heading(page, "Log in");
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.keyboard.press("Enter");
  await heading(page, then);
}

/** Waits for a page of the app by its heading. */
export async function heading(page: Page, name: string) {
  await page.getByRole("heading", { level: 1, name, exact: true }).waitFor();
}

/**
 * Nothing that axe knows of keeps anybody out, nothing is wider than the screen or the dialog that it is in, and the
 * policy refused nothing.
 */
export async function isSound(page: Page) {
  await page.evaluate(axe);
  const faults = await page.evaluate(async () => {
    const { violations } = await window.axe.run();
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
  });
  expect(faults).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
  expect(await page.evaluate(overflowing)).toEqual([]);
  expect(await page.evaluate(() => window.violations)).toEqual([]);
}

/** What reaches out of an open dialog, at its sides. */
function overflowing(): string[] {
  return [...document.querySelectorAll("dialog[open]")].flatMap((dialog) => {
    const { left, right } = dialog.getBoundingClientRect();
    return [...dialog.querySelectorAll("*")]
      .filter((inner) => inner.getClientRects().length > 0)
      .filter((inner) => inner.getBoundingClientRect().right > right || inner.getBoundingClientRect().left < left)
      .map((inner) => inner.outerHTML.slice(0, 100));
  });
}

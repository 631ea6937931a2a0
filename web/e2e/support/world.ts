import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Cookie,
  type Page,
} from "playwright-core";
import { expect, inject } from "vitest";
import { Heirloom } from "../../client/test/support/heirloom.js";
import { Proxy } from "./proxy.js";

export const PASSWORD = "three lamps on the stairs";
const SCREENSHOTS = fileURLToPath(new URL("../../../target/screenshots", import.meta.url));
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
/** How long to wait for a page, in milliseconds. Generous for a busy machine. */
const WAIT_LIMIT = 90_000;
// For machines without internet access, and for root.
const FLAGS =
  "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync";

export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: FLAGS.split(" ") });
}

/** A real server behind a proxy, and a real browser. */
export class World {
  private accounts = 0;
  private readonly contexts: BrowserContext[] = [];

  private constructor(
    readonly heirloom: Heirloom,
    readonly proxy: Proxy,
    readonly chromium: Browser,
  ) {}

  static async start(settings: Record<string, string> = {}): Promise<World> {
    const heirloom = await Heirloom.start(settings);
    const proxy = await Proxy.start(inject("pageDirectory"), () => heirloom.port);
    return new World(heirloom, proxy, await launchChromium());
  }

  async stop() {
    await this.chromium.close();
    await this.proxy.stop();
    await this.heirloom.remove();
  }

  /** After each test: closes all browsers and resets the network. */
  async reset() {
    this.proxy.lossRate = 0;
    for (const context of this.contexts.splice(0)) await context.close();
  }

  async browser(options: BrowserContextOptions = {}): Promise<BrowserContext> {
    const context = await this.chromium.newContext(options);
    context.setDefaultTimeout(WAIT_LIMIT);
    this.contexts.push(context);
    return context;
  }

  /** A new user, logged in with this many tabs in a new browser. */
  async alice(tabs = 1): Promise<{ email: string; context: BrowserContext; tabs: Page[]; tab: Page }> {
    const email = `alice-${++this.accounts}@example.com`;
    const context = await this.browser();
    const tab = await this.tab(context);
    await tab.evaluate(
      async ([email, password]) => {
        await window.session.register({ email, password });
        await window.session.login({ email, password });
      },
      [email, PASSWORD] as const,
    );
    const more: Page[] = [];
    for (let index = 1; index < tabs; index++) more.push(await this.tab(context));
    for (const page of [tab, ...more]) await waitForState(page, email);
    return { email, context, tabs: [tab, ...more], tab };
  }

  /** A new tab with the test page. */
  async tab(context: BrowserContext): Promise<Page> {
    const page = await context.newPage();
    await page.goto(this.proxy.page);
    return page;
  }

  /** The active sessions of an account, from the operator's command. */
  async sessionsOf(email: string): Promise<{ id: string }[]> {
    return JSON.parse(await this.heirloom.run("session", "list", email, "--json")) as { id: string }[];
  }
}

/** Waits until the test page shows this state. */
export async function waitForState(page: Page, text: string) {
  await page.waitForFunction((text) => document.querySelector("[role=status]")?.textContent === text, text);
}

/** Sends a request with the session of the page, and returns the status of the response. */
export function fetchStatus(page: Page, path = "/users/me"): Promise<number> {
  return page.evaluate(async (path) => (await window.session.fetch(path)).status, path);
}

export async function refreshCookie(context: BrowserContext): Promise<Cookie> {
  const cookie = (await context.cookies()).find(({ name }) => name === "__Host-heirloom_refresh");
  expect(cookie).toBeDefined();
  return cookie!;
}

export async function screenshot(page: Page, name: string) {
  await mkdir(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: `${SCREENSHOTS}/${name}.png`, fullPage: true });
}

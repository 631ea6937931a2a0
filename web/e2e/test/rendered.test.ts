import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Session } from "@heirloom/client";
import { Heirloom } from "../../client/test/support/heirloom.js";
import { renderShop } from "../rendered/server.js";
import { bundle } from "../support/bundle.js";
import { Front } from "../support/front.js";
import { launchChromium, PASSWORD, refreshCookie } from "../support/world.js";

let heirloom: Heirloom;
let shop: Server;
let front: Front;
let chromium: Browser;
let accounts = 0;

beforeAll(async () => {
  heirloom = await Heirloom.start({ HEIRLOOM_BASE_PATH: "/auth", HEIRLOOM_TRUSTED_PROXIES: "127.0.0.1" });
  shop = renderShop(`${heirloom.url}/auth`, await bundle("rendered/browser.tsx")).listen(0, "127.0.0.1");
  await once(shop, "listening");
  front = await Front.start({ "/": () => (shop.address() as AddressInfo).port, "/auth": () => heirloom.port });
  chromium = await launchChromium();
});
afterEach(async () => {
  for (const context of chromium.contexts()) await context.close();
});
afterAll(async () => {
  await chromium.close();
  await front.stop();
  shop.closeAllConnections();
  shop.close();
  await heirloom.remove();
});

/** A new user, logged in by the script of the page. */
async function alice() {
  const email = `alice-${++accounts}@example.com`;
  const context = await chromium.newContext();
  const page = await open(context);
  await page.evaluate(
    async ([email, password]) => {
      await window.session.register({ email, password });
      await window.session.login({ email, password });
    },
    [email, PASSWORD] as const,
  );
  await page.getByRole("heading", { name: `Hello ${email}` }).waitFor();
  return { email, context, page, greeting: `Hello ${email}` };
}

/** Opens the page in a new tab. */
async function open(context: BrowserContext): Promise<Page> {
  const page = await context.newPage();
  await page.goto(front.url);
  return page;
}

/** Waits until the page itself knows the user. */
async function authenticated(page: Page) {
  await page.waitForFunction(() =>
    /anonymous|authenticated/.test((window.session as Session | undefined)?.getState().status ?? ""),
  );
  expect(await page.evaluate(() => window.session.getState())).toMatchObject({ status: "authenticated" });
}

const refreshCookies = async (context: BrowserContext) =>
  (await context.cookies()).filter(({ name }) => name === "__Host-heirloom_refresh");

/** What the page has shown since it was loaded. React has found nothing to correct. */
async function shown(page: Page): Promise<string[]> {
  const { headings, mismatches } = await page.evaluate(() => ({
    headings: [...new Set(window.headings)],
    mismatches: window.mismatches,
  }));
  expect(mismatches).toEqual([]);
  return headings;
}

describe("a page that a server renders", () => {
  test("greets the user at once, and hydration changes nothing", async () => {
    const { page, greeting } = await alice();
    const errors: string[] = [];
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") errors.push(message.text());
    });
    for (let round = 0; round < 3; round++) {
      const response = await page.reload();
      expect(await response!.text()).toContain(`<h1>Hello <!-- -->${greeting.slice(6)}</h1>`);
      expect(await response!.headerValue("cache-control")).toBe("no-store");
      await authenticated(page);
      expect(await shown(page)).toEqual([greeting]);
    }
    expect(errors).toEqual([]);
  });

  test("greets a browser without scripts, and rotates its cookie", async () => {
    const { context, greeting } = await alice();
    const scriptless = await chromium.newContext({ javaScriptEnabled: false });
    await scriptless.addCookies(await context.cookies());
    const page = await scriptless.newPage();
    const seen = new Set<string>();
    for (let round = 0; round < 4; round++) {
      await page.goto(front.url);
      await page.getByRole("heading", { name: greeting }).waitFor();
      const { value, httpOnly, secure, sameSite } = await refreshCookie(scriptless);
      expect({ httpOnly, secure, sameSite }).toEqual({ httpOnly: true, secure: true, sameSite: "Strict" });
      seen.add(value);
    }
    expect(seen.size).toBe(4);
    await page.getByRole("button", { name: "Log out without a script" }).click();
    await page.getByRole("heading", { name: "Log in" }).waitFor();
    expect(await refreshCookies(scriptless)).toEqual([]);
  });

  test("logs out in every tab, and stays logged out", async () => {
    const { context, page } = await alice();
    const other = await open(context);
    await authenticated(other);
    await page.getByRole("button", { name: "Log out", exact: true }).click();
    for (const tab of [page, other]) await tab.getByRole("heading", { name: "You are logged out" }).waitFor();
    for (const tab of [page, other]) {
      const response = await tab.reload();
      expect(await response!.text()).toContain("<h1>Log in</h1>");
      expect(await shown(tab)).toEqual(["Log in"]);
    }
  });

  test("shows a theft to the thief and to the user", async () => {
    const { context, page } = await alice();
    // Another device. On the same address with the same browser, it would look like a second tab for some seconds.
    const theirs = await chromium.newContext({ userAgent: "Mozilla/5.0 (iPhone)" });
    await theirs.addCookies(await context.cookies());
    for (let round = 0; round < 3; round++) {
      await page.reload();
      await authenticated(page);
    }
    const thief = await open(theirs);
    await page.reload();
    const warning = "Someone else may have used your session";
    for (const tab of [thief, page]) {
      await tab.waitForFunction(() => (window.session as Session | undefined)?.getState().status === "anonymous");
      expect(await shown(tab)).toEqual([warning]);
    }
    expect([...(await refreshCookies(theirs)), ...(await refreshCookies(context))]).toEqual([]);
  });

  test("opened by a link of another site, without the cookie, it greets the user as soon as its script runs", async () => {
    const { context, greeting } = await alice();
    const elsewhere = await context.newPage();
    // Another site: `localhost` and `127.0.0.1` are two.
    await elsewhere.route("http://127.0.0.1/**", (route) =>
      route.fulfill({ contentType: "text/html", body: `<a href="${front.url}">shop</a>` }),
    );
    await elsewhere.goto("http://127.0.0.1/");
    const [response] = await Promise.all([
      elsewhere.waitForResponse((response) => response.url() === `${front.url}/`),
      elsewhere.getByRole("link").click(),
    ]);
    expect(await response.text()).toContain("<h1>Welcome</h1>");
    await authenticated(elsewhere);
    expect(await shown(elsewhere)).toEqual(["Welcome", greeting]);
  });

  test("while Heirloom is stopped, it says so, and greets the user after it", async () => {
    const { page, greeting } = await alice();
    await heirloom.stop();
    const response = await page.reload();
    expect(await response!.text()).toContain("<h1>Unreachable</h1>");
    expect(response!.headers()["set-cookie"]).toBeUndefined();
    await heirloom.launch();
    await page.getByRole("heading", { name: greeting }).waitFor();
    expect(await shown(page)).toEqual(["Unreachable", greeting]);
  });
});

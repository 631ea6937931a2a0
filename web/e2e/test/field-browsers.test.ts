import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { openApp, openTab, register, waitForHeading } from "../support/app.js";
import { screenshot, World } from "../support/world.js";

let world: World;
beforeAll(async () => {
  world = await World.start();
});
afterEach(() => world.reset());
afterAll(() => world.stop());

/** Takes away what browsers got after 2022, so this browser has the features of Safari 16. */
function removeNewFeatures() {
  const newer: Record<string, string> = {
    URL: "canParse parse",
    Promise: "withResolvers try",
    Object: "groupBy",
    Map: "groupBy",
    Array: "fromAsync",
    AbortSignal: "any",
    Request: "prototype.bytes",
    Response: "prototype.bytes",
    "Array.prototype": "toSorted toReversed toSpliced with",
    "String.prototype": "isWellFormed toWellFormed",
    "Set.prototype": "union intersection difference isSubsetOf",
    "URLSearchParams.prototype": "size",
    "HTMLElement.prototype": "popover showPopover togglePopover",
    "HTMLDialogElement.prototype": "requestClose closedBy",
    "Element.prototype": "setHTMLUnsafe",
  };
  for (const [path, names] of Object.entries(newer)) {
    const owner = path.split(".").reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], globalThis);
    for (const name of names.split(" ")) Reflect.deleteProperty(owner as object, name);
  }
  for (const name of ["Iterator", "navigation", "trustedTypes", "requestIdleCallback", "scheduler", "cookieStore"]) {
    Object.defineProperty(globalThis, name, { value: undefined });
  }
  if ("canParse" in URL) throw new Error("URL.canParse is still there");
}

async function openOldBrowser(breakPage: (page: Page) => Promise<unknown>, locale = "en-US"): Promise<Page> {
  const context = await world.browser({ locale });
  const page = await context.newPage();
  await page.addInitScript(() => {
    window.violations = [];
    addEventListener("securitypolicyviolation", (event) => window.violations.push(event.violatedDirective));
  });
  await breakPage(page);
  await page.goto(world.heirloom.url);
  return page;
}

const messages = (page: Page) => page.locator(".page-message:visible").allInnerTexts();

describe("field: browsers of the last four years", () => {
  test("can use every page", async () => {
    const context = await world.browser();
    await context.addInitScript(removeNewFeatures);
    const page = await openTab(context, world.heirloom.url);
    await register(page);
    await page.getByText("The account was created").waitFor();
    await page.getByRole("button", { name: "Delete account" }).click();
    await page.keyboard.press("Escape");
    await page.getByRole("link", { name: "Family view" }).click();
    await page.getByRole("button", { name: "Start a sandbox" }).click();
    await page.getByRole("button", { name: "Refresh in two tabs" }).click();
    await page.getByText("both received the same successor").waitFor();
    await page.getByRole("button", { name: "Log out", exact: true }).click();
    await waitForHeading(page, "You are logged out");
    expect(await messages(page)).toEqual([]);
  });

  test("an older browser is told so, whether it runs the app or not", async () => {
    const page = await openOldBrowser((page) =>
      page.addInitScript(() => Reflect.deleteProperty(AbortSignal, "timeout")),
    );
    await page.getByText("This browser is too old for this page.").waitFor();
    await waitForHeading(page, "Log in");
    expect(await page.evaluate(() => window.violations)).toEqual([]);
    await screenshot(page, "app-old-browser");

    const oldest = await openOldBrowser(async (page) => {
      await page.addInitScript(() => Reflect.deleteProperty(HTMLScriptElement.prototype, "noModule"));
      await page.route("**/assets/*.js", (route) => route.fulfill({ body: "", contentType: "text/javascript" }));
    }, "de-DE");
    await oldest.getByText("Dieser Browser ist zu alt für diese Seite.").waitFor();
    expect((await messages(oldest)).length).toBe(1);
    await expect.poll(() => oldest.locator("#root > *").count()).toBe(0);
  });

  test.each(["let a =", "undefined.canParse('')"])("a page that cannot start says so: %s", async (body) => {
    const page = await openOldBrowser((page) =>
      page.route("**/assets/*.js", (route) => route.fulfill({ body, contentType: "text/javascript" })),
    );
    await page.getByText("This page could not start. Reload it.").waitFor();
    expect(await page.evaluate(() => window.violations)).toEqual([]);
  });

  test("a current browser gets no message", async () => {
    const page = await openApp(world);
    await page.waitForTimeout(1500);
    expect(await messages(page)).toEqual([]);
  });
});

import { type Browser, type BrowserContextOptions, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Heirloom } from "../../client/test/support/heirloom.js";
import { QuickstartApp } from "../support/quickstart.js";
import { launchChromium, PASSWORD, screenshot } from "../support/world.js";

const WIDE = { viewport: { width: 1280, height: 800 } };
const NARROW = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true };

let app: QuickstartApp;
let browser: Browser;
/** Allows no other origin. */
let heirloom: Heirloom;
/** Allows the origin of the app. */
let allowing: Heirloom;
let accounts = 0;

beforeAll(async () => {
  [app, heirloom, browser] = await Promise.all([QuickstartApp.create(), Heirloom.start(), launchChromium()]);
  await app.write(heirloom.port);
  await app.start();
  allowing = await Heirloom.start({ HEIRLOOM_ALLOWED_ORIGINS: app.url });
}, 300_000);
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});
afterAll(async () => {
  await browser.close();
  await app.remove();
  await heirloom.remove();
  await allowing.remove();
});

/** Opens the app in a new browser. Records the warnings of the client, and the errors that no code handles. */
async function open(options: BrowserContextOptions = {}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const warnings: string[] = [];
  const errors: string[] = [];
  page.on("console", (message) => {
    if (message.text().startsWith("[heirloom]")) warnings.push(`${message.type()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => errors.push(error.message));
  return { context, page, warnings, errors };
}

async function createAccount(page: Page): Promise<string> {
  const email = `alice-${++accounts}@example.com`;
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Create an account" }).click();
  await page.getByRole("heading", { name: email }).waitFor();
  return email;
}

describe("field: an app that is set up by the quickstart", () => {
  beforeAll(() => app.write(heirloom.port));

  test.each([
    ["wide", WIDE],
    ["narrow", NARROW],
  ])("a user registers, reloads and logs out in two tabs (%s)", async (name, options) => {
    const { context, page, warnings, errors } = await open(options);
    await page.goto(app.url);
    await page.getByRole("button", { name: "Log in" }).waitFor();
    await screenshot(page, `quickstart-login-${name}`);

    const email = await createAccount(page);
    await page.getByRole("button", { name: "Show my devices" }).click();
    await page.getByText("(this device)").waitFor();
    await screenshot(page, `quickstart-account-${name}`);

    await page.reload();
    await page.getByRole("heading", { name: email }).waitFor();

    const other = await context.newPage();
    await other.goto(app.url);
    await other.getByRole("heading", { name: email }).waitFor();
    await other.getByRole("button", { name: "Log out" }).click();
    for (const tab of [page, other]) await tab.getByText("You are logged out.").waitFor();
    await page.reload();
    await page.getByRole("button", { name: "Log in" }).waitFor();
    await expect.poll(() => page.getByText("You are logged out.").count()).toBe(0);
    expect({ warnings, errors }).toEqual({ warnings: [], errors: [] });
  });

  test("an access token that expires is refreshed, and a session that expires is reported", async () => {
    const { context, page, warnings, errors } = await open(WIDE);
    await page.clock.install();
    await page.goto(app.url);
    const email = await createAccount(page);
    const refreshes: string[] = [];
    page.on("request", (request) => {
      if (request.url().endsWith("/refresh")) refreshes.push(request.method());
    });
    await page.clock.fastForward("01:00:00");
    await page.getByRole("button", { name: "Show my devices" }).click();
    await page.getByText("(this device)").waitFor();
    expect(refreshes).toEqual(["POST"]);
    await expect.poll(() => page.getByRole("heading", { name: email }).count()).toBe(1);

    // As the browser does when the cookie's time has come.
    await context.clearCookies();
    await page.clock.fastForward("01:00:00");
    await page.getByRole("button", { name: "Show my devices" }).click();
    await page.getByText("Your session has expired.").waitFor();
    await screenshot(page, "quickstart-expired");
    expect({ warnings, errors }).toEqual({ warnings: [], errors: [] });
  });

  test("the form shows what Heirloom rejects", async () => {
    const { page } = await open(WIDE);
    await page.goto(app.url);
    await page.getByLabel("Email").fill("alice@example.com");
    await page.getByLabel("Password").fill("short");
    await page.getByRole("button", { name: "Create an account" }).click();
    await page
      .getByRole("alert")
      .getByText(/^password /)
      .waitFor();
    await page.getByLabel("Password").fill("not the password");
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByText("The email address or the password is wrong.").waitFor();
    await screenshot(page, "quickstart-rejected");
  });

  test("the form says that a mail was sent, if the server verifies addresses first", async () => {
    const verifying = await Heirloom.start({ HEIRLOOM_REGISTRATION: "verified" });
    try {
      await app.stop();
      await app.write(verifying.port);
      await app.start();
      const { page, warnings, errors } = await open(NARROW);
      await page.goto(app.url);
      await page.getByLabel("Email").fill("alice@example.com");
      await page.getByLabel("Password").fill(PASSWORD);
      await page.getByRole("button", { name: "Create an account" }).click();
      await page.getByRole("alert").getByText(/mail/).waitFor();
      await screenshot(page, "quickstart-mail-sent");
      expect({ warnings, errors }).toEqual({ warnings: [], errors: [] });
    } finally {
      await verifying.remove();
    }
  });

  test("its types are right, and its build loads the diagnosis on demand", async () => {
    const scripts = await app.build();
    expect(scripts.filter((name) => name.startsWith("diagnosis-"))).toHaveLength(1);
    expect(scripts.filter((name) => name.startsWith("index-"))).toHaveLength(1);
  });
});

describe("field: a wrong set-up explains itself", () => {
  const baseUrl = (url: string) => (name: string, code: string) =>
    name === "src/session.ts" ? code.replace('"/auth"', JSON.stringify(url)) : code;
  const unreachable = "The server does not respond. This page tries again by itself.";

  /** Sets the app up in this way, and opens it. */
  async function openWith(change: (name: string, code: string) => string, port = heirloom.port) {
    await app.stop();
    await app.write(port, change);
    await app.start();
    return open(WIDE);
  }

  /** The page shows that Heirloom is unreachable, and the console says why, once. */
  async function expectWarning(opened: Awaited<ReturnType<typeof open>>, warning: RegExp) {
    await opened.page.goto(app.url);
    await opened.page.getByText(unreachable).waitFor();
    await expect.poll(() => opened.warnings, { timeout: 20_000 }).toHaveLength(1);
    // A retry repeats no warning.
    await opened.page
      .waitForResponse((response) => response.url().endsWith("/refresh"), { timeout: 20_000 })
      .catch(() => {});
    expect(opened.warnings).toEqual([expect.stringMatching(warning)]);
    expect(opened.errors).toEqual([]);
  }

  test("a refused origin", async () => {
    const opened = await openWith(baseUrl(heirloom.url));
    await expectWarning(
      opened,
      new RegExp(`^warning: .*no response from ${heirloom.url}\\..* Add ${app.url} to HEIRLOOM_ALLOWED_ORIGINS\\.$`),
    );
    await screenshot(opened.page, "quickstart-unreachable");
    const phone = await open(NARROW);
    await phone.page.goto(app.url);
    await phone.page.getByText(unreachable).waitFor();
    await screenshot(phone.page, "quickstart-unreachable-narrow");
  });

  test("a wrong path: the proxy does not remove the prefix", async () => {
    const opened = await openWith((_, code) => code.replace(/\n *rewrite: .*/, ""));
    await expectWarning(opened, new RegExp(`^warning: .*it has no ${app.url}/auth/refresh\\. .*HEIRLOOM_BASE_PATH`));
  });

  test("a wrong path of an allowed origin", async () => {
    const opened = await openWith(baseUrl(`http://localhost:${allowing.port}/auth`));
    await expectWarning(opened, /^warning: .*it has no http:\/\/localhost:\d+\/auth\/refresh/);
  });

  test("not Heirloom: without baseUrl, the requests reach the server of the page", async () => {
    const opened = await openWith((name, code) =>
      name === "src/session.ts" ? code.replace(/\{ baseUrl.*\}/, "") : code,
    );
    await expectWarning(opened, new RegExp(`^warning: .*${app.url} is not Heirloom: it responds with 404\\.`));
  });

  test("not running: the proxy responds in its place", async () => {
    const opened = await openWith((_, code) => code, 1);
    await expectWarning(opened, new RegExp(`^warning: .*${app.url}/auth responds with 50\\d\\.`));
  });

  test("no network", async () => {
    const opened = await openWith((_, code) => code);
    await opened.page.route("**/auth/*", (route) => route.abort());
    await expectWarning(
      opened,
      new RegExp(`^warning: .*${app.url}/auth does not respond\\. Does Heirloom run there\\?`),
    );
    await opened.page.unroute("**/auth/*");
    await opened.page.getByRole("button", { name: "Log in" }).waitFor();
  });

  test("no scheme", async () => {
    const { page, errors } = await openWith(baseUrl("localhost:8080"));
    await page.goto(app.url);
    await expect.poll(() => errors).toEqual(["baseUrl is no HTTP URL: localhost:8080"]);
  });

  test("two host names: the login succeeds, and a reload is logged out, but not without a word", async () => {
    const base = `http://127.0.0.1:${allowing.port}`;
    const { page, warnings, errors } = await openWith(baseUrl(base));
    await page.goto(app.url);
    await createAccount(page);
    const remedy = `http://localhost:${allowing.port}`;
    await expect.poll(() => warnings).toEqual([expect.stringContaining(`set baseUrl to ${remedy}, or use a proxy.`)]);
    await page.reload();
    await page.getByRole("button", { name: "Log in" }).waitFor();

    // The remedy works.
    const mended = await openWith(baseUrl(remedy));
    await mended.page.goto(app.url);
    const email = await createAccount(mended.page);
    await mended.page.reload();
    await mended.page.getByRole("heading", { name: email }).waitFor();
    expect([mended.warnings, mended.errors, errors]).toEqual([[], [], []]);
  });
});

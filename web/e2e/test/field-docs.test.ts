import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { screenshot, World } from "../support/world.js";

/** A proxy that serves Heirloom below `/sso` and removes that prefix. */
class Prefix {
  private constructor(private readonly server: Server) {}

  static async before(port: number): Promise<Prefix> {
    const server = createServer((incoming, outgoing) => {
      const path = /^\/sso(\/.*)$/.exec(incoming.url ?? "")?.[1];
      if (!path) return void outgoing.writeHead(404).end();
      const headers = { ...incoming.headers };
      const onward = request({ port, path, method: incoming.method, headers }, (response) => {
        outgoing.writeHead(response.statusCode ?? 502, response.headers);
        response.pipe(outgoing);
      });
      incoming.pipe(onward);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new Prefix(server);
  }

  get url(): string {
    return `http://localhost:${(this.server.address() as AddressInfo).port}/sso`;
  }

  async stop() {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

let world: World;
let prefix: Prefix;
beforeAll(async () => {
  world = await World.start({ HEIRLOOM_PASSWORD_MIN_LENGTH: "15" });
  prefix = await Prefix.before(world.heirloom.port);
});
afterEach(() => world.reset());
afterAll(async () => {
  await prefix.stop();
  await world.stop();
});

async function opened(page: Page, url: string) {
  await page.goto(`${url}/docs`);
  await page.locator(".opblock").first().waitFor();
}

/** Opens an operation. */
async function operation(page: Page, id: string) {
  const block = page.locator(`[id^=operations-][id$=-${id}]`);
  if (!(await block.locator(".opblock-body").isVisible())) await block.locator(".opblock-summary-control").click();
  await block.locator(".opblock-body").waitFor();
  return block;
}

/** Sends an operation with the values that the page fills in. Returns the status. */
async function tryOut(page: Page, id: string): Promise<number> {
  const block = await operation(page, id);
  await block.locator(".try-out__btn").click();
  await block.locator(".execute").click();
  const status = block.locator(".live-responses-table .response .response-col_status");
  return Number.parseInt(await status.innerText(), 10);
}

describe("field: the page of the API's document", () => {
  test("there is one way to authorize, which a login takes, and which survives a reload", async () => {
    const page = await (await world.browser()).newPage();
    await opened(page, world.heirloom.url);
    await page.locator(".btn.authorize").click();
    const ways = page.locator(".auth-container h4");
    const named = (await ways.allInnerTexts()).map((text) => text.replace(/\s+/g, " "));
    expect(named).toEqual(["access_token (http, Bearer)"]);
    await page.locator(".btn-done").click();

    expect(await tryOut(page, "show_me")).toBe(401);
    expect(await tryOut(page, "register")).toBe(201);
    expect(await tryOut(page, "login")).toBe(200);
    await page.reload();
    await page.locator(".opblock").first().waitFor();
    expect(await tryOut(page, "show_me")).toBe(200);
    expect(await tryOut(page, "refresh")).toBe(200);
    expect(await tryOut(page, "logout")).toBe(200);
    await page.reload();
    await page.locator(".opblock").first().waitFor();
    expect(await tryOut(page, "show_me")).toBe(401);
  });

  test("errors have examples with their codes, and the password the minimum that is set", async () => {
    const page = await (await world.browser()).newPage();
    await opened(page, world.heirloom.url);
    const register = await operation(page, "register");
    await expect.poll(() => register.locator(".responses-wrapper").innerText()).toContain('"code": "email_taken"');
    await register.locator(".opblock-section-request-body .tabitem", { hasText: "Schema" }).click();
    const schema = register.locator(".opblock-section-request-body .json-schema-2020-12").first();
    await expect.poll(() => schema.innerText()).toMatch(/\[15, 128\] characters/);
  });

  for (const colorScheme of ["light", "dark"] as const) {
    for (const width of [1280, 360]) {
      test(`it follows the colour scheme and fits the screen (${colorScheme}, ${width})`, async () => {
        const context = await world.browser({ colorScheme, viewport: { width, height: 900 } });
        const page = await context.newPage();
        await opened(page, world.heirloom.url);
        await operation(page, "login");
        const background = await page.evaluate(() => {
          const elements = [document.body, document.documentElement];
          const colors = elements.map((element) => getComputedStyle(element).backgroundColor);
          return colors.find((color) => color !== "rgba(0, 0, 0, 0)") ?? "rgb(255, 255, 255)";
        });
        const [red = 0] = /\d+/.exec(background)?.map(Number) ?? [];
        expect(red < 128, background).toBe(colorScheme === "dark");
        // The end of an operation is inside of the screen.
        const right = await page.evaluate(() =>
          Math.max(...[...document.querySelectorAll(".opblock *")].map((part) => part.getBoundingClientRect().right)),
        );
        expect(right).toBeLessThanOrEqual(width);
        await screenshot(page, `docs-${colorScheme}-${width}`);
      });
    }
  }

  test("behind a proxy that removes a prefix it stays below the prefix", async () => {
    const page = await (await world.browser()).newPage();
    const outside: string[] = [];
    page.on("request", (sent) => {
      const { pathname } = new URL(sent.url());
      if (!pathname.startsWith("/sso/")) outside.push(pathname);
    });
    await opened(page, prefix.url);
    expect(await tryOut(page, "ping")).toBe(200);
    expect(outside).toEqual([]);
    await page.goto(`${prefix.url}/?from=mail`);
    expect(page.url()).toMatch(/\/sso\/app\/\?from=mail/);
  });
});

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { BrowserContext } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { fetchStatus, refreshCookie, waitForState, screenshot, World } from "../support/world.js";

let world: World;
beforeAll(async () => {
  world = await World.start();
});
afterEach(() => world.reset());
afterAll(() => world.stop());

/** Another browser with a copy of the current cookies. */
async function stealCookies(context: BrowserContext): Promise<BrowserContext> {
  const cookies = await context.cookies();
  const thief = await world.browser();
  await thief.addCookies(cookies);
  return thief;
}

test("a stolen cookie that is replayed after two refreshes of the owner ends the session for both", async () => {
  const { context, tabs } = await world.alice(3);
  const thief = await stealCookies(context);
  for (let round = 0; round < 2; round++) await tabs[0]!.evaluate(() => window.session.refresh());
  const stolen = await world.tab(thief);
  await waitForState(stolen, "reused");
  expect(await fetchStatus(tabs[1]!)).toBe(401);
  for (const tab of tabs) {
    await waitForState(tab, "reused");
    await tab.getByText("Log in").waitFor();
  }
  await screenshot(tabs[0]!, "e2e-reused");
  expect((await thief.cookies()).filter(({ name }) => name.includes("refresh"))).toEqual([]);
});

test("a stolen cookie that the thief uses first is detected at the next refresh of the owner", async () => {
  const { context, tab, email } = await world.alice();
  const thief = await world.tab(await stealCookies(context));
  await waitForState(thief, email);
  await thief.evaluate(async () => {
    for (let round = 0; round < 3; round++) await window.session.refresh();
  });
  await tab.evaluate(() => window.session.refresh());
  await waitForState(tab, "reused");
  expect(await fetchStatus(thief)).toBe(401);
  await waitForState(thief, "reused");
});

const sites: [string, string, string][] = [
  ["another site", "127.0.0.1", "cross-site"],
  ["another port of this host", "localhost", "same-site"],
];
test.each(sites)("a form from %s is refused, and the session continues", async (_, host, site) => {
  const { email, context, tab } = await world.alice();
  const before = await refreshCookie(context);
  const seen: (string | undefined)[] = [];
  context.on("request", (request) => {
    if (request.url().startsWith(world.proxy.url)) seen.push(request.headers()["sec-fetch-site"]);
  });
  const evil = createServer((request, response) => {
    response.setHeader("content-type", "text/html");
    response.end(
      `<form method="post" action="${world.proxy.url}${request.url ?? ""}"><button>Win a lamp</button></form>`,
    );
  });
  await new Promise<void>((resolve) => evil.listen(0, "127.0.0.1", resolve));
  try {
    for (const path of ["/logout", "/refresh", "/logout-all"]) {
      const page = await context.newPage();
      await page.goto(`http://${host}:${(evil.address() as AddressInfo).port}${path}`);
      const received = page.waitForResponse((response) => response.url() === world.proxy.url + path);
      await page.click("button");
      const response = await received;
      expect([path, response.status()]).toEqual([path, 403]);
      expect(await response.json()).toMatchObject({ code: "cross_site_request" });
      expect(response.headers()["set-cookie"]).toBeUndefined();
      expect((await response.request().allHeaders())["sec-fetch-site"]).toBe(site);
    }
  } finally {
    evil.closeAllConnections();
    evil.close();
  }
  expect(await refreshCookie(context)).toEqual(before);
  expect(await fetchStatus(tab)).toBe(200);
  await waitForState(tab, email);
});

test("a script of another site can read nothing and revoke nothing", async () => {
  const { context, tab } = await world.alice();
  const evil = createServer((_, response) => {
    response.setHeader("content-type", "text/html");
    response.end("<p>Lamps</p>");
  });
  await new Promise<void>((resolve) => evil.listen(0, "127.0.0.1", resolve));
  try {
    const page = await context.newPage();
    await page.goto(`http://127.0.0.1:${(evil.address() as AddressInfo).port}/`);
    const outcomes = await page.evaluate(async (url) => {
      const attempts = ["/refresh", "/logout"].map((path) =>
        fetch(url + path, { method: "POST", credentials: "include" }).then(
          () => "read",
          () => "refused",
        ),
      );
      return Promise.all(attempts);
    }, world.proxy.url);
    expect(outcomes).toEqual(["refused", "refused"]);
  } finally {
    evil.closeAllConnections();
    evil.close();
  }
  expect(await fetchStatus(tab)).toBe(200);
});

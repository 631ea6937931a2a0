import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { BrowserContext } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { asks, refreshCookie, says, screenshot, World } from "../support/world.js";

let world: World;
beforeAll(async () => {
  world = await World.begin();
});
afterEach(() => world.tidy());
afterAll(() => world.end());

/** Somebody else's browser, with a copy of her cookies as they are now. */
async function thiefOf(context: BrowserContext): Promise<BrowserContext> {
  const cookies = await context.cookies();
  const thief = await world.browser();
  await thief.addCookies(cookies);
  return thief;
}

test("a stolen cookie that is shown after its owner has gone on ends the session for both", async () => {
  const { context, tabs } = await world.alice(3);
  const thief = await thiefOf(context);
  for (let round = 0; round < 2; round++) await tabs[0]!.evaluate(() => window.session.refresh());
  const stolen = await world.tab(thief);
  await says(stolen, "reused");
  expect(await asks(tabs[1]!)).toBe(401);
  for (const tab of tabs) {
    await says(tab, "reused");
    expect(await tab.isVisible("text=Log in")).toBe(true);
  }
  await screenshot(tabs[0]!, "e2e-reused");
  expect((await thief.cookies()).filter(({ name }) => name.includes("refresh"))).toEqual([]);
});

test("a stolen cookie that is used first is found out when its owner goes on", async () => {
  const { context, tab, email } = await world.alice();
  const thief = await world.tab(await thiefOf(context));
  await says(thief, email);
  await thief.evaluate(async () => {
    for (let round = 0; round < 3; round++) await window.session.refresh();
  });
  await tab.evaluate(() => window.session.refresh());
  await says(tab, "reused");
  expect(await asks(thief)).toBe(401);
  await says(thief, "reused");
});

const sites: [string, string, string][] = [
  ["another site", "127.0.0.1", "cross-site"],
  ["another port of this host", "localhost", "same-site"],
];
test.each(sites)("a form that %s posts is refused, and the session goes on", async (_, host, site) => {
  const { email, context, tab } = await world.alice();
  const before = await refreshCookie(context);
  const seen: (string | undefined)[] = [];
  context.on("request", (request) => {
    if (request.url().startsWith(world.front.url)) seen.push(request.headers()["sec-fetch-site"]);
  });
  const evil = createServer((request, answer) => {
    answer.setHeader("content-type", "text/html");
    answer.end(
      `<form method="post" action="${world.front.url}${request.url ?? ""}"><button>Win a lamp</button></form>`,
    );
  });
  await new Promise<void>((resolve) => evil.listen(0, "127.0.0.1", resolve));
  try {
    for (const path of ["/logout", "/refresh", "/logout-all"]) {
      const page = await context.newPage();
      await page.goto(`http://${host}:${(evil.address() as AddressInfo).port}${path}`);
      const answered = page.waitForResponse((answer) => answer.url() === world.front.url + path);
      await page.click("button");
      const answer = await answered;
      expect([path, answer.status()]).toEqual([path, 403]);
      expect(await answer.json()).toMatchObject({ code: "cross_site_request" });
      expect(answer.headers()["set-cookie"]).toBeUndefined();
      expect((await answer.request().allHeaders())["sec-fetch-site"]).toBe(site);
    }
  } finally {
    evil.closeAllConnections();
    evil.close();
  }
  expect(await refreshCookie(context)).toEqual(before);
  expect(await asks(tab)).toBe(200);
  await says(tab, email);
});

test("another site's script can read nothing and end nothing", async () => {
  const { context, tab } = await world.alice();
  const evil = createServer((_, answer) => {
    answer.setHeader("content-type", "text/html");
    answer.end("<p>Lamps</p>");
  });
  await new Promise<void>((resolve) => evil.listen(0, "127.0.0.1", resolve));
  try {
    const page = await context.newPage();
    await page.goto(`http://127.0.0.1:${(evil.address() as AddressInfo).port}/`);
    const outcomes = await page.evaluate(async (url) => {
      const tried = ["/refresh", "/logout"].map((path) =>
        fetch(url + path, { method: "POST", credentials: "include" }).then(
          () => "read",
          () => "refused",
        ),
      );
      return Promise.all(tried);
    }, world.front.url);
    expect(outcomes).toEqual(["refused", "refused"]);
  } finally {
    evil.closeAllConnections();
    evil.close();
  }
  expect(await asks(tab)).toBe(200);
});

import { afterAll, afterEach, beforeAll, expect, inject, test } from "vitest";
import { Heirloom } from "../../client/test/support/heirloom.js";
import { Proxy } from "../support/proxy.js";
import { PASSWORD, waitForState, World } from "../support/world.js";

let world: World;
let elsewhere: Heirloom;
let pageServer: Proxy;
beforeAll(async () => {
  world = await World.start();
  // The page and Heirloom have different origins, and Heirloom allows the origin of the page.
  pageServer = await Proxy.start(inject("pageDirectory"), () => 0);
  elsewhere = await Heirloom.start({ HEIRLOOM_ALLOWED_ORIGINS: pageServer.url });
});
afterEach(() => world.reset());
afterAll(async () => {
  await pageServer.stop();
  await elsewhere.remove();
  await world.stop();
});

test("a page of an allowed origin can log in, refresh, reload, and log out in every tab", async () => {
  const context = await world.browser();
  const url = `${pageServer.page}?heirloom=${encodeURIComponent(elsewhere.url)}`;
  const [page, other] = [await context.newPage(), await context.newPage()];
  for (const tab of [page, other]) {
    await tab.goto(url);
    await waitForState(tab, "anonymous");
  }
  const account = { email: "alice@example.com", password: PASSWORD };
  await page.evaluate(async (account) => {
    await window.session.register(account);
    await window.session.login(account);
  }, account);
  for (const tab of [page, other]) await waitForState(tab, account.email);
  await page.reload();
  await waitForState(page, account.email);
  const status = await page.evaluate(async (heirloom) => {
    window.advanceClock(3_600_000);
    return (await window.session.fetch(`${heirloom}/sessions`)).status;
  }, elsewhere.url);
  expect(status).toBe(200);
  await page.evaluate(() => window.session.logout());
  for (const tab of [page, other]) await waitForState(tab, "logged_out");
  expect(await page.evaluate(() => window.violations)).toEqual([]);
});

test("a page of another origin cannot restore a session or log in", async () => {
  const context = await world.browser();
  const tab = await context.newPage();
  await tab.goto(`${world.proxy.page}?heirloom=${encodeURIComponent(elsewhere.url)}`);
  await waitForState(tab, "unreachable");
  const outcome = await tab.evaluate(
    (password) =>
      window.session.login({ email: "alice@example.com", password }).then(
        () => "logged in",
        (error: unknown) => (error as Error).name,
      ),
    PASSWORD,
  );
  expect(outcome).toBe("TypeError");
  expect(await context.cookies()).toEqual([]);
});

import { afterAll, afterEach, beforeAll, expect, inject, test } from "vitest";
import { Heirloom } from "../../client/test/support/heirloom.js";
import { Front } from "../support/front.js";
import { PASSWORD, says, World } from "../support/world.js";

let world: World;
let elsewhere: Heirloom;
let front: Front;
beforeAll(async () => {
  world = await World.begin();
  // The page comes from one origin and Heirloom has another, which lets the page's in.
  front = await Front.start(inject("pages"), () => 0);
  elsewhere = await Heirloom.start({ HEIRLOOM_ALLOWED_ORIGINS: front.url });
});
afterEach(() => world.tidy());
afterAll(async () => {
  await front.stop();
  await elsewhere.remove();
  await world.end();
});

test("a page of another origin that is allowed has all of it: login, refresh, reload, logout in every tab", async () => {
  const context = await world.browser();
  const url = `${front.page}?heirloom=${encodeURIComponent(elsewhere.url)}`;
  const [page, other] = [await context.newPage(), await context.newPage()];
  for (const tab of [page, other]) {
    await tab.goto(url);
    await says(tab, "anonymous");
  }
  const account = { email: "alice@example.com", password: PASSWORD };
  await page.evaluate(async (account) => {
    await window.session.register(account);
    await window.session.login(account);
  }, account);
  for (const tab of [page, other]) await says(tab, account.email);
  await page.reload();
  await says(page, account.email);
  const status = await page.evaluate(async (heirloom) => {
    window.letPass(3_600_000);
    return (await window.session.fetch(`${heirloom}/sessions`)).status;
  }, elsewhere.url);
  expect(status).toBe(200);
  await page.evaluate(() => window.session.logout());
  for (const tab of [page, other]) await says(tab, "logged_out");
  expect(await page.evaluate(() => window.violations)).toEqual([]);
});

test("a page of an origin that is not allowed finds nobody, and nobody gets in", async () => {
  const context = await world.browser();
  const tab = await context.newPage();
  await tab.goto(`${world.front.page}?heirloom=${encodeURIComponent(elsewhere.url)}`);
  await says(tab, "unreachable");
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

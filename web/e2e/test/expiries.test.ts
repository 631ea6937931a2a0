import type { BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { waitForState, screenshot, World } from "../support/world.js";

const TABS = 5;
const EXPIRIES = 200;
let world: World;
beforeAll(async () => {
  world = await World.start();
});
afterEach(() => world.reset());
afterAll(() => world.stop());

/** Lets the token of every tab expire this many times, at the same time. */
async function expireAll(tabs: Page[], times: number) {
  const outcomes = await Promise.all(tabs.map((tab) => tab.evaluate((times) => window.expireRepeatedly(times), times)));
  return { done: outcomes.map(({ done }) => done), failed: outcomes.reduce((sum, { failed }) => sum + failed, 0) };
}

test(`${TABS} tabs with ${EXPIRIES} expiries each and 5 % lost responses stay logged in`, async () => {
  const { email, tabs, tab } = await world.alice(TABS);
  const [family] = await world.sessionsOf(email);
  world.proxy.lossRate = 0.05;
  const { done, failed } = await expireAll(tabs, EXPIRIES);
  const { lostResponses } = world.proxy;
  world.proxy.lossRate = 0;

  for (const page of tabs) {
    // First, since it names the reason.
    expect(await page.evaluate(() => window.states.filter((state) => "over" in state))).toEqual([]);
    await waitForState(page, email);
  }
  expect(done).toEqual(Array<number>(TABS).fill(EXPIRIES));
  expect(lostResponses).toBeGreaterThan(50);
  expect(await world.sessionsOf(email)).toMatchObject([{ id: family?.id }]);
  const kinds = await tab.evaluate(async () =>
    (await window.session.events({ limit: 100 })).events.map(({ kind }) => kind),
  );
  expect(kinds).not.toContain("reuse_detected");
  expect(kinds.filter((kind) => kind === "login_succeeded")).toHaveLength(1);
  console.log(
    `${world.proxy.count("/refresh")} refreshes, ${lostResponses} lost responses, ${failed} failed requests, events: ${kinds.join(", ")}`,
  );
});

test("a tab that loads while the request of another is delayed stays logged in, and so does the other", async () => {
  const { email, context, tabs } = await world.alice(1);
  const [family] = await world.sessionsOf(email);
  world.proxy.delays.push(800);
  const delayed = tabs[0]!.evaluate(() => window.session.refresh());
  await expect.poll(() => world.proxy.delays.length).toBe(0);
  // The new tab has missed the message that the other refreshes. Its two refreshes make the other's request an old one.
  const opened = await world.tab(context);
  await waitForState(opened, email);
  await opened.evaluate(() => window.expireRepeatedly(3));
  await delayed;
  for (const page of [...tabs, opened]) await waitForState(page, email);
  expect(await world.sessionsOf(email)).toMatchObject([{ id: family?.id }]);
});

test("with a thief, every tab shows the reason and a login link", async () => {
  const { email, context, tabs } = await world.alice(TABS);
  world.proxy.lossRate = 0.05;
  const thief = await stealCookies(context);
  // The user refreshes some times before the thief uses the copy.
  await expireAll(tabs, 20);
  const running = expireAll(tabs, EXPIRIES);
  await thief.goto(world.proxy.page);
  const stolen = await thief.evaluate((times) => window.expireRepeatedly(times), EXPIRIES);
  const { done } = await running;
  world.proxy.lossRate = 0;

  expect(Math.max(...done)).toBeLessThan(EXPIRIES);
  expect(stolen.done).toBe(0);
  for (const tab of [...tabs, thief]) {
    await waitForState(tab, "reused");
    await tab.getByText("Log in").waitFor();
    expect(await tab.evaluate(() => window.states.filter((state) => "over" in state).length)).toBe(1);
  }
  expect(await world.sessionsOf(email)).toEqual([]);
  await screenshot(tabs[0]!, "e2e-thief");
});

/** A page in another browser with a copy of the cookies. */
async function stealCookies(context: BrowserContext): Promise<Page> {
  const thief = await world.browser();
  await thief.addCookies(await context.cookies());
  return thief.newPage();
}

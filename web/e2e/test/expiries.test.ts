import type { BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { says, screenshot, World } from "../support/world.js";

const TABS = 5;
const EXPIRIES = 200;
let world: World;
beforeAll(async () => {
  world = await World.begin();
});
afterEach(() => world.tidy());
afterAll(() => world.end());

/** Lets every tab's token expire so often, all of them at the same time. */
async function expire(tabs: Page[], times: number) {
  const outcomes = await Promise.all(tabs.map((tab) => tab.evaluate((times) => window.expire(times), times)));
  return { done: outcomes.map(({ done }) => done), lost: outcomes.reduce((sum, { lost }) => sum + lost, 0) };
}

test(`${TABS} tabs with ${EXPIRIES} expiries each, and 5 % of the answers lost: nobody is logged out`, async () => {
  const { email, tabs, tab } = await world.alice(TABS);
  const [family] = await world.sessionsOf(email);
  world.front.loss = 0.05;
  const { done, lost } = await expire(tabs, EXPIRIES);
  const answers = world.front.lost;
  world.front.loss = 0;

  expect(done).toEqual(Array<number>(TABS).fill(EXPIRIES));
  expect(answers).toBeGreaterThan(50);
  for (const page of tabs) {
    await says(page, email);
    expect(await page.evaluate(() => window.states.filter((state) => "over" in state).length)).toBe(0);
  }
  expect(await world.sessionsOf(email)).toMatchObject([{ id: family?.id }]);
  const kinds = await tab.evaluate(async () =>
    (await window.session.events({ limit: 100 })).events.map(({ kind }) => kind),
  );
  expect(kinds).not.toContain("reuse_detected");
  expect(kinds.filter((kind) => kind === "login_succeeded")).toHaveLength(1);
  console.log(
    `${world.front.count("/refresh")} refreshes, ${answers} answers lost, ${lost} requests that the page saw fail, events: ${kinds.join(", ")}`,
  );
});

test("the same with a thief among them: every tab says so, and shows where to log in", async () => {
  const { email, context, tabs } = await world.alice(TABS);
  world.front.loss = 0.05;
  const thief = await stealing(context);
  // She has gone on a little by the time the thief comes to use what he has.
  await expire(tabs, 20);
  const running = expire(tabs, EXPIRIES);
  await thief.goto(world.front.page);
  const stolen = await thief.evaluate((times) => window.expire(times), EXPIRIES);
  const { done } = await running;
  world.front.loss = 0;

  expect(Math.max(...done)).toBeLessThan(EXPIRIES);
  expect(stolen.done).toBe(0);
  for (const tab of [...tabs, thief]) {
    await says(tab, "reused");
    expect(await tab.isVisible("text=Log in")).toBe(true);
    expect(await tab.evaluate(() => window.states.filter((state) => "over" in state).length)).toBe(1);
  }
  expect(await world.sessionsOf(email)).toEqual([]);
  await screenshot(tabs[0]!, "e2e-thief");
});

/** A page in another browser that has a copy of her cookies. */
async function stealing(context: BrowserContext): Promise<Page> {
  const thief = await world.browser();
  await thief.addCookies(await context.cookies());
  return thief.newPage();
}

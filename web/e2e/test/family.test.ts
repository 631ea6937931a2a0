import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { heading, opens, registers, visits } from "../support/app.js";
import { screenshot, World } from "../support/world.js";

let world: World;
beforeAll(async () => {
  world = await World.begin({ HEIRLOOM_BASE_PATH: "/auth", HEIRLOOM_REFRESH_OVERLAP: "2s" });
});
afterEach(() => world.tidy());
afterAll(() => world.end());

async function practises(at = world, path = "/auth/"): Promise<Page> {
  const page = await opens(at, {}, path);
  await registers(page);
  await page.getByRole("link", { name: "Family view" }).click();
  await page.getByRole("button", { name: "Start a practice family" }).click();
  await page.getByText("This family has one generation").waitFor();
  return page;
}

const acts = (page: Page, scene: string | RegExp) => page.getByRole("button", { name: scene }).click();
const verdict = (page: Page, text: string) => page.locator(".verdict").getByText(text).waitFor();
const generations = async (page: Page) =>
  page.getByRole("list", { name: "Generations", exact: true }).getByRole("listitem").allTextContents();

test("one sees the family grow, and what is confirmed", async () => {
  const page = await practises();
  expect(await generations(page)).toEqual(["Generation 1, newest"]);
  await acts(page, "Refresh as usual");
  await verdict(page, "Generation 2 is issued, and 1 is spent");
  expect((await generations(page))[1]).toBe("Generation 2, newest, confirmed");
});

test("two tabs that race get the very same token", async () => {
  const page = await practises();
  await acts(page, "Two tabs race");
  await verdict(page, "both got the very same successor");
  expect(await generations(page)).toHaveLength(2);
});

test("a lost answer is given again: at once, and after the overlap", async () => {
  const page = await practises();
  await acts(page, "Lose an answer");
  await verdict(page, "its answer is lost");
  await acts(page, /Ask again at once/);
  await verdict(page, "Generation 2 is given once more");
  await acts(page, "Lose an answer");
  await verdict(page, "Generation 3 is issued, and its answer is lost");
  await acts(page, "Wake up and show generation 2");
  await verdict(page, "The lost generation 3 is given again, late");
  expect((await generations(page))[2]).toBe("Generation 3, newest, confirmed");
  await screenshot(page, "app-family-recovered");
});

test("a thief ends the family, and another can be started; one's own session goes on", async () => {
  const page = await practises();
  await acts(page, "A thief shows an old token");
  await verdict(page, "Theft: the whole family ends");
  expect((await generations(page)).at(-1)).toBe("ended: theft");
  await page.getByText("The page shows generation 3: 401").waitFor();
  await acts(page, "Start another family");
  await verdict(page, "This family has one generation");
  const own = page.getByRole("region", { name: "Your session, as it lives" });
  await own.getByText("Generation 1, newest, confirmed").or(own.getByText("yes, confirmed")).first().waitFor();
  await page.reload();
  await heading(page, "The family view");
});

test("the same old token is a second tab at first, and theft once the overlap is over", async () => {
  const page = await practises();
  await acts(page, "Refresh as usual");
  await verdict(page, "Generation 2 is issued");
  await acts(page, "Generation 1: show it again");
  await verdict(page, "Generation 2 is given once more");
  await page.getByText(/^overlap/).waitFor({ state: "detached" });
  await acts(page, "Generation 1: show it again");
  await verdict(page, "Theft: the whole family ends");
});

test("once the credits are spent a lost answer is taken for theft, and is told as that", async () => {
  const strict = await World.begin({ HEIRLOOM_REFRESH_OVERLAP: "1s", HEIRLOOM_REFRESH_RECOVERY_BURST: "1" });
  try {
    const page = await practises(strict, "/");
    await acts(page, "Lose an answer");
    await acts(page, "Wake up and show generation 1");
    await verdict(page, "The lost generation 2 is given again, late");
    await page.getByText("Credits for lost answers: 0 of 1").waitFor();
    await acts(page, "Lose an answer");
    await page.getByText("no credit for late answers is left").waitFor();
    await acts(page, "Wake up and show generation 2");
    await verdict(page, "Taken for theft: the credits are spent");
    expect((await generations(page)).at(-1)).toBe("ended: taken for theft");
    await screenshot(page, "app-family-credits");
  } finally {
    await strict.end();
  }
});

test("a practice family that is ended elsewhere has no thief, and what happened to it is called practice", async () => {
  const page = await practises();
  const account = await visits(page.context(), `${world.heirloom.url}/auth/app/account`);
  await account.getByRole("button", { name: "End session on Practice" }).click();
  await account.getByText("The session on Practice has ended.").waitFor();
  await account.getByText("Practice: a session was ended").waitFor();
  await acts(page, "Two tabs race");
  await verdict(page, "It was ended from elsewhere");
  await acts(page, "Start another family");
  await verdict(page, "This family has one generation");
  await acts(page, "A thief shows an old token");
  await verdict(page, "Theft: the whole family ends");
  await account.reload();
  await account.getByText("Practice: an old key was shown").waitFor();
  expect(await account.locator(".row.alarm").count()).toBe(0);
  await screenshot(account, "app-account-practice");
});

test("a server for production shows none of it, and says so", async () => {
  const production = await World.begin({ HEIRLOOM_DEV: "off" });
  try {
    const page = await opens(production);
    await registers(page);
    await page.getByRole("link", { name: "Family view" }).click();
    await page.getByRole("heading", { name: "Not on this server" }).waitFor();
    expect(await page.getByRole("button", { name: "Start a practice family" }).count()).toBe(0);
  } finally {
    await production.end();
  }
});

import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { waitForHeading, openApp, register, openTab } from "../support/app.js";
import { screenshot, World } from "../support/world.js";

let world: World;
beforeAll(async () => {
  world = await World.start({ HEIRLOOM_BASE_PATH: "/auth", HEIRLOOM_REFRESH_OVERLAP: "2s" });
});
afterEach(() => world.reset());
afterAll(() => world.stop());

async function openSandbox(at = world, path = "/auth/"): Promise<Page> {
  const page = await openApp(at, {}, path);
  await register(page);
  await page.getByRole("link", { name: "Family view" }).click();
  await page.getByRole("button", { name: "Start a sandbox" }).click();
  await page.getByText("This family has one generation").waitFor();
  return page;
}

const click = (page: Page, name: string | RegExp) => page.getByRole("button", { name }).click();
const waitForResult = (page: Page, text: string) => page.locator(".result").getByText(text).waitFor();
const generations = async (page: Page) =>
  page.getByRole("list", { name: "Generations", exact: true }).getByRole("listitem").allTextContents();

test("a refresh adds a generation and confirms it", async () => {
  const page = await openSandbox();
  expect(await generations(page)).toEqual(["Generation 1, newest"]);
  await click(page, "Refresh normally");
  await waitForResult(page, "Generation 2 replaces generation 1");
  expect((await generations(page))[1]).toBe("Generation 2, newest, confirmed");
});

test("two tabs that refresh at once receive the same token", async () => {
  const page = await openSandbox();
  await click(page, "Refresh in two tabs");
  await waitForResult(page, "both received the same successor");
  expect(await generations(page)).toHaveLength(2);
});

test("a lost response is recovered: within the overlap window, and after it", async () => {
  const page = await openSandbox();
  await click(page, "Lose a response");
  await waitForResult(page, "but the response is lost");
  await click(page, /Retry now/);
  await waitForResult(page, "Generation 2 is returned again");
  await click(page, "Lose a response");
  await waitForResult(page, "Generation 3 is issued, but the response is lost");
  await click(page, "Wake up and present generation 2");
  await waitForResult(page, "Generation 3 is recovered");
  expect((await generations(page))[2]).toBe("Generation 3, newest, confirmed");
  await screenshot(page, "app-family-recovered");
});

test("a theft revokes the sandbox, another can be started, and the user stays logged in", async () => {
  const page = await openSandbox();
  await click(page, "Replay a stolen token");
  await waitForResult(page, "Theft: the family is revoked");
  expect((await generations(page)).at(-1)).toBe("revoked: theft");
  await page.getByText("The page presents generation 3: 401").waitFor();
  await click(page, "Start another sandbox");
  await waitForResult(page, "This family has one generation");
  const own = page.getByRole("region", { name: "Your session", exact: true });
  await own.getByText("Generation 1, newest, confirmed").or(own.getByText("yes, confirmed")).first().waitFor();
  await page.reload();
  await waitForHeading(page, "Family view");
});

test("an old token is accepted within the overlap window, and treated as theft after it", async () => {
  const page = await openSandbox();
  await click(page, "Refresh normally");
  await waitForResult(page, "Generation 2 replaces generation 1");
  await click(page, "Generation 1: present it again");
  await waitForResult(page, "Generation 2 is returned again");
  await page.getByText(/^overlap/).waitFor({ state: "detached" });
  await click(page, "Generation 1: present it again");
  await waitForResult(page, "Theft: the family is revoked");
});

test("without recovery credits a lost response is treated as theft, and the page says so", async () => {
  const strict = await World.start({ HEIRLOOM_REFRESH_OVERLAP: "1s", HEIRLOOM_REFRESH_RECOVERY_BURST: "1" });
  try {
    const page = await openSandbox(strict, "/");
    await click(page, "Lose a response");
    await click(page, "Wake up and present generation 1");
    await waitForResult(page, "Generation 2 is recovered");
    await page.getByText("Recovery credits: 0 of 1").waitFor();
    await click(page, "Lose a response");
    await page.getByText("no recovery credits are left").waitFor();
    await click(page, "Wake up and present generation 2");
    await waitForResult(page, "Treated as theft: no recovery credits are left");
    expect((await generations(page)).at(-1)).toBe("revoked: treated as theft");
    await screenshot(page, "app-family-credits");
  } finally {
    await strict.stop();
  }
});

test("a sandbox that is revoked elsewhere has no thief, and its events are labelled", async () => {
  const page = await openSandbox();
  const account = await openTab(page.context(), `${world.heirloom.url}/auth/app/account`);
  await account.getByRole("button", { name: /^Log out Sandbox/ }).click();
  await account.getByText("Sandbox is logged out.").waitFor();
  await account.getByText("Sandbox: a session was revoked").waitFor();
  await click(page, "Refresh in two tabs");
  await waitForResult(page, "It was revoked from elsewhere");
  await click(page, "Start another sandbox");
  await waitForResult(page, "This family has one generation");
  await click(page, "Replay a stolen token");
  await waitForResult(page, "Theft: the family is revoked");
  await account.reload();
  await account.getByText("Sandbox: an old refresh token was replayed").waitFor();
  await expect.poll(() => account.locator(".row.critical").count()).toBe(0);
  await screenshot(account, "app-account-sandbox");
});

test("a production server offers no family view, and says so", async () => {
  const production = await World.start({ HEIRLOOM_DEV: "off" });
  try {
    const page = await openApp(production);
    await register(page);
    await page.getByRole("link", { name: "Family view" }).click();
    await page.getByRole("heading", { name: "Not available on this server" }).waitFor();
    await expect.poll(() => page.getByRole("button", { name: "Start a sandbox" }).count()).toBe(0);
  } finally {
    await production.stop();
  }
});

import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { expectSoundPage, openApp, openTab, register, screens, waitForHeading } from "../support/app.js";
import { serviceSettings, settingsFor } from "../support/example.js";
import { screenshot, World } from "../support/world.js";

let world: World;
let key: string;

beforeAll(async () => {
  world = await World.start(serviceSettings(""));
  key = (await settingsFor(world, "sessions:write")).HEIRLOOM_SERVICE_KEY!;
});
afterEach(() => world.reset());
afterAll(() => world.stop());

async function createTicket(subject: string, more: object = {}): Promise<string> {
  const response = await fetch(`${world.heirloom.url}/service/tickets`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ user: { subject }, ...more }),
  });
  expect(response.status).toBe(201);
  return ((await response.json()) as { ticket: string }).ticket;
}

/** Opens the app as another service redirects a browser to it. */
async function follow(page: Page, ticket: string) {
  await page.goto("about:blank");
  await page.goto(`${world.heirloom.url}/app/#/ticket?token=${ticket}`);
  await waitForHeading(page, "Continue to your account");
}

const continueToAccount = (page: Page) => page.getByRole("button", { name: "Continue" }).click();

test("a ticket logs in after a click, is never in a URL of a request, and leaves the address bar at once", async () => {
  const page = await openTab(await world.browser(), `${world.heirloom.url}/app/login`);
  const requests: string[] = [];
  page.on("request", (request) => requests.push(`${request.url()} ${request.headers().referer ?? ""}`));
  const ticket = await createTicket("alice");
  await follow(page, ticket);
  expect(page.url()).toBe(`${world.heirloom.url}/app/ticket`);
  expect(requests.filter((request) => request.includes("/login/ticket"))).toEqual([]);
  await continueToAccount(page);
  await waitForHeading(page, "Your account");
  expect(requests.filter((request) => request.includes(ticket.slice(0, 20)))).toEqual([]);
  expect(await page.evaluate(() => [history.state as string, JSON.stringify(localStorage)].join())).not.toContain(
    "hlt_",
  );
  await page.reload();
  await waitForHeading(page, "Your account");

  await follow(page, ticket);
  await continueToAccount(page);
  await page.getByRole("alert").getByText("This link was used already.").waitFor();
  await follow(page, `${ticket.slice(0, -4)}AAAA`);
  await continueToAccount(page);
  await page.getByRole("alert").getByText("not completed within a minute").waitFor();
});

test("a link with another person's ticket ends no session without a click", async () => {
  const page = await openApp(world);
  const email = await register(page);
  await follow(page, await createTicket("mallory"));
  await page.getByText(`You are logged in as ${email}.`).waitFor();
  await page.goto(`${world.heirloom.url}/app/account`);
  await page.getByText(email).first().waitFor();
});

test.each(Object.entries(screens))(
  "the page and a person who acts for the user are readable on a %s screen",
  async (screen, options) => {
    const page = await openApp(world, options);
    await register(page);
    await follow(
      page,
      await createTicket(`user-${screen}`, { actor: "support|bob.with-a-long-name@support.example.com" }),
    );
    await expectSoundPage(page);
    await screenshot(page, `ticket-${screen}`);
    await continueToAccount(page);
    await waitForHeading(page, "Your account");
    const devices = page.getByRole("region", { name: "Devices" });
    await devices.getByText("support|bob.with-a-long-name@support.example.com acts for you in this session.").waitFor();
    const activity = page.getByRole("region", { name: "Recent security activity" });
    await activity.getByText("support|bob.with-a-long-name@support.example.com acted for you").first().waitFor();
    await expectSoundPage(page);
    await screenshot(page, `ticket-${screen}-actor`);
    await follow(page, "hlt_altered");
    await continueToAccount(page);
    await page.getByRole("alert").waitFor();
    await expectSoundPage(page);
    await screenshot(page, `ticket-${screen}-invalid`);
  },
);

test("the page is in German", async () => {
  const page = await (await world.browser({ locale: "de-DE" })).newPage();
  await page.goto(`${world.heirloom.url}/app/#/ticket?token=hlt_altered`);
  await waitForHeading(page, "Weiter zu Ihrem Konto");
  await page.getByRole("button", { name: "Weiter" }).click();
  await page.getByRole("alert").getByText("nicht innerhalb einer Minute").waitFor();
  await screenshot(page, "ticket-german");
});

import type { ProblemError, Session } from "@heirloom/client";
import type { BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { expectSoundPage, recordViolations, screens } from "../support/app.js";
import {
  claimsOf,
  Example,
  expectFamilyRule,
  freePort,
  serviceSettings,
  settingsFor,
  waitForStatus,
  withSession,
} from "../support/example.js";
import { refreshCookie, screenshot, World } from "../support/world.js";

const SUPPORT_TOKEN = "support";
/** After this many seconds the backend wants the passkey again. */
const MAX_AGE = 3;
let world: World;
let example: Example;
let origin: string;
let users = 0;

beforeAll(async () => {
  const port = await freePort();
  origin = `http://localhost:${port}`;
  world = await World.start(serviceSettings(origin));
  example = await Example.create("passkey");
  await example.start("server.js", {
    ...(await settingsFor(world, "sessions:write,users:read,ended:read")),
    PORT: `${port}`,
    MAX_AGE: `${MAX_AGE}`,
    SUPPORT_TOKEN,
  });
});
afterEach(() => world.reset());
afterAll(async () => {
  await example.remove();
  await world.stop();
});

/** Opens the example in a tab whose device has a place for passkeys. */
async function openTab(context: BrowserContext): Promise<Page> {
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  await devtools.send("WebAuthn.enable");
  await devtools.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  await recordViolations(page);
  await page.goto(origin);
  return page;
}

/** A new user with a passkey, logged in. No user of these tests has a password. */
async function alice() {
  const context = await world.browser();
  const page = await openTab(context);
  const name = `Alice ${++users}`;
  await waitForStatus(page, "You are not logged in.");
  await page.getByLabel("Your name").fill(name);
  await page.getByRole("button", { name: "Create a passkey" }).click();
  await waitForStatus(page, "You are logged in.");
  return { context, page, name };
}

const reportLostDevice = (name: string) =>
  fetch(`${origin}/support/lost-device`, {
    method: "POST",
    headers: { authorization: `Bearer ${SUPPORT_TOKEN}`, "content-type": "application/json" },
    body: JSON.stringify({ name }),
  });

test("a user logs in with a passkey, refreshes, is revoked by the backend, and sees why in every tab", async () => {
  const { context, page, name } = await alice();
  const { sid, amr } = await claimsOf(page);
  expect(amr).toEqual(["hwk", "user"]);
  await page.getByRole("button", { name: "Log out" }).click();
  await waitForStatus(page, "You are logged out.");

  await page.getByRole("button", { name: "Log in with a passkey" }).click();
  await waitForStatus(page, "You are logged in.");
  const claims = await claimsOf(page);
  expect(claims).toMatchObject({ name, amr: ["hwk", "user"] });
  expect(claims.sid).not.toBe(sid);
  const before = (await refreshCookie(context)).value;
  await withSession(page, (session) => session.refresh());
  expect((await refreshCookie(context)).value).not.toBe(before);
  const tab = await openTab(context);
  await waitForStatus(tab, "You are logged in.");
  const user = await withSession(page, (session) => session.user());
  expect(user).toMatchObject({ email: null, has_password: false });

  expect((await reportLostDevice(name)).status).toBe(200);
  for (const each of [page, tab]) {
    await withSession(each, (session) => session.refresh());
    await waitForStatus(each, "Your session was revoked.");
  }
  await page.getByRole("button", { name: "Log in with a passkey" }).click();
  await page.getByRole("alert").getByText("This passkey is not known here.").waitFor();
});

test("racing tabs keep the session of a passkey, and a thief ends it", async () => {
  const { context, page } = await alice();
  const tabs = [page, await openTab(context), await openTab(context)];
  for (const tab of tabs) await waitForStatus(tab, "You are logged in.");
  await expectFamilyRule(world, context, tabs);
});

test("for the secret, the backend wants a recent proof, and the page repeats its request after the passkey", async () => {
  const { page, name } = await alice();
  const secret = page.getByText(`The secret of ${name}`);
  await page.getByRole("button", { name: "Show the secret" }).click();
  await secret.waitFor();

  const { auth_time, sid } = await claimsOf(page);
  await expect.poll(() => Date.now() / 1000 - Number(auth_time), { timeout: 10_000 }).toBeGreaterThan(MAX_AGE + 1);
  const requests: string[] = [];
  page.on("response", (response) => {
    requests.push(`${new URL(response.url()).pathname} ${response.status()}`);
  });
  await page.getByRole("button", { name: "Show the secret" }).click();
  await expect
    .poll(() => requests.filter((request) => request.startsWith("/secret")))
    .toEqual(["/secret 401", "/secret 200"]);
  await secret.waitFor();
  expect(requests).toContain("/step-up 200");
  const after = await claimsOf(page);
  expect(after.sid).toBe(sid);
  expect(after.auth_time).toBeGreaterThan(Number(auth_time));
});

test("a challenge of one browser does not work in another, and a ticket works once", async () => {
  const { page } = await alice();
  const other = await openTab(await world.browser());
  const post = (path: string, body: unknown, cookie = "") =>
    fetch(origin + path, {
      method: "POST",
      headers: { "content-type": "application/json", cookie },
      body: JSON.stringify(body),
    });
  const captured: { body: unknown; cookie: string }[] = [];
  await page.route(`${origin}/login`, async (route) => {
    const request = route.request();
    captured.push({ body: request.postDataJSON(), cookie: (await request.allHeaders()).cookie ?? "" });
    await route.continue();
  });
  await page.getByRole("button", { name: "Log out" }).click();
  const answered = page.waitForResponse(`${origin}/login`);
  await page.getByRole("button", { name: "Log in with a passkey" }).click();
  const { ticket } = (await (await answered).json()) as { ticket: string };
  await waitForStatus(page, "You are logged in.");

  const [{ body, cookie } = { body: null, cookie: "" }] = captured;
  expect((await post("/login", body)).status).toBe(403);
  expect((await post("/login", body, cookie)).status).toBe(403);
  const redeem = (session: Session, ticket: string) =>
    session.redeem(ticket).then(
      () => "redeemed",
      (error: unknown) => (error as ProblemError).code,
    );
  const code = await withSession(other, redeem, ticket);
  expect(code).toBe("ticket_used");
  expect((await post("/support/lost-device", { name: "Alice 1" })).status).toBe(403);
});

test.each(Object.entries(screens))("the page is readable on a %s screen", async (screen, options) => {
  const page = await openTab(await world.browser(options));
  await waitForStatus(page, "You are not logged in.");
  await expectSoundPage(page);
  await screenshot(page, `passkey-${screen}`);
});

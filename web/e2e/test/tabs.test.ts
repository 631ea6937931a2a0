import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { fetchStatus, PASSWORD, waitForState, screenshot, World } from "../support/world.js";

let world: World;
beforeAll(async () => {
  world = await World.start();
});
afterEach(() => world.reset());
afterAll(() => world.stop());

test("five tabs that load at once share one session", async () => {
  const { email, context } = await world.alice();
  const tabs = await Promise.all(Array.from({ length: 5 }, () => world.tab(context)));
  for (const tab of tabs) await waitForState(tab, email);
  expect(await Promise.all(tabs.map((tab) => fetchStatus(tab)))).toEqual([200, 200, 200, 200, 200]);
  expect(await world.sessionsOf(email)).toHaveLength(1);
});

test("five tabs whose tokens expire at once stay logged in", async () => {
  const { email, tabs } = await world.alice(5);
  for (let round = 0; round < 10; round++) {
    const responses = tabs.map((tab) =>
      tab.evaluate(async () => {
        window.advanceClock(3_600_000);
        return (await window.session.fetch("/users/me")).status;
      }),
    );
    expect(await Promise.all(responses)).toEqual([200, 200, 200, 200, 200]);
  }
  expect(await world.sessionsOf(email)).toHaveLength(1);
});

test("a logout in one tab logs out the others, and they follow a login", async () => {
  const { email, tabs, context } = await world.alice(5);
  await tabs[0]!.evaluate(() => window.session.logout());
  for (const tab of tabs) {
    await waitForState(tab, "logged_out");
    await tab.getByText("Log in").waitFor();
  }
  expect((await context.cookies()).filter(({ name }) => name.includes("refresh"))).toEqual([]);
  expect(await fetchStatus(tabs[1]!)).toBe(401);

  await tabs[2]!.evaluate(([email, password]) => window.session.login({ email, password }), [email, PASSWORD] as const);
  for (const tab of tabs) await waitForState(tab, email);
  expect(await Promise.all(tabs.map((tab) => fetchStatus(tab)))).toEqual([200, 200, 200, 200, 200]);
  for (const tab of tabs) {
    const overs = await tab.evaluate(() => window.states.filter((state) => "over" in state).length);
    expect(overs).toBe(1);
  }
});

test("a session that another device revokes ends in every tab, with the reason", async () => {
  const { email, tabs } = await world.alice(3);
  const phone = await world.tab(await world.browser());
  await phone.evaluate(([email, password]) => window.session.login({ email, password }), [email, PASSWORD] as const);
  await phone.evaluate(async () => {
    const others = (await window.session.sessions()).filter(({ current }) => !current);
    for (const { id } of others) await window.session.endSession(id);
  });
  expect(await fetchStatus(tabs[0]!)).toBe(401);
  for (const tab of tabs) await waitForState(tab, "revoked");
  await waitForState(phone, email);
  await screenshot(tabs[0]!, "e2e-revoked");
});

test("a session that the operator revokes ends too", async () => {
  const { email, tabs } = await world.alice(2);
  await world.heirloom.run("session", "revoke-all", email);
  // Another process revoked it, so the server learns of it a moment later.
  await tabs[1]!.evaluate(async () => {
    while ((await window.session.fetch("/users/me")).ok);
  });
  for (const tab of tabs) await waitForState(tab, "revoked");
});

test("a missing cookie means that the session has expired", async () => {
  const { tabs, context } = await world.alice(3);
  await context.clearCookies();
  const status = await tabs[0]!.evaluate(async () => {
    window.advanceClock(3_600_000);
    return (await window.session.fetch("/users/me")).status;
  });
  expect(status).toBe(401);
  for (const tab of tabs) await waitForState(tab, "expired");
});

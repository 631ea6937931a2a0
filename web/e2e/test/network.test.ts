import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { fetchStatus, waitForState, screenshot, World } from "../support/world.js";

let world: World;
beforeAll(async () => {
  world = await World.start();
});
afterEach(() => world.reset());
afterAll(() => world.stop());

test("offline the session is kept, and it continues back online", async () => {
  const { email, context, tab } = await world.alice();
  await context.setOffline(true);
  const failed = await tab.evaluate(async () => {
    window.advanceClock(3_600_000);
    return window.session.fetch("/users/me").then(
      () => "response",
      (error: unknown) => (error as Error).name,
    );
  });
  expect(failed).toBe("TypeError");
  await waitForState(tab, email);
  await context.setOffline(false);
  expect(await fetchStatus(tab)).toBe(200);
});

test("a tab that is offline for a moment during a refresh recovers", async () => {
  const { email, context, tab } = await world.alice();
  await context.setOffline(true);
  const request = tab.evaluate(async () => {
    window.advanceClock(3_600_000);
    return (await window.session.fetch("/users/me")).status;
  });
  await context.setOffline(false);
  expect(await request).toBe(200);
  await waitForState(tab, email);
});

test("during a restart of the server a request waits, and the session continues", async () => {
  const { email, tab } = await world.alice();
  await world.heirloom.stop();
  const request = tab.evaluate(async () => {
    window.advanceClock(3_600_000);
    return (await window.session.fetch("/users/me")).status;
  });
  await world.heirloom.launch();
  expect(await request).toBe(200);
  expect(await tab.evaluate(() => window.states.filter((state) => "over" in state))).toEqual([]);
  await waitForState(tab, email);
});

test("a page that loads while the server is down shows it, and restores its session later", async () => {
  const { email, context } = await world.alice();
  await world.heirloom.stop();
  const tab = await world.tab(context);
  await waitForState(tab, "unreachable");
  await screenshot(tab, "e2e-unreachable");
  await world.heirloom.launch();
  await tab.evaluate(() => window.dispatchEvent(new Event("online")));
  await waitForState(tab, email);
});

test("an offline logout logs out here, and reaches the server when it is back online", async () => {
  const { email, context, tab } = await world.alice();
  await context.setOffline(true);
  const result = await tab.evaluate(() =>
    window.session.logout().then(
      () => "confirmed",
      (error: unknown) => (error as Error).name,
    ),
  );
  expect(result).toBe("TypeError");
  await waitForState(tab, "logged_out");
  expect(await world.sessionsOf(email)).toHaveLength(1);
  const received = tab.waitForResponse((response) => response.url().endsWith("/logout"));
  await context.setOffline(false);
  await received;
  expect(await world.sessionsOf(email)).toEqual([]);
});

import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { asks, says, screenshot, World } from "../support/world.js";

let world: World;
beforeAll(async () => {
  world = await World.begin();
});
afterEach(() => world.tidy());
afterAll(() => world.end());

test("offline nothing is over, and back online all goes on", async () => {
  const { email, context, tab } = await world.alice();
  await context.setOffline(true);
  const failed = await tab.evaluate(async () => {
    window.letPass(3_600_000);
    return window.session.fetch("/users/me").then(
      () => "answered",
      (error: unknown) => (error as Error).name,
    );
  });
  expect(failed).toBe("TypeError");
  await says(tab, email);
  await context.setOffline(false);
  expect(await asks(tab)).toBe(200);
});

test("a tab that goes offline in the middle of a refresh is back in time", async () => {
  const { email, context, tab } = await world.alice();
  await context.setOffline(true);
  const asked = tab.evaluate(async () => {
    window.letPass(3_600_000);
    return (await window.session.fetch("/users/me")).status;
  });
  await context.setOffline(false);
  expect(await asked).toBe(200);
  await says(tab, email);
});

test("while the server restarts a request waits, and the session goes on", async () => {
  const { email, tab } = await world.alice();
  await world.heirloom.stop();
  const asked = tab.evaluate(async () => {
    window.letPass(3_600_000);
    return (await window.session.fetch("/users/me")).status;
  });
  await world.heirloom.launch();
  expect(await asked).toBe(200);
  expect(await tab.evaluate(() => window.states.filter((state) => "over" in state))).toEqual([]);
  await says(tab, email);
});

test("a page that is loaded while the server is away shows so, and finds its session by itself", async () => {
  const { email, context } = await world.alice();
  await world.heirloom.stop();
  const tab = await world.tab(context);
  await says(tab, "unreachable");
  await screenshot(tab, "e2e-unreachable");
  await world.heirloom.launch();
  await tab.evaluate(() => window.dispatchEvent(new Event("online")));
  await says(tab, email);
});

test("a logout without the network is an end here, and the server is told as soon as it can be", async () => {
  const { email, context, tab } = await world.alice();
  await context.setOffline(true);
  const told = await tab.evaluate(() =>
    window.session.logout().then(
      () => "told",
      (error: unknown) => (error as Error).name,
    ),
  );
  expect(told).toBe("TypeError");
  await says(tab, "logged_out");
  expect(await world.sessionsOf(email)).toHaveLength(1);
  const answered = tab.waitForResponse((answer) => answer.url().endsWith("/logout"));
  await context.setOffline(false);
  await answered;
  expect(await world.sessionsOf(email)).toEqual([]);
});

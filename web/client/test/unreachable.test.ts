import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { sleep } from "../src/patience.js";
import { hangs, lost, network, passes, problem, ScriptedServer, settle } from "./support/server.js";

let server: ScriptedServer;
beforeEach(() => {
  server = new ScriptedServer();
});
afterEach(() => server.close());

test("a page that is loaded while Heirloom is away goes on asking, and keeps the session", async () => {
  server.cookie = server.begin();
  server.always("/refresh", lost);
  const session = server.tab();
  const seen: unknown[] = [];
  session.subscribe((state) => seen.push(state));
  await passes(5_000);
  const state = session.getState();
  expect(state).toEqual({ status: "unreachable" });
  const tries = server.asked("/refresh");
  expect(tries).toBe(5);
  await passes(60_000);
  expect(session.getState()).toBe(state);
  expect(seen).toEqual([state]);
  expect(server.asked("/refresh")).toBeGreaterThan(tries);
  expect(server.asked("/refresh")).toBeLessThan(30);

  server.reset("/refresh");
  await passes(60_000);
  expect(session.getState()).toMatchObject({ status: "authenticated" });
});

test("the network's return is noticed at once", async () => {
  const { returns } = network();
  server.cookie = server.begin();
  server.next("/refresh", lost, lost, lost, lost, lost);
  const session = server.tab();
  await passes(5_000);
  expect(session.getState().status).toBe("unreachable");
  returns();
  await settle();
  expect(session.getState().status).toBe("authenticated");
});

const maintenance = () => problem(503, "unavailable", {}, { "retry-after": "600" });

test("a page that is loaded while Heirloom asks to be left alone for long says so at once", async () => {
  server.cookie = server.begin();
  server.next("/refresh", maintenance);
  const session = server.tab();
  await settle();
  expect(session.getState()).toEqual({ status: "unreachable" });
  for (const told of [session.fetch("https://auth.example/api"), session.user(), session.refresh()]) {
    await expect(told).rejects.toMatchObject({ code: "unavailable", retryAfter: 600 });
  }
  await passes(590_000);
  expect(server.asked("/refresh")).toBe(1);
  await passes(30_000);
  expect(session.getState().status).toBe("authenticated");
});

test("the network's return ends such a wait too: what asked for it may not have been Heirloom", async () => {
  const { returns } = network();
  server.cookie = server.begin();
  server.next("/refresh", maintenance);
  const session = server.tab();
  await settle();
  returns();
  await settle();
  expect(session.getState().status).toBe("authenticated");
});

test("a wait that no timer can hold does not become none", async () => {
  server.always("/refresh", () => problem(503, "unavailable", {}, { "retry-after": "31536000" }));
  const session = server.tab();
  await passes(3_500_000);
  expect(session.getState().status).toBe("unreachable");
  expect(server.asked("/refresh")).toBe(1);
});

test("a page says soon that Heirloom never answers, and so do its requests", async () => {
  server.cookie = server.begin();
  server.always("/refresh", hangs);
  const session = server.tab();
  const user = expect(session.user()).rejects.toThrow("did not answer in time");
  await passes(16_000);
  expect(session.getState()).toEqual({ status: "unreachable" });
  await user;
  const asked = expect(session.fetch("https://auth.example/api")).rejects.toThrow("did not answer in time");
  await passes(16_000);
  await asked;
  server.reset("/refresh");
  await passes(120_000);
  expect(session.getState().status).toBe("authenticated");
});

test("a page says as soon that its user cannot be asked for", async () => {
  server.cookie = server.begin();
  server.always("/users/me", hangs);
  const session = server.tab();
  await passes(16_000);
  expect(session.getState()).toEqual({ status: "unreachable" });
});

test("an answer that takes long is waited for after that too", async () => {
  server.cookie = server.begin();
  server.next("/refresh", hangs, hangs, async () => {
    await sleep(10_000);
    return server.tokens("session-1");
  });
  const session = server.tab();
  await passes(16_000);
  expect(session.getState()).toEqual({ status: "unreachable" });
  await passes(8_000);
  expect(session.getState().status).toBe("authenticated");
  expect(server.asked("/refresh")).toBe(3);
});

test("a page whose token dies while its user cannot be asked for gets another", async () => {
  server.cookie = server.begin();
  server.ttl = 60;
  server.always("/users/me", lost);
  const session = server.tab();
  await passes(120_000);
  expect(session.getState()).toEqual({ status: "unreachable" });
  server.reset("/users/me");
  await passes(40_000);
  expect(session.getState().status).toBe("authenticated");
});

test("a page whose session ends while its user cannot be asked for says so", async () => {
  server.cookie = server.begin();
  server.always("/users/me", lost);
  const session = server.tab();
  await passes(5_000);
  server.endAll("password_change");
  server.reset("/users/me");
  await passes(40_000);
  expect(session.getState()).toEqual({ status: "anonymous", over: "revoked" });
});

test("a page whose every token is refused goes on slowly", async () => {
  server.cookie = server.begin();
  server.always("/users/me", () => problem(401, "access_token_invalid"));
  const session = server.tab();
  await passes(3_000);
  expect(session.getState()).toEqual({ status: "unreachable" });
  expect(server.asked("/refresh")).toBe(2);
  await passes(300_000);
  expect(server.asked("/refresh")).toBeLessThan(30);
});

test("what asks while Heirloom is away is told so, and asks anew", async () => {
  server.cookie = server.begin();
  server.next("/refresh", lost, lost, lost, lost, lost);
  const session = server.tab();
  const asked = expect(session.fetch("https://auth.example/api")).rejects.toThrow("Failed to fetch");
  await passes(5_000);
  await asked;
  expect((await session.fetch("https://auth.example/api")).status).toBe(200);
});

test("a page that is closed asks no more", async () => {
  server.always("/refresh", lost);
  const session = server.tab();
  await passes(5_000);
  session.close();
  const tries = server.asked("/refresh");
  await passes(600_000);
  expect(server.asked("/refresh")).toBe(tries);
  expect(vi.getTimerCount()).toBe(0);
});

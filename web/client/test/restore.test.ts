import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { sleep } from "../src/patience.js";
import { ALICE, hangs, lost, network, passes, problem, ScriptedServer, settle } from "./support/server.js";

let server: ScriptedServer;
beforeEach(() => {
  server = new ScriptedServer();
});
afterEach(() => server.close());

test("a page that is loaded restores its session with one refresh", async () => {
  server.cookie = server.begin();
  const session = server.tab();
  const seen: string[] = [];
  session.subscribe((state) => seen.push(state.status));
  expect(session.getState()).toEqual({ status: "restoring" });

  expect(await session.user()).toMatchObject({ email: ALICE.email });
  expect(session.getState()).toMatchObject({ status: "authenticated", session: { id: "session-1" } });
  expect(seen).toEqual(["authenticated"]);
  expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual(["POST /refresh", "GET /users/me"]);
});

test("what is fetched while the page loads waits for the session", async () => {
  server.cookie = server.begin();
  const session = server.tab();
  const answers = await Promise.all([session.fetch("https://auth.example/api"), session.accessToken()]);
  expect(answers[0].status).toBe(200);
  expect(answers[1]).toContain("session-1");
  expect(server.asked("/refresh")).toBe(1);
});

test("without a cookie nobody is logged in, and nothing is over", async () => {
  const session = server.tab();
  expect(await session.user()).toBeNull();
  expect(session.getState()).toEqual({ status: "anonymous" });
  expect(await session.accessToken()).toBeNull();
});

test("a cookie whose session has ended meanwhile is told with its reason", async () => {
  server.next("/refresh", () => problem(401, "refresh_token_expired"));
  const session = server.tab();
  await session.user();
  expect(session.getState()).toEqual({ status: "anonymous", over: "expired" });
});

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

test("a session that is refused for now is neither over nor shown", async () => {
  server.cookie = server.begin();
  server.next("/refresh", () => problem(403, "account_disabled"));
  const session = server.tab();
  expect(await session.user()).toBeNull();
  expect(session.getState()).toEqual({ status: "anonymous" });
  await passes(600_000);
  expect(server.asked("/refresh")).toBe(1);
  await session.refresh();
  expect(session.getState().status).toBe("authenticated");
});

test.each(["cookie", "body"] as const)(
  "so is one whose account is disabled later, and it goes on if it may (%s)",
  async (tokenDelivery) => {
    server.next("/login", () => server.tokens((server.cookie = server.begin()), { refresh_token: "hl_1" }));
    const session = server.tab({ tokenDelivery });
    await session.user();
    await session.login(ALICE);
    const seen: unknown[] = [];
    session.subscribe((state) => seen.push(state));
    server.always("/refresh", () => problem(403, "account_disabled"));
    server.always("/api", () => problem(401, "session_revoked"));
    for (let request = 0; request < 3; request++) {
      await expect(session.fetch("https://auth.example/api")).rejects.toMatchObject({ code: "account_disabled" });
    }
    await settle();
    expect(seen).toEqual([{ status: "anonymous" }]);
    expect(await session.user()).toBeNull();

    server.reset("/refresh");
    server.reset("/api");
    await session.refresh();
    expect(session.getState()).toMatchObject({ status: "authenticated", user: { email: ALICE.email } });
  },
);

test("one whose account was enabled again, but whose session has ended with it, is over", async () => {
  const session = await server.loggedIn();
  server.next("/refresh", () => problem(403, "account_disabled"));
  await expect(session.refresh()).rejects.toMatchObject({ code: "account_disabled" });
  server.endAll("disabled");
  await session.refresh();
  expect(session.getState()).toEqual({ status: "anonymous", over: "revoked" });
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

import { afterEach, beforeEach, expect, test } from "vitest";
import { ALICE, advance, problem, FakeServer, settle } from "./support/server.js";

let server: FakeServer;
beforeEach(() => {
  server = new FakeServer();
});
afterEach(() => server.close());

test("a page restores its session with one refresh when it loads", async () => {
  server.cookie = server.newSession();
  const session = server.openTab();
  const seen: string[] = [];
  session.subscribe((state) => seen.push(state.status));
  expect(session.getState()).toEqual({ status: "restoring" });

  expect(await session.user()).toMatchObject({ email: ALICE.email });
  expect(session.getState()).toMatchObject({ status: "authenticated", session: { id: "session-1" } });
  expect(seen).toEqual(["authenticated"]);
  expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual(["POST /refresh", "GET /users/me"]);
});

test("a request during the load waits for the session", async () => {
  server.cookie = server.newSession();
  const session = server.openTab();
  const responses = await Promise.all([session.fetch("https://auth.example/api"), session.accessToken()]);
  expect(responses[0].status).toBe(200);
  expect(responses[1]).toContain("session-1");
  expect(server.count("/refresh")).toBe(1);
});

test("without a cookie the user is logged out, and no session has ended", async () => {
  const session = server.openTab();
  expect(await session.user()).toBeNull();
  expect(session.getState()).toEqual({ status: "anonymous" });
  expect(await session.accessToken()).toBeNull();
});

test("a page whose session has expired meanwhile reports the reason", async () => {
  server.once("/refresh", () => problem(401, "refresh_token_expired"));
  const session = server.openTab();
  await session.user();
  expect(session.getState()).toEqual({ status: "anonymous", over: "expired" });
});

test("while the account is disabled, the session is neither over nor restored", async () => {
  server.cookie = server.newSession();
  server.once("/refresh", () => problem(403, "account_disabled"));
  const session = server.openTab();
  expect(await session.user()).toBeNull();
  expect(session.getState()).toEqual({ status: "anonymous" });
  await advance(600_000);
  expect(server.count("/refresh")).toBe(1);
  await session.refresh();
  expect(session.getState().status).toBe("authenticated");
});

test.each(["cookie", "body"] as const)(
  "an account that is disabled later logs the user out, and the session continues once it is enabled (%s)",
  async (tokenDelivery) => {
    server.once("/login", () => server.tokens((server.cookie = server.newSession()), { refresh_token: "hl_1" }));
    const session = server.openTab({ tokenDelivery });
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

test("after the account is enabled again, a session that was revoked meanwhile has ended", async () => {
  const session = await server.openLoggedInTab();
  server.once("/refresh", () => problem(403, "account_disabled"));
  await expect(session.refresh()).rejects.toMatchObject({ code: "account_disabled" });
  server.revokeAll("disabled");
  await session.refresh();
  expect(session.getState()).toEqual({ status: "anonymous", over: "revoked" });
});

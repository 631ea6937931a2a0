import { afterEach, beforeEach, expect, test } from "vitest";
import { ALICE, passes, problem, ScriptedServer, settle } from "./support/server.js";

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

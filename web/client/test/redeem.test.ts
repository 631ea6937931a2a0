import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createSession, type Session } from "../src/index.js";
import { CookieJar } from "./support/cookies.js";
import { Heirloom } from "./support/heirloom.js";
import { ALICE, FakeServer, networkError, problem, settle } from "./support/server.js";

describe("with a simulated server", () => {
  let server: FakeServer;
  beforeEach(() => {
    server = new FakeServer();
    server.always("/login/ticket", (request) => server.respond(request, "/login", null));
  });
  afterEach(() => server.close());

  const bodyOf = (path: string) => server.requests.find((request) => request.path === path)?.body;

  test("a ticket logs in as a login does", async () => {
    const session = server.openTab();
    expect(await session.redeem("hlt_1")).toMatchObject({ email: ALICE.email });
    expect(session.getState()).toMatchObject({ status: "authenticated" });
    expect(bodyOf("/login/ticket")).toBe('{"ticket":"hlt_1"}');
  });

  test("every tab goes on with the new session", async () => {
    const other = await server.openLoggedInTab();
    const session = server.openTab();
    await session.redeem("hlt_1");
    await settle();
    expect(other.getState()).toMatchObject({ session: { id: server.cookie } });
  });

  test.each(["ticket_invalid", "ticket_used"])(
    "a ticket that is %s is a ProblemError, and changes nothing",
    async (code) => {
      const session = await server.openLoggedInTab();
      server.reset("/login/ticket");
      server.once("/login/ticket", () => problem(401, code));
      const before = session.getState();
      await expect(session.redeem("hlt_1")).rejects.toMatchObject({ code, status: 401 });
      expect(session.getState()).toBe(before);
      expect(server.count("/refresh")).toBe(0);
    },
  );

  test("a ticket whose response is lost is not sent twice", async () => {
    const session = server.openTab();
    server.reset("/login/ticket");
    server.once("/login/ticket", networkError);
    await expect(session.redeem("hlt_1")).rejects.toThrow("Failed to fetch");
    expect(server.count("/login/ticket")).toBe(1);
  });

  test("a program sends no device token with a ticket, which the server would refuse", async () => {
    const session = server.openTab({ tokenDelivery: "body" });
    server.once("/login", () => server.tokens(server.newSession(), { refresh_token: "hl_1", device_token: "d" }));
    await session.login(ALICE);
    await session.redeem("hlt_1");
    expect(bodyOf("/login/ticket")).toBe('{"token_delivery":"body","ticket":"hlt_1"}');
  });

  test("remember is sent with a login", async () => {
    await server.openTab().login({ ...ALICE, remember: false });
    expect(bodyOf("/login")).toBe(JSON.stringify({ ...ALICE, remember: false }));
  });
});

describe("with a real server", () => {
  let heirloom: Heirloom;
  let key: string;
  const open: Session[] = [];
  beforeAll(async () => {
    heirloom = await Heirloom.start({ HEIRLOOM_SERVICE_API: "public" });
    const created = await heirloom.run("service-key", "create", "tests", "--scope", "sessions:write", "--json");
    ({ key } = JSON.parse(created) as { key: string });
  }, 60_000);
  afterAll(() => heirloom.remove());
  afterEach(() => {
    for (const session of open.splice(0)) session.close();
  });

  async function call<T>(path: string, body?: object): Promise<T> {
    const response = await fetch(`${heirloom.url}/service/${path}`, {
      method: body ? "POST" : "DELETE",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      ...(body && { body: JSON.stringify(body) }),
    });
    expect(response.ok).toBe(true);
    return (response.status === 204 ? undefined : await response.json()) as T;
  }
  const ticketFor = (subject: string, more = {}) =>
    call<{ ticket: string; session_id: string }>("tickets", { user: { subject }, ...more });

  function openTab(browser = new CookieJar(heirloom.url), more = {}) {
    const session = createSession({ baseUrl: browser.url, restore: true, fetch: browser.fetch, ...more });
    open.push(session);
    return { browser, session };
  }
  const claimsOf = async (session: Session) => {
    const [, payload = ""] = ((await session.accessToken()) ?? "").split(".");
    return JSON.parse(Buffer.from(payload, "base64url").toString()) as Record<string, unknown>;
  };

  test("a user without an email address or a password logs in with a ticket, which works once", async () => {
    const { ticket, session_id } = await ticketFor("alice", { amr: ["hwk", "user"] });
    const { browser, session } = openTab();
    expect(await session.redeem(ticket)).toMatchObject({ email: null });
    expect(session.getState()).toMatchObject({ status: "authenticated", session: { id: session_id } });
    await session.refresh();
    expect(await claimsOf(session)).toMatchObject({ sid: session_id, amr: ["hwk", "user"] });
    expect(await openTab(browser).session.user()).not.toBeNull();

    await expect(openTab().session.redeem(ticket)).rejects.toMatchObject({ code: "ticket_used" });
    await expect(openTab().session.redeem(`${ticket}x`)).rejects.toMatchObject({ code: "ticket_invalid" });
    await call(`sessions/${session_id}`);
    await session.refresh();
    expect(session.getState()).toEqual({ status: "anonymous", over: "revoked" });
  });

  test("a program logs in with a password, and then with a ticket", async () => {
    const { session } = openTab(undefined, { tokenDelivery: "body", restore: false });
    const account = { email: "program@example.com", password: ALICE.password };
    await session.register(account);
    await session.login(account);
    await session.redeem((await ticketFor("program")).ticket);
    await session.refresh();
    expect(await session.user()).toMatchObject({ email: null });
  });

  test("a reauthentication moves auth_time, in the same session", async () => {
    const { session } = openTab();
    const account = { email: "again@example.com", password: ALICE.password };
    await session.register(account);
    await session.login({ ...account, remember: false });
    const before = await claimsOf(session);
    while (Date.now() / 1000 < Number(before.auth_time) + 1) await new Promise((resolve) => setTimeout(resolve, 100));
    await expect(session.reauthenticate("wrong")).rejects.toMatchObject({ code: "invalid_credentials" });
    await session.reauthenticate(account.password);
    const after = await claimsOf(session);
    expect(after.sid).toBe(before.sid);
    expect(after.auth_time).toBeGreaterThan(Number(before.auth_time));
  });
});

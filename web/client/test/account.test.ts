import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  changeEmail,
  confirmEmail,
  forgotPassword,
  loadOffer,
  readLink,
  resetPassword,
  undoEmail,
  verifyEmail,
  type Link,
} from "../src/account.js";
import { createSession, type RequestOptions, type Session } from "../src/index.js";
import { CookieJar } from "./support/cookies.js";
import { Heirloom } from "./support/heirloom.js";
import { ALICE, FakeServer, neverResponds, problem, settle } from "./support/server.js";

const NEW_PASSWORD = "four lamps on the stairs";

describe("a link in a mail", () => {
  test.each([
    ["#/reset-password?token=hll_a", { page: "reset-password", token: "hll_a" }],
    ["#/verify-email?token=hll_a%2Bb", { page: "verify-email", token: "hll_a+b" }],
    ["#/confirm-email?next=x&token=hll_a", { page: "confirm-email", token: "hll_a" }],
    ["#/undo-email?token=hll_a", { page: "undo-email", token: "hll_a" }],
  ])("%s is read from the address of the page", (hash, link) => {
    expect(readLink(hash)).toEqual(link);
  });

  test.each(["", "#", "#/login", "#/reset-password", "#/reset-password?token=", "#/other?token=hll_a", "?token=hll_a"])(
    "%j is none",
    (hash) => {
      expect(readLink(hash)).toBeUndefined();
    },
  );
});

describe("a call", () => {
  let server: FakeServer;
  beforeEach(() => {
    server = new FakeServer();
  });
  afterEach(() => server.close());

  const link: Link = { page: "verify-email", token: "hll_a" };
  const calls: [path: string, body: object, call: (session: Session, options?: RequestOptions) => Promise<void>][] = [
    ["/password/forgot", { email: "a" }, (session, options) => forgotPassword(session, { email: "a" }, options)],
    [
      "/password/reset",
      { token: "hll_a", new_password: "b" },
      (session, options) => resetPassword(session, { token: "hll_a", new_password: "b" }, options),
    ],
    ["/email/verify", { token: "hll_a" }, (session, options) => verifyEmail(session, link, options)],
    ["/email/confirm", { token: "hll_a" }, (session, options) => confirmEmail(session, link, options)],
    ["/email/undo", { token: "hll_a" }, (session, options) => undoEmail(session, link, options)],
  ];
  const isAccepted = () => new Response(null, { status: 202 });

  test.each(calls)("of %s sends what the contract says, and no access token", async (path, body, call) => {
    const session = await server.openLoggedInTab();
    server.once(path, isAccepted);
    await call(session);
    const { body: sent = "", ...request } = server.requests.find((request) => request.path === path) ?? {};
    expect(request).toMatchObject({ method: "POST", path, token: null });
    expect(JSON.parse(sent)).toEqual(body);
  });

  test.each(calls)("of %s waits for no refresh, and takes a signal", async (path, _, call) => {
    server.always("/refresh", neverResponds);
    const session = server.openTab();
    server.once(path, isAccepted);
    await call(session);
    server.once(path, neverResponds);
    const controller = new AbortController();
    const outcome = expect(call(session, controller)).rejects.toThrow();
    await settle();
    controller.abort();
    await outcome;
  });

  test("that Heirloom rejects has a code, and ends no session", async () => {
    const session = await server.openLoggedInTab();
    server.once("/email/verify", () => problem(401, "link_expired"));
    await expect(verifyEmail(session, link)).rejects.toMatchObject({ code: "link_expired", status: 401 });
    expect(session.getState().status).toBe("authenticated");
  });

  test("that changes the address has the access token of the user", async () => {
    const session = await server.openLoggedInTab();
    server.once("/users/me/email", isAccepted);
    await changeEmail(session, { email: "b@example.com", password: "p" });
    const request = server.requests.find(({ path }) => path === "/users/me/email");
    expect(request?.token).toBe(await session.accessToken());
    expect(JSON.parse(request?.body ?? "")).toEqual({ email: "b@example.com", password: "p" });
  });

  test("that fails to reach Heirloom afterwards is done nevertheless", async () => {
    const session = await server.openLoggedInTab();
    server.once("/email/verify", isAccepted);
    server.always("/refresh", () => problem(500, "internal_error"));
    await verifyEmail(session, link);
    await settle();
    expect(session.getState().status).toBe("authenticated");
  });

  test("with a response that is empty, and should not be, counts as lost", async () => {
    server.cookie = server.newSession();
    server.once("/users/me", () => new Response(null));
    const session = server.openTab();
    await session.user();
    expect(session.getState()).toMatchObject({ status: "authenticated", user: { email: ALICE.email } });
  });
});

describe("with a real server", () => {
  let heirloom: Heirloom;
  let verifying: Heirloom;
  let users = 0;
  const open: Session[] = [];

  beforeAll(async () => {
    [heirloom, verifying] = await Promise.all([
      Heirloom.start(),
      Heirloom.start({ HEIRLOOM_REGISTRATION: "verified" }),
    ]);
  }, 120_000);
  afterAll(() => Promise.all([heirloom.remove(), verifying.remove()]));
  afterEach(() => {
    for (const session of open.splice(0)) session.close();
  });

  function tabOf(server: Heirloom): Session {
    const browser = new CookieJar(server.url);
    const session = createSession({ baseUrl: browser.url, restore: true, fetch: browser.fetch });
    open.push(session);
    return session;
  }

  async function alice() {
    const account = { email: `alice-${++users}@example.com`, password: ALICE.password };
    const session = tabOf(heirloom);
    await session.register(account);
    await session.login(account);
    return { account, session };
  }

  /** The link in the newest mail to this address with such a link. */
  async function linkTo(server: Heirloom, to: string, page: Link["page"]): Promise<Link> {
    const links = async () => {
      const response = await fetch(`${server.url}/dev/mail`, { headers: { accept: "application/json" } });
      const { mails } = (await response.json()) as { mails: { to: string; link: string | null }[] };
      return mails
        .filter((mail) => mail.to === to && mail.link)
        .map((mail) => readLink(new URL(mail.link!).hash))
        .filter((link) => link?.page === page);
    };
    await expect.poll(links, { timeout: 20_000 }).not.toEqual([]);
    return (await links())[0]!;
  }

  test("a user who has forgotten the password sets a new one, and every session ends", async () => {
    const { account, session } = await alice();
    const page = tabOf(heirloom);
    await forgotPassword(page, { email: account.email });
    await forgotPassword(page, { email: "nobody@example.com" });
    const { token } = await linkTo(heirloom, account.email, "reset-password");
    await expect(resetPassword(page, { token, new_password: "short" })).rejects.toMatchObject({
      code: "validation_failed",
      problem: { errors: [{ field: "new_password" }] },
    });
    await resetPassword(page, { token, new_password: NEW_PASSWORD });
    await expect(resetPassword(page, { token, new_password: NEW_PASSWORD })).rejects.toHaveProperty(
      "code",
      "link_invalid",
    );
    await session.refresh();
    expect(session.getState()).toEqual({ status: "anonymous", over: "revoked" });
    await page.login({ ...account, password: NEW_PASSWORD });
  });

  test("a page with a session notices what its link has done", async () => {
    const { account, session } = await alice();
    const state = () => session.getState();
    expect(state()).toMatchObject({ user: { email_verified: false } });
    await verifyEmail(session, await linkTo(heirloom, account.email, "verify-email"));
    await expect.poll(state).toMatchObject({ user: { email_verified: true } });

    const email = `new-${account.email}`;
    await expect(changeEmail(session, { email, password: "wrong" })).rejects.toHaveProperty(
      "code",
      "invalid_credentials",
    );
    await changeEmail(session, { email, password: account.password });
    expect(state()).toMatchObject({ user: { email: account.email } });
    await confirmEmail(session, await linkTo(heirloom, email, "confirm-email"));
    await expect.poll(state).toMatchObject({ user: { email } });

    await undoEmail(session, await linkTo(heirloom, account.email, "undo-email"));
    await expect.poll(state).toEqual({ status: "anonymous", over: "revoked" });
  });

  test("a server that verifies addresses creates the account with the link", async () => {
    const page = tabOf(verifying);
    expect(await loadOffer(page)).toMatchObject({
      registration: "verified",
      recovery: true,
      password: { min_length: 8, max_length: 128 },
    });
    const registered = await page.register(ALICE);
    expect("id" in registered).toBe(false);
    expect(registered).toEqual({ message: expect.stringMatching(/\w+ .*\.$/) as string });
    await expect(page.login(ALICE)).rejects.toHaveProperty("code", "invalid_credentials");
    await verifyEmail(page, await linkTo(verifying, ALICE.email, "verify-email"));
    expect(await page.login(ALICE)).toMatchObject({ email: ALICE.email, email_verified: true });
  });

  test("a server that creates accounts at once says so, and returns the user", async () => {
    const page = tabOf(heirloom);
    expect((await loadOffer(page)).registration).toBe("open");
    const registered = await page.register({ ...ALICE, email: `open-${++users}@example.com` });
    expect("id" in registered && registered.email_verified).toBe(false);
  });
});

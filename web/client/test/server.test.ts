import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { createServerSessions, ProblemError } from "../src/server.js";
import { problem } from "./support/server.js";
import {
  accessToken,
  FakeHeirloom,
  fromBrowser,
  HEIRLOOM,
  pageRequest,
  refreshCookie,
  responseOf,
  tokens,
  userOf,
  withCookies,
} from "./support/rendering.js";

let heirloom: FakeHeirloom;
beforeEach(() => {
  heirloom = new FakeHeirloom();
});

const unavailable = () => withCookies(problem(503, "unavailable"), [`${refreshCookie("")}; Max-Age=0`]);
const access = (token: string) => `__Host-heirloom_access=${token}`;

describe("what a server learns about the browser", () => {
  test("a page greets the user, after one refresh", async () => {
    const session = heirloom.sessions().open(fromBrowser("alice"));
    const [state, again, user, token] = await Promise.all([
      session.state(),
      session.state(),
      session.user(),
      session.accessToken(),
    ]);
    expect(state).toEqual({
      status: "authenticated",
      user: userOf("alice"),
      session: { id: "alice", expires_at: "2030-01-01T00:00:00Z", idle_expires_at: "2029-01-01T00:00:00Z" },
    });
    expect(again).toBe(state);
    expect(user).toEqual(userOf("alice"));
    expect(token).toBe(accessToken("alice"));
    await session.fetch("users/me");
    expect([heirloom.count("/refresh"), heirloom.count("/users/me")]).toEqual([1, 2]);
  });

  test("a page that does not use the session sends nothing, and stays cacheable", async () => {
    const session = heirloom.sessions().open(fromBrowser("alice"));
    const response = new Response("page", { headers: { "cache-control": "public, max-age=60" } });
    expect(await responseOf(session, response)).toEqual({
      cookies: [],
      cacheControl: "public, max-age=60",
      vary: null,
    });
    expect(heirloom.sent).toEqual([]);
  });

  test("without a cookie the user is anonymous, unless a link of another site has made the browser withhold it", async () => {
    const open = (headers: Record<string, string>) => heirloom.sessions().open(pageRequest(headers)).state();
    expect(await open({ cookie: "theme=dark" })).toEqual({ status: "anonymous" });
    expect(await open({ "sec-fetch-site": "same-origin" })).toEqual({ status: "anonymous" });
    expect(await open({ "sec-fetch-site": "cross-site" })).toEqual({ status: "restoring" });
    expect(heirloom.sent).toEqual([]);
  });

  test.each([
    ["refresh_token_expired", undefined, { status: "anonymous", over: "expired" }],
    ["refresh_token_reused", undefined, { status: "anonymous", over: "reused" }],
    ["session_revoked", "reuse", { status: "anonymous", over: "reused" }],
    ["session_revoked", "logout", { status: "anonymous", over: "revoked" }],
    ["refresh_token_invalid", undefined, { status: "anonymous" }],
    ["refresh_token_missing", undefined, { status: "anonymous" }],
  ])(
    "after %s (%s) the page says why the session has ended, and its cookie is cleared",
    async (code, reason, state) => {
      heirloom.once("/refresh", () =>
        withCookies(problem(401, code, reason ? { reason } : {}), [`${refreshCookie("")}; Max-Age=0`]),
      );
      const session = heirloom.sessions().open(fromBrowser("alice"));
      expect(await session.state()).toEqual(state);
      expect([await session.user(), await session.accessToken()]).toEqual([null, null]);
      expect((await responseOf(session)).cookies).toEqual([refreshCookie("")]);
      expect(heirloom.count("/users/me")).toBe(0);
    },
  );

  test.each([
    ["unavailable", unavailable],
    ["a limit", () => problem(429, "too_many_attempts")],
    ["a disabled account of an older server", () => problem(403, "account_disabled")],
    [
      "a proxy that wants a login of its own",
      () => withCookies(problem(401, "login", { type: "x" }), ["heirloom_refresh="]),
    ],
    ["no response", () => Promise.reject(new TypeError("fetch failed"))],
    ["a captive portal", () => withCookies(Response.json({ welcome: true }), ["heirloom_refresh="])],
    ["a redirect", () => new Response(null, { status: 302, headers: { location: "/login" } })],
  ])("with %s, the state is unreachable, and the cookie stays", async (_, respond) => {
    heirloom.once("/refresh", respond);
    const session = heirloom.sessions().open(fromBrowser("alice"));
    expect(await session.state()).toEqual({ status: "unreachable" });
    await expect(session.user()).rejects.toThrow();
    await expect(session.accessToken()).rejects.toThrow();
    expect((await responseOf(session)).cookies).toEqual([]);
    expect(heirloom.count("/refresh")).toBe(1);
  });

  test("a refresh whose user cannot be loaded still reaches the browser", async () => {
    heirloom.once("/users/me", unavailable);
    const session = heirloom.sessions().open(fromBrowser("alice"));
    expect(await session.state()).toEqual({ status: "unreachable" });
    expect((await responseOf(session)).cookies).toContain(refreshCookie("alice-next"));
  });

  test("Heirloom may take as long as the timeout", async () => {
    heirloom.delay = () => 300;
    const session = heirloom.sessions({ timeout: 50 }).open(fromBrowser("alice"));
    expect(await session.state()).toEqual({ status: "unreachable" });
  });
});

describe("what reaches Heirloom", () => {
  test("its own cookies, the address and the user agent of the browser, and nothing else", async () => {
    const cookie = `theme=dark; ${refreshCookie("alice")}; __Host-heirloom_device=d; heirloom_lookalike2; other=1`;
    const request = pageRequest({
      cookie,
      "x-forwarded-for": "198.51.100.7",
      referer: "https://app.example.com/secret",
      origin: "https://app.example.com",
      "accept-language": "de",
    });
    await heirloom.sessions().open(request, { clientAddress: "::ffff:10.0.0.9" }).state();
    const { headers } = heirloom.last("/refresh");
    expect(Object.fromEntries(headers)).toEqual({
      cookie: `${refreshCookie("alice")}; __Host-heirloom_device=d; heirloom_lookalike2`,
      "user-agent": "Firefox",
      "x-forwarded-for": "198.51.100.7, 10.0.0.9",
    });
    expect(heirloom.last("/users/me").headers.get("x-forwarded-for")).toBe("198.51.100.7, 10.0.0.9");
    expect(heirloom.last("/users/me").headers.has("cookie")).toBe(false);
  });

  test.each([
    ["203.0.113.5", "203.0.113.5"],
    ["2001:db8::1", "2001:db8::1"],
    ["fe80::1%eth0", "fe80::1"],
    [undefined, null],
    ["", null],
    ["203.0.113.5, 10.0.0.1", null],
    ["unknown", null],
  ])("the address %s is passed on as %s", async (clientAddress, expected) => {
    await heirloom.sessions().open(fromBrowser("alice"), { clientAddress }).state();
    expect(heirloom.last("/refresh").headers.get("x-forwarded-for")).toBe(expected);
  });

  test("what the client has written about its address is not passed on alone", async () => {
    await heirloom
      .sessions()
      .open(fromBrowser("alice", { "x-forwarded-for": "127.0.0.1" }))
      .state();
    expect(heirloom.last("/refresh").headers.has("x-forwarded-for")).toBe(false);
  });

  test("a new token proves nothing about the browser, and says so", async () => {
    await heirloom.sessions().open(fromBrowser("alice")).state();
    expect(heirloom.last("/users/me").headers.get("heirloom-confirm")).toBe("no");
    const cookie = `${refreshCookie("alice")}; ${access(accessToken("alice"))}`;
    await heirloom.sessions().open(pageRequest({ cookie })).state();
    expect(heirloom.last("/users/me").headers.has("heirloom-confirm")).toBe(false);
  });

  test("a baseUrl that is none is refused", () => {
    for (const baseUrl of ["localhost:8080", "/auth", ""]) {
      expect(() => createServerSessions({ baseUrl })).toThrow(`baseUrl is no HTTP URL: ${baseUrl}`);
    }
  });
});

describe("the response", () => {
  test("gets every cookie of Heirloom as it is, and is not cached", async () => {
    const session = heirloom.sessions().open(fromBrowser("alice"));
    await session.user();
    const response = await session.apply(
      new Response("page", { headers: { "cache-control": "public", vary: "Accept", "set-cookie": "theme=dark" } }),
    );
    expect(response.headers.getSetCookie()).toEqual([
      "theme=dark",
      expect.stringMatching(
        /^__Host-heirloom_refresh=alice-next; HttpOnly; Secure; SameSite=Strict; Path=\/; Max-Age=604800$/,
      ),
      expect.stringMatching(/^__Host-heirloom_access=a; Expires=Wed, 25 Nov 2026 15:00:00 GMT; HttpOnly/),
      "__Host-heirloom_csrf=c; Secure; Path=/",
    ]);
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(response.headers.get("vary")).toBe("Accept, Cookie");
    expect(await response.text()).toBe("page");
  });

  test.each([
    ["Cookie", "Cookie"],
    ["Accept, cookie", "Accept, cookie"],
    ["*", "*"],
    ["X-Cookie", "X-Cookie, Cookie"],
  ])("with Vary: %s becomes %s", async (vary, expected) => {
    const session = heirloom.sessions().open(pageRequest());
    await session.user();
    expect((await responseOf(session, new Response("", { headers: { vary } }))).vary).toBe(expected);
  });

  test("a redirect, whose headers cannot change, gets them too", async () => {
    const session = heirloom.sessions().open(fromBrowser("alice"));
    await session.user();
    const response = await session.apply(Response.redirect("https://app.example.com/login", 303));
    expect([response.status, response.headers.get("location")]).toEqual([303, "https://app.example.com/login"]);
    expect(response.headers.getSetCookie()).toHaveLength(3);
  });

  test("waits for a refresh that is under way", async () => {
    heirloom.delay = () => 20;
    const session = heirloom.sessions().open(fromBrowser("alice"));
    void session.state();
    expect((await responseOf(session)).cookies).toContain(refreshCookie("alice-next"));
  });

  test("once it is sent, nothing is refreshed any more, and the error says what to do", async () => {
    const session = heirloom.sessions().open(fromBrowser("alice"));
    await session.apply(new Response());
    for (const call of [session.state, session.user, session.accessToken, session.logout]) {
      await expect(call()).rejects.toThrow(/response has been sent.* before you respond/);
    }
    await expect(session.fetch("users/me")).rejects.toThrow(/response has been sent/);
    expect(heirloom.sent).toEqual([]);
  });
});

describe("several requests", () => {
  test("never share a user", async () => {
    heirloom.delay = () => Math.random() * 20;
    const sessions = heirloom.sessions();
    const users = Array.from({ length: 300 }, (_, index) => `user-${index % 7}${index % 2 ? "" : "-b"}`);
    const seen = await Promise.all(
      users.map(async (name, index) => {
        const session = sessions.open(fromBrowser(name), { clientAddress: `10.0.0.${index % 3}` });
        if (index % 4 === 0) await new Promise((resolve) => setTimeout(resolve, Math.random() * 30));
        const [state, token] = await Promise.all([session.state(), session.accessToken()]);
        const { cookies } = await responseOf(session);
        return {
          user: state.status === "authenticated" && state.user.id,
          token: token === null ? "" : (JSON.parse(atob(token.split(".")[1]!)) as { sid: string }).sid,
          foreign: cookies.filter((cookie) => /refresh/.test(cookie!) && cookie !== refreshCookie(`${name}-next`)),
        };
      }),
    );
    expect(seen).toEqual(users.map((name) => ({ user: name, token: name, foreign: [] })));
  });

  test("with one cookie at once share its refresh, and every response gets the cookies", async () => {
    heirloom.delay = () => 10;
    const sessions = heirloom.sessions();
    const open = Array.from({ length: 5 }, () => sessions.open(fromBrowser("alice")));
    const states = await Promise.all(open.map((session) => session.state()));
    expect(states.every(({ status }) => status === "authenticated")).toBe(true);
    for (const session of open) expect((await responseOf(session)).cookies).toContain(refreshCookie("alice-next"));
    expect([heirloom.count("/refresh"), heirloom.count("/users/me")]).toEqual([1, 5]);
  });

  /** Moves the clock of the server. */
  function advance(milliseconds: number) {
    const now = performance.now.bind(performance);
    const clock = vi.spyOn(performance, "now").mockImplementation(() => now() + milliseconds);
    onTestFinished(() => clock.mockRestore());
  }

  test("one that the browser has kept waiting gets its user, and leaves the browser the cookies that it may have by then", async () => {
    const sessions = heirloom.sessions();
    await sessions.open(fromBrowser("alice")).state();
    advance(4_000);
    const late = sessions.open(fromBrowser("alice"));
    expect(await late.user()).toEqual(userOf("alice"));
    expect((await responseOf(late)).cookies).toEqual([]);
    expect(heirloom.count("/refresh")).toBe(1);
  });

  test("one that this server has kept waiting gets its user too", async () => {
    const sessions = heirloom.sessions();
    const waiting = sessions.open(fromBrowser("alice"));
    await sessions.open(fromBrowser("alice")).state();
    advance(9_000);
    await sessions.open(fromBrowser("bob")).state();
    expect(await waiting.user()).toEqual(userOf("alice"));
    expect(heirloom.count("/refresh")).toBe(2);
  });

  test("of one that comes later with the same cookie, Heirloom judges", async () => {
    const sessions = heirloom.sessions();
    await sessions.open(fromBrowser("alice")).state();
    advance(5_001);
    heirloom.once("/refresh", () => problem(401, "refresh_token_reused"));
    expect(await sessions.open(fromBrowser("alice")).state()).toEqual({ status: "anonymous", over: "reused" });
  });

  test("what was refreshed is forgotten", async () => {
    const sessions = heirloom.sessions();
    const waiting = sessions.open(fromBrowser("alice"));
    await sessions.open(fromBrowser("alice")).state();
    advance(15_100);
    await sessions.open(fromBrowser("bob")).state();
    await waiting.state();
    expect(heirloom.count("/refresh")).toBe(3);
  });

  test("one that has waited while its session ended is not logged in", async () => {
    const sessions = heirloom.sessions();
    const late = sessions.open(fromBrowser("alice"));
    await sessions.open(fromBrowser("alice")).state();
    heirloom.once("/users/me", () => problem(401, "session_revoked"));
    expect(await late.state()).toEqual({ status: "anonymous", over: "revoked" });
    expect(await late.accessToken()).toBeNull();
  });

  test("of those from other places with the same cookie, Heirloom judges", async () => {
    const sessions = heirloom.sessions();
    await Promise.all([
      sessions.open(fromBrowser("alice"), { clientAddress: "198.51.100.7" }).state(),
      sessions.open(fromBrowser("alice"), { clientAddress: "203.0.113.5" }).state(),
      sessions.open(fromBrowser("alice", { "user-agent": "curl" }), { clientAddress: "198.51.100.7" }).state(),
    ]);
    expect(heirloom.count("/refresh")).toBe(3);
  });

  test("after a failure, the next request tries again", async () => {
    heirloom.once("/refresh", unavailable);
    const sessions = heirloom.sessions();
    expect(await sessions.open(fromBrowser("alice")).state()).toEqual({ status: "unreachable" });
    expect((await sessions.open(fromBrowser("alice")).state()).status).toBe("authenticated");
  });
});

describe("the access token in a cookie", () => {
  const cookie = (token: string) => `${refreshCookie("alice")}; ${access(token)}`;

  test("needs no refresh", async () => {
    const token = accessToken("alice");
    const session = heirloom.sessions().open(pageRequest({ cookie: cookie(token) }));
    expect(await session.state()).toMatchObject({ status: "authenticated", session: { id: "alice" } });
    expect(await session.accessToken()).toBe(token);
    expect(heirloom.count("/refresh")).toBe(0);
    expect(await responseOf(session)).toEqual({ cookies: [], cacheControl: "no-store", vary: "Cookie" });
  });

  test.each([
    ["about to expire", () => cookie(accessToken("alice", { exp: Date.now() / 1000 + 4 }))],
    ["not one", () => cookie("garbage")],
    ["there twice", () => `${cookie(accessToken("alice"))}; ${access(accessToken("bob"))}`],
  ])("is refreshed if it is %s", async (_, cookies) => {
    const session = heirloom.sessions().open(pageRequest({ cookie: cookies() }));
    expect(await session.user()).toEqual(userOf("alice"));
    expect(heirloom.count("/refresh")).toBe(1);
  });

  test.each(["access_token_expired", "access_token_invalid", "session_revoked"])(
    "is refreshed once if Heirloom rejects it with %s",
    async (code) => {
      heirloom.once("/users/me", () => problem(401, code));
      const session = heirloom.sessions().open(pageRequest({ cookie: cookie(accessToken("alice")) }));
      expect(await session.user()).toEqual(userOf("alice"));
      heirloom.once("/orders", () => problem(401, "access_token_expired"));
      expect((await session.fetch("orders")).status).toBe(401);
      expect(heirloom.count("/refresh")).toBe(1);
    },
  );

  test("a request that it comes too late for is repeated once, with its body", async () => {
    const session = heirloom
      .sessions({ origins: ["https://api.example.com"] })
      .open(pageRequest({ cookie: cookie(accessToken("alice", { old: true })) }));
    heirloom.once("/orders", () => Response.json({ code: "access_token_expired" }, { status: 401 }));
    const response = await session.fetch("https://api.example.com/orders", { method: "POST", body: "two" });
    expect(response.status).toBe(200);
    expect(heirloom.sent.filter(({ path }) => path === "/orders").map(({ body }) => body)).toEqual(["two", "two"]);
    expect(heirloom.count("/refresh")).toBe(1);
  });
});

describe("where no cookie can be set", () => {
  test("a server component does not refresh, and leaves the state to the browser", async () => {
    const sessions = heirloom.sessions();
    expect(await sessions.open(fromBrowser("alice"), { readOnly: true }).state()).toEqual({ status: "restoring" });
    const expired = pageRequest({ cookie: `${refreshCookie("alice")}; ${access(accessToken("alice", { exp: 1 }))}` });
    expect(await sessions.open(expired, { readOnly: true }).state()).toEqual({ status: "restoring" });
    const token = pageRequest({ cookie: `${refreshCookie("alice")}; ${access(accessToken("alice"))}` });
    expect((await sessions.open(token, { readOnly: true }).state()).status).toBe("authenticated");
    expect(heirloom.count("/refresh")).toBe(0);
  });

  test.each([
    ["sec-purpose", "prefetch;prerender"],
    ["purpose", "prefetch"],
    ["next-router-prefetch", "1"],
  ])("a page that is only prefetched (%s) does not refresh", async (name, value) => {
    const state = await heirloom
      .sessions()
      .open(fromBrowser("alice", { [name]: value }))
      .state();
    expect(state).toEqual({ status: "restoring" });
    expect(heirloom.sent).toEqual([]);
  });

  test("a proxy in front of the pages refreshes, and passes the access token on in place of the cookies", async () => {
    const sessions = heirloom.sessions();
    const request = fromBrowser("alice", { "x-more": "1" });
    request.headers.set("cookie", `theme=dark; ${refreshCookie("alice")}`);
    const proxy = sessions.open(request);
    const headers = await proxy.forward();
    expect((await responseOf(proxy)).cookies).toContain(refreshCookie("alice-next"));
    expect(Object.fromEntries(headers)).toMatchObject({
      "x-more": "1",
      cookie: "theme=dark",
      "heirloom-confirm": "no",
    });

    const page = sessions.open({ headers }, { readOnly: true });
    expect(await page.user()).toEqual(userOf("alice"));
    expect(heirloom.last("/users/me").headers.get("heirloom-confirm")).toBe("no");
    expect(heirloom.count("/refresh")).toBe(1);
  });

  test("the page learns from the proxy why the session has ended", async () => {
    heirloom.once("/refresh", () => problem(401, "refresh_token_reused"));
    const sessions = heirloom.sessions();
    const headers = await sessions.open(fromBrowser("alice", { "heirloom-confirm": "no" })).forward();
    expect(headers.has("heirloom-confirm")).toBe(false);
    const page = sessions.open({ headers }, { readOnly: true });
    expect(await page.state()).toEqual({ status: "anonymous", over: "reused" });
  });

  test("if Heirloom does not respond to the proxy, the page leaves the state to the browser", async () => {
    heirloom.once("/refresh", unavailable);
    const sessions = heirloom.sessions();
    const headers = await sessions.open(fromBrowser("alice", { "heirloom-over": "reused" })).forward();
    expect(await sessions.open({ headers }, { readOnly: true }).state()).toEqual({ status: "restoring" });
  });
});

describe("requests that another site has caused", () => {
  const post = (headers: Record<string, string>) =>
    heirloom.sessions().open(new Request(fromBrowser("alice", headers), { method: "POST" }));

  test.each([
    [{ "sec-fetch-site": "cross-site" }],
    [{ "sec-fetch-site": "same-site", origin: "https://app.example.com" }],
    [{ origin: "https://evil.example" }],
    [{ origin: "null" }],
    [{ origin: "https://app.example.com:8443" }],
  ])("an unsafe one has no user, and can neither log in nor out: %j", async (headers) => {
    const session = post(headers);
    expect(await session.state()).toEqual({ status: "restoring" });
    expect(await session.accessToken()).toBeNull();
    const credentials = { email: "mallory@example.com", password: "three lamps on the stairs" };
    for (const call of [() => session.login(credentials), session.logout]) {
      const error = await call().catch((error: unknown) => error);
      expect(error).toBeInstanceOf(ProblemError);
      expect(error).toMatchObject({ code: "cross_site_request", status: 403 });
    }
    expect(heirloom.sent).toEqual([]);
  });

  test.each([[{ "sec-fetch-site": "same-origin" }], [{ origin: "https://app.example.com" }], [{}]])(
    "one of the app itself has its user: %j",
    async (headers) => {
      expect(await post(headers as Record<string, string>).user()).toEqual(userOf("alice"));
    },
  );

  test("one with an access token in a header, which no other site can set, has its user", async () => {
    const session = post({ "sec-fetch-site": "same-site", authorization: `Bearer ${accessToken("alice")}` });
    expect(await session.user()).toEqual(userOf("alice"));
  });

  test("a link to the app has its user, if the browser has sent the cookie", async () => {
    const session = heirloom.sessions().open(fromBrowser("alice", { "sec-fetch-site": "cross-site" }));
    expect(await session.user()).toEqual(userOf("alice"));
  });
});

describe("forms without scripts", () => {
  const credentials = { email: "new@example.com", password: "three lamps on the stairs", more: 1 };

  test("a login sets the cookies of the new session, and replaces the user of this request", async () => {
    const session = heirloom.sessions().open(fromBrowser("alice"));
    await session.user();
    expect(await session.login(credentials)).toEqual(userOf("new"));
    expect(await session.user()).toEqual(userOf("new"));
    expect(heirloom.last("/login").headers.get("cookie")).toBe(refreshCookie("alice"));
    expect(JSON.parse(heirloom.last("/login").body)).toEqual({
      email: "new@example.com",
      password: credentials.password,
    });
    const { cookies } = await responseOf(session);
    expect(cookies.filter((cookie) => /refresh/.test(cookie!))).toEqual([refreshCookie("new-next")]);
  });

  test("a rejected login is a problem, and touches no cookie", async () => {
    heirloom.once("/login", () => problem(401, "invalid_credentials"));
    const session = heirloom.sessions().open(fromBrowser("alice"));
    await expect(session.login(credentials)).rejects.toMatchObject({ code: "invalid_credentials" });
    expect((await responseOf(session)).cookies).toEqual([]);
  });

  test("a logout clears the cookie, also after a refresh", async () => {
    const session = heirloom.sessions().open(fromBrowser("alice"));
    await session.user();
    await session.logout();
    expect(await session.state()).toEqual({ status: "anonymous", over: "logged_out" });
    const { cookies } = await responseOf(session);
    expect(cookies.filter((cookie) => /refresh/.test(cookie!))).toEqual([refreshCookie("")]);
  });

  test("a logout that Heirloom does not confirm rejects, and leaves the cookie", async () => {
    heirloom.once("/logout", unavailable);
    const session = heirloom.sessions().open(fromBrowser("alice"));
    await expect(session.logout()).rejects.toMatchObject({ code: "unavailable" });
    expect((await responseOf(session)).cookies).toEqual([]);
  });
});

describe("the token", () => {
  test("is sent to Heirloom and to the named origins, and nowhere else", async () => {
    const session = heirloom.sessions({ origins: ["https://api.example.com/v1"] }).open(fromBrowser("alice"));
    const sent = async (url: string) => {
      const response = await session.fetch(url);
      return ((await response.json()) as { authorization: string | null }).authorization !== null;
    };
    expect(await sent("orders")).toBe(true);
    expect(heirloom.last("/orders").headers.get("user-agent")).toBe("Firefox");
    expect(await sent(`${HEIRLOOM}/orders`)).toBe(true);
    expect(await sent("https://api.example.com/orders")).toBe(true);
    expect(heirloom.last("/orders").headers.has("heirloom-confirm")).toBe(false);
    expect(await sent("https://evil.example/orders")).toBe(false);
    expect(await sent("http://api.example.com/orders")).toBe(false);
  });

  test("a request of an anonymous user is sent without one", async () => {
    const response = await heirloom.sessions().open(pageRequest()).fetch("orders");
    expect(await response.json()).toEqual({ authorization: null });
  });

  test("an answer without one is not Heirloom's", async () => {
    heirloom.once("/refresh", () => tokens("alice", { access_token: "" }));
    const session = heirloom.sessions().open(fromBrowser("alice"));
    await expect(session.user()).rejects.toThrow(`${HEIRLOOM} is not Heirloom`);
  });
});
